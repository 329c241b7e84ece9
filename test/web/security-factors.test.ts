/** Passkeys, the first choice and the printed codes on the security card, in a browser against the real local service. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  accessibilityProblems,
  hasBrowser,
  plugIn,
  sidewaysScroll,
  startBrowser,
  until,
  type Watched,
} from '../support/browser.ts';
import {
  type ElementPage,
  Member,
  password,
  type SettingsPages,
  startSettingsPages,
} from '../support/settings-pages.ts';

vi.setConfig({ testTimeout: 180_000 });

let world: SettingsPages;
let browser: Browser;
let open: Watched[] = [];

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const status = (page: Page) => page.getByRole('status').textContent();

async function visit(member: Member, options: ElementPage = {}): Promise<Page> {
  const watched = await member.open(browser, 'security', options);
  open.push(watched);
  await watched.page.getByRole('heading', { name: 'Two-factor authentication', exact: true }).waitFor();
  return watched.page;
}

/** Password and, by the passkey that is plugged in, "Confirm". */
async function confirmByPasskey(page: Page): Promise<void> {
  await page.getByText('asks for your fingerprint').waitFor();
  const field = page.getByLabel('Password');
  if (await field.isVisible()) {
    await field.fill(password);
  }
  await button(page, 'Confirm').click();
}

async function makePasskey(page: Page, name: string): Promise<void> {
  await page.getByLabel('Name (optional)').fill(name);
  await button(page, 'Create passkey').click();
}

describe.skipIf(!hasBrowser)('the security card in a browser', () => {
  beforeAll(async () => {
    [world, browser] = await Promise.all([startSettingsPages(), startBrowser()]);
  }, 180_000);
  afterEach(async () => {
    const complaints = open.flatMap((watched) => watched.complaints);
    await Promise.all(open.map((watched) => watched.close()));
    open = [];
    expect(complaints).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  it.each(['light', 'dark'] as const)(
    'R87 R83 %s: axe finds nothing in any state of a passkey, and nothing scrolls sideways at 320 pixels',
    async (colorScheme) => {
      const ada = await new Member(world).known();
      const page = await visit(ada, { colorScheme });
      const key = await plugIn(page);
      const check = async (name: string) => {
        for (const width of [360, 320, 900]) {
          await page.setViewportSize({ width, height: 800 });
          await until(() => page.evaluate(`innerWidth === ${width}`));
          if (process.env.SCREENSHOTS && width !== 320) {
            mkdirSync(process.env.SCREENSHOTS, { recursive: true });
            const path = join(process.env.SCREENSHOTS, `security-${name}-${colorScheme}-${width}.png`);
            await page.screenshot({ path, fullPage: true });
          }
          expect(await sidewaysScroll(page)).toBeLessThanOrEqual(0);
        }
        expect(await accessibilityProblems(page)).toEqual([]);
      };
      await button(page, 'Enable 2FA').click();
      await page.getByRole('heading', { name: 'Choose your second step' }).waitFor();
      await check('choose');
      await page.getByRole('button', { name: /^Passkey/ }).click();
      await page.getByLabel('Name (optional)').waitFor();
      await check('create');
      await key.recognises(false);
      await makePasskey(page, 'Laptop');
      await page.getByText('The passkey was not used.').waitFor();
      await check('not-used');
      await key.recognises(true);
      await button(page, 'Try again').click();
      await button(page, "I've saved them").click();
      await button(page, 'Add another passkey').waitFor();
      await check('on');
      await button(page, 'Disable 2FA').click();
      await page.getByText('asks for your fingerprint').waitFor();
      await check('proof');
      await key.recognises(false);
      await confirmByPasskey(page);
      await page.getByText('There is a problem').waitFor();
      await check('proof-not-used');
    },
  );

  it('R87 a passkey proves an act once, and a wrong password does not open the sheet again', async () => {
    const ada = await new Member(world).known();
    const page = await visit(ada);
    const key = await plugIn(page);
    await button(page, 'Enable 2FA').click();
    await page.getByRole('button', { name: /^Passkey/ }).click();
    await makePasskey(page, 'Laptop');
    await button(page, "I've saved them").click();
    await button(page, 'Regenerate recovery codes').click();
    await page.getByText('asks for your fingerprint').waitFor();
    await page.getByLabel('Password').fill('wrong');
    await button(page, 'Confirm').click();
    await page.getByText("That password isn't right.").first().waitFor();
    // Whoever holds the key looks away: nothing asks for it a second time.
    await key.recognises(false);
    await page.getByLabel('Password').fill(password);
    await button(page, 'Confirm').click();
    await page.getByRole('heading', { name: 'Save your recovery codes' }).waitFor();
    await button(page, "I've saved them").click();
    await button(page, 'Regenerate recovery codes').click();
    await confirmByPasskey(page);
    await page.getByText('The passkey was not used.').first().waitFor();
    await button(page, 'Use a recovery code instead').click();
    await page.getByLabel('Recovery code', { exact: true }).waitFor();
  });

  it('R87 the same device makes no second passkey, and says so', async () => {
    const ada = await new Member(world).known();
    const page = await visit(ada);
    await plugIn(page);
    await button(page, 'Enable 2FA').click();
    await page.getByRole('button', { name: /^Passkey/ }).click();
    await makePasskey(page, '');
    await button(page, "I've saved them").click();
    await button(page, 'Add another passkey').click();
    await confirmByPasskey(page);
    await makePasskey(page, '');
    await page.getByText('This device or key has a passkey of yours already.').waitFor();
    await button(page, 'Cancel').click();
    expect((await ada.client.getTwoFactor()).passkeys).toHaveLength(1);
  });

  it('R6 an enrolment whose answer was lost shows that it is on, and asks for recovery codes that can be seen', async () => {
    const ada = await new Member(world).known();
    const page = await visit(ada);
    await button(page, 'Enable 2FA').click();
    ada.secret = ((await page.locator('.cs-key code').textContent()) ?? '').replaceAll(' ', '');
    await page.route('**/confirm', async (route) => {
      await route.fetch();
      await route.abort();
      await page.unroute('**/confirm');
    });
    await page.getByLabel('Authentication code').pressSequentially(ada.code());
    await button(page, 'Verify and enable').click();
    await page.getByText('You have not saved your recovery codes.').waitFor();
    await page.getByText('Enabled', { exact: true }).waitFor();
    await button(page, 'Regenerate recovery codes').waitFor();
  });

  it('the first choice is set, and what was used last comes first again without one', async () => {
    const ada = await new Member(world).enrolled();
    await ada.client.startEmailMethod({ proof: { method: 'totp', code: ada.nextCode() } });
    await ada.client.confirmEmailMethod({ code: await ada.mailedCode(/code/i) });
    const firstOf = async () =>
      (await ada.client.getTwoFactor()).methods.find((offered) => offered.default)?.method;
    const page = await visit(ada);
    const choice = page.getByLabel('First choice at sign-in');
    await choice.selectOption({
      label: `Email to ${(await ada.client.getTwoFactor()).methods.find(({ method }) => method === 'email')?.sentTo}`,
    });
    await button(page, 'Save choice').click();
    await until(async () => (await status(page)) === 'Your first choice was saved.');
    expect(await firstOf()).toBe('email');
    await page.reload();
    expect(await choice.inputValue()).toBe('email');
    await choice.selectOption({ label: 'What I used last' });
    await button(page, 'Save choice').click();
    await until(async () => (await status(page)) === 'Your first choice was saved.');
    expect(await firstOf()).toBe('totp');
  });

  it('recovery codes are printed with product, account and date, and nothing else', async () => {
    const ada = await new Member(world).enrolled();
    const page = await visit(ada);
    await page.evaluate('window.print = () => { window.printed = true; }');
    await button(page, 'Regenerate recovery codes').click();
    await page.getByLabel('Password').fill(password);
    await page.getByLabel('Authentication code').pressSequentially(ada.nextCode());
    await button(page, 'Confirm').click();
    await button(page, 'Print').click();
    expect(await page.evaluate('window.printed')).toBe(true);
    await page.emulateMedia({ media: 'print' });
    const printed = (await page.evaluate(`[...document.querySelectorAll('body *')]
      .filter((e) => e.children.length === 0 && e.checkVisibility({ visibilityProperty: true }))
      .map((e) => e.textContent).join(' ')`)) as string;
    const year = String(new Date(world.local.clock.now()).getFullYear());
    for (const part of ['Acme', ada.email, year]) {
      expect(printed).toContain(part);
    }
    expect(printed.match(/\b[0-9a-z]{4}(-[0-9a-z]{4}){3}\b/g)).toHaveLength(10);
    expect(printed).not.toMatch(/Download|Settings|Ways to sign in/);
    if (process.env.SCREENSHOTS) {
      await page.screenshot({ path: join(process.env.SCREENSHOTS, 'print.png') });
    }
  });
});
