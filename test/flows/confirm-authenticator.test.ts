import { describe, expect, it } from 'vitest';
import { deploy } from '../support/deployment.ts';
import { Person } from '../support/person.ts';
import { setPolicy, userItem } from '../support/table.ts';

const deployment = await deploy();

const started = async () => {
  const person = new Person(deployment);
  await person.signIn();
  person.secret = (await person.start()).body.secret;
  return person;
};

describe('confirming an authenticator', () => {
  it('R5 started and not confirmed: a sign-in is not challenged', async () => {
    const ada = await started();
    expect((await ada.signIn()).body).toMatchObject({ status: 'passed', secondFactor: 'none' });
  });

  it('R5 a wrong code turns nothing on; the right one then does', async () => {
    const ada = await started();
    const wrong = await ada.confirm(ada.authenticatorId, ada.code(5));
    expect([wrong.status, wrong.body.code, wrong.body.attemptsRemaining]).toEqual([422, 'code_incorrect', 4]);
    expect((await ada.signIn()).body.status).toBe('passed');
    expect((await ada.status()).status).toBe('disabled');
    expect((await ada.confirm(ada.authenticatorId, ada.code())).status).toBe(200);
    expect((await ada.signIn()).body.status).toBe('challenge');
  });

  it('R5 five wrong codes end the start: the right one is refused', async () => {
    const ada = await started();
    for (let wrong = 0; wrong < 5; wrong += 1) {
      expect((await ada.confirm(ada.authenticatorId, ada.code(5))).body.code).toBe('code_incorrect');
    }
    const right = await ada.confirm(ada.authenticatorId, ada.code());
    expect([right.status, right.body.code]).toEqual([429, 'too_many_attempts']);
    expect(Number(right.headers['retry-after'])).toBe(600);
  });

  it('R6 exactly 10 distinct recovery codes appear', async () => {
    const ada = await started();
    const { body, headers } = await ada.confirm(ada.authenticatorId, ada.code());
    expect(body.recoveryCodes).toHaveLength(10);
    expect(new Set(body.recoveryCodes).size).toBe(10);
    for (const code of body.recoveryCodes) {
      expect(code).toMatch(/^([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/);
    }
    expect(headers['cache-control']).toBe('no-store');
  });

  it('R7 they are shown this once: no other answer, item or mail holds one', async () => {
    const ada = await new Person(deployment).enrol();
    const again = await ada.confirm(ada.authenticatorId, ada.code());
    expect([again.status, again.body.code]).toEqual([409, 'already_enabled']);
    const second = await ada.start({ proof: ada.totpProof() });
    const first = ada.secret;
    ada.secret = second.body.secret;
    const confirmed = await ada.confirm(second.body.authenticatorId, ada.code());
    expect(confirmed.body).toEqual({ status: 'enabled' });
    ada.later(30_000).secret = first;
    const passed = await ada.verify(await ada.challengeToken(), 'totp', ada.code());
    await ada.deliver();
    const said = JSON.stringify([
      again,
      second,
      passed,
      await ada.status(),
      deployment.mails(ada.email),
      await userItem(deployment, ada.ref),
    ]);
    for (const code of ada.recoveryCodes) {
      expect(said).not.toContain(code);
      expect(said).not.toContain(code.replaceAll('-', ''));
    }
  });

  it('R11 one mail says that two-factor authentication was turned on', async () => {
    const ada = await new Person(deployment).enrol();
    expect(await ada.deliver()).toEqual(['Acme: Two-factor authentication is on']);
    const [mail] = deployment.mails(ada.email);
    expect(mail?.text).toContain('turned on');
    expect(mail?.text).toContain('203.0.113.7');
    expect(mail?.text).toContain('change your password');
    expect(mail?.html).toContain('turned on');
    expect(await ada.later(60_000).deliver()).toHaveLength(1);
  });

  it('R72 the enrolment code is burned: it does not sign in within its window', async () => {
    const ada = await started();
    const code = ada.code();
    expect((await ada.confirm(ada.authenticatorId, code)).status).toBe(200);
    const token = await ada.challengeToken();
    const reply = await ada.verify(token, 'totp', code);
    expect([reply.status, reply.body.code]).toEqual([422, 'code_already_used']);
    expect((await ada.verify(token, 'totp', ada.code(-1))).body.code).toBe('code_already_used');
    expect((await ada.verify(token, 'totp', ada.code(1))).status).toBe(200);
  });

  it('what was started in a sign-in is confirmed in that sign-in, and nowhere else', async () => {
    const ada = new Person(deployment);
    await setPolicy(deployment, ada.accountId, { mode: 'required', methods: ['totp'], bootstrap: 'none' });
    const [bearer, other] = [await ada.challengeToken(), await ada.challengeToken()];
    const inSignIn = await ada.call('start-authenticator', { bearer, body: {} });
    ada.secret = inSignIn.body.secret;
    const confirm = (by: string) => ada.confirm(inSignIn.body.authenticatorId, ada.code(), { bearer: by });
    expect((await confirm(other)).body.code).toBe('not_found');
    expect((await confirm(await ada.token())).body.code).toBe('not_found');
    expect((await confirm(bearer)).body).toHaveProperty('token');
    const bob = new Person(deployment, { accountId: ada.accountId });
    const challenge = await bob.challengeToken();
    bob.secret = (await bob.start()).body.secret;
    const reply = await bob.confirm(bob.authenticatorId, bob.code(), { bearer: challenge });
    expect(reply.body.code).toBe('not_found');
  });
});
