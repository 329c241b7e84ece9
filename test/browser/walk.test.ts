/** Somebody who has never seen it walks through Acme, by what is written on the pages alone. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newEmail, type RunningAcme, startAcmeWithBrowser, type Visitor } from '../support/acme.ts';
import { hasBrowser } from '../support/browser.ts';

describe.skipIf(!hasBrowser)('a newcomer', () => {
  let acme: RunningAcme;
  let visitor: Visitor;
  const email = newEmail('newcomer');

  beforeAll(async () => {
    acme = await startAcmeWithBrowser();
    visitor = await acme.visit();
  }, 240_000);
  afterAll(() => acme.close());

  it('signs up and is on the dashboard', { timeout: 90_000 }, async () => {
    await visitor.signUp(email);
    await visitor.sees('Not asked for');
  });

  it('R1, R6, R10: turns two-factor authentication on, and gets ten recovery codes and a badge', {
    timeout: 90_000,
  }, async () => {
    await visitor.open('/settings/security');
    await visitor.button('Enable 2FA').waitFor();
    expect(await visitor.page.getByText('Enabled', { exact: true }).count()).toBe(0);
    await visitor.enable();
    expect(new Set(visitor.recoveryCodes).size).toBe(10);
  });

  it('R17, R56: signs out, and in again with a code', { timeout: 90_000 }, async () => {
    await visitor.signOut();
    await visitor.signIn(email);
    await visitor.heading('Sign in to Acme').waitFor();
    await visitor.heading('Two-factor authentication').waitFor();
    const field = visitor.field('Authentication code');
    expect(await field.getAttribute('inputmode')).toBe('numeric');
    expect(await visitor.field('Password').count()).toBe(0);
    await visitor.type('Authentication code', await visitor.nextCode());
    await visitor.button('Verify').click();
    await visitor.page.waitForURL('**/dashboard');
    await visitor.sees('Authenticator app');
    await visitor.sees('pwd otp mfa');
  });

  it('R25: signs in with a recovery code, and is told how many are left', { timeout: 90_000 }, async () => {
    await visitor.signOut();
    await visitor.signIn(email);
    await visitor.button('Use a recovery code instead').click();
    const field = visitor.field('Recovery code');
    expect(await field.getAttribute('inputmode')).toBe('text');
    await visitor.type('Recovery code', visitor.recoveryCodes[0] as string);
    await visitor.button('Verify').click();
    await visitor.page.waitForURL('**/dashboard');
    await visitor.sees('You used a recovery code. 9 left.');
  });

  it('R35, R42: as manager requires it from everybody, by a code from the email', {
    timeout: 90_000,
  }, async () => {
    await visitor.open('/settings/users-and-security');
    await visitor.field('Require two-factor authentication').check();
    await visitor.saveRules(acme, email);
    await visitor.open('/settings/security');
    await visitor.sees('Required by example.com.');
    expect(await visitor.button('Disable 2FA').count()).toBe(0);
  });

  it('meets no console error, no violation of the policy, no other host', () => {
    expect(visitor.complaints).toEqual([]);
  });
});
