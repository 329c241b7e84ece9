/**
 * What is stored. The attacker, a bug or a slow machine has changed the table behind the functions' back: a ciphertext
 * copied between users, rows that should have expired, items of another shape. And they read errors for what they betray.
 */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Flow } from '../../lambdas/routes.ts';
import { deploy, tableName, totpAt } from '../support/deployment.ts';
import { mailedTo } from '../support/guesses.ts';
import { day, minute, Person } from '../support/person.ts';
import { type Item, rawTable, userPk } from '../support/threat-table.ts';

const deployment = await deploy();
const table = rawTable(deployment);
afterEach(() => {
  vi.restoreAllMocks();
  deployment.dynamodb.clearFaults();
  deployment.kms.clearFaults();
});

/** What the functions print while `run` runs. */
async function printed(run: () => Promise<unknown>): Promise<string> {
  let text = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  await run();
  write.mockRestore();
  return text;
}

describe('a ciphertext of somebody else', () => {
  it('S52 copied into another user’s item: KMS refuses, 503 and an alarm, never 200', async () => {
    const [ada, bob] = [await new Person(deployment).enrol(), await new Person(deployment).enrol()];
    const thiefs = (await table.user(bob.ref)).authenticators[0];
    await table.changeUser(ada.ref, (user) => ({
      ...user,
      authenticators: [{ ...user.authenticators[0], secret: thiefs.secret }],
    }));
    const challenge = await ada.challengeToken();
    const answers: [number, string][] = [];
    const metrics = await printed(async () => {
      for (const code of [totpAt(bob.secret, ada.at), ada.code()]) {
        const reply = await ada.verify(challenge, 'totp', code);
        answers.push([reply.status, reply.body.code]);
      }
    });
    expect(answers).toEqual([
      [503, 'temporarily_unavailable'],
      [503, 'temporarily_unavailable'],
    ]);
    expect(metrics).toContain('"IntegrityFailure"');
  });

  it('S52 the whole authenticator copied, id and all, within the account too: the same', async () => {
    const ada = await new Person(deployment).enrol();
    const bob = await new Person(deployment, { accountId: ada.accountId, at: ada.at }).enrol();
    const { authenticators } = await table.user(bob.ref);
    await table.changeUser(ada.ref, (user) => ({ ...user, authenticators }));
    expect((await ada.verify(await ada.challengeToken(), 'totp', totpAt(bob.secret, ada.at))).status).toBe(
      503,
    );
  });

  it('S52 of another authenticator of the same user: the same', async () => {
    const ada = await new Person(deployment).enrol();
    const started = await ada.start({ proof: ada.totpProof() });
    await table.changeUser(ada.ref, (user) => ({
      ...user,
      authenticators: [{ ...user.authenticators[0], secret: user.pendingAuthenticator.secret }],
    }));
    const code = totpAt(started.body.secret, ada.at);
    await printed(async () => {
      expect((await ada.verify(await ada.challengeToken(), 'totp', code)).status).toBe(503);
    });
  });

  it('S52 a whole item copied under another user’s key, ciphertexts and names and all: the same', async () => {
    const ada = await new Person(deployment).enrol();
    const thief = await new Person(deployment, { at: ada.at, email: ada.email }).enrol();
    const challenge = await ada.challengeToken();
    await table.put({ ...(await table.user(thief.ref)), pk: userPk(ada.ref) });
    await printed(async () => {
      expect((await ada.signIn()).status).toBe(503);
      expect((await ada.verify(challenge, 'totp', totpAt(thief.secret, ada.at))).status).toBe(503);
      expect((await ada.own('get-two-factor')).status).toBe(503);
    });
  });
});

it('S70 a keyring that does not read raises the alarm', async () => {
  const ada = await new Person(deployment).enrol();
  const challenge = await ada.challengeToken();
  const keyring = await table.item('keyring');
  await table.put({ ...keyring, keys: {} });
  vi.resetModules();
  const metrics = await printed(async () => {
    expect((await ada.signIn()).status).toBe(503);
    expect((await ada.verify(challenge, 'totp', ada.code())).status).toBe(503);
  });
  expect(metrics.split('"IntegrityFailure":1')).toHaveLength(3);
  await table.put(keyring);
  expect((await ada.verify(challenge, 'totp', ada.code())).status).toBe(200);
});

describe('what has expired and is still there', () => {
  it('S55 is judged by the code, not by DynamoDB’s deletions: pending, codes, challenges, devices', async () => {
    const ada = await new Person(deployment).enrol();
    await table.setPolicy(ada.accountId, { rememberDevice: { allowed: true, days: 30 } });
    await ada.turnOnEmail(ada.totpProof());
    ada.later(2 * minute);
    const pending = (await ada.start({ proof: ada.totpProof() })).body;
    ada.later(minute);
    const body = {
      challengeToken: await ada.challengeToken(),
      method: 'totp',
      code: ada.code(),
      rememberDevice: true,
    };
    const { deviceToken } = (await ada.call('verify-challenge', { body })).body;
    const open = await ada.challengeToken();
    const mailed = await mailedTo(deployment, ada, open);
    const before = await table.user(ada.ref);
    ada.later(31 * day);
    expect((await ada.confirm(pending.authenticatorId, totpAt(pending.secret, ada.at))).body.code).toBe(
      'enrollment_expired',
    );
    expect((await ada.verify(open, 'email', mailed)).body.code).toBe('challenge_expired');
    expect((await ada.signIn({ deviceToken })).body.status).toBe('challenge');
    const proof = { method: 'email', code: mailed };
    expect((await ada.own('disable-two-factor', { body: { proof } })).body.code).toBe('code_incorrect');
    const after = await table.user(ada.ref);
    expect(after.pendingAuthenticator).toEqual(before.pendingAuthenticator);
    expect(after.trustedDevices).toEqual(before.trustedDevices);
  });

  it('S55 a spent challenge stays spent to its last millisecond', async () => {
    const ada = await new Person(deployment).enrol();
    const challenge = await ada.challengeToken();
    expect((await ada.verify(challenge, 'totp', ada.code())).status).toBe(200);
    ada.later(10 * minute - 1);
    expect((await ada.verify(challenge, 'totp', ada.code())).body.code).toBe('challenge_used');
    ada.later(1);
    expect((await ada.verify(challenge, 'totp', ada.code())).body.code).toBe('challenge_expired');
  });

  it('S55 a device given longer than the policy gives today ends by the policy', async () => {
    const ada = await new Person(deployment).enrol();
    await table.setPolicy(ada.accountId, { rememberDevice: { allowed: true, days: 30 } });
    const body = {
      challengeToken: await ada.challengeToken(),
      method: 'totp',
      code: ada.code(),
      rememberDevice: true,
    };
    const { deviceToken } = (await ada.call('verify-challenge', { body })).body;
    await table.changeUser(ada.ref, (user) => ({
      ...user,
      trustedDevices: user.trustedDevices.map((device: Item) => ({
        ...device,
        expiresAtMs: ada.at + 1000 * day,
      })),
    }));
    ada.later(30 * day - 1);
    expect((await ada.signIn({ deviceToken })).body.secondFactor).toBe('trusted_device');
    ada.later(1);
    expect((await ada.signIn({ deviceToken })).body.status).toBe('challenge');
  });
});

describe('what errors say', () => {
  const betraying =
    /arn:|amazon|aws|dynamo|kms|\bses\b|exception|\bat .*:\d+|node_modules|lambdas\/|stack|conditional|zod|middy|127\.0\.0\.1/i;

  it.each(['BatchGetItem', 'PutItem', 'Decrypt', 'Sign', 'Encrypt', 'GetPublicKey', 'SendEmail'])(
    'S57 %s fails in every way: no stack, ARN, table name or message of a library in any answer',
    async (operation) => {
      const ada = await new Person(deployment).enrol();
      await ada.turnOnEmail(ada.totpProof());
      ada.later(2 * minute);
      const challengeToken = await ada.challengeToken();
      const bearer = await ada.token();
      const bodies: [Flow, object][] = [
        ['start-authenticator', { proof: ada.totpProof() }],
        [
          'create-challenge',
          {
            accountId: ada.accountId,
            user: { id: ada.id, email: 'new@example.com' },
            firstFactor: { method: 'api_key' },
          },
        ],
        ['verify-challenge', { challengeToken, method: 'totp', code: ada.code() }],
        ['send-code', { challengeToken, method: 'email' }],
        ['regenerate-recovery-codes', { proof: ada.totpProof() }],
        ['mint-user-token', { accountId: ada.accountId, userId: ada.id, role: 'user' }],
        ['mail-proof-code', { method: 'email' }],
        ['get-two-factor', {}],
        ['jwks', {}],
      ];
      if (operation === 'GetPublicKey') {
        vi.resetModules();
      }
      let unavailable = 0;
      for (const kind of ['fail', 'reject'] as const) {
        for (const engine of [deployment.dynamodb, deployment.kms, deployment.mailbox]) {
          engine.fault({ operation, kind, times: Number.POSITIVE_INFINITY });
        }
        for (const [flow, body] of bodies) {
          const reply = await ada.call(flow, { bearer, body });
          unavailable += reply.status === 503 ? 1 : 0;
          const text = reply.status < 400 ? '' : JSON.stringify(reply.body);
          expect(text).not.toMatch(betraying);
          expect(text).not.toContain(tableName);
          expect(text).not.toContain(deployment.vaultKeyArn);
        }
        for (const engine of [deployment.dynamodb, deployment.kms, deployment.mailbox]) {
          engine.clearFaults();
        }
      }
      expect(unavailable).toBeGreaterThan(0);
    },
  );

  it('S57 a broken body is told by its place, never by its value', async () => {
    const ada = await new Person(deployment).enrol();
    const bearer = await ada.token();
    for (const rawBody of [
      '{"code":"987654"',
      '{"proof":{"method":"totp","code":"9876543"}}',
      '"s3cr3t-987654"',
      '[987654]',
      'null',
      '{"label":987654}',
    ]) {
      const reply = await ada.call('start-authenticator', { bearer, rawBody });
      expect(reply.status).toBe(400);
      expect(JSON.stringify(reply.body)).not.toMatch(/98765|s3cr3t|JSON\.parse|Unexpected|position/);
    }
  });
});
