import { randomBytes, randomUUID } from 'node:crypto';
import { GenerateDataKeyCommand } from '@aws-sdk/client-kms';
import { DeleteCommand, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { EncryptJWT, SignJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { challengeSeal } from '../../lambdas/adapters/keyring.ts';
import { keyringKey } from '../../lambdas/adapters/keys.ts';
import { type ChallengeSeal, Unavailable } from '../../lambdas/core/ports.ts';
import type { ChallengeClaims } from '../../lambdas/core/state/challenge-claims.ts';
import type { DynamoDb } from '../../local/engines/dynamodb.ts';
import type { Kms } from '../../local/engines/kms.ts';
import { answerCall, recordCalls } from '../support/calls.ts';
import { given, startEngines } from '../support/engines.ts';

const engines = await startEngines();
const vaultKeyArn = await engines.newVaultKey();
const calls = recordCalls(engines.dynamodb, engines.kms);
beforeEach(async () => {
  await engines.dynamodb.send(new DeleteCommand({ TableName: engines.table, Key: keyringKey }));
  calls.length = 0;
});

/** A function environment of its own: it knows nothing that another one has read. */
const environment = (options = { create: true }): ChallengeSeal => {
  const { table, dynamodb, kms } = engines;
  return challengeSeal({ table, dynamodb, kms, vaultKeyArn }, options);
};
const claims = (): ChallengeClaims => ({
  accountId: 'acct',
  userId: 'ada',
  challengeId: `chl_${randomUUID()}`,
  firstFactor: 'federated',
  amr: ['pwd'],
  policyVersion: 3,
  stage: 'verify',
  expiresAtMs: 1_790_000_000_000,
});
const storedKeyring = async () =>
  (
    await engines.dynamodb.send(
      new GetCommand({ TableName: engines.table, Key: keyringKey, ConsistentRead: true }),
    )
  ).Item;
const storeKeyring = (item: Record<string, unknown>) =>
  engines.dynamodb.send(new PutCommand({ TableName: engines.table, Item: { ...keyringKey, ...item } }));
const wrappedKey = async (
  keyId: string,
  context: Record<string, string> = { purpose: 'keyring', keyId, table: engines.table },
) => {
  const made = new GenerateDataKeyCommand({
    KeyId: vaultKeyArn,
    KeySpec: 'AES_256',
    EncryptionContext: context,
  });
  return { keyId, wrapped: (await engines.kms.send(made)).CiphertextBlob };
};
const failureOf = async (call: Promise<unknown>) => {
  const failure = await call.then(() => undefined).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Unavailable);
  return failure as Unavailable;
};
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const hex = (macs: Uint8Array[]) => macs.map((mac) => Buffer.from(mac).toString('hex'));

describe('challenge tokens', () => {
  it('what one environment sealed another one opens, word for word', async () => {
    const challenge = claims();
    const token = await environment().seal(challenge);
    expect(await environment({ create: false }).open(token)).toEqual(challenge);
  });

  it('the token shows nothing of the challenge', async () => {
    const challenge = claims();
    const token = await environment().seal(challenge);
    const shown = token
      .split('.')
      .map((text) => Buffer.from(text, 'base64url').toString('latin1'))
      .join();
    for (const secret of ['acct', 'ada', challenge.challengeId, 'federated', 'verify']) {
      expect(shown).not.toContain(secret);
    }
  });

  it('S12 a token changed at any place is not opened', async () => {
    const seal = environment();
    const token = await seal.seal(claims());
    await fc.assert(
      fc.asyncProperty(
        fc.nat(token.length - 1),
        fc.constantFrom('A', 'B', '0', '.', '~'),
        async (at, other) => {
          const changed = token.slice(0, at) + other + token.slice(at + 1);
          // The last character of a part can carry bits that decode to nothing.
          const same = sameBytes(changed, token);
          expect((await seal.open(changed)) === undefined).toBe(!same);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('S12 a truncated token, and one with parts of another one, are not opened', async () => {
    const seal = environment();
    const [one, other] = [await seal.seal(claims()), await seal.seal(claims())];
    for (let length = 0; length < one.length; length += 7) {
      expect(await seal.open(one.slice(0, length))).toBeUndefined();
    }
    for (const index of [2, 3, 4]) {
      const swapped = one.split('.').with(index, other.split('.')[index] as string);
      expect(await seal.open(swapped.join('.'))).toBeUndefined();
    }
  });

  it('S12 garbage is refused without any call to AWS, by an environment that has read nothing yet', async () => {
    const seal = environment();
    const key = randomBytes(32);
    const encrypt = (header: object) =>
      new EncryptJWT({ challenge: claims() })
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', ...header })
        .encrypt(key);
    const ours = part({ alg: 'dir', enc: 'A256GCM', typ: 'countersign-challenge', kid: 'k' });
    const garbage = [
      '',
      ours,
      `${ours}.a.b`,
      `${ours}.a.b.c.d.e`,
      '....',
      'a.b.c.d.e',
      'not a token',
      randomBytes(300).toString('base64url'),
      `${part([])}....`,
      `${part({ alg: 'none' })}....`,
      `${part({ alg: 'dir', enc: 'A256GCM', typ: 'countersign-challenge', kid: 7 })}....`,
      await encrypt({ typ: 'countersign-challenge' }),
      await encrypt({ typ: 'JWT', kid: 'k' }),
      await encrypt({ kid: 'k' }),
      await new SignJWT({})
        .setProtectedHeader({ alg: 'HS256', typ: 'countersign-challenge', kid: 'k' })
        .sign(key),
      `${part({ alg: 'dir', enc: 'A128GCM', typ: 'countersign-challenge', kid: 'k' })}.a.b.c.d`,
      `${part({ alg: 'A256GCMKW', enc: 'A256GCM', typ: 'countersign-challenge', kid: 'k' })}.a.b.c.d`,
    ];
    for (const token of garbage) {
      expect(await seal.open(token)).toBeUndefined();
    }
    expect(calls).toEqual([]);
  });

  it("S12 tokens under a stranger's key cost a warm environment no call to AWS, however many they are", async () => {
    const seal = environment();
    const token = await seal.seal(claims());
    calls.length = 0;
    const header = { alg: 'dir', enc: 'A256GCM', typ: 'countersign-challenge' } as const;
    const [{ kid }] = [JSON.parse(Buffer.from(token.split('.')[0] as string, 'base64url').toString())];
    for (const keyId of [kid as string, ...Array.from({ length: 20 }, () => randomUUID())]) {
      const foreign = new EncryptJWT({ challenge: claims() }).setProtectedHeader({ ...header, kid: keyId });
      expect(await seal.open(await foreign.encrypt(randomBytes(32)))).toBeUndefined();
    }
    expect(calls).toEqual([]);
  });

  it('an expired challenge still opens: core tells it so', async () => {
    const seal = environment();
    const expired = { ...claims(), expiresAtMs: 1 };
    expect(await seal.open(await seal.seal(expired))).toEqual(expired);
  });

  it('a challenge of no known stage is not opened', async () => {
    const seal = environment();
    const token = await seal.seal({ ...claims(), stage: 'passed' as never });
    expect(await seal.open(token)).toBeUndefined();
  });
});

describe('MACs of mailed codes', () => {
  it('S14 a MAC is the same in every environment, and another one for any other text', async () => {
    const [first, second] = [environment(), environment()];
    const macs = await first.macs('chl_1 123456');
    expect(hex(await second.macs('chl_1 123456'))).toEqual(hex(macs));
    expect(hex(await first.macs('chl_2 123456'))).not.toEqual(hex(macs));
    expect(macs).toHaveLength(1);
    expect(macs[0]).toHaveLength(16);
  });
});

describe('the keyring', () => {
  it('S70 of many environments that make it at once one wins, and all use its key', async () => {
    const environments = Array.from({ length: 8 }, () => environment());
    const tokens = await Promise.all(environments.map((seal) => seal.seal(claims())));
    expect((await storedKeyring())?.keys).toHaveLength(1);
    const everywhere = [...environments, environment()];
    for (const token of tokens) {
      const opened = await Promise.all(everywhere.map((seal) => seal.open(token)));
      expect(opened).not.toContain(undefined);
    }
    const macs = await Promise.all(everywhere.map((seal) => seal.macs('text')));
    expect(new Set(macs.flatMap(hex)).size).toBe(1);
  });

  it('it is read and unwrapped once in an environment', async () => {
    const token = await environment().seal(claims());
    const seal = environment();
    calls.length = 0;
    await Promise.all([seal.open(token), seal.open(token), seal.macs('text')]);
    await seal.seal(claims());
    expect(calls.map(({ command }) => command)).toEqual(['GetItemCommand', 'DecryptCommand']);
    expect(calls[0]?.input).toMatchObject({ ConsistentRead: true });
  });

  it('the stored key is wrapped: what is stored opens nothing by itself', async () => {
    await environment().seal(claims());
    const [stored] = ((await storedKeyring())?.keys ?? []) as { wrapped: Uint8Array }[];
    expect(stored?.wrapped.length).toBeGreaterThan(32);
    expect(Object.keys(stored ?? {}).sort()).toEqual(['keyId', 'wrapped']);
  });

  it('an environment that may not make it seals nothing without one, opens nothing, and makes none', async () => {
    const token = await environment().seal(claims());
    await engines.dynamodb.send(new DeleteCommand({ TableName: engines.table, Key: keyringKey }));
    const reader = environment({ create: false });
    expect(await reader.open(token)).toBeUndefined();
    await failureOf(reader.seal(claims()));
    expect(await storedKeyring()).toBeUndefined();
  });

  it('after a rotation the newest key seals, and tokens and codes of the older one are still good', async () => {
    const before = environment();
    const challenge = claims();
    const token = await before.seal(challenge);
    const [oldMac] = await before.macs('text');
    const older = (await storedKeyring())?.keys as object[];
    await storeKeyring({ keys: [await wrappedKey('newer'), ...older] });
    const after = environment({ create: false });
    expect(await after.open(token)).toEqual(challenge);
    const macs = await after.macs('text');
    expect(macs).toHaveLength(2);
    expect(hex(macs)[1]).toBe(hex([oldMac as Uint8Array])[0]);
    const [header] = (await after.seal(challenge)).split('.');
    expect(JSON.parse(Buffer.from(header as string, 'base64url').toString()).kid).toBe('newer');
  });

  it.each([
    ['no keys', { keys: [] }],
    ['no list of keys', { wrapped: 'text' }],
    ['a key that is text', { keys: [{ keyId: 'k', wrapped: 'text' }] }],
  ])('S70 one with %s is an integrity failure, and no new one is written over it', async (_, item) => {
    await storeKeyring(item);
    expect(await failureOf(environment().seal(claims()))).toMatchObject({ integrity: true });
    expect(await storedKeyring()).toEqual({ ...keyringKey, ...item });
  });

  it.each([
    ['under the id of another key', { purpose: 'keyring', keyId: 'another', table: engines.table }],
    ['for another purpose', { purpose: 'totp', keyId: 'k', table: engines.table }],
    ['for another table', { purpose: 'keyring', keyId: 'k', table: 'countersign-copy' }],
    ['for no table', { purpose: 'keyring', keyId: 'k' }],
  ])(
    'S70 S75 a key that was wrapped %s does not open, and that is an integrity failure',
    async (_, context) => {
      await storeKeyring({ keys: [await wrappedKey('k', context)] });
      expect(await failureOf(environment().macs('text'))).toMatchObject({ integrity: true });
    },
  );

  it('S70 one that cannot be read is unavailable, no new one is made, and the next request tries again', async () => {
    const token = await environment().seal(claims());
    const stored = await storedKeyring();
    const seal = environment();
    const stop = answerCall(engines.dynamodb, 'GetItemCommand', 1, () => {
      throw new Error('the connection is gone');
    });
    expect(await failureOf(seal.seal(claims()))).toMatchObject({ integrity: false });
    stop();
    expect(await storedKeyring()).toEqual(stored);
    expect(await seal.open(token)).toBeDefined();
  });

  it('S70 a write that fails otherwise than by a lost race leaves the environment without a key', async () => {
    const seal = environment();
    const stop = answerCall(engines.dynamodb, 'PutItemCommand', 1, () => {
      throw new Error('the connection is gone');
    });
    await failureOf(seal.seal(claims()));
    stop();
    expect(await storedKeyring()).toBeUndefined();
  });

  it.skipIf(given.dynamodb || given.kms)(
    'S60 while KMS is down it is neither made nor opened, and that is no integrity failure (local engine: its faults are on demand)',
    async () => {
      const kms = engines.local.kms as Kms;
      const down = { operation: '*', kind: 'fail', times: Number.POSITIVE_INFINITY } as const;
      kms.fault(down);
      expect(await failureOf(environment().seal(claims()))).toMatchObject({ integrity: false });
      expect(await storedKeyring()).toBeUndefined();
      kms.clearFaults();
      const token = await environment().seal(claims());
      kms.fault(down);
      const seal = environment();
      expect(await failureOf(seal.open(token))).toMatchObject({ integrity: false });
      kms.clearFaults();
      expect(await seal.open(token)).toBeDefined();
    },
  );

  it.skipIf(given.dynamodb)(
    'S70 a first write whose answer was lost is the key of everybody (local engine: its faults are on demand)',
    async () => {
      (engines.local.dynamodb as DynamoDb).fault({ operation: 'PutItem', kind: 'applied_but_lost' });
      const token = await environment().seal(claims());
      expect(await environment({ create: false }).open(token)).toBeDefined();
    },
  );
});

function sameBytes(one: string, other: string): boolean {
  const bytes = (token: string) =>
    token.split('.').map((text) => Buffer.from(text, 'base64url').toString('hex'));
  return /^[\w.-]*$/.test(one) && bytes(one).join('.') === bytes(other).join('.');
}
