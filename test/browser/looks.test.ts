/** Acme's pages on a phone, in the dark, in German, by keyboard, and before axe. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newEmail, password, type RunningAcme, startAcmeWithBrowser, type Visitor } from '../support/acme.ts';
import { accessibilityProblems, hasBrowser, sidewaysScroll, until } from '../support/browser.ts';

const outside = ['/sign-in', '/sign-up', '/forgot-password', '/support', '/legacy-client', '/nowhere'];
const inside = [
  '/dashboard',
  '/settings/security',
  '/settings/users-and-security',
  '/transfer',
  '/tour',
  '/support',
];

describe.skipIf(!hasBrowser)('the pages of Acme', { timeout: 240_000 }, () => {
  let acme: RunningAcme;

  beforeAll(async () => {
    acme = await startAcmeWithBrowser();
  }, 300_000);
  afterAll(() => acme?.close());

  /** Waits for the elements of a page, if it has any. */
  async function settled({ page }: Visitor): Promise<void> {
    await until(() =>
      page.evaluate(`[...document.querySelectorAll('countersign-security, countersign-admin')]
        .every((element) => element.querySelector('.cs-card, .cs-body button') !== null)`),
    );
  }

  it.each([
    { name: 'a phone in the light', options: { width: 320, height: 640, colorScheme: 'light' as const } },
    { name: 'a desktop in the dark', options: { width: 1280, height: 800, colorScheme: 'dark' as const } },
  ])(
    'on $name: axe finds nothing, nothing scrolls sideways, nothing is complained of',
    async ({ options }) => {
      const visitor = await acme.visit(options);
      const look = async (path: string) => {
        await visitor.open(path);
        await settled(visitor);
        expect(await accessibilityProblems(visitor.page), path).toEqual([]);
        expect(await sidewaysScroll(visitor.page), path).toBeLessThanOrEqual(0);
        expect(await visitor.page.locator('h1').count(), path).toBe(1);
      };
      for (const path of outside) {
        await look(path);
      }
      await visitor.open('/sign-in');
      await visitor.button('Sign in').click();
      await visitor.heading('There is a problem').waitFor();
      expect(await accessibilityProblems(visitor.page)).toEqual([]);
      await visitor.signUp(newEmail('looks'));
      for (const path of inside) {
        await look(path);
      }
      expect(visitor.complaints).toEqual([]);
    },
  );

  it('are in German for a German browser, the prompt too', async () => {
    const visitor = await acme.visit({ locale: 'de-DE' });
    await visitor.open('/sign-up');
    expect(await visitor.page.locator('html').getAttribute('lang')).toBe('de');
    await visitor.field('E-Mail').fill(newEmail('deutsch'));
    await visitor.field('Passwort').fill(password);
    await visitor.page.locator('input[value=own]').check();
    await visitor.button('Registrieren').click();
    await visitor.page.waitForURL('**/dashboard');
    await visitor.open('/settings/security');
    await visitor.heading('Zwei-Faktor-Authentifizierung').waitFor();
    await visitor.button('2FA einschalten').waitFor();
    expect(await visitor.page.locator('main').textContent()).not.toMatch(/\b(the|your|sign)\b/i);
  });

  it('can be walked by keyboard alone: sign in, turn it on, sign out', async () => {
    const visitor = await acme.visit();
    const { page } = visitor;
    const email = newEmail('keyboard');
    /** Tabs on until something of this name has the focus, as somebody without a mouse does. */
    const tabTo = async (name: RegExp) => {
      for (let presses = 0; presses < 60; presses += 1) {
        await page.keyboard.press('Tab');
        const focused = await page.evaluate(`(() => { const e = document.activeElement;
          return (e.labels?.[0]?.textContent || e.textContent || e.id || '').trim(); })()`);
        if (name.test(String(focused))) {
          return;
        }
      }
      throw new Error(`Nothing named ${name} can be reached by the Tab key.`);
    };
    await visitor.open('/sign-up');
    await tabTo(/^Email$/);
    await page.keyboard.type(email);
    await tabTo(/^Password$/);
    await page.keyboard.type(password);
    await tabTo(/^Join the demo team/);
    await page.keyboard.press('ArrowDown');
    await tabTo(/^Sign up$/);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/dashboard');
    await tabTo(/^Security$/);
    await page.keyboard.press('Enter');
    await visitor.button('Enable 2FA').waitFor();
    await tabTo(/^Enable 2FA$/);
    await page.keyboard.press('Enter');
    const key = page.locator('.cs-key code');
    const choice = page.getByRole('dialog').getByRole('button', { name: /^Authenticator app/ });
    await choice.or(key).first().waitFor();
    if (await choice.isVisible()) {
      await choice.focus();
      await page.keyboard.press('Enter');
    }
    await key.waitFor();
    visitor.secret = ((await key.textContent()) ?? '').replaceAll(/\s/g, '');
    await tabTo(/^Authentication code$/);
    await page.keyboard.type(visitor.code());
    await page.keyboard.press('Enter');
    await visitor.heading('Save your recovery codes').waitFor();
    // Escape does not throw the codes away.
    await page.keyboard.press('Escape');
    await tabTo(/^I've saved them$/);
    await page.keyboard.press('Enter');
    await page.getByText('Enabled', { exact: true }).waitFor();
    await tabTo(/^Sign out$/);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/sign-in');
  });

  it('the demo tools show the codes of a pasted key and move the clock', async () => {
    const visitor = await acme.visit();
    await visitor.open('/sign-in');
    visitor.secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
    await visitor.field('Setup key').fill('jbsw y3dp ehpk 3pxp jbsw y3dp ehpk 3pxp');
    const shown = async () =>
      ((await visitor.page.locator('[data-code]').textContent()) ?? '').replace(' ', '');
    await visitor.button('Copy code').waitFor();
    const before = visitor.code();
    expect([before, visitor.code()]).toContain(await shown());
    const offset = acme.local.clock.offsetSeconds;
    await visitor.button('Move on 31 seconds').click();
    await expect.poll(() => acme.local.clock.offsetSeconds - offset).toBe(31);
    await expect.poll(async () => (await shown()) === visitor.code(), { timeout: 20_000 }).toBe(true);
  });
});
