/**
 * Items that are not what this release writes. A bug, another release, a half restore or somebody with write access has
 * left items of another shape, a challenge whose user is gone, or a keyring that does not read. None of it may ever look
 * like "two-factor off".
 */
import { afterAll, describe, expect, it, vi } from 'vitest';
import { type Deployment, deploy, startDeployment } from '../support/deployment.ts';
import { minute, Person } from '../support/person.ts';
import { type Item, type RawTable, rawTable } from '../support/threat-table.ts';

vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'true');
const deployment = await deploy();
const table = rawTable(deployment);
afterAll(() => vi.unstubAllEnvs());

const damages: [string, (user: Item) => Item][] = [
  ['a newer schema', (user) => ({ ...user, schema: 2 })],
  ['an older schema', (user) => ({ ...user, schema: 0 })],
  ['no schema', ({ schema: _schema, ...user }) => user],
  ['authenticators as a map', (user) => ({ ...user, authenticators: {} })],
  ['authenticators as text', (user) => ({ ...user, authenticators: '' })],
  ['authenticators null', (user) => ({ ...user, authenticators: null })],
  [
    'an authenticator without a secret',
    (user) => ({ ...user, authenticators: [{ ...user.authenticators[0], secret: undefined }] }),
  ],
  [
    'a secret as text',
    (user) => ({ ...user, authenticators: [{ ...user.authenticators[0], secret: 'AAAA' }] }),
  ],
  [
    'no last time step',
    (user) => ({ ...user, authenticators: [{ ...user.authenticators[0], lastTimeStep: undefined }] }),
  ],
  ['failures as a number', (user) => ({ ...user, failures: 0 })],
  ['enrollmentRequired as text', (user) => ({ ...user, enrollmentRequired: 'false' })],
  ['an exemption without an end', (user) => ({ ...user, exemption: { reason: 'x' } })],
  [
    'an exemption for ever, as text',
    (user) => ({ ...user, exemption: { untilMs: '9999999999999', reason: 'x' } }),
  ],
  ['nothing but its key', ({ pk, sk }) => ({ pk, sk })],
];

describe('an item that is there', () => {
  it.each(damages)(
    'S66 with %s: refused with 503, never passed, never overwritten',
    async (_what, damage) => {
      const ada = await new Person(deployment).enrol();
      const challenge = await ada.challengeToken();
      const bearer = await ada.token();
      await table.changeUser(ada.ref, damage);
      const before = await table.user(ada.ref);
      for (const reply of [
        await ada.signIn(),
        await ada.signIn({ firstFactor: { method: 'email_link' } }),
        await ada.verify(challenge, 'totp', ada.code()),
        await ada.verify(challenge, 'recovery_code', ada.recoveryCodes[0]),
        await ada.call('start-authenticator', { bearer, body: {} }),
        await ada.call('get-two-factor', { bearer }),
      ]) {
        expect([reply.status, reply.body.code]).toEqual([503, 'temporarily_unavailable']);
      }
      expect(await table.user(ada.ref)).toEqual(before);
    },
  );

  it('S66 an account whose item does not read: nobody of it signs in by defaults', async () => {
    for (const damage of [
      { schema: 2 },
      { policy: {} },
      { policy: undefined },
      { policy: { mode: 'optional' } },
    ]) {
      const ada = await new Person(deployment).enrol();
      const newcomer = new Person(deployment, { accountId: ada.accountId, at: ada.at });
      await table.setPolicy(ada.accountId, { mode: 'required' }, damage);
      expect((await ada.signIn()).status).toBe(503);
      expect((await newcomer.signIn()).status).toBe(503);
    }
  });

  it('S66 a challenge of a user who is gone: refused, in every stage', async () => {
    const ada = await new Person(deployment).enrol();
    const challenge = await ada.challengeToken();
    const eve = new Person(deployment);
    await table.setPolicy(eve.accountId, { mode: 'required', methods: ['totp'], bootstrap: 'none' });
    const enroll = (await eve.signIn()).body.challengeToken;
    for (const person of [ada, eve]) {
      const path = { accountId: person.accountId, userId: person.id };
      expect((await person.call('delete-user', { path })).status).toBe(204);
    }
    for (const reply of [
      await ada.verify(challenge, 'totp', ada.code()),
      await ada.verify(challenge, 'recovery_code', ada.recoveryCodes[0]),
      await ada.call('send-code', { body: { challengeToken: challenge, method: 'email' } }),
      await eve.call('start-authenticator', { bearer: enroll, body: {} }),
    ]) {
      expect([reply.status, reply.body.code]).toEqual([401, 'challenge_invalid']);
    }
    expect(await table.user(ada.ref)).toEqual({});
  });

  it('S66 a user made again under an open challenge of the old one: its old codes and factors open nothing', async () => {
    const ada = await new Person(deployment).enrol();
    const challenge = await ada.challengeToken();
    await ada.call('delete-user', { path: { accountId: ada.accountId, userId: ada.id } });
    await ada.signIn();
    for (const [method, code] of [
      ['totp', ada.code()],
      ['recovery_code', ada.recoveryCodes[0]],
    ] as const) {
      expect((await ada.verify(challenge, method, code)).body.code).toBe('method_not_allowed');
    }
  });
});

describe('two releases side by side', () => {
  it('S67 what a newer release wrote survives every change of this one, at every depth', async () => {
    const ada = await new Person(deployment).enrol();
    await table.changeUser(ada.ref, (user) => ({
      ...user,
      newThing: { deep: [1, { deeper: new Uint8Array([1, 2]) }] },
      authenticators: [{ ...user.authenticators[0], color: 'blue' }],
      failures: { ...user.failures, newCount: 3 },
      recoveryCodes: { ...user.recoveryCodes, printed: true },
    }));
    await table.setPolicy(ada.accountId, {}, { newThing: 'kept' });
    await ada.verify(await ada.challengeToken(), 'totp', '000000');
    await ada.verify(await ada.challengeToken(), 'totp', ada.code());
    await ada.verify(await ada.challengeToken(), 'recovery_code', 'zzzz-zzzz-zzzz-zzzz');
    await ada.later(minute).turnOnEmail(ada.totpProof());
    await ada.deliver();
    const user = await table.user(ada.ref);
    expect(user).toMatchObject({
      newThing: { deep: [1, {}] },
      authenticators: [{ color: 'blue' }],
      failures: { newCount: 3 },
      recoveryCodes: { printed: true },
    });
    expect(user.newThing.deep[1].deeper).toEqual(new Uint8Array([1, 2]));
  });

  it('S67 an absent attribute never opens anything: whichever is missing, no sign-in passes without a second factor', async () => {
    const ada = await new Person(deployment).enrol();
    await ada.turnOnEmail(ada.totpProof());
    ada.later(2 * minute);
    await ada.start({ proof: ada.totpProof() });
    ada.later(minute);
    const whole = await table.user(ada.ref);
    const attributes = Object.keys(whole).filter((name) => name !== 'pk' && name !== 'sk');
    expect(attributes.length).toBeGreaterThan(15);
    for (const name of attributes) {
      const { [name]: _absent, ...rest } = whole;
      await table.put(rest);
      const reply = await ada.signIn();
      expect([name, ['challenge', 'temporarily_unavailable']]).toEqual([
        name,
        expect.arrayContaining([reply.body.status === 'challenge' ? 'challenge' : reply.body.code]),
      ]);
    }
    for (const name of Object.keys(whole.authenticators[0])) {
      const { [name]: _absent, ...authenticator } = whole.authenticators[0];
      await table.put({ ...whole, authenticators: [authenticator] });
      expect([name, (await ada.signIn()).status]).toEqual([name, name === 'lastUsedAtMs' ? 201 : 503]);
    }
  });

  it('S67 an account’s policy that does not say whether, or by what, is no policy of defaults; a later field has its default', async () => {
    const ada = await new Person(deployment).enrol();
    await table.setPolicy(ada.accountId, { mode: 'required' });
    const account = await table.item(`account#${ada.accountId}`);
    for (const name of Object.keys(account.policy)) {
      const { [name]: _absent, ...policy } = account.policy;
      await table.put({ ...account, policy });
      const newcomer = new Person(deployment, { accountId: ada.accountId, at: ada.at });
      const decides = name === 'mode' || name === 'methods';
      const { status, body } = await newcomer.signIn();
      expect([name, status, body.secondFactor]).toEqual([name, decides ? 503 : 201, undefined]);
    }
  });
});

describe('the keyring', () => {
  /** A deployment of its own: nobody has made a key yet. */
  async function fresh<T>(run: (own: Deployment, its: RawTable) => Promise<T>): Promise<void> {
    const own = await startDeployment();
    vi.resetModules();
    await run(own, rawTable(own));
    await own.close();
  }
  const known = async (own: Deployment, its: RawTable) => {
    const ada = new Person(own);
    await its.setPolicy(ada.accountId, { mode: 'required' });
    return ada;
  };
  /** A function environment of its own: modules, clients and what they have learnt. */
  const coldStart = async () => {
    vi.resetModules();
    return (await import('../../lambdas/flows/create-challenge.ts')).handler as unknown as (
      event: object,
      context: object,
    ) => Promise<{ statusCode: number; body: string }>;
  };
  const startEvent = (ada: Person) => ({
    headers: { 'content-type': 'application/json' },
    requestContext: {
      requestId: 'r',
      timeEpoch: ada.at,
      http: { sourceIp: '203.0.113.1' },
      authorizer: { iam: { accessKey: 'app' } },
    },
    body: JSON.stringify({
      accountId: ada.accountId,
      user: { id: ada.id, email: ada.email },
      firstFactor: { method: 'password' },
    }),
  });

  it('S70 eight functions make it at once: one key wins, and every token of all of them opens', async () => {
    await fresh(async (own, its) => {
      const people = await Promise.all(Array.from({ length: 8 }, () => known(own, its)));
      const functions = [];
      for (const _ of people) {
        functions.push(await coldStart());
      }
      const replies = await Promise.all(
        functions.map((handler, index) => handler(startEvent(people[index] as Person), {})),
      );
      expect(replies.map(({ statusCode }) => statusCode)).toEqual(people.map(() => 201));
      expect(own.calls().GenerateDataKey).toBeGreaterThan(1);
      expect((await its.item('keyring')).keys).toHaveLength(1);
      for (const [index, reply] of replies.entries()) {
        const { challengeToken } = JSON.parse(reply.body);
        const person = people[index] as Person;
        const sent = await person.call('send-code', { body: { challengeToken, method: 'email' } });
        expect(sent.status).toBe(202);
        expect((await person.verify(challengeToken, 'email', person.mailedCode())).status).toBe(200);
      }
    });
  });

  it('S70 its first save was applied and the answer lost: that key is used', async () => {
    await fresh(async (own, its) => {
      const ada = await known(own, its);
      await ada.call('sync-user', {
        path: { accountId: ada.accountId, userId: ada.id },
        body: { email: ada.email },
      });
      own.dynamodb.fault({ operation: 'PutItem', kind: 'applied_but_lost', times: 1 });
      const challengeToken = await ada.challengeToken();
      expect((await ada.call('send-code', { body: { challengeToken, method: 'email' } })).status).toBe(202);
    });
  });

  it.each([
    ['without keys', { keys: [] }],
    ['with keys as a map', { keys: {} }],
    ['with a key as text', { keys: [{ keyId: 'k', wrapped: 'AAAA' }] }],
    ['with nothing', {}],
    ['whose key does not unwrap', { keys: [{ keyId: 'k', wrapped: new Uint8Array(60) }] }],
  ])('S70 a keyring %s: 503, and never a new one over it', async (_what, broken) => {
    await fresh(async (own, its) => {
      const ada = await known(own, its);
      const item = { pk: 'keyring', sk: 'state', ...broken };
      await its.put(item);
      expect((await ada.signIn()).status).toBe(503);
      expect(await its.item('keyring')).toEqual(item);
    });
  });

  it.each(['GetItem', 'PutItem'])(
    'S70 %s of the keyring fails: 503, and the next sign-in works',
    async (operation) => {
      await fresh(async (own, its) => {
        const ada = await known(own, its);
        await ada.call('sync-user', {
          path: { accountId: ada.accountId, userId: ada.id },
          body: { email: ada.email },
        });
        own.dynamodb.fault({ operation, kind: 'fail', times: 3 });
        expect((await ada.signIn()).status).toBe(503);
        own.dynamodb.clearFaults();
        expect((await ada.signIn()).body.status).toBe('challenge');
      });
    },
  );

  it('S70 a token that comes before there is a keyring keeps no later one out', async () => {
    await fresh(async (own, its) => {
      const ada = await known(own, its);
      const header = { alg: 'dir', enc: 'A256GCM', typ: 'countersign-challenge', kid: 'guess' };
      const early = `${Buffer.from(JSON.stringify(header)).toString('base64url')}..AAAA.AAAA.AAAA`;
      expect((await ada.verify(early, 'email', '123456')).status).toBe(401);
      expect((await ada.call('send-code', { body: { challengeToken: early, method: 'email' } })).status).toBe(
        401,
      );
      const challengeToken = await ada.challengeToken();
      expect((await ada.call('send-code', { body: { challengeToken, method: 'email' } })).status).toBe(202);
      expect((await ada.verify(challengeToken, 'email', ada.mailedCode())).status).toBe(200);
    });
  });
});
