/** The security card in a browser, against the real local service: what it does, what it says, where the focus is. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { routes } from '../../lambdas/routes.ts';
import {
  accessibilityProblems,
  hasBrowser,
  sidewaysScroll,
  startBrowser,
  until,
  type Watched,
} from '../support/browser.ts';
import { installed, oathtoolCode } from '../support/independent-totp.ts';
import {
  type ElementPage,
  Member,
  password,
  type SettingsPages,
  startSettingsPages,
} from '../support/settings-pages.ts';

let world: SettingsPages;
let browser: Browser;
let open: Watched[] = [];

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const code = (page: Page) => page.getByLabel('Authentication code');
const dialog = (page: Page) => page.getByRole('dialog');
const focused = (page: Page) =>
  page.evaluate('document.activeElement.textContent.trim() || document.activeElement.name');
const status = (page: Page) => page.getByRole('status');
const told = (page: Page) => page.evaluate('told') as Promise<{ type: string; what?: string }[]>;
const savesCodes = Object.values(routes).some(({ path }) => path.endsWith('/recovery-codes/saved'));
const codesOn = (page: Page) => page.locator('.cs-codes li bdi').allTextContents();

async function visit(member: Member, options: ElementPage = {}): Promise<Page> {
  const watched = await member.open(browser, 'security', {
    attributes: 'organization-name="Acme Inc"',
    ...options,
  });
  open.push(watched);
  await watched.page.getByRole('heading', { name: 'Two-factor authentication', exact: true }).waitFor();
  return watched.page;
}
const somebody = () => new Member(world).known();
const enrolled = () => new Member(world).enrolled();

/** Opens the dialog that enables, and hands the member its key. */
async function startEnabling(member: Member, page: Page): Promise<void> {
  await button(page, 'Enable 2FA').click();
  member.secret = ((await page.locator('.cs-key code').textContent()) ?? '').replaceAll(' ', '');
}
async function enable(member: Member, page: Page): Promise<string[]> {
  await startEnabling(member, page);
  await code(page).pressSequentially(member.code());
  await button(page, 'Verify and enable').click();
  await button(page, "I've saved them").waitFor();
  return codesOn(page);
}
/** Password and code into the open dialog of an act. */
async function confirm(page: Page, typed: { password?: string; code: string }): Promise<void> {
  if (typed.password !== undefined) {
    await page.getByLabel('Password').fill(typed.password);
  }
  await code(page).pressSequentially(typed.code);
  await button(page, 'Confirm').click();
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

  describe('enabling', () => {
    it('R10 shows the badge once two-factor authentication is on, and not before', async () => {
      const ada = await somebody();
      const page = await visit(ada);
      await button(page, 'Enable 2FA').waitFor();
      expect(await page.getByText('Enabled', { exact: true }).count()).toBe(0);
      await enable(ada, page);
      await button(page, "I've saved them").click();
      await page.getByText('Enabled', { exact: true }).waitFor();
      await until(async () => (await status(page).textContent()) === 'Two-factor authentication is on.');
      expect(await focused(page)).toBe('Two-factor authentication');
      expect((await told(page))[0]).toMatchObject({
        type: 'countersign-changed',
        what: 'authenticator_added',
      });
    });

    it.skipIf(!installed('zbarimg'))('R2 shows a QR code that any reader decodes', async () => {
      const ada = await somebody();
      const page = await visit(ada, { colorScheme: 'dark' });
      await startEnabling(ada, page);
      const file = join(mkdtempSync(join(tmpdir(), 'qr-')), 'qr.png');
      await page.locator('.cs-qr').screenshot({ path: file });
      const uri = new URL(execFileSync('zbarimg', ['--quiet', '--raw', file], { encoding: 'utf8' }).trim());
      expect(uri.protocol + uri.host).toBe('otpauth:totp');
      expect(decodeURIComponent(uri.pathname)).toBe(`/Acme:${ada.email}`);
      expect(uri.searchParams.get('secret')).toBe(ada.secret);
      expect(uri.searchParams.get('issuer')).toBe('Acme');
    });

    it.skipIf(!installed('oathtool'))(
      'R3 shows a key in groups of four that another authenticator takes',
      async () => {
        const ada = await somebody();
        const page = await visit(ada);
        await button(page, 'Enable 2FA').click();
        const key = (await page.locator('.cs-key code').textContent()) ?? '';
        expect(key).toMatch(/^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/);
        await code(page).fill(oathtoolCode(key.replaceAll(' ', ''), world.local.clock.now()));
        await button(page, 'Verify and enable').click();
        await button(page, "I've saved them").waitFor();
      },
    );

    it('R14 changes nothing when the dialog is left, and goes on with the same QR code', async () => {
      const ada = await somebody();
      const page = await visit(ada);
      await startEnabling(ada, page);
      await page.keyboard.press('Escape');
      await dialog(page).waitFor({ state: 'detached' });
      expect(await focused(page)).toBe('Enable 2FA');
      expect(await ada.signInStatus()).toBe('passed');
      expect((await ada.client.getTwoFactor()).status).toBe('disabled');
    });

    it('a wrong code keeps the QR code and the key, and the field has the focus', async () => {
      const ada = await somebody();
      const page = await visit(ada);
      await startEnabling(ada, page);
      await code(page).pressSequentially(ada.wrongCode());
      await button(page, 'Verify and enable').click();
      await page.getByText("That code isn't right. Check that you scanned this QR code").waitFor();
      expect(await focused(page)).toBe('code');
      expect(((await page.locator('.cs-key code').textContent()) ?? '').replaceAll(' ', '')).toBe(ada.secret);
      expect(await code(page).getAttribute('aria-invalid')).toBe('true');
    });

    it('R11 a mail says that it was enabled', async () => {
      const ada = await somebody();
      await enable(ada, await visit(ada));
      await until(() => ada.mails.some(({ subject }) => subject.includes('Two-factor authentication is on')));
    });
  });

  describe('recovery codes', () => {
    it('R6 ten different ones appear after enabling', async () => {
      const ada = await somebody();
      const codes = await enable(ada, await visit(ada));
      expect(new Set(codes).size).toBe(10);
      expect(codes.every((one) => /^[0-9a-z]{4}(-[0-9a-z]{4}){3}$/.test(one))).toBe(true);
    });

    it('R7 they are on the page this once only', async () => {
      const ada = await somebody();
      const page = await visit(ada);
      const codes = await enable(ada, page);
      await button(page, "I've saved them").click();
      await button(page, 'Disable 2FA').waitFor();
      await page.reload();
      await button(page, 'Disable 2FA').waitFor();
      const text = await page.content();
      expect(codes.filter((one) => text.includes(one))).toEqual([]);
      expect(
        await page.evaluate('JSON.stringify(sessionStorage) + JSON.stringify(localStorage)'),
      ).not.toContain(codes[0]);
    });

    it('R8 they are copied, and downloaded with product, account and date', async () => {
      const ada = await somebody();
      const page = await visit(ada, { permissions: ['clipboard-read', 'clipboard-write'] });
      const codes = await enable(ada, page);
      await button(page, 'Copy').click();
      await until(async () => (await status(page).textContent()) === '10 recovery codes copied.');
      expect(await page.evaluate('navigator.clipboard.readText()')).toBe(codes.join('\n'));
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        button(page, 'Download .txt').click(),
      ]);
      const text = readFileSync(await download.path(), 'utf8');
      expect(codes.filter((one) => !text.includes(one))).toEqual([]);
      for (const part of ['Acme', ada.email, String(new Date().getFullYear())]) {
        expect(text).toContain(part);
        expect(download.suggestedFilename()).toContain(part);
      }
    });

    it('R9 their dialog closes by "I\'ve saved them" alone', async () => {
      const ada = await somebody();
      const page = await visit(ada);
      const codes = await enable(ada, page);
      for (let presses = 0; presses < 8; presses++) {
        await page.keyboard.press('Escape');
      }
      await page.mouse.click(3, 3);
      expect(await codesOn(page)).toEqual(codes);
      const asked = page.waitForEvent('dialog').then(async (leaving) => {
        const type = leaving.type();
        await leaving.dismiss();
        return type;
      });
      await page.reload({ timeout: 1_000 }).catch(() => undefined);
      expect(await asked).toBe('beforeunload');
      expect(await codesOn(page)).toEqual(codes);
    });

    it('R103 that were shown and never saved are noticed', async () => {
      const ada = await somebody();
      const page = await visit(ada);
      await enable(ada, page);
      page.on('dialog', (leaving) => void leaving.accept());
      await page.reload();
      await page.getByRole('region', { name: 'You have not saved your recovery codes.' }).waitFor();
      expect(await button(page, 'Regenerate recovery codes').count()).toBe(1);
    });

    it.skipIf(!savesCodes)('R103 "I\'ve saved them" takes the notice away for good', async () => {
      const ada = await somebody();
      const page = await visit(ada);
      await enable(ada, page);
      await button(page, "I've saved them").click();
      await button(page, 'Disable 2FA').waitFor();
      await page.reload();
      await button(page, 'Disable 2FA').waitFor();
      expect(await page.getByText('You have not saved your recovery codes.').count()).toBe(0);
    });

    it('R27 from two down a banner asks to make new ones', async () => {
      const ada = await enrolled();
      for (let used = 0; used < 8; used++) {
        await ada.signInWith('recovery_code', ada.recoveryCodes.shift() as string);
      }
      const page = await visit(ada);
      for (const text of [
        'You have 2 recovery codes left.',
        'You have 1 recovery code left.',
        'You have no recovery codes left.',
      ]) {
        await page.getByRole('region', { name: text }).waitFor();
        expect(await button(page, 'Regenerate recovery codes').count()).toBe(1);
        const next = ada.recoveryCodes.shift();
        if (next) {
          expect(await ada.signInWith('recovery_code', next)).toBe('passed');
          await page.reload();
        }
      }
    }, 120_000);

    it('R28 regenerating takes the password and a code; all ten are replaced and the old ones stop', async () => {
      const ada = await enrolled();
      const page = await visit(ada);
      await button(page, 'Regenerate recovery codes').click();
      const proof = ada.nextCode();
      await confirm(page, { password: 'wrong', code: proof });
      await page.getByText("That password isn't right.").last().waitFor();
      expect(await focused(page)).toContain('There is a problem');
      await page.getByLabel('Password').fill(password);
      await button(page, 'Confirm').click();
      await button(page, "I've saved them").waitFor();
      const codes = await codesOn(page);
      expect(codes.filter((one) => ada.recoveryCodes.includes(one))).toEqual([]);
      expect(await ada.signInWith('recovery_code', ada.recoveryCodes[0] as string)).toBe('code_incorrect');
      expect(await ada.signInWith('recovery_code', codes[0] as string)).toBe('passed');
    });
  });

  describe('a sensitive act', () => {
    it('R29 R30 R31 turns off only with the password, and forgets secret and recovery codes', async () => {
      const ada = await enrolled();
      const page = await visit(ada);
      await button(page, 'Disable 2FA').click();
      expect(await focused(page)).toBe('password');
      await confirm(page, { password: '', code: ada.nextCode() });
      await page.getByText('Enter your password.').last().waitFor();
      expect(await ada.signInStatus()).toBe('challenge');
      await page.getByLabel('Password').fill(password);
      await button(page, 'Confirm').click();
      await button(page, 'Enable 2FA').waitFor();
      await until(async () => (await status(page).textContent()) === 'Two-factor authentication is off.');
      expect(await ada.signInStatus()).toBe('passed');
      const state = await ada.client.getTwoFactor();
      expect([state.status, state.authenticators, state.recoveryCodes]).toEqual(['disabled', [], null]);
    });

    it('R32 a mail tells that it was turned off', async () => {
      const ada = await enrolled();
      const page = await visit(ada);
      await button(page, 'Disable 2FA').click();
      await confirm(page, { password, code: ada.nextCode() });
      await until(() =>
        ada.mails.some(({ subject }) => subject.includes('Two-factor authentication is off')),
      );
    });

    it('R33 enabling again makes a fresh secret and fresh codes', async () => {
      const ada = await enrolled();
      const before = { secret: ada.secret, codes: ada.recoveryCodes };
      const page = await visit(ada);
      await button(page, 'Disable 2FA').click();
      await confirm(page, { password, code: ada.nextCode() });
      await button(page, 'Enable 2FA').waitFor();
      const codes = await enable(ada, page);
      expect(ada.secret).not.toBe(before.secret);
      expect(codes.filter((one) => before.codes.includes(one))).toEqual([]);
    });

    it('asks for the password once in five minutes, and says so when a code was wrong', async () => {
      const ada = await enrolled();
      const page = await visit(ada);
      await button(page, 'Regenerate recovery codes').click();
      await confirm(page, { password, code: ada.wrongCode() });
      await page.getByText("That code isn't right. Wait for the next code").first().waitFor();
      await page.getByText('Password accepted.').waitFor();
      await code(page).fill(ada.nextCode());
      await button(page, 'Confirm').click();
      await button(page, "I've saved them").click();
      await dialog(page).waitFor({ state: 'detached' });
      await button(page, 'Disable 2FA').click();
      await code(page).waitFor();
      expect(await page.getByLabel('Password').count()).toBe(0);
    });

    it('takes a recovery code as it is written down instead of a code', async () => {
      const ada = await enrolled();
      const page = await visit(ada);
      await button(page, 'Disable 2FA').click();
      await button(page, 'Use a recovery code instead').click();
      expect(await code(page).count()).toBe(0);
      await page.getByLabel('Password').fill(password);
      await page
        .getByLabel('Recovery code', { exact: true })
        .fill(` ${(ada.recoveryCodes[0] as string).toUpperCase()} `);
      await button(page, 'Confirm').click();
      await button(page, 'Enable 2FA').waitFor();
    });

    it('asks the page by an event where it has no function to call', async () => {
      const ada = await enrolled();
      const page = await visit(ada, { by: 'event' });
      await button(page, 'Disable 2FA').click();
      await confirm(page, { password, code: ada.nextCode() });
      await button(page, 'Enable 2FA').waitFor();
      expect((await told(page))[0]?.type).toBe('countersign-reauthenticate');
    });

    it('sends whoever has no password through their provider, and opens the same dialog again afterwards', async () => {
      const ada = await enrolled();
      const page = await visit(ada, { by: 'event', attributes: 'provider="Google"' });
      await button(page, 'Disable 2FA').click();
      expect(await page.getByLabel('Password').count()).toBe(0);
      await button(page, 'Continue with Google').click();
      await until(async () => (await told(page))[0]?.type === 'countersign-reauthenticate');
      ada.checkedAtMs = world.local.clock.now();
      await page.reload();
      await dialog(page).getByRole('heading', { name: 'Turn off two-factor authentication?' }).waitFor();
      await code(page).fill(ada.nextCode());
      await button(page, 'Confirm').click();
      await button(page, 'Enable 2FA').waitFor();
    });

    it('Escape leaves it and gives the focus back', async () => {
      const ada = await enrolled();
      const page = await visit(ada);
      await button(page, 'Disable 2FA').click();
      await page.keyboard.press('Escape');
      await dialog(page).waitFor({ state: 'detached' });
      expect(await focused(page)).toBe('Disable 2FA');
    });
  });

  describe('where the account decides', () => {
    it('R34 nobody is offered to turn off what is required, nor to remove the last factor', async () => {
      const ada = await enrolled();
      await ada.policy({ mode: 'required' });
      const page = await visit(ada);
      await page.getByText('Required by Acme Inc.').waitFor();
      expect(await button(page, 'Disable 2FA').count()).toBe(0);
      expect(await button(page, 'Remove').count()).toBe(0);
      await page.getByText('To change phones, add the new app first, then remove the old one.').waitFor();
    });

    it('R41 methods that it does not allow are not offered', async () => {
      const ada = await enrolled();
      const page = await visit(ada);
      await button(page, 'Turn on').waitFor();
      await ada.policy({ methods: ['totp'] });
      await page.reload();
      await button(page, 'Add another app').waitFor();
      expect(await button(page, 'Turn on').count()).toBe(0);
    });

    it('R48 R76 remembered devices are listed, and removed without a question', async () => {
      const ada = await enrolled();
      await ada.policy({ rememberDevice: { allowed: true, days: 30 } });
      expect(await ada.signInWith('totp', ada.nextCode(), true)).toBe('passed');
      expect(await ada.signInWith('totp', ada.nextCode(), true)).toBe('passed');
      const page = await visit(ada);
      const devices = page.getByRole('region', { name: 'Remembered devices' });
      await devices.getByText(/until/).first().waitFor();
      await devices.getByRole('button', { name: 'Remove', exact: true }).first().click();
      await until(async () => /asked for a code next time/.test((await status(page).textContent()) ?? ''));
      expect((await ada.client.listTrustedDevices()).data.length).toBe(1);
      await devices.getByRole('button', { name: 'Remove', exact: true }).click();
      await devices.getByText('No remembered devices. Every sign-in asks for a code.').waitFor();
      expect(await focused(page)).toBe('Remembered devices');
    });
  });

  describe('other factors', () => {
    it('R71 another app is added under a name, and removed', async () => {
      const ada = await enrolled();
      const page = await visit(ada);
      await button(page, 'Add another app').click();
      await page.getByLabel('Name (optional)').fill('Work phone');
      await confirm(page, { password, code: ada.nextCode() });
      const work = new Member(world, ada);
      work.secret = ((await page.locator('.cs-key code').textContent()) ?? '').replaceAll(' ', '');
      await code(page).fill(work.code());
      await button(page, 'Verify and enable').click();
      const row = page.getByRole('listitem').filter({ hasText: 'Work phone' });
      await row.getByRole('button', { name: 'Remove' }).click();
      await dialog(page).getByRole('heading', { name: 'Remove Work phone?' }).waitFor();
      await code(page).fill(ada.nextCode());
      await button(page, 'Confirm').click();
      await until(async () => (await status(page).textContent()) === 'Work phone was removed.');
      expect((await ada.client.getTwoFactor()).authenticators.map(({ label }) => label)).toEqual(['Phone']);
    });

    it('R21 email is turned on by a mailed code, then proves an act, and is turned off', async () => {
      const ada = await enrolled();
      const page = await visit(ada);
      await button(page, 'Turn on').click();
      await confirm(page, { password, code: ada.nextCode() });
      await button(page, 'Verify and enable').waitFor();
      await code(page).fill(await ada.mailedCode());
      await button(page, 'Verify and enable').click();
      await until(async () => (await status(page).textContent()) === 'Codes by email are on.');
      world.local.clock.advance(3600);
      await button(page, 'Turn off').click();
      await button(page, 'Use another method').click();
      await page.getByText('Look for “').waitFor();
      await code(page).fill(await ada.mailedCode(/confirmation code/));
      expect(await page.getByLabel('Password').count()).toBe(0);
      await button(page, 'Confirm').click();
      await page.getByLabel('Password').fill(password);
      await button(page, 'Confirm').click();
      await until(async () => (await status(page).textContent()) === 'Codes by email are off.');
    });

    it('R22 R23 text messages are offered once they are activated, and turned on by a texted code', async () => {
      const ada = await somebody();
      const page = await visit(ada);
      await button(page, 'Enable 2FA').click();
      await button(page, 'Use another method').click();
      expect(await page.getByRole('button', { name: /Text message/ }).count()).toBe(0);
      await world.app.setAccount({ accountId: ada.accountId, smsEnabled: true });
      await ada.policy({ methods: ['totp', 'sms'] });
      await page.reload();
      await button(page, 'Enable 2FA').click();
      await dialog(page).getByRole('heading', { name: 'Choose your second step' }).waitFor();
      await page.getByRole('button', { name: /Text message/ }).click();
      await page.getByLabel('Mobile number').fill('079');
      await button(page, 'Send code').click();
      await page.getByText('Enter a mobile number with its country code').waitFor();
      await page.getByLabel('Mobile number').fill('+41 79 123 45 67');
      await button(page, 'Send code').click();
      await code(page).waitFor();
      const texted = await until(
        () => /\b\d{6}\b/.exec(world.local.mailbox.messages('+41791234567')[0]?.text ?? '')?.[0],
      );
      await code(page).fill(texted);
      await button(page, 'Verify and enable').click();
      await button(page, "I've saved them").click();
      await page.getByText('Text message to').waitFor();
    });
  });

  it('a session that has ended leads back to the sign-in', async () => {
    const ada = await somebody();
    ada.isSignedOut = true;
    const page = await visit(ada);
    await page.getByText('Your session has ended. Sign in again to go on.').waitFor();
    await button(page, 'Sign in again').click();
    expect((await told(page))[0]).toMatchObject({ type: 'countersign-restart' });
  });

  it('R83 all of it goes by keyboard alone', async () => {
    const ada = await somebody();
    const page = await visit(ada);
    await button(page, 'Enable 2FA').focus();
    await page.keyboard.press('Enter');
    ada.secret = ((await page.locator('.cs-key code').textContent()) ?? '').replaceAll(' ', '');
    await until(async () => (await focused(page)) === 'Set up your authenticator app');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('code');
    await page.keyboard.type(ada.code());
    await page.keyboard.press('Enter');
    await button(page, "I've saved them").waitFor();
    for (let tabs = 0; tabs < 4; tabs++) {
      await page.keyboard.press('Tab');
    }
    expect(await focused(page)).toBe("I've saved them");
    await page.keyboard.press('Enter');
    await until(async () => (await focused(page)) === 'Two-factor authentication');
  });

  describe.each(['light', 'dark'] as const)('in the %s scheme', (colorScheme) => {
    it('R83 axe finds nothing in any state, and nothing scrolls sideways at 320 pixels', async () => {
      const ada = await somebody();
      const page = await visit(ada, { colorScheme, width: 320, height: 640 });
      const check = async () => {
        expect(await accessibilityProblems(page)).toEqual([]);
        expect(await sidewaysScroll(page)).toBeLessThanOrEqual(0);
      };
      await button(page, 'Enable 2FA').waitFor();
      await check();
      await startEnabling(ada, page);
      await code(page).fill(ada.wrongCode());
      await button(page, 'Verify and enable').click();
      await page.getByText("That code isn't right.").waitFor();
      await check();
      await code(page).fill(ada.code());
      await button(page, 'Verify and enable').click();
      await button(page, "I've saved them").waitFor();
      await check();
      await button(page, "I've saved them").click();
      await button(page, 'Disable 2FA').waitFor();
      await check();
      await button(page, 'Disable 2FA').click();
      await button(page, 'Confirm').click();
      await page.getByText('There is a problem').waitFor();
      await check();
    });
  });

  it.each([
    ['de', '2FA einschalten', '2FA ausschalten'],
    ['fr', 'Activer la 2FA', 'Désactiver la 2FA'],
    ['es', 'Activar 2FA', 'Desactivar 2FA'],
  ])('R84 speaks %s', async (lang, off, on) => {
    const ada = await somebody();
    const watched = await ada.open(browser, 'security', { lang, width: 320 });
    open.push(watched);
    await button(watched.page, off).waitFor();
    await new Member(world, ada).known();
    await ada.enrolled();
    await watched.page.reload();
    await button(watched.page, on).waitFor();
    expect(await sidewaysScroll(watched.page)).toBeLessThanOrEqual(0);
    expect((await watched.page.locator('.cs-body').textContent()) ?? '').not.toMatch(
      /two-factor|\{\w+\}|security\./i,
    );
  });
});
