/** S87: the keys of the custody `cached`, against the engines. */
import { createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import { EncryptCommand, GenerateDataKeyCommand } from '@aws-sdk/client-kms';
import { DeleteCommand, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dataKeyBox, dataKeyContext, newDataKey, shardCount } from '../../lambdas/adapters/data-keys.ts';
import { type Custody, holder } from '../../lambdas/adapters/held-keys.ts';
import { dataKeysKey, tokenKeysKey } from '../../lambdas/adapters/keys.ts';
import { secretBox } from '../../lambdas/adapters/kms.ts';
import { secretBoxOf } from '../../lambdas/adapters/secret-box.ts';
import {
  cachedTokenKeys,
  kmsTokenKeys,
  newTokenKey,
  type StoredTokenKey,
  type TokenKeys,
  tokenKeyContext,
  tokenKeysOf,
} from '../../lambdas/adapters/token-keys.ts';
import { tokenSigner, tokenVerifier } from '../../lambdas/adapters/tokens.ts';
import { Unavailable } from '../../lambdas/core/ports.ts';
import { recordAnswers, recordCalls } from '../support/calls.ts';
import { differsOnMoto, startEngines } from '../support/engines.ts';

const engines = await startEngines();
const vaultKeyArn = await engines.newVaultKey();
const signingKeyArn = await engines.newSigningKey();
const calls = recordCalls(engines.dynamodb, engines.kms);

const now = 1_790_000_000_000;
const minute = 60_000;
const hour = 60 * minute;
const ada = { accountId: 'acct', userId: 'ada' };
const secret = new Uint8Array(20).fill(7);

const custodyOf = (more: Partial<Custody> = {}): Custody => ({
  table: { client: engines.dynamodb, name: engines.table },
  kms: engines.kms,
  vaultKeyArn,
  stage: 'test',
  ...more,
});
const clear = (Key: object) =>
  engines.dynamodb.send(new DeleteCommand({ TableName: engines.table, Key: Key as never }));
const stored = async (Key: object) =>
  (await engines.dynamodb.send(new GetCommand({ TableName: engines.table, Key: Key as never }))).Item;
const store = (Key: object, keys: object[]) =>
  engines.dynamodb.send(new PutCommand({ TableName: engines.table, Item: { ...Key, keys } }));

const shards = Array.from({ length: shardCount }, (_, shard) => shard);
beforeEach(async () => {
  await Promise.all([...shards.map((shard) => clear(dataKeysKey(shard))), clear(tokenKeysKey)]);
  calls.length = 0;
});
afterEach(() => vi.restoreAllMocks());

const callsMade = () => calls.splice(0).map(({ command }) => command);
/** A key is read and unwrapped. */
const unwrapping = ['GetItemCommand', 'DecryptCommand'];
const failureOf = async (call: Promise<unknown>) => {
  const failure = await call.then(() => undefined).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Unavailable);
  return failure as Unavailable;
};

/** A function environment of its own. */
const box = (options = { create: true }, more: Partial<Custody> = {}) => dataKeyBox(custodyOf(more), options);

describe('data keys', () => {
  it('what one environment sealed another one opens; a key is unwrapped once, and KMS is not asked again', async () => {
    const sealed = await box().seal(secret, ada, 'aut_1', now);
    const other = box({ create: false });
    calls.length = 0;
    expect(await other.open(sealed, ada, 'aut_1', now)).toEqual(secret);
    expect(callsMade()).toEqual(unwrapping);
    await Promise.all(Array.from({ length: 5 }, () => other.open(sealed, ada, 'aut_1', now + minute)));
    expect(calls).toEqual([]);
  });

  it('S70 of two environments that make a shard’s key at once, one wins and both use it', async () => {
    const [one, other] = [box(), box()];
    const sealed = await Promise.all([one, other].map((each) => each.seal(secret, ada, 'aut_1', now)));
    expect(await one.open(sealed[1] as Uint8Array, ada, 'aut_1', now)).toEqual(secret);
    expect(await other.open(sealed[0] as Uint8Array, ada, 'aut_1', now)).toEqual(secret);
  });

  it('a function that may not make one has none to seal with, and asks again', async () => {
    const waiting = box({ create: false });
    expect(await failureOf(waiting.seal(secret, ada, 'aut_1', now))).toMatchObject({ integrity: false });
    await box().seal(secret, ada, 'aut_1', now);
    await expect(waiting.seal(secret, ada, 'aut_1', now)).resolves.toBeDefined();
  });

  it('users are spread over the shards', async () => {
    const sealer = box();
    const names = Array.from({ length: 200 }, (_, n) => ({ accountId: 'acct', userId: `user-${n}` }));
    const sealed = await Promise.all(names.map((ref) => sealer.seal(secret, ref, 'aut_1', now)));
    expect(new Set(sealed.map((bytes) => bytes[4])).size).toBe(shardCount);
  });

  it.each([
    ['by the gateway’s clock', 5 * minute, 0],
    ['by this machine’s clock', 0, 5 * minute],
  ])(
    'S87 a key that has been in use for five minutes %s is zeroed and unwrapped again',
    async (_, gatewayMs, machineMs) => {
      const answers = recordAnswers(engines.kms, 'DecryptCommand');
      const opener = box();
      const sealed = await opener.seal(secret, ada, 'aut_1', now);
      const started = performance.now();
      const clock = vi.spyOn(performance, 'now');
      clock.mockReturnValue(started + Math.max(0, machineMs - minute));
      calls.length = 0;
      expect(await opener.open(sealed, ada, 'aut_1', now + Math.max(0, gatewayMs - 1))).toEqual(secret);
      expect(callsMade()).toEqual([]);
      clock.mockReturnValue(started + machineMs);
      expect(await opener.open(sealed, ada, 'aut_1', now + gatewayMs)).toEqual(secret);
      expect(callsMade()).toEqual(unwrapping);
      const [first, second] = answers.map(({ Plaintext }) => Buffer.from(Plaintext as Uint8Array));
      expect(first?.every((byte) => byte === 0)).toBe(true);
      expect(second?.every((byte) => byte === 0)).toBe(false);
    },
  );

  it('S87 a request that was about to use a key that another one has ended goes on with the new one', async () => {
    let loads = 0;
    const held = holder(
      async () => {
        loads += 1;
        return { load: loads };
      },
      () => undefined,
    );
    const loadOf = (value: { load: number } | undefined) => value?.load;
    expect(await held.use(now, loadOf)).toBe(1);
    const uses = [held.use(now + 4 * minute, loadOf), held.use(now + 6 * minute, loadOf)];
    expect(await Promise.all(uses)).toEqual([2, 2]);
  });

  it.each([
    ['another stage', { stage: 'prod' }],
    ['another table', { table: 'countersign-copy' }],
    ['another shard', { shard: '99' }],
    ['another purpose', { purpose: 'keyring' }],
    ['the id of another key', { keyId: '00'.repeat(8) }],
  ])('S87 a key that was wrapped for %s is not used', async (_, other) => {
    const sealed = await box().seal(secret, ada, 'aut_1', now);
    const shard = sealed[4] as number;
    const keyId = '11'.repeat(8);
    const EncryptionContext = { ...dataKeyContext('test', engines.table, shard, keyId), ...other };
    const wrap = new GenerateDataKeyCommand({ KeyId: vaultKeyArn, KeySpec: 'AES_256', EncryptionContext });
    const { CiphertextBlob: wrapped } = await engines.kms.send(wrap);
    await store(dataKeysKey(shard), [{ keyId, wrapped, sealsFromMs: now }]);
    expect(await failureOf(box().seal(secret, ada, 'aut_1', now))).toMatchObject({ integrity: true });
  });

  it('S87 a key that another KMS key wrapped, of another AWS account say, is not used', async () => {
    const foreign = custodyOf({ vaultKeyArn: await engines.newVaultKey() });
    const sealed = await box().seal(secret, ada, 'aut_1', now);
    const shard = sealed[4] as number;
    await store(dataKeysKey(shard), [{ ...(await newDataKey(foreign, shard)), sealsFromMs: now }]);
    const unnamed = differsOnMoto('a ciphertext of another key is AccessDenied, not IncorrectKey');
    expect((await failureOf(box().seal(secret, ada, 'aut_1', now))).integrity).toBe(!unnamed);
  });

  it('S87 after a rotation the new key opens at once and seals ten minutes later; what the old one sealed opens', async () => {
    const sealed = await box().seal(secret, ada, 'aut_1', now);
    const shard = sealed[4] as number;
    const { keys } = (await stored(dataKeysKey(shard))) as { keys: object[] };
    const added = { ...(await newDataKey(custodyOf(), shard)), sealsFromMs: now + 10 * minute };
    await store(dataKeysKey(shard), [added, ...keys]);
    const sealer = box({ create: false });
    const keyIdIn = (bytes: Uint8Array) => Buffer.from(bytes.subarray(5, 13)).toString('hex');
    expect(keyIdIn(await sealer.seal(secret, ada, 'aut_1', now + 9 * minute))).toBe(keyIdIn(sealed));
    expect(keyIdIn(await sealer.seal(secret, ada, 'aut_1', now + 10 * minute))).toBe(added.keyId);
    expect(await sealer.open(sealed, ada, 'aut_1', now + 10 * minute)).toEqual(secret);
  });

  it('S66 keys that cannot be understood are never made anew', async () => {
    const sealed = await box().seal(secret, ada, 'aut_1', now);
    const shard = sealed[4] as number;
    await store(dataKeysKey(shard), []);
    expect(await failureOf(box().seal(secret, ada, 'aut_1', now))).toMatchObject({ integrity: true });
    expect(await stored(dataKeysKey(shard))).toMatchObject({ keys: [] });
  });

  it('both kinds open while the stage names both, and only the new one seals; then the other is refused', async () => {
    const boxes = { kms: secretBox(engines.kms, vaultKeyArn), cached: box() };
    const before = await boxes.kms.seal(secret, ada, 'aut_1', now);
    const moving = secretBoxOf({ keyCustody: 'cached', alsoOpens: 'kms' }, boxes);
    const after = await moving.seal(secret, ada, 'aut_1', now);
    expect(await moving.open(before, ada, 'aut_1', now)).toEqual(secret);
    expect(await moving.open(after, ada, 'aut_1', now)).toEqual(secret);
    const moved = secretBoxOf({ keyCustody: 'cached', alsoOpens: undefined }, boxes);
    expect(await moved.open(after, ada, 'aut_1', now)).toEqual(secret);
    expect(await failureOf(moved.open(before, ada, 'aut_1', now))).toMatchObject({ integrity: true });
    const never = secretBoxOf({ keyCustody: 'kms', alsoOpens: undefined }, boxes);
    expect(await failureOf(never.open(after, ada, 'aut_1', now))).toMatchObject({ integrity: true });
  });
});

const names = { issuer: 'https://countersign.test', audience: 'acme' };
const claims = {
  sub: 'ada',
  account: 'acct',
  jti: 'jti_1',
  iat: now / 1000,
  exp: now / 1000 + 300,
  auth_time: now / 1000,
  nonce: 'chl_1',
  amr: ['pwd', 'otp', 'mfa'],
  second_factor: 'totp' as const,
  acr: 'mfa' as const,
};
const keysOf = (options = { create: true, others: false }, more: Partial<Custody> = {}) =>
  cachedTokenKeys(custodyOf(more), options);
const signed = (keys: TokenKeys, nowMs = now) => tokenSigner(keys, names).signResult(claims, nowMs);
const kidOf = (token: string) => decodeProtectedHeader(token).kid;
const verifyOutside = async (token: string, keys: TokenKeys, nowMs = now) =>
  jwtVerify(token, createLocalJWKSet((await tokenVerifier(keys, names).publicKeys(nowMs)) as never), {
    ...names,
    currentDate: new Date(now),
  });
const kidsAt = async (keys: TokenKeys, nowMs: number) => (await keys.published(nowMs)).map(({ kid }) => kid);

const noKeyPairs = differsOnMoto('KMS makes no key pairs (GenerateDataKeyPairWithoutPlaintext)');

describe.skipIf(noKeyPairs)('token keys', () => {
  it('a token verifies outside with the published key alone; warm, KMS is asked for neither', async () => {
    const [keys, elsewhere] = [keysOf(), keysOf({ create: false, others: false })];
    const token = await signed(keys);
    const { payload, protectedHeader } = await verifyOutside(token, elsewhere);
    expect(payload).toEqual({ ...claims, iss: names.issuer, aud: names.audience });
    expect(protectedHeader.alg).toBe('RS256');
    const [jwk] = await elsewhere.published(now);
    expect(Object.keys(jwk as object).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
    calls.length = 0;
    await verifyOutside(await signed(keys), elsewhere);
    expect(calls).toEqual([]);
  });

  it('S70 of two environments that make the first pair at once, one wins and both sign with it', async () => {
    const tokens = await Promise.all([keysOf(), keysOf()].map((keys) => signed(keys)));
    expect(new Set(tokens.map(kidOf)).size).toBe(1);
    await Promise.all(tokens.map((token) => verifyOutside(token, keysOf())));
  });

  it('a function that may not make the pair signs nothing, and asks again', async () => {
    const waiting = keysOf({ create: false, others: false });
    await failureOf(signed(waiting));
    expect(await waiting.exist(now)).toBe(false);
    expect(await keysOf().exist(now)).toBe(true);
    await expect(signed(waiting)).resolves.toBeDefined();
  });

  it('S87 a private key that has been in use for five minutes is unwrapped again, and its bytes are zeroed at once', async () => {
    const answers = recordAnswers(engines.kms, 'DecryptCommand');
    const keys = keysOf();
    await signed(keys);
    calls.length = 0;
    await signed(keys, now + 5 * minute - 1);
    expect(callsMade()).toEqual([]);
    await signed(keys, now + 5 * minute);
    expect(callsMade()).toEqual(unwrapping);
    for (const { Plaintext } of answers) {
      expect(Buffer.from(Plaintext as Uint8Array).every((byte) => byte === 0)).toBe(true);
    }
  });

  it('S87 after a rotation the new key is published at once, signs two hours later, and the old one stays as long', async () => {
    const keys = keysOf();
    const before = await signed(keys);
    const first = kidOf(before) as string;
    const signsFromMs = now + 2.25 * hour;
    const item = (await stored(tokenKeysKey)) as { keys: StoredTokenKey[] };
    const added = await newTokenKey(custodyOf(), signsFromMs);
    await store(tokenKeysKey, [added, ...item.keys]);
    const rotated = keysOf();
    expect(await kidsAt(rotated, now)).toEqual([added.keyId, first]);
    expect(kidOf(await signed(rotated, signsFromMs - 1))).toBe(first);
    expect(kidOf(await signed(rotated, signsFromMs))).toBe(added.keyId);
    expect(await kidsAt(rotated, signsFromMs + 2.25 * hour - 1)).toEqual([added.keyId, first]);
    await expect(verifyOutside(before, rotated, signsFromMs)).resolves.toBeDefined();
    // S87: a rotated one is not used.
    expect(await kidsAt(rotated, signsFromMs + 2.25 * hour)).toEqual([added.keyId]);
    await expect(verifyOutside(before, rotated, signsFromMs + 2.25 * hour)).rejects.toThrow();
  });

  it('a stage that moves signs with the key of KMS until the new one has been published for two hours', async () => {
    const kms = kmsTokenKeys(engines.kms, [signingKeyArn]);
    const moving = tokenKeysOf(keysOf({ create: true, others: true }), kms);
    const kmsKid = (await kms.published(now))[0]?.kid;
    expect(kidOf(await signed(moving))).toBe(kmsKid);
    const [cachedKid] = await kidsAt(moving, now);
    expect(await kidsAt(moving, now)).toEqual([cachedKid, kmsKid]);
    expect(kidOf(await signed(moving, now + 2 * hour))).toBe(kmsKid);
    expect(kidOf(await signed(moving, now + 3 * hour))).toBe(cachedKid);
    // A stage that let go of KMS too early signs all the same.
    expect(kidOf(await signed(keysOf(), now))).toBe(cachedKid);
  });

  it.each([
    ['stage', { stage: 'prod' }],
    ['table', { table: { client: engines.dynamodb, name: 'countersign-copy' } }],
  ])('S87 a pair that was wrapped for another %s neither signs nor verifies', async (_, more) => {
    await store(tokenKeysKey, [await newTokenKey(custodyOf(more), now)]);
    expect(await failureOf(signed(keysOf()))).toMatchObject({ integrity: true });
    expect(await failureOf(keysOf().published(now))).toMatchObject({ integrity: true });
  });

  it('S87 a public key that somebody put into the table is not used, sealed for another purpose or not at all', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const der = publicKey.export({ type: 'spki', format: 'der' });
    await signed(keysOf());
    const [ours] = ((await stored(tokenKeysKey)) as { keys: StoredTokenKey[] }).keys;
    const keyId = randomUUID();
    const EncryptionContext = tokenKeyContext('token-key', custodyOf(), keyId);
    const encrypt = new EncryptCommand({ KeyId: vaultKeyArn, Plaintext: der, EncryptionContext });
    const { CiphertextBlob } = await engines.kms.send(encrypt);
    const forged = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', typ: 'countersign-result+jwt', kid: keyId })
      .setIssuer(names.issuer)
      .setAudience(names.audience)
      .sign(privateKey);
    for (const planted of [der, CiphertextBlob]) {
      await store(tokenKeysKey, [{ ...ours, keyId, publicKey: planted }]);
      const failure = await failureOf(tokenVerifier(keysOf(), names).verifyResult(forged, now));
      expect(failure.integrity).toBe(true);
    }
    expect(createPublicKey(privateKey).asymmetricKeyType).toBe('rsa');
  });
});
