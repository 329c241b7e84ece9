/** The administrator's page in a browser, against the real local service: rules, people and log. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { queries } from '../../lambdas/schemas.ts';
import {
  accessibilityProblems,
  hasBrowser,
  sidewaysScroll,
  startBrowser,
  until,
  type Watched,
} from '../support/browser.ts';
import {
  type ElementPage,
  Member,
  password,
  type Role,
  type SettingsPages,
  startSettingsPages,
} from '../support/settings-pages.ts';

let world: SettingsPages;
let browser: Browser;
let open: Watched[] = [];

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const box = (page: Page, name: string) => page.getByRole('checkbox', { name, exact: true });
const status = (page: Page) => page.getByRole('status').textContent();
const rowOf = (page: Page, { email }: Member) =>
  page.getByRole('table', { name: 'People' }).getByRole('row').filter({ hasText: email });
const focused = (page: Page) =>
  page.evaluate('document.activeElement.textContent.trim() || document.activeElement.name');
const filtersByType = 'type' in queries['list-events'].shape;

async function visit(member: Member, options: ElementPage = {}): Promise<Page> {
  const attributes = 'organization-name="Acme Inc" issuer="Acme"';
  const watched = await member.open(browser, 'admin', { attributes, height: 900, ...options });
  open.push(watched);
  await watched.page.locator('countersign-admin section, countersign-admin .cs-banner').first().waitFor();
  return watched.page;
}
const manager = () => new Member(world, { name: 'manager', role: 'admin' }).known();
const colleague = ({ accountId }: Member, name: string, role: Role = 'user') =>
  new Member(world, { accountId, name, role });

/** From "Save" through the check to the mailed code's dialog. */
async function propose(page: Page): Promise<void> {
  await button(page, 'Save').click();
  await page.getByRole('heading', { name: 'Check this change' }).waitFor();
  await page.getByLabel('Password').fill(password);
  await button(page, 'Confirm').click();
  await page.getByLabel('Code from the email').waitFor();
}
async function confirm(page: Page, admin: Member): Promise<void> {
  await page.getByLabel('Code from the email').fill(await admin.mailedCode(/two-factor policy/));
  await button(page, 'Confirm').click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}
const policyOf = async (admin: Member) => (await admin.client.getPolicy()).policy;

/** Does an act on somebody, from the button in their row to its end. */
async function act(page: Page, member: Member, name: string, reason: string): Promise<void> {
  await rowOf(page, member).getByRole('button', { name, exact: true }).click();
  await page.getByLabel('Reason').fill(reason);
  if ((await page.getByLabel('Password').count()) > 0) {
    await page.getByLabel('Password').fill(password);
  }
  await button(page, 'Confirm').click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

describe.skipIf(!hasBrowser)("the administrator's page in a browser", () => {
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

  describe('the sign-in rules', () => {
    it('R35 R42 R43 an administrator requires it for everybody; it holds once the mailed code is in', async () => {
      const admin = await manager();
      const ada = await colleague(admin, 'ada').known();
      const bob = await colleague(admin, 'bob').enrolled();
      await until(async () => (await admin.client.listUsers({ status: 'enabled' })).data.length === 1);
      const page = await visit(admin);
      await box(page, 'Require two-factor authentication').check();
      await propose(page);
      await page.getByText('Nothing has changed yet.').waitFor();
      await page.getByText('2 of 3').waitFor();
      await page.getByText('Show these 2 people').click();
      await page.getByRole('listitem').filter({ hasText: ada.email }).waitFor();
      expect(await page.getByRole('listitem').filter({ hasText: bob.email }).count()).toBe(0);
      await page.getByLabel('Code from the email').fill('000000');
      await button(page, 'Confirm').click();
      await page.getByText("That code isn't right. Check it against the newest message.").waitFor();
      expect((await policyOf(admin)).mode).toBe('optional');
      await confirm(page, admin);
      await until(async () => (await status(page)) === 'Saved. Everyone was sent instructions.');
      expect(await focused(page)).toBe('Sign-in rules');
      expect((await policyOf(admin)).mode).toBe('required');
      expect(await ada.signInStatus()).toBe('challenge');
      await until(
        () => ada.mails.some(({ subject }) => subject.includes('requires two-factor authentication')),
        30_000,
      );
    });

    it('R39 nobody without the right sees the page', async () => {
      const page = await visit(await new Member(world).known());
      await page.getByText('Only administrators can see this page.').waitFor();
      expect(await button(page, 'Save').count()).toBe(0);
    });

    it('R40 at least one method is chosen, and the chosen ones are saved', async () => {
      const admin = await manager();
      const page = await visit(admin);
      await box(page, 'Authenticator app').uncheck();
      await box(page, 'Passkey').uncheck();
      await box(page, 'Email').uncheck();
      await button(page, 'Save').click();
      await page.getByRole('link', { name: 'Choose at least one method.' }).waitFor();
      expect(await focused(page)).toContain('There is a problem');
      await box(page, 'Authenticator app').check();
      await propose(page);
      await confirm(page, admin);
      await until(async () => (await status(page)) === 'Saved.');
      expect((await policyOf(admin)).methods).toEqual(['totp']);
    });

    it('R23 SMS cannot be chosen before it is activated', async () => {
      const admin = await manager();
      const page = await visit(admin);
      await page.getByText('Not activated for Acme Inc. Contact').waitFor();
      expect(await box(page, 'SMS').getAttribute('aria-disabled')).toBe('true');
      await box(page, 'SMS').click({ force: true });
      expect(await box(page, 'SMS').isChecked()).toBe(false);
      await world.app.setAccount({ accountId: admin.accountId, smsEnabled: true });
      await page.reload();
      await box(page, 'SMS').check();
    });

    it('R44 turning it off warns at once, and again before the mailed code', async () => {
      const admin = await manager();
      await admin.policy({ mode: 'required' });
      const page = await visit(admin);
      const warning = 'People without a second step of their own will sign in with their password alone.';
      expect(await page.getByText(warning).count()).toBe(0);
      await box(page, 'Require two-factor authentication').uncheck();
      await page.getByText(warning).waitFor();
      await propose(page);
      await page
        .getByRole('dialog')
        .getByRole('group', { name: 'Before you confirm' })
        .getByText(warning)
        .waitFor();
      await confirm(page, admin);
      expect((await policyOf(admin)).mode).toBe('optional');
    });

    it('R45 so does taking a method away', async () => {
      const admin = await manager();
      const page = await visit(admin);
      await box(page, 'Email').uncheck();
      await page.getByText('People who use this alone set up another method').waitFor();
      await propose(page);
      const warning =
        'People who rely on a method that you take away set up another one at their next sign-in.';
      await page.getByRole('dialog').getByText(warning).waitFor();
    });

    it('R47 remembering a device is an option, with its days', async () => {
      const admin = await manager();
      const page = await visit(admin);
      await box(page, 'Let people remember a device').check();
      await page.getByLabel('Days').fill('91');
      await button(page, 'Save').click();
      await page.getByRole('link', { name: 'Enter 1 to 90 days.' }).click();
      await page.keyboard.type('14');
      await page.getByLabel('Days').fill('14');
      await propose(page);
      await confirm(page, admin);
      await until(async () => (await status(page)) === 'Saved.');
      expect((await policyOf(admin)).rememberDevice).toEqual({ allowed: true, days: 14 });
    });

    it('R78 a date in the future begins the requirement later', async () => {
      const admin = await manager();
      const page = await visit(admin);
      await box(page, 'Require two-factor authentication').check();
      await page.getByLabel('Required from (optional)').fill('2020-01-01');
      await button(page, 'Save').click();
      await page.getByRole('link', { name: 'Choose a date in the future.' }).waitFor();
      const day = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10);
      await page.getByLabel('Required from (optional)').fill(day);
      await propose(page);
      await confirm(page, admin);
      await until(async () => (await policyOf(admin)).requiredFrom !== undefined);
      const card = await admin.open(browser, 'security', { attributes: 'organization-name="Acme Inc"' });
      open.push(card);
      await card.page.getByRole('button', { name: 'Enable 2FA' }).waitFor();
    });

    it('saving what is as it was changes nothing', async () => {
      const page = await visit(await manager());
      await button(page, 'Save').click();
      await until(async () => (await status(page)) === 'Nothing has changed.');
      await box(page, 'Email').uncheck();
      await button(page, 'Discard changes').click();
      expect(await box(page, 'Email').isChecked()).toBe(true);
    });

    it("of two administrators the second one sees the first one's rules below their own changes", async () => {
      const admin = await manager();
      const page = await visit(admin);
      await box(page, 'Let people remember a device').check();
      await propose(page);
      await admin.policy({ federated: 'challenge' });
      await page.getByLabel('Code from the email').fill(await admin.mailedCode(/two-factor policy/));
      await button(page, 'Confirm').click();
      await page.getByText('Somebody else changed these rules meanwhile.').waitFor();
      await page.getByText('Your change', { exact: true }).first().waitFor();
      expect(await page.getByLabel('People who sign in with another provider').inputValue()).toBe(
        'challenge',
      );
      expect(await box(page, 'Let people remember a device').isChecked()).toBe(true);
    });
  });

  describe('people', () => {
    it('R49 the addresses of exactly those who have it on', async () => {
      const admin = await manager();
      const ada = await colleague(admin, 'ada').enrolled();
      const bob = await colleague(admin, 'bob').known();
      await new Member(world, { name: 'stranger' }).enrolled();
      await until(async () => (await admin.client.listUsers({ status: 'enabled' })).data.length === 1);
      const page = await visit(admin);
      await rowOf(page, bob).waitFor();
      await page.getByLabel('Status').selectOption('enabled');
      await rowOf(page, bob).waitFor({ state: 'detached' });
      await rowOf(page, ada).getByText('Enabled').waitFor();
      expect(await page.getByRole('table', { name: 'People' }).getByRole('row').count()).toBe(2);
      await page.getByLabel('Search by email').fill('zoe');
      await button(page, 'Search').click();
      await page.getByText('Nobody matches “zoe”.').waitFor();
    });

    it("R50 resets one person's two-factor authentication, with a reason that the log keeps", async () => {
      const admin = await manager();
      const ada = await colleague(admin, 'ada').enrolled();
      const page = await visit(admin);
      await rowOf(page, ada).getByRole('button', { name: 'Reset' }).click();
      await button(page, 'Confirm').click();
      await page.getByRole('link', { name: 'Enter a reason.' }).waitFor();
      await page.keyboard.press('Escape');
      await act(page, ada, 'Reset', 'Lost phone, called back');
      await until(async () => (await status(page)) === `${ada.email} was reset.`);
      expect(await focused(page)).toBe(ada.email);
      await rowOf(page, ada).getByText('Off').waitFor();
      expect(await ada.signInStatus()).toBe('enrollment_required');
      await page.reload();
      await page.getByRole('table', { name: 'Log' }).getByText('Reason: Lost phone, called back').waitFor();
    });

    it('R53 support resets too, and sees the rules as text', async () => {
      const admin = await manager();
      const ada = await colleague(admin, 'ada').enrolled();
      const page = await visit(await colleague(admin, 'sue', 'support').known());
      await page.getByText('Administrators change these rules.').waitFor();
      expect(await page.getByRole('checkbox').count()).toBe(0);
      expect(await button(page, 'Exempt').count()).toBe(0);
      await act(page, ada, 'Reset', 'Checked her identity card');
      await until(async () => (await status(page)) === `${ada.email} was reset.`);
      await until(() => ada.mails.some(({ subject }) => subject.includes('reset')));
    });

    it('R61 exempts somebody until a time, and ends that early', async () => {
      const admin = await manager();
      await admin.policy({ mode: 'required' });
      const ada = await colleague(admin, 'ada').known();
      const page = await visit(admin);
      await act(page, ada, 'Exempt', 'An old client');
      await rowOf(page, ada).getByText('Exempt until').waitFor();
      expect(await ada.signInStatus()).toBe('passed');
      await act(page, ada, 'End exemption', 'It was replaced');
      await rowOf(page, ada).getByRole('button', { name: 'Exempt' }).waitFor();
      expect(await ada.signInStatus()).not.toBe('passed');
    });

    it('R81 unlocks whoever was locked by guessing', async () => {
      const admin = await manager();
      const ada = await colleague(admin, 'ada').enrolled();
      for (let guesses = 0; guesses < 10; guesses++) {
        expect(await ada.signInWith('totp', ada.wrongCode())).toBe('code_incorrect');
      }
      const page = await visit(admin);
      await rowOf(page, ada).getByText('Locked until').waitFor();
      await act(page, ada, 'Unlock', 'Called from her own number');
      await until(async () => (await status(page)) === `${ada.email} was unlocked.`);
      expect(await ada.signInWith('totp', ada.nextCode())).toBe('passed');
    });

    it('nobody acts on themselves', async () => {
      const admin = await manager();
      const page = await visit(admin);
      await rowOf(page, admin).getByText('You', { exact: true }).waitFor();
      expect(await rowOf(page, admin).getByRole('button').count()).toBe(0);
    });

    it('more of them come page by page, with the focus on the first new one', async () => {
      const admin = await manager();
      const { accountId } = admin;
      const ids = Array.from({ length: 30 }, (_, index) => `p${String(index).padStart(2, '0')}`);
      const users = ids.map((id) => ({ id: `${id}-${accountId}`, email: `${id}@example.com` }));
      for (const { id, email } of users) {
        await world.app.syncUser({ accountId, userId: id, email });
      }
      await until(async () => (await admin.client.listUsers({ limit: 100 })).data.length === 31, 30_000);
      const page = await visit(admin);
      const rows = page.getByRole('table', { name: 'People' }).getByRole('row');
      expect(await rows.count()).toBe(26);
      await page.getByRole('region', { name: 'People' }).getByRole('button', { name: 'Load more' }).click();
      await until(async () => (await rows.count()) === 32);
      expect(await focused(page)).toBe('p24@example.com');
    });
  });

  describe('the log', () => {
    it('R80 shows who did what to whom, and one person by address', async () => {
      const admin = await manager();
      const ada = await colleague(admin, 'ada').enrolled();
      await until(async () => (await admin.client.listEvents({ userId: ada.id })).data.length > 1);
      const page = await visit(admin);
      const log = page.getByRole('table', { name: 'Log' });
      await log.getByText('Two-factor authentication turned on').waitFor();
      await log.getByText('Made an administrator').waitFor();
      await page.getByLabel('Person').fill(ada.email);
      await button(page, 'Show').click();
      await until(async () => /entr/.test((await status(page)) ?? ''));
      expect(await log.getByText('Made an administrator').count()).toBe(0);
      expect(await log.getByText(ada.email).count()).toBeGreaterThan(0);
    });

    it('a time that ends before it begins is refused', async () => {
      const page = await visit(await manager());
      await page.getByLabel('From', { exact: true }).fill('2026-12-31');
      await page.getByLabel('To', { exact: true }).fill('2026-12-01');
      await button(page, 'Show').click();
      await page.getByText('“To” must be after “From”.').waitFor();
      expect(await focused(page)).toBe('to');
    });

    it.skipIf(!filtersByType)('R80 shows one kind of event', async () => {
      const admin = await manager();
      const ada = await colleague(admin, 'ada').enrolled();
      await until(async () => (await admin.client.listEvents({ userId: ada.id })).data.length > 1);
      const page = await visit(admin);
      await page.getByLabel('What').selectOption('two_factor_enabled');
      await button(page, 'Show').click();
      await until(async () => (await status(page)) === '1 entry.');
    });
  });

  describe.each(['light', 'dark'] as const)('in the %s scheme', (colorScheme) => {
    it('R83 axe finds nothing in any state, and nothing scrolls sideways at 320 pixels', async () => {
      const admin = await manager();
      await colleague(admin, 'ada').enrolled();
      const page = await visit(admin, { colorScheme, width: 320, height: 640 });
      const check = async () => {
        expect(await accessibilityProblems(page)).toEqual([]);
        expect(await sidewaysScroll(page)).toBeLessThanOrEqual(0);
      };
      await check();
      await box(page, 'Require two-factor authentication').check();
      await box(page, 'Email').uncheck();
      await box(page, 'Let people remember a device').check();
      await page.getByLabel('Days').fill('0');
      await button(page, 'Save').click();
      await page.getByText('There is a problem').waitFor();
      await check();
      await page.getByLabel('Days').fill('30');
      await button(page, 'Save').click();
      await page.getByRole('heading', { name: 'Check this change' }).waitFor();
      await check();
      await page.getByLabel('Password').fill(password);
      await button(page, 'Confirm').click();
      await page.getByLabel('Code from the email').waitFor();
      await page.getByText(/^Show (these|this)/).click();
      await check();
      await page.keyboard.press('Escape');
      await page.setViewportSize({ width: 1024, height: 800 });
      await button(page, 'Reset').click();
      await page.getByLabel('Reason').waitFor();
      await check();
    }, 120_000);
  });

  it.each([
    ['de', 'Speichern'],
    ['fr', 'Enregistrer'],
    ['es', 'Guardar'],
  ])('R84 speaks %s', async (lang, save) => {
    const admin = await manager();
    const watched = await admin.open(browser, 'admin', {
      lang,
      width: 320,
      attributes: 'organization-name="Acme" issuer="Acme"',
    });
    open.push(watched);
    await button(watched.page, save).waitFor();
    expect(await sidewaysScroll(watched.page)).toBeLessThanOrEqual(0);
    expect((await watched.page.locator('.cs-body').textContent()) ?? '').not.toMatch(
      /two-factor|\{\w+\}|admin\./i,
    );
  });
});
