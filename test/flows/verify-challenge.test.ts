import { describe, expect, it } from 'vitest';
import { decodeToken, deploy } from '../support/deployment.ts';
import { minute, Person } from '../support/person.ts';
import { setPolicy, userItem } from '../support/table.ts';

const deployment = await deploy();

const sendCode = (person: Person, challengeToken: string) =>
  person.call('send-code', { body: { challengeToken, method: 'email' } });
const enrolled = () => new Person(deployment).enrol();

describe('completing a sign-in', () => {
  it('R16 every listed method completes it', async () => {
    const ada = await enrolled();
    await ada.turnOnEmail(ada.totpProof());
    ada.later(30_000);
    const code = {
      totp: () => ada.code(),
      recovery_code: () => ada.recoveryCodes[0],
      email: () => ada.mailedCode(),
    };
    const { body } = await ada.signIn();
    for (const { method } of body.methods as { method: keyof typeof code }[]) {
      const token = await ada.challengeToken();
      if (method === 'email') {
        await sendCode(ada, token);
      }
      const passed = await ada.verify(token, method, code[method]());
      expect(passed.body).toMatchObject({ status: 'passed', secondFactor: method });
      expect(decodeToken(passed.body.token)).toMatchObject({ second_factor: method, sub: ada.id });
    }
    expect(body.methods).toHaveLength(3);
  });

  it('R16 no other method does', async () => {
    const ada = await enrolled();
    const token = await ada.challengeToken();
    for (const method of ['email', 'sms']) {
      const reply = await ada.verify(token, method, ada.code());
      expect([reply.status, reply.body.code]).toEqual([403, 'method_not_allowed']);
    }
    const bob = new Person(deployment);
    await bob.signIn();
    await bob.turnOnEmail();
    const mailOnly = await bob.challengeToken();
    expect((await bob.verify(mailOnly, 'totp', '123456')).body.code).toBe('method_not_allowed');
  });

  it('R19 the codes of the steps t-1, t and t+1 pass; t-2 and t+2 do not', async () => {
    for (const [steps, status] of [
      [-2, 422],
      [-1, 200],
      [0, 200],
      [1, 200],
      [2, 422],
    ] as const) {
      const ada = (await enrolled()).later(5 * minute);
      const reply = await ada.verify(await ada.challengeToken(), 'totp', ada.code(steps));
      expect([steps, reply.status]).toEqual([steps, status]);
    }
  });

  it('R19 the window opens and closes to the second', async () => {
    const ada = (await enrolled()).later(5 * minute);
    const stepStart = Math.floor(ada.at / 30_000) * 30_000;
    const code = ada.code();
    const tryAt = async (at: number) => {
      const bob = Object.assign(ada, { at });
      return (await bob.verify(await bob.challengeToken(), 'totp', code)).body.code ?? 'passed';
    };
    expect(await tryAt(stepStart - 30_000 - 1)).toBe('code_incorrect');
    expect(await tryAt(stepStart + 60_000)).toBe('code_incorrect');
    expect(await tryAt(stepStart + 60_000 - 1)).toBe('passed');
    ada.at = stepStart + 10 * minute;
    const early = ada.code();
    ada.at = stepStart + 10 * minute - 30_000;
    expect((await ada.verify(await ada.challengeToken(), 'totp', early)).status).toBe(200);
  });

  it('R19 an account that wants the strict window takes the current code alone', async () => {
    const ada = new Person(deployment);
    await setPolicy(deployment, ada.accountId, { strictWindow: true });
    await ada.enrol();
    ada.later(5 * minute);
    const token = await ada.challengeToken();
    expect((await ada.verify(token, 'totp', ada.code(-1))).body.code).toBe('code_incorrect');
    expect((await ada.verify(token, 'totp', ada.code(1))).body.code).toBe('code_incorrect');
    expect((await ada.verify(token, 'totp', ada.code())).status).toBe(200);
  });

  it('R20 an accepted code is locked: on another challenge it is refused as used', async () => {
    const ada = await enrolled();
    const code = ada.code();
    const [first, second] = [await ada.challengeToken(), await ada.challengeToken()];
    expect((await ada.verify(first, 'totp', code)).status).toBe(200);
    const again = await ada.verify(second, 'totp', code);
    expect([again.status, again.body.code]).toEqual([422, 'code_already_used']);
    expect(again.body).not.toHaveProperty('token');
  });

  it('R20 ten parallel requests with one code on one challenge: exactly one passes', async () => {
    const ada = await enrolled();
    const token = await ada.challengeToken();
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => ada.verify(token, 'totp', ada.code())),
    );
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('R26 each recovery code works exactly once, and the answer counts down', async () => {
    const ada = await enrolled();
    for (const [index, code] of ada.recoveryCodes.entries()) {
      const passed = await ada.verify(await ada.challengeToken(), 'recovery_code', code);
      expect(passed.body).toMatchObject({ secondFactor: 'recovery_code', recoveryCodesRemaining: 9 - index });
      const again = await ada.verify(await ada.challengeToken(), 'recovery_code', code);
      expect(again.body.code ?? again.body.status).toBe(index < 9 ? 'code_incorrect' : 'method_not_allowed');
    }
  });

  it('R26 ten parallel requests with one recovery code: exactly one passes', async () => {
    const ada = await enrolled();
    const tokens = await Promise.all(Array.from({ length: 10 }, () => ada.challengeToken()));
    const replies = await Promise.all(
      tokens.map((token) => ada.verify(token, 'recovery_code', ada.recoveryCodes[0])),
    );
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await ada.status()).recoveryCodes.remaining).toBe(9);
  });

  it('R27 at 2 or fewer recovery codes the status says so; the account still works', async () => {
    const ada = await enrolled();
    for (const code of ada.recoveryCodes.slice(0, 7)) {
      await ada.verify(await ada.challengeToken(), 'recovery_code', code);
    }
    expect((await ada.status()).recoveryCodes).toMatchObject({ remaining: 3, low: false });
    await ada.verify(await ada.challengeToken(), 'recovery_code', ada.recoveryCodes[7]);
    expect((await ada.status()).recoveryCodes).toMatchObject({ remaining: 2, low: true });
    expect((await ada.verify(await ada.challengeToken(), 'totp', ada.code())).status).toBe(200);
  });

  it('R73 a wrong code says how many tries are left and points at the clock; a used one says that it was used', async () => {
    const ada = await enrolled();
    const token = await ada.challengeToken();
    const wrong = await ada.verify(token, 'totp', ada.code(20));
    expect(wrong.body).toMatchObject({ status: 422, code: 'code_incorrect', attemptsRemaining: 4 });
    expect(wrong.body.detail).toMatch(/clock/);
    const code = ada.code();
    await ada.verify(await ada.challengeToken(), 'totp', code);
    const used = await ada.verify(token, 'totp', code);
    expect(used.body).toMatchObject({ status: 422, code: 'code_already_used' });
  });

  it('R73 a code that was right 3 minutes ago says that the clock is slow, costs its try, and never passes', async () => {
    const ada = await enrolled();
    ada.later(600_000);
    const token = await ada.challengeToken();
    const slow = ada.code(-6);
    for (const left of [4, 3]) {
      const { body } = await ada.verify(token, 'totp', slow);
      expect([body.code, body.attemptsRemaining]).toEqual(['code_incorrect', left]);
      expect(body.detail).toContain("Your phone's clock seems to be 3 minutes slow.");
    }
    expect((await ada.verify(token, 'totp', ada.code(2))).body.detail).not.toContain('seems to be');
    expect((await userItem(deployment, ada.ref))?.failures.consecutive).toBe(3);
    expect((await ada.verify(token, 'totp', ada.code())).status).toBe(200);
    const again = await ada.later(150_000).verify(await ada.challengeToken(), 'totp', ada.code(-5));
    expect(again.body.detail).not.toContain('seems to be');
  });

  it('R73 so does the first code of an enrolment', async () => {
    const ada = new Person(deployment);
    await ada.signIn();
    const started = await ada.start();
    ada.secret = started.body.secret;
    const { body } = await ada.confirm(started.body.authenticatorId, ada.code(-2));
    expect([body.code, body.attemptsRemaining]).toEqual(['code_incorrect', 4]);
    expect(body.detail).toContain("Your phone's clock seems to be 1 minute slow.");
  });

  it('R74 a lost answer is repeated safely: the same key, challenge and code give the same claims for 60 s', async () => {
    const ada = await enrolled();
    const token = await ada.challengeToken();
    const code = ada.code();
    const headers = { 'idempotency-key': 'attempt-1' };
    const first = await ada.verify(token, 'totp', code, { headers });
    const claims = decodeToken(first.body.token);
    ada.later(60_000);
    const again = await ada.verify(token, 'totp', code, { headers });
    expect(again.status).toBe(200);
    expect(decodeToken(again.body.token)).toEqual(claims);
    expect({ ...again.body, token: '' }).toEqual({ ...first.body, token: '' });
    const late = await ada.later(1).verify(token, 'totp', code, { headers });
    expect([late.status, late.body.code]).toEqual([410, 'challenge_used']);
  });

  it('R74 another key, another code or no key at all gets no second token', async () => {
    const ada = await enrolled();
    const token = await ada.challengeToken();
    const code = ada.code();
    await ada.verify(token, 'totp', code, { headers: { 'idempotency-key': 'attempt-1' } });
    const refused = await Promise.all([
      ada.verify(token, 'totp', code),
      ada.verify(token, 'totp', code, { headers: { 'idempotency-key': 'attempt-2' } }),
      ada.verify(token, 'totp', ada.code(1), { headers: { 'idempotency-key': 'attempt-1' } }),
    ]);
    for (const { status, body } of refused) {
      expect([status, body.code]).toEqual([410, 'challenge_used']);
    }
    const other = await ada.challengeToken();
    const elsewhere = await ada.verify(other, 'totp', code, { headers: { 'idempotency-key': 'attempt-1' } });
    expect(elsewhere.body.code).toBe('code_already_used');
  });

  it('R74 a repeated recovery code is spent once, and its count is the same', async () => {
    const ada = await enrolled();
    const token = await ada.challengeToken();
    const headers = { 'idempotency-key': 'attempt-1' };
    for (let time = 0; time < 2; time += 1) {
      const { body } = await ada.verify(token, 'recovery_code', ada.recoveryCodes[0], { headers });
      expect(body).toMatchObject({ status: 'passed', recoveryCodesRemaining: 9 });
    }
    expect((await ada.status()).recoveryCodes.remaining).toBe(9);
  });

  it('a challenge passes once, and is over after 10 minutes', async () => {
    const ada = await enrolled();
    const token = await ada.challengeToken();
    const late = await ada.challengeToken();
    expect((await ada.verify(token, 'totp', ada.code())).status).toBe(200);
    ada.later(10 * minute - 1);
    expect((await ada.verify(token, 'totp', ada.code())).body.code).toBe('challenge_used');
    ada.later(1);
    const expired = await ada.verify(late, 'totp', ada.code());
    expect([expired.status, expired.body.code]).toEqual([410, 'challenge_expired']);
  });
});

describe('somebody who is locked by guessing', () => {
  /** Ten wrong codes in a row, over two challenges. */
  async function locked(): Promise<Person> {
    const person = await enrolled();
    for (let challenge = 0; challenge < 2; challenge += 1) {
      const token = await person.challengeToken();
      for (let wrong = 0; wrong < 5; wrong += 1) {
        expect((await person.verify(token, 'totp', person.code(20))).body.code).toBe('code_incorrect');
      }
    }
    return person;
  }

  it('R81 is told, with the time of the next try, and by mail at the fifth wrong code', async () => {
    const ada = await locked();
    const reply = await ada.verify(await ada.challengeToken(), 'totp', ada.code());
    expect([reply.status, reply.body.code]).toEqual([429, 'too_many_attempts']);
    expect(reply.body.detail).toMatch(/recovery code/);
    expect(reply.headers['retry-after']).toBe('60');
    const subjects = await ada.deliver();
    expect(subjects.filter((subject) => subject === 'Acme: Somebody may know your password')).toHaveLength(1);
    ada.later(minute);
    expect((await ada.verify(await ada.challengeToken(), 'totp', ada.code())).status).toBe(200);
  });

  it('R81 can use a recovery code at once, and codes work again after it', async () => {
    const ada = await locked();
    const passed = await ada.verify(await ada.challengeToken(), 'recovery_code', ada.recoveryCodes[0]);
    expect(passed.status).toBe(200);
    expect((await ada.verify(await ada.challengeToken(), 'totp', ada.code())).status).toBe(200);
    expect((await userItem(deployment, ada.ref))?.failures.atMs ?? []).toEqual([]);
  });

  it('R77 a mail tells of a recovery code used: when, from where, how many are left, what to do', async () => {
    const ada = await enrolled();
    await ada.verify(await ada.challengeToken(), 'recovery_code', ada.recoveryCodes[0], {
      ip: '198.51.100.9',
      userAgent: 'Firefox <b>',
    });
    await ada.deliver();
    const mail = deployment
      .mails(ada.email)
      .find(({ subject }) => subject.includes('recovery code was used'));
    expect(mail?.text).toContain('198.51.100.9');
    expect(mail?.text).toContain('Recovery codes left: 9.');
    const when = new Date(ada.at).toLocaleDateString('en', { dateStyle: 'long', timeZone: 'UTC' });
    expect(mail?.text).toContain(`When: ${when}`);
    expect(mail?.text).toMatch(/If it was not/);
    expect(mail?.text).toContain('Device: Firefox\n');
    expect(mail?.html).not.toContain('&lt;b&gt;');
  });
});
