/**
 * Guessing. The attacker has the password, so they can open challenges, and a script. They guess in parallel, over many
 * challenges, over every method and every route that takes a code, wait for success or a restart to forgive them, and try
 * to have somebody locked out whose password they do not have.
 */
import { describe, expect, it, vi } from 'vitest';
import type { Flow } from '../../lambdas/routes.ts';
import { codeIn, deploy, totpAt } from '../support/deployment.ts';
import { countOf, mailedTo, nextTo, wrongTotp } from '../support/guesses.ts';
import { day, minute, Person } from '../support/person.ts';
import { rawTable } from '../support/threat-table.ts';

const deployment = await deploy();
const table = rawTable(deployment);

const failuresOf = async (person: Person): Promise<number> =>
  ((await table.user(person.ref)).failures.atMs ?? []).length;

/** The user's budget as `count` wrong codes in the last 30 days left it; no back-off stands. */
const withFailures = (person: Person, count: number) =>
  table.changeUser(person.ref, (user) => ({
    ...user,
    failures: { consecutive: 0, atMs: Array.from({ length: count }, (_, nth) => person.at - 3 * day + nth) },
  }));

const guess = async (person: Person, times: number, challengeToken?: string) => {
  const token = challengeToken ?? (await person.challengeToken());
  const answers = [];
  for (let nth = 0; nth < times; nth += 1) {
    answers.push(await person.verify(token, 'totp', wrongTotp(person, nth)));
  }
  return answers;
};

const phone = '+41791234567';
const allowSms = (person: Person) =>
  table.setPolicy(
    person.accountId,
    { methods: ['totp', 'email', 'sms'] },
    { smsEnabled: true, smsCountries: ['CH'] },
  );

/** Turns codes by text message on; the number takes the codes of every test, so the newest one counts. */
async function turnOnSms(person: Person): Promise<void> {
  await person.own('start-sms-method', { body: { phone, proof: person.totpProof() } });
  const reply = await person.own('confirm-sms-method', {
    body: { code: codeIn(deployment.mails(phone)[0]) },
  });
  expect(reply.status).toBe(200);
}

describe('one challenge', () => {
  it('S21 five wrong codes, then the right one: refused, and that challenge is dead', async () => {
    const ada = await new Person(deployment).enrol();
    const challenge = await ada.challengeToken();
    const wrong = await guess(ada, 5, challenge);
    expect(wrong.map(({ status, body }) => [status, body.attemptsRemaining])).toEqual([
      [422, 4],
      [422, 3],
      [422, 2],
      [422, 1],
      [422, 0],
    ]);
    for (const [method, code] of [
      ['totp', ada.code()],
      ['recovery_code', ada.recoveryCodes[0]],
    ] as const) {
      const right = await ada.verify(challenge, method, code);
      expect([right.status, right.body.code]).toEqual([429, 'too_many_attempts']);
      expect(Number(right.headers['retry-after'])).toBeGreaterThan(0);
    }
    ada.later(9 * minute);
    expect((await ada.verify(challenge, 'totp', ada.code())).status).toBe(429);
    expect((await ada.verify(await ada.challengeToken(), 'totp', ada.code())).status).toBe(200);
  });

  it('S21 used codes are tries too, but no guesses in the budget', async () => {
    const ada = await new Person(deployment).enrol();
    const challenge = await ada.challengeToken();
    for (let nth = 0; nth < 5; nth += 1) {
      expect((await ada.verify(challenge, 'totp', ada.code(-1))).body.code).toBe('code_already_used');
    }
    expect((await ada.verify(challenge, 'totp', ada.code())).status).toBe(429);
    expect(await failuresOf(ada)).toBe(0);
  });

  it('S22 200 wrong codes in parallel: at most 5 are ever answered as compared, and each of them counts', async () => {
    const ada = await new Person(deployment).enrol();
    const challenge = await ada.challengeToken();
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, nth) => ada.verify(challenge, 'totp', wrongTotp(ada, nth))),
    );
    const compared = countOf(answers, ({ status }) => status === 422);
    expect(compared).toBeGreaterThan(0);
    expect(compared).toBeLessThanOrEqual(5);
    expect(countOf(answers, ({ status }) => ![422, 429, 503].includes(status))).toBe(0);
    // An answer that is lost after its write (a timeout under load) counts a failure that nobody is told of.
    const failures = await failuresOf(ada);
    expect(failures).toBeGreaterThanOrEqual(compared);
    expect(failures).toBeLessThanOrEqual(5);
    await guess(ada, 5, challenge);
    expect((await ada.verify(challenge, 'totp', ada.code())).status).toBe(429);
    expect(await failuresOf(ada)).toBe(5);
  });

  it('S22 200 wrong codes in parallel over 40 challenges: the tenth locks the user', async () => {
    const ada = await new Person(deployment).enrol();
    const challenges = await Promise.all(Array.from({ length: 40 }, () => ada.challengeToken()));
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, nth) =>
        ada.verify(challenges[nth % 40] as string, 'totp', wrongTotp(ada, nth)),
      ),
    );
    expect(countOf(answers, ({ status }) => status === 422)).toBeLessThanOrEqual(10);
    expect(await failuresOf(ada)).toBeLessThanOrEqual(10);
  });
});

describe('the budget of a user', () => {
  it('S23 40 fresh challenges with 5 wrong codes each: back-off at the 10th, and nothing is compared after it', async () => {
    const ada = await new Person(deployment).enrol();
    const answers = [];
    for (let nth = 0; nth < 40; nth += 1) {
      answers.push(...(await guess(ada, 5)));
    }
    expect(countOf(answers, ({ status }) => status === 422)).toBe(10);
    expect(countOf(answers, ({ body }) => body.code === 'too_many_attempts')).toBe(190);
    ada.later(minute - 1);
    expect((await ada.verify(await ada.challengeToken(), 'totp', ada.code())).status).toBe(429);
    ada.later(1);
    expect((await guess(ada, 2)).map(({ status }) => status)).toEqual([422, 429]);
    ada.later(2 * minute - 1);
    expect((await guess(ada, 1))[0]?.status).toBe(429);
  });

  it('S23 waiting out every back-off: at the 100th in 30 days codes are off, whatever time passes', async () => {
    const ada = await new Person(deployment).enrol();
    let compared = 0;
    for (let hour = 0; hour < 130; hour += 1) {
      ada.later(61 * minute);
      compared += countOf(await guess(ada, hour < 2 ? 5 : 1), ({ status }) => status === 422);
    }
    expect(compared).toBe(100);
    ada.later(60 * day);
    const right = await ada.verify(await ada.challengeToken(), 'totp', ada.code());
    expect([right.status, right.body.code]).toEqual([403, 'codes_disabled']);
  });

  it('S23 a new challenge, a good password, a resend, a success, a restart: none lowers the 30-day count', async () => {
    const ada = await new Person(deployment).enrol();
    await ada.turnOnEmail(ada.totpProof());
    ada.later(2 * minute);
    await withFailures(ada, 98);
    const challenge = await ada.challengeToken();
    await mailedTo(deployment, ada, challenge);
    ada.later(minute);
    await mailedTo(deployment, ada, challenge);
    expect(await failuresOf(ada)).toBe(98);
    expect((await ada.verify(challenge, 'totp', ada.code())).status).toBe(200);
    expect(await failuresOf(ada)).toBe(98);
    await guess(ada, 1);
    vi.resetModules();
    ada.later(minute);
    expect((await ada.verify(await ada.challengeToken(), 'totp', ada.code())).status).toBe(200);
    ada.later(minute);
    expect((await ada.own('disable-two-factor', { body: { proof: ada.totpProof() } })).status).toBe(200);
    await ada.enrol();
    expect(await failuresOf(ada)).toBe(99);
    expect((await guess(ada, 1))[0]?.status).toBe(422);
    const off = await ada.verify(await ada.challengeToken(), 'totp', ada.code());
    expect([off.status, off.body.code]).toEqual([403, 'codes_disabled']);
  });

  it('S23 only age takes a failure out of the count', async () => {
    const ada = await new Person(deployment).enrol();
    await withFailures(ada, 99);
    ada.later(27 * day + 1000);
    await guess(ada, 1);
    expect(await failuresOf(ada)).toBe(1);
    expect((await ada.verify(await ada.challengeToken(), 'totp', ada.code())).status).toBe(200);
  });

  it('S24 rotating authenticator, mailed and texted codes: one budget', async () => {
    const ada = await new Person(deployment).enrol();
    await allowSms(ada);
    await ada.turnOnEmail(ada.totpProof());
    await turnOnSms(ada.later(2 * minute));
    ada.later(10 * minute);
    const challenges = [await ada.challengeToken(), await ada.challengeToken()] as const;
    const mailed = await mailedTo(deployment, ada, challenges[0]);
    await ada.later(2 * minute).call('send-code', { body: { challengeToken: challenges[1], method: 'sms' } });
    const texted = codeIn(deployment.mails(phone)[0]);
    for (let nth = 0; nth < 10; nth += 1) {
      const challenge = challenges[nth < 5 ? 0 : 1] as string;
      const codes = { totp: wrongTotp(ada, nth), email: nextTo(mailed), sms: nextTo(texted) };
      const method = (['totp', 'email', 'sms'] as const)[nth % 3] as keyof typeof codes;
      expect((await ada.verify(challenge, method, codes[method])).status).toBe(422);
    }
    for (const [method, code] of [
      ['totp', ada.code()],
      ['email', mailed],
      ['sms', texted],
    ] as const) {
      const reply = await ada.verify(await ada.challengeToken(), method, code);
      expect([reply.status, reply.body.code]).toEqual([429, 'too_many_attempts']);
    }
    for (const method of ['email', 'sms']) {
      const body = { challengeToken: await ada.challengeToken(), method };
      const sent = await ada.call('send-code', { body });
      expect([sent.status, sent.body.code]).toEqual([429, 'too_many_attempts']);
    }
  });

  it('S26 a challenge opened before the lock and finished after it: refused', async () => {
    const ada = await new Person(deployment).enrol();
    const early = await ada.challengeToken();
    await guess(ada, 5);
    await guess(ada, 5);
    const finished = await ada.verify(early, 'totp', ada.code());
    expect([finished.status, finished.body.code]).toEqual([429, 'too_many_attempts']);
  });
});

/** Every route beside the sign-in that takes a code. */
const siblings: [
  Flow,
  (person: Person) => Promise<{ path?: Record<string, string>; body: (code: string) => object }>,
][] = [
  ...(
    ['start-authenticator', 'start-email-method', 'regenerate-recovery-codes', 'disable-two-factor'] as const
  ).map((flow): (typeof siblings)[0] => [
    flow,
    async () => ({ body: (code) => ({ proof: { method: 'totp', code } }) }),
  ]),
  [
    'remove-authenticator',
    async (person) => ({
      path: { id: (await table.user(person.ref)).authenticators[0].id },
      body: (code) => ({ proof: { method: 'totp', code } }),
    }),
  ],
];

/** A user's item without what the record of a lock leaves in it, once for each place. */
const apartFromRecord = (item: Record<string, unknown>) => {
  const { attempt: _attempt, proofs: _told, rev: _rev, writeId: _id, earlierWriteIds: _ids, ...rest } = item;
  return rest;
};

describe('every sibling route that takes a code', () => {
  it.each(siblings)(
    'S26 %s counts wrong codes in the same budget, in parallel too',
    async (flow, prepare) => {
      const ada = await new Person(deployment).enrol();
      const { path = {}, body } = await prepare(ada);
      const bearer = await ada.token();
      const wrong = await ada.call(flow, { bearer, path, body: body(wrongTotp(ada)) });
      expect([wrong.status, wrong.body.code]).toEqual([422, 'code_incorrect']);
      expect(await failuresOf(ada)).toBe(1);
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, nth) =>
          ada.call(flow, { bearer, path, body: body(wrongTotp(ada, nth + 1)) }),
        ),
      );
      expect(countOf(answers, ({ status }) => status === 422)).toBeLessThanOrEqual(4);
      for (let nth = 0; nth < 5; nth += 1) {
        await ada.call(flow, { bearer, path, body: body(wrongTotp(ada, nth)) });
      }
      const right = await ada.call(flow, { bearer, path, body: body(ada.code()) });
      expect([right.status, right.body.code]).toEqual([429, 'too_many_attempts']);
      expect(await failuresOf(ada)).toBe(5);
    },
  );

  it.each(siblings)(
    'S26 %s is shut by the lock of the sign-in, for the right code too',
    async (flow, prepare) => {
      for (const [failures, code] of [
        [{ consecutive: 10, backoffUntilMs: Number.MAX_SAFE_INTEGER }, 'too_many_attempts'],
        [{ consecutive: 0, codesDisabledAtMs: 1 }, 'codes_disabled'],
      ] as const) {
        const ada = await new Person(deployment).enrol();
        const { path = {}, body } = await prepare(ada);
        await table.changeUser(ada.ref, (user) => ({ ...user, failures }));
        const before = await table.user(ada.ref);
        const reply = await ada.own(flow, { path, body: body(ada.code()) });
        expect(reply.body.code).toBe(code);
        const after = await table.user(ada.ref);
        expect(after.attempt.type).toBe('proof_locked');
        expect(apartFromRecord(after)).toEqual(apartFromRecord(before));
        await ada.own(flow, { path, body: body(ada.code()) });
        expect(await table.user(ada.ref)).toEqual(after);
      }
    },
  );

  it('S26 the confirm of an authenticator and of the e-mail method are shut too', async () => {
    const ada = new Person(deployment);
    await ada.signIn();
    const started = await ada.start();
    await ada.own('start-email-method', { body: {} });
    const mailed = ada.mailedCode();
    for (const [failures, code] of [
      [{ consecutive: 10, backoffUntilMs: ada.at + minute }, 'too_many_attempts'],
      [{ consecutive: 0, codesDisabledAtMs: ada.at }, 'codes_disabled'],
    ] as const) {
      await table.changeUser(ada.ref, (user) => ({ ...user, failures }));
      const authenticator = await ada.confirm(
        started.body.authenticatorId,
        totpAt(started.body.secret, ada.at),
      );
      expect(authenticator.body.code).toBe(code);
      expect((await ada.own('confirm-email-method', { body: { code: mailed } })).body.code).toBe(code);
    }
    expect((await ada.status()).status).toBe('disabled');
  });

  it('S26 so are the start and the confirm of text messages, and wrong codes count there too', async () => {
    const ada = await new Person(deployment).enrol();
    await allowSms(ada);
    await ada.own('start-sms-method', { body: { phone, proof: ada.totpProof() } });
    const code = codeIn(deployment.mails(phone)[0]);
    expect((await ada.own('confirm-sms-method', { body: { code: nextTo(code) } })).status).toBe(422);
    expect(await failuresOf(ada)).toBe(1);
    for (const [failures, refused] of [
      [{ consecutive: 10, backoffUntilMs: ada.at + minute }, 'too_many_attempts'],
      [{ consecutive: 0, codesDisabledAtMs: ada.at }, 'codes_disabled'],
    ] as const) {
      await table.changeUser(ada.ref, (user) => ({ ...user, failures }));
      expect((await ada.own('confirm-sms-method', { body: { code } })).body.code).toBe(refused);
      const body = { phone: '+41797654321', proof: { method: 'totp', code: ada.code(1) } };
      expect((await ada.own('start-sms-method', { body })).body.code).toBe(refused);
    }
  });

  it('S26 wrong codes of a policy change count too, a lock shuts it, and five of them end it', async () => {
    const admin = await new Person(deployment).enrol();
    const bearer = await admin.token({ role: 'admin' });
    const propose = async () =>
      (
        await admin.call('propose-policy', {
          bearer,
          body: { policy: { mode: 'required' }, proof: admin.totpProof() },
        })
      ).body;
    const path = { id: (await propose()).changeId };
    const code = admin.mailedCode();
    for (let nth = 0; nth < 5; nth += 1) {
      expect(
        (await admin.call('confirm-policy', { bearer, path, body: { code: nextTo(code) } })).status,
      ).toBe(422);
    }
    expect((await admin.call('confirm-policy', { bearer, path, body: { code } })).body.code).toBe(
      'too_many_attempts',
    );
    expect(await failuresOf(admin)).toBe(5);
    admin.later(minute);
    const second = { id: (await propose()).changeId };
    await table.changeUser(admin.ref, (user) => ({
      ...user,
      failures: { consecutive: 0, codesDisabledAtMs: admin.at },
    }));
    const late = await admin.call('confirm-policy', {
      bearer,
      path: second,
      body: { code: admin.mailedCode() },
    });
    expect(late.body.code).toBe('codes_disabled');
    expect((await propose()).code).toBe('codes_disabled');
    expect(await table.item(`account#${admin.accountId}`)).toEqual({});
  });

  it('S26 wrong codes of the e-mail method’s confirm count too, and five of them end it', async () => {
    const ada = new Person(deployment);
    await ada.signIn();
    await ada.own('start-email-method', { body: {} });
    const mailed = ada.mailedCode();
    for (let nth = 0; nth < 5; nth += 1) {
      expect((await ada.own('confirm-email-method', { body: { code: nextTo(mailed) } })).status).toBe(422);
    }
    expect((await ada.own('confirm-email-method', { body: { code: mailed } })).status).toBe(429);
    expect(await failuresOf(ada)).toBe(5);
  });

  it('S26 recovery codes have a budget of their own, and it locks as well', async () => {
    const ada = await new Person(deployment).enrol();
    const wrong = (nth: number) => `zzzz-zzzz-zzzz-zzz${nth % 10}`;
    const answers = [];
    for (let nth = 0; nth < 15; nth += 1) {
      const challenge = await ada.challengeToken();
      answers.push(await ada.verify(challenge, 'recovery_code', wrong(nth)));
    }
    expect(countOf(answers, ({ status }) => status === 422)).toBe(10);
    const right = await ada.verify(await ada.challengeToken(), 'recovery_code', ada.recoveryCodes[0]);
    expect([right.status, right.body.code]).toEqual([429, 'too_many_attempts']);
    expect((await ada.verify(await ada.challengeToken(), 'totp', ada.code())).status).toBe(200);
  });
});

describe('a stranger', () => {
  it('S27 who does not have the password changes nothing of somebody’s state, however they try', async () => {
    const ada = await new Person(deployment).enrol();
    const eve = await new Person(deployment, { at: ada.at }).enrol();
    const colleague = await new Person(deployment, { accountId: ada.accountId, at: ada.at }).enrol();
    const before = await table.user(ada.ref);
    const { id } = before.authenticators[0];
    for (const thief of [eve, colleague]) {
      const challenge = await thief.challengeToken();
      for (let nth = 0; nth < 6; nth += 1) {
        await thief.verify(challenge, 'totp', ada.code());
        await thief.own('remove-authenticator', {
          path: { id },
          body: { proof: { method: 'totp', code: wrongTotp(ada, nth) } },
        });
        await thief.own('confirm-authenticator', { path: { id }, body: { code: wrongTotp(ada, nth) } });
        await ada.verify('garbage', 'totp', wrongTotp(ada, nth));
        await ada.call('disable-two-factor', { bearer: 'a.b.c', body: {} });
      }
      const reset = await thief.own('reset-two-factor', { path: { id: ada.id }, body: { reason: 'mine' } });
      expect([reset.status, reset.body.code]).toEqual([403, 'forbidden']);
      // An admin of another account, without two-factor, so that no proof is asked for first.
      const mallory = new Person(deployment, { at: ada.at });
      const asAdmin = await mallory.call('reset-two-factor', {
        bearer: await mallory.token({ role: 'admin' }),
        path: { id: ada.id },
        body: { reason: 'mine' },
      });
      expect([asAdmin.status, asAdmin.body.code]).toEqual([404, 'not_found']);
    }
    expect(await table.user(ada.ref)).toEqual(before);
    expect((await ada.verify(await ada.challengeToken(), 'totp', ada.code())).status).toBe(200);
  });
});
