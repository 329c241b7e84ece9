import { describe, expect, it } from 'vitest';
import { decodeToken, deploy } from '../support/deployment.ts';
import { nextTo } from '../support/guesses.ts';
import { Mobile, someNumber } from '../support/mobile.ts';
import { minute } from '../support/person.ts';
import { changeUserItem, userItem } from '../support/table.ts';

const deployment = await deploy();

const mobile = () => new Mobile(deployment).inAccount();

describe('confirming a number', () => {
  it('R22 its code turns the method on, with recovery codes the first time, and a mail tells', async () => {
    const ada = await mobile();
    await ada.startSms();
    const confirmed = await ada.confirmSms();
    expect(confirmed.body).toMatchObject({ status: 'enabled' });
    expect(new Set(confirmed.body.recoveryCodes).size).toBe(10);
    expect((await ada.status()).methods).toEqual([
      { method: 'sms', sentTo: `+4 *** ${ada.phone.slice(-2)}`, default: true },
    ]);
    expect(await ada.deliver()).toEqual(['Acme: Two-factor authentication is on']);
  });

  it('R22 codes go to the stored number and pass once, and the token says so', async () => {
    const ada = await (await mobile()).withSms();
    const challenge = await ada.challengeToken();
    expect((await ada.sendSms(challenge)).body.sentTo).toBe(`+4 *** ${ada.phone.slice(-2)}`);
    const code = ada.textedCode();
    const passed = await ada.verify(challenge, 'sms', code);
    expect(passed.body).toMatchObject({ status: 'passed', secondFactor: 'sms' });
    expect(decodeToken(passed.body.token)).toMatchObject({
      amr: ['pwd', 'sms', 'mfa'],
      second_factor: 'sms',
    });
    expect((await ada.verify(challenge, 'sms', code)).body.code).toBe('challenge_used');
    expect((await ada.verify(await ada.challengeToken(), 'sms', code)).body.code).toBe('code_incorrect');
  });

  it('R22 a second factor beside another one: no new recovery codes, devices forgotten, a mail tells', async () => {
    const ada = await mobile();
    await ada.enrol();
    await ada.startSms({ proof: ada.totpProof() });
    const times = { createdAtMs: ada.at, lastSeenAtMs: ada.at, expiresAtMs: ada.at + minute };
    await changeUserItem(deployment, ada.ref, {
      trustedDevices: [{ id: 'dev_1', tokenHash: new Uint8Array(32), ...times }],
    });
    const confirmed = await ada.confirmSms();
    expect(confirmed.body).toEqual({ status: 'enabled' });
    expect((await userItem(deployment, ada.ref))?.trustedDevices).toEqual([]);
    expect((await ada.signIn()).body.methods.map(({ method }: { method: string }) => method)).toEqual([
      'totp',
      'sms',
      'recovery_code',
    ]);
    expect((await ada.deliver()).length).toBe(2);
  });

  it('R72 a code that was texted as proof is spent by its use', async () => {
    const ada = await (await mobile()).withSms();
    expect((await ada.own('mail-proof-code', { body: { method: 'sms' } })).status).toBe(202);
    const proof = { method: 'sms', code: ada.textedCode() };
    expect((await ada.own('regenerate-recovery-codes', { body: { proof } })).status).toBe(201);
    const again = await ada.own('regenerate-recovery-codes', { body: { proof } });
    expect(again.body.code).toBe('code_incorrect');
  });

  it('R5 without its code, with a wrong one or too late, it is not on', async () => {
    const ada = await mobile();
    const nothing = await ada.confirmSms('123456');
    expect([nothing.status, nothing.body.code]).toEqual([410, 'enrollment_expired']);
    await ada.startSms();
    const code = ada.textedCode();
    const wrong = await ada.confirmSms(nextTo(code));
    expect(wrong.body).toMatchObject({ code: 'code_incorrect', attemptsRemaining: 4 });
    expect((await ada.signIn()).body.status).toBe('passed');
    expect((await ada.later(10 * minute).confirmSms(code)).body.code).toBe('enrollment_expired');
    expect((await ada.status()).status).toBe('disabled');
  });

  it('S31 the code of one number proves no other, and a change of number wins no tries and no haste', async () => {
    const ada = await mobile();
    await ada.startSms();
    const code = ada.textedCode();
    await ada.confirmSms(nextTo(code));
    ada.phone = someNumber();
    expect((await ada.startSms()).body.code).toBe('resend_too_soon');
    expect((await ada.later(minute).startSms()).status).toBe(202);
    expect((await ada.confirmSms(code)).body).toMatchObject({ code: 'code_incorrect', attemptsRemaining: 3 });
    expect((await ada.confirmSms()).status).toBe(200);
    expect((await userItem(deployment, ada.ref))?.smsMethod?.phone).toBe(ada.phone);
  });

  it('a number that a session started before two-factor was on is not confirmed after it', async () => {
    const ada = await mobile();
    await ada.startSms();
    const code = ada.textedCode();
    await ada.enrol();
    expect((await ada.confirmSms(code)).body.code).toBe('enrollment_expired');
  });

  it('R30 turning two-factor off forgets a number that waits for its code', async () => {
    const ada = await mobile();
    await ada.enrol();
    await ada.startSms({ proof: ada.totpProof() });
    const code = ada.textedCode();
    await ada.later(30_000).own('disable-two-factor', { body: { proof: ada.totpProof() } });
    expect((await ada.confirmSms(code)).body.code).toBe('enrollment_expired');
    expect((await userItem(deployment, ada.ref))?.pendingSmsMethod).toBeUndefined();
  });

  it('S31 what the app says of the number is no factor, and moves none', async () => {
    const ada = await mobile();
    const profile = { user: { phone: someNumber() } };
    expect((await ada.signIn(profile)).body.status).toBe('passed');
    await ada.withSms();
    const challenge = (await ada.signIn(profile)).body.challengeToken;
    await ada.sendSms(challenge);
    expect(deployment.mailbox.messages(profile.user.phone)).toEqual([]);
    expect((await ada.verify(challenge, 'sms', ada.textedCode())).status).toBe(200);
  });
});

describe('an enrolment inside a sign-in', () => {
  const textsAlone = () =>
    new Mobile(deployment).inAccount({ mode: 'required', methods: ['sms'], bootstrap: 'email' });

  /** The `enroll` token of a sign-in whose mailbox is proven. */
  async function enrolling(ada: Mobile): Promise<string> {
    const signIn = await ada.signIn();
    expect(signIn.body).toMatchObject({
      status: 'enrollment_required',
      methods: [{ method: 'sms', default: true }],
    });
    const { challengeToken } = signIn.body;
    await ada.call('send-code', { body: { challengeToken, method: 'email' } });
    return (await ada.verify(challengeToken, 'email', ada.mailedCode())).body.challengeToken;
  }
  const start = (ada: Mobile, bearer: string) =>
    ada.call('start-sms-method', { bearer, body: { phone: ada.phone } });
  const confirm = (ada: Mobile, bearer: string, code = ada.textedCode()) =>
    ada.call('confirm-sms-method', { bearer, body: { code } });

  it('R36 where text messages are all that is allowed, it completes the sign-in', async () => {
    const ada = await textsAlone();
    const bearer = await enrolling(ada);
    expect((await start(ada, bearer)).status).toBe(202);
    const confirmed = await confirm(ada, bearer);
    expect(confirmed.body.recoveryCodes).toHaveLength(10);
    expect(decodeToken(confirmed.body.token)).toMatchObject({ sub: ada.id, second_factor: 'sms' });
    expect((await ada.signIn()).body).toMatchObject({ status: 'challenge' });
  });

  it('S26 with it the token is worth nothing more', async () => {
    const ada = await textsAlone();
    const bearer = await enrolling(ada);
    const other = await enrolling(ada.later(minute) as Mobile);
    await start(ada, bearer);
    await confirm(ada, bearer);
    ada.phone = someNumber();
    for (const token of [bearer, other]) {
      expect((await start(ada.later(minute) as Mobile, token)).body.code).toBe('challenge_used');
    }
    expect(ada.texts()).toEqual([]);
  });

  it('S14 a code that was sent in one sign-in, or for a session, confirms in no other', async () => {
    const ada = await textsAlone();
    const bearer = await enrolling(ada);
    await start(ada, bearer);
    const code = ada.textedCode();
    const other = await enrolling(ada.later(minute) as Mobile);
    expect((await confirm(ada, other, code)).body.code).toBe('enrollment_expired');
    expect((await ada.confirmSms(code)).body.code).toBe('enrollment_expired');
    expect((await confirm(ada, bearer, code)).status).toBe(200);
  });

  it('before the mailbox is proven nothing is texted', async () => {
    const ada = await textsAlone();
    const { challengeToken } = (await ada.signIn()).body;
    expect((await start(ada, challengeToken)).status).toBe(401);
    expect((await ada.sendSms(challengeToken)).body.code).toBe('method_not_allowed');
    expect(ada.texts()).toEqual([]);
  });
});
