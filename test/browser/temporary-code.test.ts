/** A temporary code at Acme: made at the desk, read out, used once, and followed by a new second step. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newEmail, password, type RunningAcme, startAcmeWithBrowser } from '../support/acme.ts';
import { accessibilityProblems, hasBrowser, until } from '../support/browser.ts';

describe.skipIf(!hasBrowser)('R89: a temporary code at Acme', { timeout: 240_000 }, () => {
  let acme: RunningAcme;

  beforeAll(async () => {
    acme = await startAcmeWithBrowser();
  }, 300_000);
  afterAll(() => acme?.close());

  it('is shown once to who made it, signs in once, and lets one second step be added without proof', async () => {
    const manager = await acme.visit({ permissions: ['clipboard-read', 'clipboard-write'] });
    await manager.signUp(newEmail('manager'));
    await manager.open('/settings/users-and-security');
    const email = newEmail('forgetful');
    await manager.field('Address to invite').fill(email);
    await manager.button('Send an invitation').click();
    const message = await until(() => acme.local.mailbox.messages(email)[0]);
    const link = new URL(/http:\S+/.exec(message.text)?.[0] ?? '');
    const member = await acme.visit();
    await member.open(link.pathname + link.search);
    await member.field('Password').fill(password);
    await member.button('Sign up').click();
    await member.enable();
    await member.signOut();

    const people = manager.page.getByRole('table', { name: 'People' });
    const row = people.getByRole('row').filter({ hasText: email });
    await until(async () => {
      await manager.open('/settings/users-and-security');
      await row.waitFor();
      return row.getByRole('button', { name: 'Temporary code' }).isVisible();
    });
    await row.getByRole('button', { name: 'Temporary code' }).click();
    const dialog = manager.page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('phone at home, called back');
    await dialog.getByLabel('Works for').selectOption({ label: '4 hours' });
    expect(await accessibilityProblems(manager.page)).toEqual([]);
    await manager.confirmAct();
    await manager.heading(`Temporary code for ${email}`).waitFor();
    expect(await accessibilityProblems(manager.page)).toEqual([]);
    const code = (await manager.page.locator('.cs-big-code').textContent()) ?? '';
    await manager.page.keyboard.press('Escape');
    await manager.button('Copy').click();
    await manager.sees('Temporary code copied.');
    expect(await manager.page.evaluate('navigator.clipboard.readText()')).toBe(code.trim());
    await manager.button('Done').click();
    await manager.sees(`A temporary code for ${email} was made.`);
    expect(await manager.page.locator('body').textContent()).not.toContain(code);

    await member.signIn(email);
    await member.button('Use another method').click();
    await member.button('Temporary code from support').click();
    await member.type('Temporary code', '123');
    await member.button('Verify').click();
    await member.sees('A temporary code has 10 letters and numbers.');
    expect(await accessibilityProblems(member.page)).toEqual([]);
    await member.field('Temporary code').fill('');
    await member.type('Temporary code', code);
    await member.button('Verify').click();
    await member.page.waitForURL('**/settings/security');
    await member.sees('You signed in with a temporary code.');
    await member.button('Add another app').click();
    await member.heading('Add an authenticator app?').waitFor();
    expect(await member.field('Password').count()).toBe(0);
    expect(await member.field('Authentication code').count()).toBe(0);
    await member.button('Confirm').click();
    const key = member.page.locator('.cs-key code');
    await key.waitFor();
    member.secret = ((await key.textContent()) ?? '').replaceAll(/\s/g, '');
    await member.type('Authentication code', member.code());
    await member.button('Verify and enable').click();
    await member.sees('Your new app was added.');
    expect(await member.page.getByText('You signed in with a temporary code.').count()).toBe(0);

    await member.signOut();
    await member.signIn(email);
    await member.type('Authentication code', await member.nextCode());
    await member.button('Verify').click();
    await member.page.waitForURL('**/dashboard');
    expect([...manager.complaints, ...member.complaints]).toEqual([]);
  });
});
