import { describe, expect, it } from 'vitest';
import { codeIn, deploy } from '../support/deployment.ts';
import { minute, Person } from '../support/person.ts';
import { setPolicy } from '../support/table.ts';

const deployment = await deploy();

/** Somebody whose only factor is the mailed code, at the start of a sign-in. */
async function byMail(): Promise<Person & { challenge: string }> {
  const person = new Person(deployment);
  await setPolicy(deployment, person.accountId, { mode: 'required' });
  return Object.assign(person, { challenge: await person.challengeToken() });
}
const send = (person: Person & { challenge: string }) =>
  person.call('send-code', { body: { challengeToken: person.challenge, method: 'email' } });
const codesMailed = (person: Person) => deployment.mails(person.email).map(codeIn);

describe('mailed codes', () => {
  it('R21 a code is delivered to the stored address and passes once', async () => {
    const ada = await byMail();
    const sent = await send(ada);
    expect(sent.status).toBe(202);
    expect(sent.body.sentTo).toBe('u***@example.com');
    expect(Date.parse(sent.body.expiresAt) - ada.at).toBe(10 * minute);
    expect(codesMailed(ada)).toHaveLength(1);
    const code = ada.mailedCode();
    expect((await ada.verify(ada.challenge, 'email', code)).status).toBe(200);
    expect((await ada.verify(ada.challenge, 'email', code)).body.code).toBe('challenge_used');
    const other = await ada.challengeToken();
    expect((await ada.verify(other, 'email', code)).body.code).toBe('code_incorrect');
  });

  it('R21 a code is over after 10 minutes, and with its challenge', async () => {
    const ada = await byMail();
    ada.later(minute);
    await send(ada);
    const code = ada.mailedCode();
    ada.later(9 * minute - 1);
    expect((await ada.verify(ada.challenge, 'email', '000000')).body.code).toMatch(/^code_/);
    expect((await ada.later(1).verify(ada.challenge, 'email', code)).body.code).toBe('challenge_expired');
    expect((await send(ada)).body.code).toBe('challenge_expired');
  });

  it('R21 the mail names the product and holds the code, with nothing to click', async () => {
    const ada = await byMail();
    await send(ada);
    const [mail] = deployment.mails(ada.email);
    expect(mail?.from).toBe('"Acme" <security@acme.example>');
    expect(mail?.subject).toBe('Acme: Your sign-in code');
    expect(mail?.html).toContain(ada.mailedCode());
    expect(`${mail?.text}${mail?.html}`).not.toMatch(/https?:|href/);
  });

  it('R75 a resend keeps the earlier code valid', async () => {
    for (const chosen of [0, 1]) {
      const ada = await byMail();
      await send(ada);
      expect((await send(ada.later(minute) as typeof ada)).status).toBe(202);
      const codes = codesMailed(ada);
      expect(codes).toHaveLength(2);
      expect((await ada.verify(ada.challenge, 'email', codes[chosen])).status).toBe(200);
    }
  });

  it('R75 each answer says when the next code is possible, and until then it is refused', async () => {
    const ada = await byMail();
    for (const seconds of [60, 120]) {
      const { body } = await send(ada);
      expect(Date.parse(body.resendAvailableAt) - ada.at).toBe(seconds * 1000);
      ada.later(seconds * 1000 - 1);
      const soon = await send(ada);
      expect([soon.status, soon.body.code]).toEqual([429, 'resend_too_soon']);
      expect(soon.headers['retry-after']).toBe('1');
      ada.later(1);
    }
    expect((await send(ada)).status).toBe(202);
    expect((await send(ada.later(5 * minute) as typeof ada)).body.code).toBe('too_many_codes');
    expect(codesMailed(ada)).toHaveLength(3);
  });

  it('R75 a code that the mail system did not take delays nothing and counts for nothing', async () => {
    const ada = await byMail();
    deployment.mailbox.fault({ operation: 'SendEmail', kind: 'reject', error: 'MessageRejected' });
    const failed = await send(ada);
    expect([failed.status, failed.body.code]).toEqual([503, 'delivery_unavailable']);
    expect((await send(ada)).status).toBe(202);
    expect((await ada.verify(ada.challenge, 'email', ada.mailedCode())).status).toBe(200);
  });
});

describe('the e-mail method', () => {
  it('R21 turned on by its own mailed code, it brings recovery codes and signs in', async () => {
    const ada = new Person(deployment);
    await ada.signIn();
    const on = await ada.turnOnEmail();
    expect(on.body).toMatchObject({ status: 'enabled' });
    expect(new Set(on.body.recoveryCodes).size).toBe(10);
    const challenge = await ada.challengeToken();
    await ada.later(minute).call('send-code', { body: { challengeToken: challenge, method: 'email' } });
    const passed = await ada.verify(challenge, 'email', ada.mailedCode());
    expect(passed.body).toMatchObject({ status: 'passed', secondFactor: 'email' });
    expect(await ada.deliver()).toContain('Acme: Two-factor authentication is on');
  });

  it('R5 without its code, or with a wrong one, it is not on', async () => {
    const ada = new Person(deployment);
    await ada.signIn();
    const nothing = await ada.own('confirm-email-method', { body: { code: '123456' } });
    expect([nothing.status, nothing.body.code]).toEqual([410, 'enrollment_expired']);
    await ada.own('start-email-method', { body: {} });
    const wrong = String((Number(ada.mailedCode()) + 1) % 1_000_000).padStart(6, '0');
    expect((await ada.own('confirm-email-method', { body: { code: wrong } })).body.code).toBe(
      'code_incorrect',
    );
    expect((await ada.signIn()).body.status).toBe('passed');
    const late = ada.later(10 * minute);
    const expired = await late.own('confirm-email-method', { body: { code: ada.mailedCode() } });
    expect(expired.body.code).toBe('enrollment_expired');
  });

  it('R41 an account without mailed codes turns no e-mail method on', async () => {
    const ada = new Person(deployment);
    await setPolicy(deployment, ada.accountId, { methods: ['totp'] });
    await ada.signIn();
    expect((await ada.own('start-email-method', { body: {} })).body.code).toBe('method_not_allowed');
  });

  it('R72 a mailed proof is spent with its use, and only a method that is on is mailed', async () => {
    const ada = await new Person(deployment).enrol();
    const off = await ada.own('mail-proof-code', { body: { method: 'email' } });
    expect([off.status, off.body.code]).toEqual([403, 'method_not_allowed']);
    await ada.turnOnEmail(ada.totpProof());
    ada.later(minute);
    expect((await ada.own('mail-proof-code', { body: { method: 'email' } })).status).toBe(202);
    const proof = { method: 'email', code: ada.mailedCode() };
    expect((await ada.own('regenerate-recovery-codes', { body: { proof } })).status).toBe(201);
    const again = await ada.own('regenerate-recovery-codes', { body: { proof } });
    expect(again.body.code).toBe('code_incorrect');
  });

  it('with two-factor off there is no proof to mail', async () => {
    const ada = new Person(deployment);
    await ada.signIn();
    const reply = await ada.own('mail-proof-code', { body: { method: 'email' } });
    expect([reply.status, reply.body.code]).toEqual([409, 'not_enabled']);
  });
});
