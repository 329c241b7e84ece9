/** Passkeys at Acme, by Chromium's virtual authenticator: set up, used, added to, removed, and what goes wrong. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newEmail, password, type RunningAcme, startAcmeWithBrowser, type Visitor } from '../support/acme.ts';
import { accessibilityProblems, hasBrowser, type Key, plugIn, until } from '../support/browser.ts';

describe.skipIf(!hasBrowser)('R87: a passkey at Acme', { timeout: 240_000 }, () => {
  let acme: RunningAcme;

  beforeAll(async () => {
    acme = await startAcmeWithBrowser();
  }, 300_000);
  afterAll(() => acme?.close());

  /** Somebody whose device has a screen lock, with a passkey as their first second step. */
  async function enrolled(name: string): Promise<{ visitor: Visitor; email: string; key: Key }> {
    const visitor = await acme.visit();
    const email = newEmail(name);
    await visitor.signUp(email);
    const key = await plugIn(visitor.page);
    await visitor.open('/settings/security');
    await visitor.button('Enable 2FA').click();
    await visitor.page
      .getByRole('dialog')
      .getByRole('button', { name: /^Passkey/ })
      .click();
    await makePasskey(visitor, 'Laptop');
    await visitor.saveCodes();
    await visitor.page.getByText('Enabled', { exact: true }).waitFor();
    return { visitor, email, key };
  }

  async function makePasskey(visitor: Visitor, name: string): Promise<void> {
    await visitor.heading('Create a passkey').waitFor();
    await visitor.field('Name (optional)').fill(name);
    await visitor.button('Create passkey').click();
  }

  const passkeys = (visitor: Visitor) =>
    visitor.page
      .locator('countersign-security .cs-list li', { hasText: 'last used' })
      .locator('.cs-strong')
      .allInnerTexts();

  /** Answers the dialog of a sensitive act with the password and the passkey. */
  async function confirmByPasskey({ page }: Visitor): Promise<void> {
    const dialog = page.getByRole('dialog');
    const field = dialog.getByLabel('Password', { exact: true });
    await dialog.getByText('asks for your fingerprint').waitFor();
    if (await field.isVisible()) {
      await field.fill(password);
    }
    await dialog.getByRole('button', { name: 'Confirm', exact: true }).click();
  }

  it('is set up in the settings, signs in, is joined by a second one and removed', async () => {
    const { visitor, email, key } = await enrolled('passkey');
    expect(await key.count()).toBe(1);
    expect(await passkeys(visitor)).toEqual(['Laptop']);

    await visitor.signOut();
    await visitor.signIn(email);
    await visitor.sees('Use your fingerprint, face, screen lock or security key.');
    expect(await accessibilityProblems(visitor.page)).toEqual([]);
    await visitor.button('Use a passkey').click();
    await visitor.page.waitForURL('**/dashboard');
    await visitor.sees('pwd pop user mfa');

    await visitor.open('/settings/security');
    await visitor.button('Add another passkey').click();
    await confirmByPasskey(visitor);
    await visitor.heading('Create a passkey').waitFor();
    await visitor.button('Create passkey').click();
    await visitor.sees('This device or key has a passkey of yours already.');
    await key.unplug();
    const second = await plugIn(visitor.page, 'usb');
    await visitor.field('Name (optional)').fill('YubiKey');
    await visitor.button('Try again').click();
    await visitor.sees('Your new passkey was added.');
    expect(await passkeys(visitor)).toEqual(['Laptop', 'YubiKey']);

    await visitor.page
      .getByRole('listitem')
      .filter({ hasText: 'Laptop' })
      .getByRole('button', { name: 'Remove' })
      .click();
    await visitor.heading('Remove Laptop?').waitFor();
    expect(await accessibilityProblems(visitor.page)).toEqual([]);
    await confirmByPasskey(visitor);
    await visitor.sees('Laptop was removed.');
    expect(await passkeys(visitor)).toEqual(['YubiKey']);

    await visitor.signOut();
    await visitor.signIn(email);
    await visitor.button('Use a passkey').click();
    await visitor.page.waitForURL('**/dashboard');
    expect(await second.count()).toBe(1);
    expect(visitor.complaints).toEqual([]);
  });

  it('R88: confirms a transfer whose details were shown', async () => {
    const { visitor } = await enrolled('payer');
    await visitor.open('/transfer');
    await visitor.field('Recipient').fill('Grace Hopper');
    await visitor.field('Amount in CHF').fill('120');
    await visitor.button('Send').click();
    await visitor.heading('Check before you confirm').waitFor();
    expect(await visitor.page.locator('countersign-prompt dl').textContent()).toMatch(
      /Grace Hopper.*CHF 120\.00/s,
    );
    expect(await accessibilityProblems(visitor.page)).toEqual([]);
    await visitor.button('Use a passkey').click();
    await visitor.sees('CHF 120.00 sent to Grace Hopper.');
    expect(visitor.complaints).toEqual([]);
  });

  it('is set up inside a sign-in where the team requires a second step', async () => {
    const manager = await acme.visit();
    const email = newEmail('manager');
    await manager.signUp(email);
    await manager.enable();
    await manager.open('/settings/users-and-security');
    await manager.field('Require two-factor authentication').check();
    await manager.field('Email').uncheck();
    await manager.saveRules(acme, email);
    const invitee = newEmail('invitee');
    await manager.open('/settings/users-and-security');
    await manager.field('Address to invite').fill(invitee);
    await manager.button('Send an invitation').click();
    const message = await until(() => acme.local.mailbox.messages(invitee)[0]);
    const link = new URL(/http:\S+/.exec(message.text)?.[0] ?? '');
    const visitor = await acme.visit();
    await plugIn(visitor.page);
    await visitor.open(link.pathname + link.search);
    await visitor.field('Password').fill(password);
    await visitor.button('Sign up').click();
    acme.local.mailbox.clear();
    await visitor.typeMailedCode(acme, invitee);
    await visitor.heading('Step 2 of 3: choose your second step').waitFor();
    const [first] = await visitor.page.locator('.cs-choice').allInnerTexts();
    expect(first).toMatch(/^Passkey/);
    await visitor.page.getByRole('button', { name: /^Passkey/ }).click();
    await makePasskey(visitor, '');
    await visitor.saveCodes();
    await visitor.page.waitForURL('**/dashboard');
    await visitor.sees('pwd pop user mfa');
    expect(visitor.complaints).toEqual([]);
  });

  it('not used by its owner says so, opens again on "Try again", and lets another way be taken', async () => {
    const { visitor, email, key } = await enrolled('dismissing');
    await visitor.signOut();
    await visitor.signIn(email);
    await key.recognises(false);
    await visitor.button('Use a passkey').click();
    await visitor.sees('The passkey was not used. Try again or use another way.');
    await visitor.button('Try again').click();
    await visitor.sees('The passkey was not used. Try again or use another way.');
    await visitor.button("I can't get a code").click();
    await visitor.sees(/A passkey lives on the phone, computer or security key/);
    await key.recognises(true);
    await visitor.button('Try again').click();
    await visitor.page.waitForURL('**/dashboard');
    expect(visitor.complaints).toEqual([]);
  });

  it('that nothing answers for ends at a deadline, and keeps nobody from another way meanwhile', async () => {
    const { visitor, email, key } = await enrolled('waiting');
    const elsewhere = await acme.visit();
    await elsewhere.page.clock.install();
    await elsewhere.signIn(email);
    await elsewhere.button('Use a passkey').click();
    await elsewhere.sees("Follow your browser's window.");
    await elsewhere.page.clock.fastForward(125_000);
    await elsewhere.sees('No passkey answered in time. Try again or use another way.');
    await elsewhere.button('Use a recovery code instead').click();
    await elsewhere.type('Recovery code', visitor.recoveryCodes[0] as string);
    await elsewhere.button('Verify').click();
    await elsewhere.page.waitForURL('**/dashboard');
    expect(elsewhere.complaints).toEqual([]);

    await visitor.signOut();
    await key.isTouched(false);
    await visitor.signIn(email);
    await visitor.button('Use a passkey').click();
    await visitor.sees("Follow your browser's window.");
    await visitor.button('Use a recovery code instead').click();
    await visitor.field('Recovery code').waitFor();
    await key.isTouched(true);
    await visitor.button('Use another method').click();
    await visitor.button('Use a passkey').click();
    await visitor.page.waitForURL('**/dashboard');
    expect(visitor.complaints).toEqual([]);
  });
});
