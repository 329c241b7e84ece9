/**
 * Faults. The attacker waits for a bad day, or makes one: a table that throttles, answers that get lost, a key that is
 * disabled, a clock that stands still. Nobody gets in by it, and nobody who belongs in loses what they have.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { DisableKeyCommand, EnableKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Flow } from '../../lambdas/routes.ts';
import { codeIn, decodeToken, deploy, type Reply, totpAt } from '../support/deployment.ts';
import { mailedTo } from '../support/guesses.ts';
import { minute, Person } from '../support/person.ts';
import { rawTable } from '../support/threat-table.ts';

const deployment = await deploy();
const table = rawTable(deployment);
afterEach(() => {
  vi.useRealTimers();
  deployment.dynamodb.clearFaults();
  deployment.kms.clearFaults();
});

const forever = Number.POSITIVE_INFINITY;

function expectOutage(reply: Reply): void {
  expect([reply.status, reply.body.code]).toEqual([503, 'temporarily_unavailable']);
  expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
  for (const secret of ['token', 'challengeToken', 'recoveryCodes', 'secret', 'deviceToken']) {
    expect(reply.body[secret]).toBeUndefined();
  }
}

/** Somebody with both methods on, and what each flow would be called with. */
async function prepared() {
  const ada = await new Person(deployment).enrol();
  await ada.turnOnEmail(ada.totpProof());
  ada.later(2 * minute);
  const challengeToken = await ada.challengeToken();
  const bearer = await ada.token();
  const proof = ada.totpProof();
  const calls: [Flow, object][] = [
    ['verify-challenge', { challengeToken, method: 'totp', code: ada.code() }],
    ['verify-challenge', { challengeToken, method: 'recovery_code', code: ada.recoveryCodes[0] }],
    ['send-code', { challengeToken, method: 'email' }],
    ['start-authenticator', { proof }],
    ['regenerate-recovery-codes', { proof }],
    ['disable-two-factor', { proof }],
    ['remove-email-method', { proof }],
    ['mail-proof-code', { method: 'email' }],
  ];
  const call = (flow: Flow, body: object) => ada.call(flow, { body, bearer });
  return { ada, calls, call, challengeToken };
}

describe('the table', () => {
  it.each(['fail', 'throttle'] as const)(
    'S58 DynamoDB answers %s at load or save: 503 with Retry-After, nothing told, nothing spent, nothing mailed',
    async (kind) => {
      const { ada, calls, call } = await prepared();
      const before = await table.user(ada.ref);
      const mails = deployment.mails(ada.email).length;
      for (const operation of ['BatchGetItem', 'PutItem']) {
        deployment.dynamodb.fault({ operation, kind, times: forever });
        for (const [flow, body] of calls) {
          expectOutage(await call(flow, body));
        }
        deployment.dynamodb.clearFaults();
      }
      expect(await table.user(ada.ref)).toEqual(before);
      expect(deployment.mails(ada.email)).toHaveLength(mails);
      const [flow, body] = calls[0] as (typeof calls)[0];
      expect((await call(flow, body)).status).toBe(200);
    },
    60_000,
  );

  it('S58 at the start of a sign-in: 503, and no token for somebody with two-factor or without', async () => {
    const ada = await new Person(deployment).enrol();
    const stranger = new Person(deployment);
    deployment.dynamodb.fault({ operation: 'BatchGetItem', kind: 'fail', times: forever });
    expectOutage(await ada.signIn());
    expectOutage(await stranger.signIn());
    deployment.dynamodb.clearFaults();
    deployment.dynamodb.fault({ operation: 'PutItem', kind: 'fail', times: forever });
    expectOutage(await stranger.signIn());
  });

  it('S58 once is not felt: the call is made again', async () => {
    const { calls, call } = await prepared();
    for (const operation of ['BatchGetItem', 'PutItem']) {
      deployment.dynamodb.fault({ operation, kind: 'fail', times: 1 });
    }
    const [flow, body] = calls[0] as (typeof calls)[0];
    expect((await call(flow, body)).status).toBe(200);
  });

  it.each(['totp', 'email', 'recovery_code'])(
    'S59 the save of a right %s code was applied and its answer lost: 200 once, never "already used"',
    async (method) => {
      const { ada, challengeToken } = await prepared();
      const mailed = method === 'email' ? await mailedTo(deployment, ada, challengeToken) : '';
      const code = { totp: ada.code(), email: mailed, recovery_code: ada.recoveryCodes[0] }[method];
      const { rev } = await table.user(ada.ref);
      deployment.dynamodb.fault({ operation: 'PutItem', kind: 'applied_but_lost', times: 1 });
      const reply = await ada.verify(challengeToken, method, code);
      expect([reply.status, reply.body.status]).toEqual([200, 'passed']);
      expect((await table.user(ada.ref)).rev).toBe(rev + 1);
      expect((await ada.verify(challengeToken, method, code)).body.code).toBe('challenge_used');
    },
  );

  it('S59 the courier has written to the item meanwhile: still 200, and the codes of an enrolment are still shown', async () => {
    const meanwhile = async (person: Person, run: () => Promise<Reply>) => {
      deployment.dynamodb.fault({ operation: 'PutItem', kind: 'applied_but_lost', times: 1 });
      deployment.dynamodb.fault({ operation: 'PutItem', kind: 'delay', delayMs: 800, times: 1 });
      const reply = run();
      await pause(400);
      await person.deliver();
      return reply;
    };
    const ada = new Person(deployment);
    await ada.signIn();
    await ada.deliver();
    const { authenticatorId, secret } = (await ada.start()).body;
    const confirmed = await meanwhile(ada, () => ada.confirm(authenticatorId, totpAt(secret, ada.at)));
    expect([confirmed.status, confirmed.body.recoveryCodes?.length]).toEqual([200, 10]);
    const challenge = await ada.later(minute).challengeToken();
    const [code] = confirmed.body.recoveryCodes;
    const used = await meanwhile(ada, () => ada.verify(challenge, 'recovery_code', code));
    expect([used.status, used.body.recoveryCodesRemaining]).toEqual([200, 9]);
  });

  it('S59 nor is a wrong code counted twice by it', async () => {
    const { ada, challengeToken } = await prepared();
    deployment.dynamodb.fault({ operation: 'PutItem', kind: 'applied_but_lost', times: 1 });
    const reply = await ada.verify(challengeToken, 'recovery_code', 'zzzz-zzzz-zzzz-zzzz');
    expect([reply.status, reply.body.attemptsRemaining]).toEqual([422, 4]);
    expect((await table.user(ada.ref)).recoveryFailures.consecutive).toBe(1);
  });

  it('S59 the recovery codes that a lost answer brings are those that are stored', async () => {
    const { ada, call } = await prepared();
    deployment.dynamodb.fault({ operation: 'PutItem', kind: 'applied_but_lost', times: 1 });
    const reply = await call('regenerate-recovery-codes', { proof: ada.totpProof() });
    expect(reply.status).toBe(201);
    const used = await ada.verify(await ada.challengeToken(), 'recovery_code', reply.body.recoveryCodes[9]);
    expect(used.status).toBe(200);
  });

  it('S59 a code that was mailed by a lost save is mailed once, and passes', async () => {
    const { ada, challengeToken } = await prepared();
    const before = deployment.mails(ada.email).length;
    deployment.dynamodb.fault({ operation: 'PutItem', kind: 'applied_but_lost', times: 1 });
    const sent = await ada.call('send-code', { body: { challengeToken, method: 'email' } });
    expect(sent.status).toBe(202);
    expect(deployment.mails(ada.email)).toHaveLength(before + 1);
    const code = codeIn(deployment.mails(ada.email)[0]);
    expect((await ada.verify(challengeToken, 'email', code)).status).toBe(200);
  });

  it('S59 somebody else’s write is never taken for one’s own', async () => {
    const { ada, challengeToken } = await prepared();
    const other = await ada.challengeToken();
    const answers = await Promise.all(
      [challengeToken, other].map((token) => {
        deployment.dynamodb.fault({ operation: 'PutItem', kind: 'fail', times: 1 });
        return ada.verify(token, 'totp', ada.code());
      }),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('S69 a batch read that answers nothing once is asked again', async () => {
    const { ada } = await prepared();
    deployment.dynamodb.fault({ operation: 'BatchGetItem', kind: 'partial', times: 2 });
    expect((await ada.signIn()).body.status).toBe('challenge');
  });

  it('S69 a batch read that stays incomplete: 503, never a new user without two-factor', async () => {
    const { ada, calls, call } = await prepared();
    const before = await table.user(ada.ref);
    const bearer = await ada.token();
    deployment.dynamodb.fault({ operation: 'BatchGetItem', kind: 'partial', times: forever });
    expectOutage(await ada.signIn());
    for (const [flow, body] of calls) {
      expectOutage(await call(flow, body));
    }
    expectOutage(await ada.call('get-two-factor', { bearer }));
    deployment.dynamodb.clearFaults();
    expect(await table.user(ada.ref)).toEqual(before);
  });
});

/** A user's item without what a write that only records an attempt leaves in it. */
const apartFromRecord = ({
  attempt: _attempt,
  rev: _rev,
  writeId: _id,
  earlierWriteIds: _ids,
  ...rest
}: Item) => rest;
type Item = Record<string, unknown>;

describe('the keys', () => {
  const kms = () =>
    new KMSClient({
      endpoint: deployment.kms.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });

  it('S60 the vault key is disabled: code checks 503, trusted devices and the key set work, and it all comes back', async () => {
    const { ada, challengeToken } = await prepared();
    await table.setPolicy(ada.accountId, { rememberDevice: { allowed: true, days: 30 } });
    const body = {
      challengeToken: await ada.challengeToken(),
      method: 'totp',
      code: ada.code(),
      rememberDevice: true,
    };
    const { deviceToken } = (await ada.call('verify-challenge', { body })).body;
    ada.later(30_000);
    const before = await table.user(ada.ref);
    const KeyId = deployment.vaultKeyArn;
    await kms().send(new DisableKeyCommand({ KeyId }));
    expectOutage(await ada.verify(challengeToken, 'totp', ada.code()));
    expectOutage(await ada.verify(challengeToken, 'totp', '000000'));
    expect((await ada.signIn({ deviceToken })).body).toMatchObject({
      status: 'passed',
      secondFactor: 'trusted_device',
    });
    expect((await deployment.call('jwks')).status).toBe(200);
    expect(apartFromRecord(await table.user(ada.ref))).toEqual(apartFromRecord(before));
    vi.resetModules();
    expectOutage(await ada.verify(challengeToken, 'totp', ada.code()));
    expect((await deployment.call('jwks')).status).toBe(200);
    await kms().send(new EnableKeyCommand({ KeyId }));
    expect((await ada.verify(challengeToken, 'totp', ada.code())).status).toBe(200);
  });

  it('S60 KMS is down: code checks 503, the tries untouched; a warm key set still answers', async () => {
    const { ada, challengeToken } = await prepared();
    await deployment.call('jwks');
    const before = await table.user(ada.ref);
    deployment.kms.fault({ operation: '*', kind: 'fail', times: forever });
    expectOutage(await ada.verify(challengeToken, 'totp', ada.code()));
    expect((await deployment.call('jwks')).status).toBe(200);
    deployment.kms.clearFaults();
    expect(await table.user(ada.ref)).toEqual(before);
    expect((await ada.verify(challengeToken, 'totp', ada.code())).status).toBe(200);
  });

  it('S60 the public keys cannot be read: a user token is not judged, 503, neither let in nor called invalid', async () => {
    const { ada } = await prepared();
    const bearer = await ada.token();
    vi.resetModules();
    deployment.kms.fault({ operation: 'GetPublicKey', kind: 'fail', times: forever });
    expectOutage(await ada.call('get-two-factor', { bearer }));
    deployment.kms.clearFaults();
    expect((await ada.call('get-two-factor', { bearer })).status).toBe(200);
  });

  it('S60 the signature of a right code fails: no token, and with the same Idempotency-Key it can be asked for again', async () => {
    const { ada, challengeToken } = await prepared();
    const headers = { 'idempotency-key': 'again' };
    deployment.kms.fault({ operation: 'Sign', kind: 'fail', times: 3 });
    expectOutage(await ada.verify(challengeToken, 'totp', ada.code(), { headers }));
    deployment.kms.clearFaults();
    expect((await ada.verify(challengeToken, 'totp', ada.code(), { headers })).status).toBe(200);
  });
});

describe('the clock of a function', () => {
  it.each(['2001-01-01T00:00:00Z', '2099-01-01T00:00:00Z'])(
    'S65 stands at %s: codes, expiries, budgets and tokens go by the gateway’s',
    async (stale) => {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(stale) });
      const at = Date.parse('2031-05-05T05:05:15Z');
      const ada = await new Person(deployment, { at }).enrol();
      const challenge = await ada.challengeToken();
      expect((await ada.verify(challenge, 'totp', totpAt(ada.secret, Date.now()))).body.code).toBe(
        'code_incorrect',
      );
      const passed = await ada.verify(challenge, 'totp', ada.code());
      expect(passed.status).toBe(200);
      expect(decodeToken(passed.body.token)).toMatchObject({
        iat: Math.floor(ada.at / 1000),
        exp: Math.floor(ada.at / 1000) + 300,
      });
      const old = await ada.challengeToken();
      ada.later(10 * minute);
      expect((await ada.verify(old, 'totp', ada.code())).body.code).toBe('challenge_expired');
      const bearer = await ada.token();
      ada.later(15 * minute);
      expect((await ada.call('get-two-factor', { bearer })).status).toBe(401);
      expect(await ada.deliver()).toEqual(['Acme: Two-factor authentication is on']);
    },
  );
});
