/** The prompt in a browser, against the real local service: what it sends, what it says, where the focus is. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Started, StartRequest } from '../../client/server.ts';
import {
  hasBrowser,
  openPage,
  type PageOptions,
  plugIn,
  startBrowser,
  until,
  type Watched,
} from '../support/browser.ts';
import { installed } from '../support/independent-totp.ts';
import {
  type PromptPage,
  type SignInPages,
  SignInPerson,
  startSignInPages,
} from '../support/sign-in-pages.ts';

vi.setConfig({ testTimeout: 120_000 });

let world: SignInPages;
let browser: Browser;
let open: Watched[] = [];

const code = (page: Page) => page.getByLabel('Authentication code');
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const focused = (page: Page) =>
  page.evaluate('document.activeElement.id || document.activeElement.textContent.trim()');
const told = async (page: Page) =>
  JSON.parse(await until(() => page.locator('#told').textContent())) as Record<string, unknown>;
const challengeOf = (started: Started) => started as Exclude<Started, { status: 'passed' }>;

/** The prompt for a fresh sign-in of this person, and the calls that it makes. */
async function signIn(
  person: SignInPerson,
  {
    start,
    prompt,
    page: options,
  }: { start?: Partial<StartRequest>; prompt?: PromptPage; page?: PageOptions } = {},
) {
  const started = await person.start(start);
  const watched = await openPage(browser, options);
  open.push(watched);
  const { page } = watched;
  const calls: { path: string; body: Record<string, unknown>; key: string | undefined }[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith('/v1/')) {
      const key = request.headers()['idempotency-key'];
      calls.push({ path: pathname.slice(4), body: request.postDataJSON(), key });
    }
  });
  await page.goto(world.promptPage(started, prompt));
  await page.getByRole('heading', { name: 'Two-factor authentication' }).waitFor();
  const verifications = () => calls.filter(({ path }) => path === 'challenges/verify');
  return { ...watched, started: challengeOf(started), calls, verifications };
}

/** Long enough for a submit that must not happen to show. */
const aMoment = (page: Page) => page.waitForTimeout(300);

/** People are shared by tests that leave them as they are; each finds a code that was not used yet. */
const people = new Map<string, Promise<SignInPerson>>();
async function somebody(kind: string, make: () => Promise<SignInPerson>): Promise<SignInPerson> {
  const person = people.get(kind) ?? make();
  people.set(kind, person);
  await person;
  world.local.clock.advance(3600);
  return person;
}
const newcomer = () => new SignInPerson(world).enrolled();
const enrolled = () => somebody('enrolled', newcomer);
const withEmail = () =>
  somebody('with email', async () => {
    const person = await (await newcomer()).withEmail();
    // Whatever a test signs in by, the next one begins alike.
    await person.me.setDefaultMethod({ defaultMethod: 'totp' });
    return person;
  });
const remembering = (days: number) =>
  somebody(`${days} days`, async () =>
    (await newcomer()).policy({ rememberDevice: { allowed: true, days } }),
  );
const requiring = async (methods: ('totp' | 'email' | 'sms')[] = ['totp']) => {
  const person = new SignInPerson(world);
  await person.start();
  return person.policy({ mode: 'required', methods });
};

describe.skipIf(!hasBrowser)('the prompt in a browser', () => {
  beforeAll(async () => {
    [world, browser] = await Promise.all([startSignInPages(), startBrowser()]);
  }, 300_000);
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

  describe('a code that is', () => {
    it('typed waits for "Verify", and is sent once however often that is pressed', async () => {
      const person = await enrolled();
      const { page, verifications, started } = await signIn(person);
      await code(page).pressSequentially(person.code());
      await aMoment(page);
      expect(verifications()).toEqual([]);
      await button(page, 'Verify').dblclick();
      const { type, token, secondFactor } = await told(page);
      expect({ type, secondFactor }).toEqual({ type: 'countersign-passed', secondFactor: 'totp' });
      const { accountId, id: userId } = person;
      const claims = await world.app.finish(token, { accountId, userId, challengeId: started.challengeId });
      expect(claims.amr).toEqual(['pwd', 'otp', 'mfa']);
      expect(verifications()).toHaveLength(1);
    });

    it('pasted is checked at once, and "Enter" right after it sends nothing more', async () => {
      const person = await enrolled();
      const { page, verifications } = await signIn(person, {
        page: { permissions: ['clipboard-read', 'clipboard-write'] },
      });
      await page.evaluate(`navigator.clipboard.writeText(' ${person.code().replace(/(...)/, '$1 ')}\\n')`);
      await page.keyboard.press('Control+V');
      await page.keyboard.press('Enter');
      expect((await told(page)).secondFactor).toBe('totp');
      expect(verifications()).toHaveLength(1);
    });

    it('set by a password manager is checked at once, and once for all of its events', async () => {
      const person = await enrolled();
      const { page, verifications } = await signIn(person);
      await page.evaluate(`(() => {
        const input = document.querySelector('input[autocomplete=one-time-code]');
        for (const type of ['input', 'change', 'input', 'change']) {
          input.value = '${person.code()}';
          input.dispatchEvent(new Event(type, { bubbles: true }));
        }
      })()`);
      expect((await told(page)).secondFactor).toBe('totp');
      expect(verifications()).toHaveLength(1);
    });

    it('written in one piece by dictation or a test driver waits for "Verify"', async () => {
      const person = await enrolled();
      const { page, verifications } = await signIn(person);
      await code(page).fill(person.code());
      await aMoment(page);
      expect(verifications()).toEqual([]);
    });

    it('pasted beside the checkbox waits: checking it would take the choice away', async () => {
      const person = await remembering(1);
      const { page, verifications } = await signIn(person, {
        page: { permissions: ['clipboard-read', 'clipboard-write'] },
      });
      await page.getByLabel('Remember this device for 1 day').waitFor();
      await page.evaluate(`navigator.clipboard.writeText('${person.code()}')`);
      await page.keyboard.press('Control+V');
      await aMoment(page);
      expect(verifications()).toEqual([]);
      expect(await code(page).inputValue()).toBe(person.code());
    });

    it('of a list of recovery codes is taken for one, wherever it is pasted', async () => {
      const person = await enrolled();
      const { page } = await signIn(person);
      await code(page).fill(person.unusedRecoveryCode().toUpperCase());
      await button(page, 'Verify').click();
      expect(await told(page)).toMatchObject({
        secondFactor: 'recovery_code',
        recoveryCodesRemaining: person.recoveryCodes.length,
      });
    });
  });

  it('has one field that password managers see, named and described, without a limit', async () => {
    const { page } = await signIn(await enrolled());
    const inputs = await page
      .locator('input')
      .evaluateAll((found) =>
        found.map((input) =>
          Object.fromEntries([...input.attributes].map(({ name, value }) => [name, value])),
        ),
      );
    expect(inputs).toMatchObject([
      { type: 'text', name: 'code', inputmode: 'numeric', autocomplete: 'one-time-code', dir: 'ltr' },
    ]);
    expect(inputs[0]).not.toHaveProperty('maxlength');
    await button(page, 'Use a recovery code instead').click();
    expect(await page.locator('input').count()).toBe(1);
    expect(await page.getByLabel('Recovery code').getAttribute('autocomplete')).toBe('off');
  });

  it('says what is missing without a call, and keeps and selects what was typed', async () => {
    const { page, verifications } = await signIn(await enrolled());
    expect(await code(page).evaluate((it) => it === document.activeElement)).toBe(true);
    await button(page, 'Verify').click();
    await page.getByText('Error: Enter the code.').waitFor();
    await code(page).pressSequentially('12 34');
    await page.keyboard.press('Enter');
    await page.getByText('The code has 6 digits. Check it and enter it again.').waitFor();
    expect(await code(page).getAttribute('aria-invalid')).toBe('true');
    expect(
      await page.evaluate(
        'getSelection().toString() || document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)',
      ),
    ).toBe('12 34');
    expect(verifications()).toEqual([]);
  });

  it('says of wrong codes what to do, counts the last tries, and ends with the fifth', async () => {
    const person = await newcomer();
    const { page } = await signIn(person);
    const sentences = [
      "That code isn't right. Wait for the next code in your app and enter that one.",
      'Also check that your phone sets its time automatically.',
      'You have 2 tries left.',
      'You have 1 try left.',
    ];
    for (const sentence of sentences) {
      await code(page).fill('');
      await code(page).pressSequentially(person.wrongCode());
      await page.keyboard.press('Enter');
      await page.getByText(sentence).waitFor();
      expect(await focused(page)).toBe(await code(page).getAttribute('id'));
    }
    await code(page).fill(person.wrongCode());
    await page.keyboard.press('Enter');
    await page.getByText('That was the fifth wrong code, so this sign-in has ended.').waitFor();
    expect(
      await page
        .getByRole('heading', { name: 'This sign-in has ended' })
        .evaluate((it) => it === document.activeElement),
    ).toBe(true);
    await button(page, 'Sign in again').click();
    expect(await told(page)).toEqual({ type: 'countersign-restart', code: 'too_many_attempts' });
  });

  it('is locked for a while after ten wrong codes, and lets a recovery code in', async () => {
    const person = await newcomer();
    for (const _ of Array.from({ length: 9 })) {
      const { challengeToken } = challengeOf(await person.start());
      const body = JSON.stringify({ challengeToken, method: 'totp', code: person.wrongCode() });
      const headers = { 'content-type': 'application/json' };
      await fetch(`${world.local.url}/v1/challenges/verify`, { method: 'POST', headers, body });
    }
    const { page } = await signIn(person);
    await code(page).pressSequentially(person.wrongCode());
    await page.keyboard.press('Enter');
    await page.getByText("That code isn't right.").waitFor();
    await code(page).fill(person.code());
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Too many wrong codes' }).waitFor();
    await page.getByText(/You can try again at .* \(in 1 minute\)\./).waitFor();
    expect(await page.locator('input').count()).toBe(0);
    await button(page, 'Use a recovery code instead').click();
    await page.getByLabel('Recovery code').fill(person.unusedRecoveryCode());
    await page.keyboard.press('Enter');
    expect((await told(page)).secondFactor).toBe('recovery_code');
  });

  it('keeps buttons reachable while a call runs, and says so after a moment', async () => {
    const person = await enrolled();
    const { page } = await signIn(person);
    await page.route('**/v1/challenges/verify', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await route.continue();
    });
    await code(page).pressSequentially(person.code());
    await button(page, 'Verify').click();
    await page.getByRole('status').filter({ hasText: 'Checking…' }).waitFor();
    expect(await button(page, 'Verify').getAttribute('aria-disabled')).toBe('true');
    expect(await page.locator('[disabled]').count()).toBe(0);
    await told(page);
    expect(await page.getByRole('status').textContent()).toBe("You're signed in.");
  });

  it('tries twice more where the service is short, then asks, and sends the code by the same key', async () => {
    const person = await enrolled();
    const { page, verifications } = await signIn(person);
    const fault = { engine: 'dynamodb', operation: '*', kind: 'fail', times: 10_000 };
    await fetch(`${world.local.url}/_dev/faults`, { method: 'POST', body: JSON.stringify(fault) });
    await code(page).pressSequentially(person.code());
    await button(page, 'Verify').click();
    await page.getByText("Codes can't be checked right now. Try again in a few minutes.").waitFor();
    expect(verifications()).toHaveLength(3);
    await fetch(`${world.local.url}/_dev/faults`, { method: 'DELETE' });
    await button(page, 'Try again').click();
    await told(page);
    expect(new Set(verifications().map(({ key }) => key)).size).toBe(1);
  });

  it('keeps what was typed when there is no network', async () => {
    const person = await enrolled();
    const { page, context } = await signIn(person);
    await code(page).pressSequentially(person.code());
    await context.setOffline(true);
    await button(page, 'Verify').click();
    await page.getByText("You're offline. We'll keep what you typed.").waitFor();
    await context.setOffline(false);
    await button(page, 'Try again').click();
    expect((await told(page)).secondFactor).toBe('totp');
  });

  it('remembers the device where the account allows it and the person asks for it', async () => {
    const person = await remembering(30);
    const { page } = await signIn(person);
    const checkbox = page.getByLabel('Remember this device for 30 days');
    expect(await checkbox.isChecked()).toBe(false);
    await checkbox.check();
    await code(page).pressSequentially(person.code());
    await page.keyboard.press('Enter');
    const { deviceToken } = await told(page);
    expect(await person.start({ deviceToken: deviceToken as string })).toMatchObject({
      status: 'passed',
      secondFactor: 'trusted_device',
    });
  });

  it('explains under "I can\'t get a code" what helps, with the contact last', async () => {
    const { page } = await signIn(await enrolled());
    const help = button(page, "I can't get a code");
    expect(await help.getAttribute('aria-expanded')).toBe('false');
    await help.click();
    await page.getByText('look for Acme').waitFor();
    await page.getByText('Still stuck? Contact support@acme.example.').waitFor();
    expect(await help.getAttribute('aria-expanded')).toBe('true');
    await help.click();
    expect(await page.getByText('Still stuck?').isVisible()).toBe(false);
  });

  describe('a code that is mailed', () => {
    const toEmail = async (page: Page) => {
      await button(page, 'Use another method').click();
      await page.getByRole('button', { name: /^Email to/ }).click();
      await page.getByText('We sent a 6-digit code to').waitFor();
    };

    it('is sent once, also over a reload, and again after the wait alone', async () => {
      const person = await withEmail();
      const mails = () =>
        world.local.mailbox
          .messages(person.email)
          .filter(({ subject }) => subject.endsWith('Your sign-in code'));
      const watched = await signIn(person);
      const { page } = watched;
      await page.clock.install();
      await page.reload();
      await toEmail(page);
      const before = mails().length;
      await button(page, 'Send a new code').click({ force: true });
      expect(await button(page, 'Send a new code').getAttribute('aria-disabled')).toBe('true');
      await page.reload();
      await toEmail(page);
      expect(mails()).toHaveLength(before);
      await page.clock.fastForward(61_000);
      world.local.clock.advance(61);
      await until(async () => (await button(page, 'Send a new code').getAttribute('aria-disabled')) === null);
      await button(page, 'Send a new code').click();
      await page.getByText('We sent another code. The earlier one still works.').waitFor();
      expect(mails()).toHaveLength(before + 1);
      await code(page).pressSequentially(world.codeTo(person.email));
      await page.keyboard.press('Enter');
      expect((await told(page)).secondFactor).toBe('email');
    });

    it('is what the next sign-in begins with, because it was used last', async () => {
      const person = await (await newcomer()).withEmail();
      const { page } = await signIn(person);
      await toEmail(page);
      await code(page).pressSequentially(world.codeTo(person.email));
      await page.keyboard.press('Enter');
      await told(page);
      world.local.clock.advance(3600);
      await page.goto(world.promptPage(await person.start()));
      await page.getByText('We sent a 6-digit code to').waitFor();
    });
  });

  describe('where a second step is required', () => {
    const toQrCode = async (page: Page, person: SignInPerson) => {
      await page.getByRole('heading', { name: 'Step 1 of 3: confirm your email' }).waitFor();
      await page.getByText('We sent a 6-digit code').waitFor();
      await code(page).pressSequentially(world.codeTo(person.email));
      await button(page, 'Verify').click();
    };
    const key = async (page: Page) =>
      ((await page.locator('.cs-key code').textContent()) ?? '').replace(/\s/g, '');

    it.skipIf(!installed('zbarimg', 'oathtool'))(
      'it is set up inside the sign-in: mailbox, QR code, first code, recovery codes, passed',
      async () => {
        const person = await requiring();
        const { page, started } = await signIn(person, { page: { width: 800, height: 1000 } });
        await toQrCode(page, person);
        await page.getByRole('heading', { name: 'Set up your authenticator app' }).waitFor();
        await page.getByText('Setup key', { exact: true }).waitFor();
        const uri = qrCodeOn(await page.screenshot({ fullPage: true }));
        const { pathname, searchParams } = new URL(uri);
        expect(decodeURIComponent(pathname)).toContain(person.email);
        expect(searchParams.get('secret')).toBe(await key(page));
        await code(page).pressSequentially('000000');
        await button(page, 'Verify and enable').click();
        await page.getByText("That code isn't right. Check that you scanned this QR code").waitFor();
        expect(await key(page)).toBe(searchParams.get('secret'));
        const at = new Date(world.local.clock.now()).toISOString().slice(0, 19).replace('T', ' ');
        const totp = execFileSync('oathtool', ['--totp', '-b', await key(page), '--now', `${at} UTC`])
          .toString()
          .trim();
        await code(page).fill('');
        await code(page).pressSequentially(totp);
        await button(page, 'Verify and enable').click();

        await page.getByRole('heading', { name: 'Save your recovery codes' }).waitFor();
        const codes = await page.locator('.cs-codes li').allTextContents();
        expect(codes).toHaveLength(10);
        const [download] = await Promise.all([
          page.waitForEvent('download'),
          button(page, 'Download .txt').click(),
        ]);
        expect(download.suggestedFilename()).toMatch(
          /^Acme-recovery-codes-.+@example\.com-\d{4}-\d\d-\d\d\.txt$/,
        );
        const file = readFileSync(await download.path(), 'utf8');
        expect(codes.every((shown) => file.includes(shown.trim()))).toBe(true);
        expect(await page.locator('#told').textContent()).toBe('');
        await button(page, "I've saved them").click();
        const { token, secondFactor } = await told(page);
        expect(secondFactor).toBe('totp');
        const { accountId, id: userId } = person;
        await world.app.finish(token, { accountId, userId, challengeId: started.challengeId });
      },
    );

    it('goes on with the same QR code after a reload, and after its step in a duplicated tab', async () => {
      const person = await requiring();
      const { page, calls } = await signIn(person);
      await toQrCode(page, person);
      await page.getByText('Setup key', { exact: true }).waitFor();
      const before = await key(page);
      await page.reload();
      await page.getByText('Setup key', { exact: true }).waitFor();
      expect(await key(page)).toBe(before);
      expect(calls.filter(({ path }) => path === 'me/authenticators')).toHaveLength(1);
    });

    it('is only mailed codes where the account allows nothing else', async () => {
      const person = await requiring(['email']);
      const { page } = await signIn(person);
      await page.getByText('We sent a 6-digit code').waitFor();
      await code(page).pressSequentially(world.codeTo(person.email));
      await button(page, 'Verify').click();
      expect((await told(page)).secondFactor).toBe('email');
    });

    it('may be text messages: number, code, recovery codes, passed', async () => {
      const person = new SignInPerson(world);
      await world.app.setAccount({ accountId: person.accountId, smsEnabled: true });
      await person.start();
      await person.policy({ mode: 'required', methods: ['totp', 'sms'] });
      const { page } = await signIn(person);
      await toQrCode(page, person);
      await page.getByRole('heading', { name: 'Step 2 of 3: choose your second step' }).waitFor();
      await page.getByText('Recommended').waitFor();
      await page.getByRole('button', { name: 'Text message (SMS)' }).click();
      await page.getByLabel('Mobile number').fill('12');
      await button(page, 'Send code').click();
      await page.getByText('Enter a mobile number with its country code').waitFor();
      await page.getByLabel('Mobile number').fill('+41 79 123 45 67');
      await button(page, 'Send code').click();
      await code(page).waitFor();
      await code(page).pressSequentially(world.codeTo('+41791234567'));
      await button(page, 'Verify and enable').click();
      await button(page, "I've saved them").click();
      expect((await told(page)).secondFactor).toBe('sms');
    });
  });

  describe('R88: a step-up', () => {
    const action = {
      name: 'transfer.create',
      details: { Recipient: 'Grace Hopper', Amount: 'CHF 1,250.00' },
    };
    const stepUp = { firstFactor: { method: 'session' }, action } as const;

    it('shows what is confirmed before a code is typed, reads it out with the field, and passes for that act', async () => {
      const person = await enrolled();
      const { page, started } = await signIn(person, { start: stepUp });
      await page.getByRole('heading', { name: 'Check before you confirm' }).waitFor();
      expect(await focused(page)).toMatch(/-subheading$/);
      expect(await page.locator('dl').textContent()).toMatch(
        /Recipient\s*Grace Hopper\s*Amount\s*CHF 1,250\.00/,
      );
      const described = (await code(page).getAttribute('aria-describedby')) ?? '';
      const spoken = await Promise.all(
        described.split(' ').map((id) => page.locator(`#${id}`).textContent()),
      );
      expect(spoken.join(' ')).toMatch(/Grace Hopper.*CHF 1,250\.00/s);
      expect(await page.getByRole('checkbox').count()).toBe(0);
      await code(page).pressSequentially(person.code());
      await page.keyboard.press('Enter');
      const { token } = await told(page);
      expect(await page.getByRole('status').textContent()).toBe('Confirmed.');
      const expected = {
        accountId: person.accountId,
        userId: person.id,
        challengeId: challengeOf(started).challengeId,
      };
      expect(await world.app.finish(token, { ...expected, action })).toMatchObject({
        action: action.name,
        scope: 'action',
      });
      await expect(world.app.finish(token, expected)).rejects.toMatchObject({ code: 'token_invalid' });
    });

    it('keeps what is confirmed in sight where another way is chosen, and where a factor has to be set up first', async () => {
      const person = await withEmail();
      const { page } = await signIn(person, { start: stepUp });
      await button(page, 'Use another method').click();
      await page.getByRole('heading', { name: 'Choose another way' }).waitFor();
      await page.getByText('Grace Hopper').waitFor();
      const newcomer = new SignInPerson(world);
      await newcomer.start();
      const set = await signIn(newcomer, { start: stepUp });
      await set.page.getByText('To confirm this you need a second step of your own. We sent').waitFor();
      await set.page.getByText('Grace Hopper').waitFor();
      await code(set.page).pressSequentially(world.codeTo(newcomer.email));
      await set.page.keyboard.press('Enter');
      await set.page.getByRole('heading', { name: 'Set up your authenticator app' }).waitFor();
      await set.page.getByText('Grace Hopper').waitFor();
    });
  });

  it('R87 begins with a passkey where it is the best, opens nothing by itself, and passes with one', async () => {
    const person = await new SignInPerson(world).withPasskey();
    const { page, verifications } = await signIn(person);
    await button(page, 'Use a passkey').waitFor();
    expect(await focused(page)).toMatch(/-passkey$/);
    await aMoment(page);
    expect(verifications()).toEqual([]);
    expect(await page.getByRole('textbox').count()).toBe(0);
    // This browser's own authenticator knows nothing of the key that was made elsewhere.
    await plugIn(page);
    await button(page, 'Use a passkey').click();
    await page.getByText('The passkey was not used. Try again or use another way.').waitFor();
    expect(verifications()).toEqual([]);
    await button(page, 'Use a recovery code instead').click();
    await page.getByLabel('Recovery code').pressSequentially(person.unusedRecoveryCode());
    await page.keyboard.press('Enter');
    expect((await told(page)).secondFactor).toBe('recovery_code');
  });

  it('R87 offers no passkey where the browser has none', async () => {
    const person = await (await new SignInPerson(world).enrolled()).withPasskey();
    const started = challengeOf(await person.start());
    const watched = await openPage(browser);
    open.push(watched);
    await watched.page.addInitScript('delete globalThis.PublicKeyCredential');
    await watched.page.goto(world.promptPage(started));
    await code(watched.page).waitFor();
    expect(await button(watched.page, 'Use another method').count()).toBe(0);
  });

  it('speaks German, with German times and a field that iOS does not take for a credit card', async () => {
    const person = await withEmail();
    const started = await person.start();
    const watched = await openPage(browser, { locale: 'de-CH' });
    open.push(watched);
    const { page } = watched;
    await page.goto(world.promptPage(started, { lang: 'de-CH' }));
    await page.getByLabel('Authentifizierungscode').waitFor();
    await page.getByRole('button', { name: 'Andere Methode verwenden' }).click();
    await page.getByRole('button', { name: 'E-Mail an' }).click();
    await page.getByText(/Er gilt bis \d\d:\d\d Uhr\./).waitFor();
    expect(await page.locator('.cs-body').getAttribute('lang')).toBe('de');
  });

  it('works by keyboard alone', async () => {
    const person = await enrolled();
    const { page } = await signIn(person);
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Verify');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Use a recovery code instead');
    await page.keyboard.press('Enter');
    await page.getByLabel('Recovery code').waitFor();
    await page.keyboard.type(person.unusedRecoveryCode());
    await page.keyboard.press('Enter');
    expect((await told(page)).secondFactor).toBe('recovery_code');
  });

  it.each([
    ['inside', '<form method="post" action="/finish">{prompt}</form>', ''],
    ['beside', '<form id="finish" method="post" action="/finish"></form>{prompt}', 'form="finish"'],
  ])('sends the token with a form that it stands %s', async (_place, around, form) => {
    const person = await enrolled();
    world.pages.put('/finish', '<!doctype html><html lang="en"><title>done</title><p>done</p></html>');
    const attributes = `issuer="Acme" name="token" ${form}`;
    const { page } = await signIn(person, { prompt: { around, attributes } });
    await code(page).pressSequentially(person.code());
    await page.keyboard.press('Enter');
    await page.waitForURL('**/finish');
    const posted = new URLSearchParams(world.pages.posted.at(-1)?.body.replace(/\r\n/g, '&'));
    const body = world.pages.posted.at(-1)?.body ?? '';
    expect(body.includes('token=') || body.includes('name="token"')).toBe(true);
    expect(posted.has('code')).toBe(false);
  });
});

/** What an independent decoder reads in a picture of the page. */
function qrCodeOn(screenshot: Buffer): string {
  const file = join(mkdtempSync(join(tmpdir(), 'qr-')), 'page.png');
  execFileSync('sh', ['-c', `cat > ${file}`], { input: screenshot });
  return execFileSync('zbarimg', ['-q', '--raw', file]).toString().trim();
}
