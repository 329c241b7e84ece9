/**
 * Verifying. The attacker has watched or stolen one code, or sends what is no code at all: other types, odd digits, a time
 * of their own. They use a code twice, late, early, in parallel, and read answers and outages for what they give away.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { deploy, totpAt } from '../support/deployment.ts';
import { countOf, mailedTo, nextTo, visible, wrongTotp } from '../support/guesses.ts';
import { minute, Person } from '../support/person.ts';
import { rawTable } from '../support/threat-table.ts';

const deployment = await deploy();
const table = rawTable(deployment);
afterEach(() => deployment.dynamodb.clearFaults());

const many = <T>(count: number, of: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => of(index));
const forever = Number.POSITIVE_INFINITY;

describe('what is no code', () => {
  it.each([
    123456,
    ['123456'],
    [['123456']],
    { code: '123456' },
    { $ne: '' },
    null,
    undefined,
    true,
    '',
    ' ',
    '12345',
    '1234567',
    '12345\u0000',
    '１２３４５６',
    '١٢٣٤٥٦',
    '12345a',
    '-12345',
    '1e5000',
    '0x1234',
    '+12345',
    '1'.repeat(5000),
  ])('S17 %j as code: 400, and no try is spent', async (code) => {
    const ada = await new Person(deployment).enrol();
    const challengeToken = await ada.challengeToken();
    const before = await table.user(ada.ref);
    for (const method of ['totp', 'email', 'recovery_code']) {
      const reply = await ada.verify(challengeToken, method, code);
      expect([reply.status, reply.body.code]).toEqual([400, 'request_invalid']);
    }
    expect(await table.user(ada.ref)).toEqual(before);
  });

  it.each<object>([
    { verified: true },
    { status: 'passed' },
    { userId: 'x' },
    { stage: 'enroll' },
    { codes: ['000000'] },
    { amr: ['mfa'] },
    { rememberDevice: 'yes' },
    { toString: 1 },
    { constructor: {} },
  ])('S17 the extra field %o: 400, beside a right code too', async (more) => {
    const ada = await new Person(deployment).enrol();
    const challengeToken = await ada.challengeToken();
    const body = { challengeToken, method: 'totp', code: ada.code(), ...more };
    expect((await ada.call('verify-challenge', { body })).status).toBe(400);
    expect((await ada.verify(challengeToken, 'totp', ada.code())).status).toBe(200);
  });

  it('S17 keys that reach for prototypes change nothing', async () => {
    const ada = await new Person(deployment).enrol();
    const token = await ada.challengeToken();
    const rest = `"challengeToken":${JSON.stringify(token)},"method":"totp"`;
    for (const odd of [
      '"__proto__":{"code":"123456"}',
      '"code":"000000","code":["1"]',
      '"constructor":{"prototype":{}}',
    ]) {
      const reply = await ada.call('verify-challenge', { rawBody: `{${rest},${odd}}` });
      expect(reply.status).toBe(400);
    }
    expect(({} as { code?: string }).code).toBeUndefined();
  });

  it.each(['TOTP', 'none', 'trusted_device', 'exempt', 'push', '', null, ['totp'], 'toString', '__proto__'])(
    'S17 the method %j: 400',
    async (method) => {
      const ada = await new Person(deployment).enrol();
      const challengeToken = await ada.challengeToken();
      const body = { challengeToken, method, code: ada.code() };
      expect((await ada.call('verify-challenge', { body })).status).toBe(400);
    },
  );
});

describe('one code, many requests', () => {
  it('S18 the same code twice in sequence: the second is refused', async () => {
    const ada = await new Person(deployment).enrol();
    const [one, other] = [await ada.challengeToken(), await ada.challengeToken()];
    expect((await ada.verify(one, 'totp', ada.code())).status).toBe(200);
    const again = await ada.verify(one, 'totp', ada.code());
    expect([again.status, again.body.code]).toEqual([410, 'challenge_used']);
    const elsewhere = await ada.verify(other, 'totp', ada.code());
    expect([elsewhere.status, elsewhere.body.code]).toEqual([422, 'code_already_used']);
  });

  it.each([1, 2])('S18 fifty times at once over %i challenges: exactly one passes', async (challenges) => {
    const ada = await new Person(deployment).enrol();
    const tokens = await Promise.all(many(challenges, () => ada.challengeToken()));
    const code = ada.code();
    const answers = await Promise.all(
      many(50, (index) => ada.verify(tokens[index % challenges] as string, 'totp', code)),
    );
    expect(countOf(answers, ({ status }) => status === 200)).toBe(1);
    expect(countOf(answers, ({ body }) => body.token !== undefined)).toBe(1);
    expect(countOf(answers, ({ status }) => ![200, 410, 422, 429, 503].includes(status))).toBe(0);
  });

  it('S18 fifty at once with one Idempotency-Key: one sign-in, told again', async () => {
    const ada = await new Person(deployment).enrol();
    const token = await ada.challengeToken();
    const headers = { 'idempotency-key': 'k1' };
    const answers = await Promise.all(many(50, () => ada.verify(token, 'totp', ada.code(), { headers })));
    const tokens = answers.flatMap(({ body }) => body.token ?? []);
    expect(tokens.length).toBeGreaterThan(0);
    expect(new Set(tokens).size).toBe(1);
  });

  it('S18 an Idempotency-Key of somebody else’s choice does not bring back a token without the code', async () => {
    const ada = await new Person(deployment).enrol();
    const token = await ada.challengeToken();
    const headers = { 'idempotency-key': 'k1' };
    await ada.verify(token, 'totp', ada.code(), { headers });
    const guess = await ada.verify(token, 'totp', wrongTotp(ada), { headers });
    expect([guess.status, guess.body.code]).toEqual([410, 'challenge_used']);
    const otherKey = await ada.verify(token, 'totp', ada.code(), { headers: { 'idempotency-key': 'k2' } });
    expect(otherKey.status).toBe(410);
    ada.later(minute + 1);
    const late = await ada.verify(token, 'totp', ada.code(-2), { headers });
    expect(late.status).toBe(410);
  });

  it('S19 step T is accepted, then T-1 while still in the window: refused', async () => {
    const ada = await new Person(deployment).enrol();
    ada.later(5 * minute);
    const [one, other] = [await ada.challengeToken(), await ada.challengeToken()];
    expect((await ada.verify(one, 'totp', ada.code())).status).toBe(200);
    const before = await ada.verify(other, 'totp', ada.code(-1));
    expect([before.status, before.body.code]).toEqual([422, 'code_already_used']);
    expect((await ada.verify(other, 'totp', ada.code(1))).status).toBe(200);
    const after = await ada.verify(await ada.challengeToken(), 'totp', ada.code());
    expect(after.body.code).toBe('code_already_used');
  });

  it('S19 across authenticators a step used on one is not used on the other, and each is spent once', async () => {
    const ada = await new Person(deployment).enrol();
    const started = await ada.start({ proof: ada.totpProof() });
    await ada.confirm(started.body.authenticatorId, totpAt(started.body.secret, ada.at));
    ada.later(minute);
    const codes = [ada.code(), totpAt(started.body.secret, ada.at)];
    for (const code of codes) {
      expect((await ada.verify(await ada.challengeToken(), 'totp', code)).status).toBe(200);
      expect((await ada.verify(await ada.challengeToken(), 'totp', code)).body.code).toBe(
        'code_already_used',
      );
    }
  });
});

describe('time', () => {
  /** What a code of time step T answers, `ms` after the beginning of T. */
  const codeAt = async (ms: number) => {
    const ada = await new Person(deployment).enrol();
    ada.later(10 * minute);
    const stepMs = Math.floor(ada.at / 30_000) * 30_000;
    const code = totpAt(ada.secret, stepMs);
    ada.at = stepMs + ms;
    return (await ada.verify(await ada.challengeToken(), 'totp', code)).status;
  };

  it.each([
    [-30_001, 422],
    [-30_000, 200],
    [0, 200],
    [59_999, 200],
    [60_000, 422],
    [90_000, 422],
    [-60_000, 422],
  ])('S20 a code %i ms after its time step began answers %i', async (ms, status) => {
    expect(await codeAt(ms)).toBe(status);
  });

  it('S20 under a strict window only the current step passes', async () => {
    for (const [offset, status] of [
      [-1, 422],
      [1, 422],
      [0, 200],
    ] as const) {
      const ada = await new Person(deployment).enrol();
      await table.setPolicy(ada.accountId, { strictWindow: true });
      ada.later(10 * minute);
      expect((await ada.verify(await ada.challengeToken(), 'totp', ada.code(offset))).status).toBe(status);
    }
  });

  it.each([{ time: 1 }, { timestamp: 1 }, { at: 1 }, { now: '2020-01-01T00:00:00Z' }, { epoch: 1 }])(
    'S29 a body that says %o: 400',
    async (more) => {
      const ada = await new Person(deployment).enrol();
      const body = { challengeToken: await ada.challengeToken(), method: 'totp', code: ada.code(), ...more };
      expect((await ada.call('verify-challenge', { body })).status).toBe(400);
    },
  );

  it('S29 headers that say a time make an old code no younger and a dead challenge no livelier', async () => {
    const ada = await new Person(deployment).enrol();
    const challenge = await ada.challengeToken();
    const old = ada.code();
    const then = new Date(ada.at).toISOString();
    const headers = {
      date: then,
      'x-amz-date': then,
      'x-countersign-now': String(ada.at),
      'x-now': String(ada.at),
    };
    ada.later(5 * minute);
    expect((await ada.verify(challenge, 'totp', old, { headers })).body.code).toBe('code_incorrect');
    ada.later(5 * minute);
    expect((await ada.verify(challenge, 'totp', ada.code(), { headers })).body.code).toBe(
      'challenge_expired',
    );
  });
});

describe('what answers give away', () => {
  it.each(['fail', 'throttle'] as const)(
    'S25 the save fails (%s): a right and a wrong guess get the same 503, after the same calls',
    async (kind) => {
      const ada = await new Person(deployment).enrol();
      const challenge = await ada.challengeToken();
      const before = await table.user(ada.ref);
      deployment.dynamodb.fault({ operation: 'PutItem', kind, times: forever });
      const seen = [];
      for (const code of [wrongTotp(ada), ada.code()]) {
        deployment.calls();
        const reply = visible(await ada.verify(challenge, 'totp', code));
        seen.push({ ...reply, calls: deployment.calls() });
      }
      expect(seen[0]).toMatchObject({ status: 503, body: { code: 'temporarily_unavailable' } });
      expect(seen[1]).toEqual(seen[0]);
      deployment.dynamodb.clearFaults();
      expect(await table.user(ada.ref)).toEqual(before);
      expect((await ada.verify(challenge, 'totp', ada.code())).status).toBe(200);
    },
  );

  it('S25 the same for mailed codes and recovery codes', async () => {
    const ada = await new Person(deployment).enrol();
    await ada.turnOnEmail(ada.totpProof());
    ada.later(2 * minute);
    const challenge = await ada.challengeToken();
    const mailed = await mailedTo(deployment, ada, challenge);
    const [recovery = ''] = ada.recoveryCodes;
    const otherRecovery = `${recovery.slice(0, -4)}0000`;
    deployment.dynamodb.fault({ operation: 'PutItem', kind: 'fail', times: forever });
    for (const [method, right, wrong] of [
      ['email', mailed, nextTo(mailed)],
      ['recovery_code', recovery, otherRecovery],
    ] as const) {
      const seen = [];
      for (const code of [wrong, right]) {
        deployment.calls();
        const reply = visible(await ada.verify(challenge, method, code));
        seen.push({ ...reply, calls: deployment.calls() });
      }
      expect(seen[0]?.status).toBe(503);
      expect(seen[1]).toEqual(seen[0]);
    }
  });

  it('S28 a wrong, an expired and a never-sent mailed code answer alike', async () => {
    const person = async () => {
      const ada = new Person(deployment);
      await ada.signIn();
      await ada.turnOnEmail();
      return ada.later(2 * minute);
    };
    const [wrong, never] = [await person(), await person()];
    const challenge = await wrong.challengeToken();
    const code = await mailedTo(deployment, wrong, challenge);
    const answers = [
      await wrong.verify(challenge, 'email', nextTo(code)),
      await never.verify(await never.challengeToken(), 'email', code),
      await wrong.verify(await wrong.challengeToken(), 'email', code),
    ];
    for (const answer of answers) {
      expect(visible(answer)).toEqual(visible(answers[0] as (typeof answers)[0]));
      expect(answer.status).toBe(422);
    }
  });

  it('S28 a recovery code that was used and one that never was answer alike', async () => {
    const ada = await new Person(deployment).enrol();
    const [used = '', other = ''] = ada.recoveryCodes;
    await ada.verify(await ada.challengeToken(), 'recovery_code', used);
    const again = await ada.verify(await ada.challengeToken(), 'recovery_code', used);
    const never = await ada.verify(await ada.challengeToken(), 'recovery_code', `${other.slice(0, -4)}0000`);
    expect(visible(again)).toEqual(visible(never));
  });

  it('S28 while a lock stands, a right and a wrong code answer alike, and nothing is compared', async () => {
    const ada = await new Person(deployment).enrol();
    await table.changeUser(ada.ref, (user) => ({
      ...user,
      failures: { ...user.failures, consecutive: 10, backoffUntilMs: ada.at + minute },
    }));
    const challenge = await ada.challengeToken();
    deployment.calls();
    const [wrong, right] = [
      await ada.verify(challenge, 'totp', wrongTotp(ada)),
      await ada.verify(challenge, 'totp', ada.code()),
    ];
    expect(visible(right)).toEqual(visible(wrong));
    // The first of them puts the lock on record.
    expect(deployment.calls()).toEqual({ BatchGetItem: 2, PutItem: 1 });
  });
});
