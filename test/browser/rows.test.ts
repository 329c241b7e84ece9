/** Rows of the requirements as a browser at Acme sees them, each named after its number. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newEmail, password, type RunningAcme, startAcmeWithBrowser, type Visitor } from '../support/acme.ts';
import { hasBrowser, until } from '../support/browser.ts';

describe.skipIf(!hasBrowser)('at Acme', { timeout: 180_000 }, () => {
  let acme: RunningAcme;

  beforeAll(async () => {
    acme = await startAcmeWithBrowser();
  }, 300_000);
  afterAll(() => acme?.close());

  /** A manager of a team of their own, with two-factor authentication on. */
  async function manager(name: string): Promise<{ visitor: Visitor; email: string }> {
    const visitor = await acme.visit();
    const email = newEmail(name);
    await visitor.signUp(email);
    await visitor.enable();
    return { visitor, email };
  }

  /** Somebody whom the manager invited, in a browser of their own. */
  async function invited(by: Visitor, name: string, role = 'member') {
    const email = newEmail(name);
    await by.open('/settings/users-and-security');
    await by.field('Address to invite').fill(email);
    await by.field('Role').selectOption(role);
    await by.button('Send an invitation').click();
    await by.sees(`An invitation is on its way to ${email}.`);
    const message = await until(() => acme.local.mailbox.messages(email)[0]);
    const link = new URL(/http:\S+/.exec(message.text)?.[0] ?? '');
    const visitor = await acme.visit();
    await visitor.open(link.pathname + link.search);
    await visitor.field('Password').fill(password);
    await visitor.button('Sign up').click();
    return { visitor, email };
  }

  it('R15: a right password and no code is not signed in', async () => {
    const { visitor, email } = await manager('r15');
    await visitor.signOut();
    await visitor.signIn(email);
    await visitor.field('Authentication code').waitFor();
    for (const path of ['/dashboard', '/settings/security', '/settings/users-and-security']) {
      await visitor.open(path);
      expect(new URL(visitor.page.url()).pathname).toBe('/sign-in');
    }
    const forged = await visitor.page.evaluate(`fetch('/sign-in/second-factor', { method: 'POST',
      headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token: 'e30.e30.x' }) }).then((answer) => answer.status)`);
    expect(forged).toBeGreaterThanOrEqual(400);
    await visitor.open('/dashboard');
    expect(new URL(visitor.page.url()).pathname).toBe('/sign-in');
  });

  it('R24, R55: who gets no code is told what to do and whom to contact', async () => {
    const { visitor, email } = await manager('r24');
    await visitor.signOut();
    await visitor.signIn(email);
    await visitor.button("I can't get a code").click();
    await visitor.sees(/support@acme\.example/);
  });

  it('R27, R28: at two codes left a banner asks for new ones, which need the password and replace the old', async () => {
    const { visitor: first, email } = await manager('r27');
    // A browser of its own, as on the day when the phone is lost.
    const visitor = await acme.visit();
    Object.assign(visitor, { secret: first.secret, recoveryCodes: first.recoveryCodes });
    for (const code of visitor.recoveryCodes.slice(0, 8)) {
      await visitor.signIn(email);
      await visitor.button('Use a recovery code instead').click();
      await visitor.type('Recovery code', code);
      await visitor.button('Verify').click();
      await visitor.page.waitForURL('**/dashboard');
      await visitor.signOut();
    }
    await visitor.signInWithApp(email);
    await visitor.open('/settings/security');
    await visitor.sees('You have 2 recovery codes left.');
    const old = visitor.recoveryCodes;
    await visitor.button('Regenerate recovery codes').click();
    await visitor.page.getByRole('dialog').getByLabel('Password', { exact: true }).fill('a wrong password');
    await visitor.page.getByRole('dialog').getByLabel('Authentication code', { exact: true }).fill('');
    await visitor.page
      .getByRole('dialog')
      .getByLabel('Authentication code', { exact: true })
      .pressSequentially('123456');
    await visitor.page.getByRole('dialog').getByRole('button', { name: 'Confirm', exact: true }).click();
    await visitor.sees("That password isn't right.");
    await visitor.page.getByRole('dialog').getByLabel('Authentication code', { exact: true }).fill('');
    await visitor.confirmAct();
    await visitor.saveCodes();
    expect(visitor.recoveryCodes.some((code) => old.includes(code))).toBe(false);
    await visitor.sees(/10 of 10 left/);
    await visitor.signOut();
    await visitor.signIn(email);
    await visitor.button('Use a recovery code instead').click();
    await visitor.type('Recovery code', old[9] as string);
    await visitor.button('Verify').click();
    await visitor.sees(/That recovery code isn't right/);
  });

  it('R29: turning it off needs the password and a code, and the badge goes', async () => {
    const { visitor, email } = await manager('r29');
    await visitor.button('Disable 2FA').click();
    expect(await visitor.confirmAct()).toBe(true);
    await visitor.button('Enable 2FA').waitFor();
    expect(await visitor.page.getByText('Enabled', { exact: true }).count()).toBe(0);
    await visitor.signOut();
    await visitor.signIn(email);
    await visitor.page.waitForURL('**/dashboard');
  });

  it('R34, R35, R36, R16: required, a member sets it up at the next sign-in and cannot turn it off', async () => {
    const { visitor: boss, email: bossEmail } = await manager('r36-boss');
    const { visitor: member, email } = await invited(boss, 'r36-member');
    await member.page.waitForURL('**/dashboard');
    await member.open('/settings/users-and-security');
    await member.sees('Only administrators can see this page.');

    await boss.open('/settings/users-and-security');
    await boss.field('Require two-factor authentication').check();
    await boss.field('Email').uncheck();
    await boss.saveRules(acme, bossEmail);

    // R46: who is signed in stays signed in.
    await member.open('/dashboard');
    await member.heading(`Hello, R36`).waitFor();
    await member.signOut();
    acme.local.mailbox.clear();
    await member.signIn(email);
    await member.sees(/confirm your email/i);
    await member.typeMailedCode(acme, email);
    const choice = member.page.getByRole('button', { name: /^Authenticator app/ });
    await choice.or(member.page.locator('.cs-key code')).first().waitFor();
    if (await choice.isVisible()) {
      await choice.click();
    }
    await member.setUpApp();
    await member.page.waitForURL('**/dashboard');
    await member.open('/settings/security');
    await member.sees(/^Required by /);
    expect(await member.button('Disable 2FA').count()).toBe(0);
  });

  it('R47, R48, R59: a device is remembered where the rules allow it, in that browser, until a new password', async () => {
    const { visitor, email } = await manager('r48');
    await visitor.signOut();
    await visitor.signIn(email);
    await visitor.field('Authentication code').waitFor();
    expect(await visitor.page.getByLabel(/^Remember this device/).count()).toBe(0);
    await visitor.type('Authentication code', await visitor.nextCode());
    await visitor.button('Verify').click();
    await visitor.page.waitForURL('**/dashboard');

    await visitor.open('/settings/users-and-security');
    await visitor.field('Let people remember a device').check();
    await visitor.saveRules(acme, email);
    await visitor.signOut();
    await visitor.signIn(email);
    await visitor.field('Remember this device for 30 days').check();
    await visitor.type('Authentication code', await visitor.nextCode());
    await visitor.button('Verify').click();
    await visitor.page.waitForURL('**/dashboard');

    await visitor.signOut();
    await visitor.signIn(email);
    await visitor.page.waitForURL('**/dashboard');
    await visitor.sees('Remembered device');
    const elsewhere = await acme.visit();
    await elsewhere.signIn(email);
    await elsewhere.field('Authentication code').waitFor();

    await visitor.signOut();
    await visitor.open('/forgot-password');
    acme.local.mailbox.clear();
    await visitor.field('Email').fill(email);
    await visitor.button('Send the link').click();
    const message = await until(() => acme.local.mailbox.messages(email)[0]);
    const link = new URL(/http:\S+/.exec(message.text)?.[0] ?? '');
    await visitor.open(link.pathname + link.search);
    await visitor.field('New password').fill('another quiet river');
    await visitor.button('Save the password').click();
    await visitor.sees("Your password is new. You'll still be asked for a code.");
    await visitor.signIn(email, 'another quiet river');
    await visitor.field('Authentication code').waitFor();
  });

  it('R53, R51: support resets who lost everything, after checks and with a reason', async () => {
    const { visitor: boss } = await manager('r53-boss');
    const { visitor: member, email } = await invited(boss, 'r53-member');
    await member.page.waitForURL('**/dashboard');
    await member.enable();
    const { visitor: support } = await invited(boss, 'r53-support', 'support');
    await support.page.waitForURL('**/dashboard');
    await support.enable();
    await support.open('/support');
    await support.field('Address of the person').fill(email);
    await support.button('Find').click();
    await support.button('Go on').click();
    await support.sees(/Check all three first/);
    for (const box of await support.page.locator('fieldset input[type=checkbox]').all()) {
      await box.check();
    }
    await support.button('Go on').click();
    await support.field('Search by email').fill(email);
    await support.button('Search').click();
    await support.page.getByRole('row', { name: email }).getByRole('button', { name: 'Reset' }).click();
    await support.field('Reason').fill('Called back on the number in the contract');
    await support.confirmAct();
    await support.sees(`${email} was reset.`);
    await member.signOut();
    await member.signIn(email);
    await member.sees(/confirm your email/i);
  });

  it('R57, R58: Google is not asked for a code; disconnected, the password is', async () => {
    const { visitor, email } = await manager('r57');
    await visitor.page.getByRole('link', { name: 'Connect Google' }).click();
    await visitor.field('Another account').fill(email);
    await visitor.button('Continue').click();
    await visitor.sees('Google account connected.');
    await visitor.signOut();
    await visitor.page.getByRole('link', { name: 'Sign in with Google' }).click();
    await visitor.field('Another account').fill(email);
    await visitor.button('Continue').click();
    await visitor.page.waitForURL('**/dashboard');
    await visitor.sees('Not asked for');
    await visitor.open('/settings/security');
    await visitor.button('Disconnect').click();
    await visitor.sees(/From now on you'll be asked for a code/);
    await visitor.signOut();
    await visitor.signIn(email);
    await visitor.field('Authentication code').waitFor();
  });

  it('R60: an API key is not asked for a code, also under a requirement', async () => {
    const { visitor, email } = await manager('r60');
    await visitor.field('Name').fill('Build server');
    await visitor.button('Make an API key').click();
    const key = (await visitor.page.locator('#new-api-key').textContent()) as string;
    await visitor.open('/settings/users-and-security');
    await visitor.field('Require two-factor authentication').check();
    await visitor.saveRules(acme, email);
    const me = await fetch(`${acme.url}/api/me`, { headers: { authorization: `Bearer ${key}` } });
    expect(await me.json()).toMatchObject({ email, secondFactor: 'none' });
    expect((await fetch(`${acme.url}/api/me`, { headers: { authorization: `Bearer ${key}x` } })).status).toBe(
      401,
    );
  });

  it('R61: an old program is let in by an exemption, which ends by itself', async () => {
    const { visitor: boss } = await manager('r61-boss');
    const { visitor: member, email } = await invited(boss, 'r61-member');
    await member.page.waitForURL('**/dashboard');
    await member.enable();
    const connect = async () => {
      await member.open('/legacy-client');
      await member.field('Email').fill(email);
      await member.field('Password').fill(password);
      await member.button('Connect').click();
    };
    await connect();
    await member.sees(/This account asks for a code/);
    await boss.open('/settings/users-and-security');
    await boss.field('Search by email').fill(email);
    await boss.button('Search').click();
    await boss.page.getByRole('row', { name: email }).getByRole('button', { name: 'Exempt' }).click();
    await boss.field('Reason').fill('The old program, until it is replaced');
    const until = new Date(acme.local.clock.now() + 2 * 86_400_000).toISOString().slice(0, 16);
    await boss.field('Until').fill(until);
    await boss.confirmAct();
    await boss.sees(/is exempt until/);
    await connect();
    await member.sees('second_factor: exempt');
    acme.local.clock.advance(3 * 86_400);
    await connect();
    await member.sees(/This account asks for a code/);
  });
});
