/**
 * A code has a destination, and a factor owns the one that was proven for it. The attacker gets a code for one mailbox and
 * spends it after the address was changed, or changes the address in the profile (a hijacked session of the app, a talk with
 * its support) and waits for the codes to follow.
 */
import { describe, expect, it } from 'vitest';
import { codeIn, deploy, type Reply } from '../support/deployment.ts';
import { anAdmin, atDesk, colleagueOf, confirm, propose } from '../support/desk.ts';
import { day, Person } from '../support/person.ts';
import { auditRows, setPolicy, userItem } from '../support/table.ts';

const deployment = await deploy();
const said = ({ status, body }: Reply) => [status, body?.code];
const incorrect = [422, 'code_incorrect'];

const sync = (person: Person, email: string, more: object = {}) =>
  person.call('sync-user', { path: person.ref, body: { email, ...more } });
const newMailbox = (person: Person) => `new-${person.email}`;
const mailTo = (address: string) => codeIn(deployment.mails(address)[0]);
const sendTo = (person: Person, challengeToken: string) =>
  person.call('send-code', { body: { challengeToken, method: 'email' } });
const proven = async (person: Person) => (await userItem(deployment, person.ref))?.provenEmail;

/** Somebody with codes by email on, their mailbox proven. */
async function withEmail(): Promise<Person> {
  const person = new Person(deployment);
  await person.signIn();
  expect((await person.turnOnEmail()).status).toBe(200);
  deployment.mailbox.clear();
  return person.later(day);
}

describe('S72 a code that went to one address, after codes have moved to another', () => {
  it('completes no sign-in', async () => {
    const ada = await withEmail();
    const challenge = await ada.challengeToken();
    await sendTo(ada, challenge);
    const code = ada.mailedCode();
    await sync(ada, newMailbox(ada), { moveCodes: true });
    expect(said(await ada.verify(challenge, 'email', code))).toEqual(incorrect);
  });

  it('turns no method on', async () => {
    const ada = new Person(deployment);
    await ada.signIn();
    await ada.own('start-email-method', { body: {} });
    const code = ada.mailedCode();
    await sync(ada, newMailbox(ada));
    expect(said(await ada.own('confirm-email-method', { body: { code } }))).toEqual(incorrect);
    expect((await ada.status()).status).toBe('disabled');
  });

  it('proves no mailbox before an enrolment', async () => {
    const ada = new Person(deployment);
    await setPolicy(deployment, ada.accountId, { mode: 'required', methods: ['totp'] });
    const challenge = await ada.challengeToken();
    await sendTo(ada, challenge);
    const code = ada.mailedCode();
    await sync(ada, newMailbox(ada));
    expect(said(await ada.verify(challenge, 'email', code))).toEqual(incorrect);
  });

  it('is no proof', async () => {
    const ada = await withEmail();
    await ada.own('mail-proof-code', { body: { method: 'email' } });
    const proof = { method: 'email', code: ada.mailedCode() };
    await sync(ada, newMailbox(ada), { moveCodes: true });
    expect(said(await ada.own('disable-two-factor', { body: { proof } }))).toEqual(incorrect);
    expect((await ada.status()).status).toBe('enabled');
  });

  it('confirms no policy', async () => {
    const admin = await anAdmin(deployment);
    const { body } = await propose(admin, { mode: 'required' });
    const code = admin.mailedCode();
    await sync(admin, newMailbox(admin));
    expect(said(await confirm(admin, body.changeId, code))).toEqual(incorrect);
  });

  it('turns no number on, once another number waits', async () => {
    const ada = new Person(deployment);
    await setPolicy(deployment, ada.accountId, { methods: ['sms'] }, { smsEnabled: true });
    await ada.signIn();
    await ada.own('start-sms-method', { body: { phone: '+14155550100' } });
    const code = /\b\d{6}\b/.exec(deployment.mailbox.messages('+14155550100')[0]?.text ?? '')?.[0];
    await ada.later(301_000).own('start-sms-method', { body: { phone: '+14155550101' } });
    const confirmed = await ada.own('confirm-sms-method', { body: { code } });
    expect(said(confirmed)).toEqual(incorrect);
  });
});

describe('S73 R96 another address in the profile', () => {
  it('takes no factor over: codes go on to the proven mailbox, in sign-ins and as proof', async () => {
    const ada = await withEmail();
    await sync(ada, newMailbox(ada));
    const { body } = await ada.signIn({ user: { email: newMailbox(ada) } });
    await sendTo(ada, body.challengeToken);
    expect(deployment.mails(newMailbox(ada))).toEqual([]);
    expect((await ada.verify(body.challengeToken, 'email', ada.mailedCode())).status).toBe(200);
    await ada.later(day).own('mail-proof-code', { body: { method: 'email' } });
    const proof = { method: 'email', code: ada.mailedCode() };
    expect((await ada.own('disable-two-factor', { body: { proof } })).status).toBe(200);
  });

  it('is told to the old and to the new one, and is in the trail', async () => {
    const ada = await withEmail();
    await ada.deliver();
    deployment.mailbox.clear();
    await sync(ada, newMailbox(ada));
    await ada.deliver();
    for (const address of [ada.email, newMailbox(ada)]) {
      const [mail, ...others] = deployment.mails(address);
      expect(others).toEqual([]);
      expect(mail?.text).toContain(ada.email);
      expect(mail?.text).toContain(newMailbox(ada));
    }
    const rows = await auditRows(deployment, ada.ref);
    expect(rows.map(({ type }) => type)).toContain('email_changed');
  });

  it('by the app of a sign-in moves nothing either, however often it says verified', async () => {
    const ada = await withEmail();
    const email = newMailbox(ada);
    const { body } = await ada.signIn({ user: { email, emailVerified: true } });
    expect(body.methods[0].sentTo).toBe(`${ada.email[0]}***@example.com`);
    await sync(ada, email, { emailVerified: true });
    await sendTo(ada, body.challengeToken);
    expect(deployment.mails(email)).toEqual([]);
    expect(await proven(ada)).toBe(ada.email);
  });

  it('that is asked to move codes in a sign-in is refused: only the profile says so', async () => {
    const ada = await withEmail();
    const moved = await ada.signIn({ user: { email: newMailbox(ada), moveCodes: true } });
    expect(said(moved)).toEqual([400, 'request_invalid']);
  });

  it('takes the codes once its own code is proven in the settings, which takes a proof', async () => {
    const ada = await withEmail();
    await sync(ada, newMailbox(ada));
    const bare = await ada.own('start-email-method', { body: {} });
    expect(said(bare)).toEqual([403, 'proof_required']);
    await ada.own('mail-proof-code', { body: { method: 'email' } });
    const proof = { method: 'email', code: ada.mailedCode() };
    expect((await ada.own('start-email-method', { body: { proof } })).status).toBe(202);
    const code = mailTo(newMailbox(ada));
    expect((await ada.own('confirm-email-method', { body: { code } })).status).toBe(200);
    expect(await proven(ada)).toBe(newMailbox(ada));
  });

  it('ends the trusted devices when codes move with it, and not before', async () => {
    const ada = await withEmail();
    await setPolicy(deployment, ada.accountId, { rememberDevice: { allowed: true, days: 30 } });
    const challenge = await ada.challengeToken();
    await sendTo(ada, challenge);
    const passed = await ada.call('verify-challenge', {
      body: { challengeToken: challenge, method: 'email', code: ada.mailedCode(), rememberDevice: true },
    });
    const { deviceToken } = passed.body;
    const email = newMailbox(ada);
    await sync(ada, email);
    expect((await ada.signIn({ user: { email }, deviceToken })).body.secondFactor).toBe('trusted_device');
    await sync(ada, email, { moveCodes: true });
    expect((await ada.signIn({ user: { email }, deviceToken })).body.status).toBe('challenge');
  });

  it('that differs in case alone is the same address: nobody is told', async () => {
    const ada = await withEmail();
    await ada.deliver();
    deployment.mailbox.clear();
    await sync(ada, ada.email.toUpperCase().replace('EXAMPLE.COM', 'example.com'));
    await ada.deliver();
    expect(deployment.mailbox.messages(ada.email)).toEqual([]);
  });
});

describe('S73 after a reset', () => {
  it('the mailbox that was proven opens the enrolment, unless the desk sends the code to the profile', async () => {
    for (const useProfileAddress of [false, true]) {
      const admin = await anAdmin(deployment);
      const ada = await colleagueOf(deployment, admin);
      await ada.turnOnEmail();
      await sync(ada, newMailbox(ada));
      const body = { reason: 'lost', useProfileAddress };
      const reset = await atDesk(admin, 'reset-two-factor', { path: { id: ada.id }, body });
      expect(reset.status).toBe(200);
      deployment.mailbox.clear();
      const begun = await ada.later(day).signIn({ user: { email: newMailbox(ada) } });
      await sendTo(ada, begun.body.challengeToken);
      const [taken, other] = useProfileAddress ? [newMailbox(ada), ada.email] : [ada.email, newMailbox(ada)];
      expect(deployment.mails(taken)).toHaveLength(1);
      expect(deployment.mails(other)).toEqual([]);
    }
  });

  it('both addresses are told where the code goes to another one', async () => {
    const admin = await anAdmin(deployment);
    const ada = await colleagueOf(deployment, admin);
    await ada.turnOnEmail();
    await sync(ada, newMailbox(ada));
    await ada.deliver();
    deployment.mailbox.clear();
    const body = { reason: 'lost', useProfileAddress: true };
    await atDesk(admin, 'reset-two-factor', { path: { id: ada.id }, body });
    await ada.deliver();
    for (const address of [ada.email, newMailbox(ada)]) {
      expect(deployment.mails(address)[0]?.text).toContain(newMailbox(ada));
    }
  });
});
