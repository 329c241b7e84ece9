/**
 * The keyring: 256-bit data keys from KMS, kept wrapped in one item, unwrapped once per function environment. Challenge
 * tokens are sealed under it and mailed codes MACed under it. Each key gives two, so that no key serves two purposes.
 */
import { createHmac, hkdfSync, randomUUID } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DecryptCommand, GenerateDataKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { compactDecrypt, decodeProtectedHeader, EncryptJWT } from 'jose';
import * as z from 'zod/mini';
import { type ChallengeSeal, Unavailable } from '../core/ports.ts';
import { challengeClaimsSchema } from '../core/state/challenge-claims.ts';
import { keyringKey } from './keys.ts';
import { unlessUnavailable } from './kms.ts';

type Key = { keyId: string; seal: Uint8Array; mac: Uint8Array };

/** Newest key first: it seals, all of them open. */
const wrappedKey = z.looseObject({
  keyId: z.string(),
  wrapped: z.custom<Uint8Array>((value) => value instanceof Uint8Array),
});
const keyringSchema = z.looseObject({ keys: z.array(wrappedKey).check(z.minLength(1)) });

const tokenType = 'countersign-challenge';
const reloadAfterMs = 60_000;

type Dependencies = { table: string; dynamodb: DynamoDBDocumentClient; kms: KMSClient; vaultKeyArn: string };

/** `create`: whether this function may make the first key. Without it, no keyring means that no token can be ours. */
export function challengeSeal(dependencies: Dependencies, options: { create: boolean }): ChallengeSeal {
  const keys = keyLoader(dependencies, options.create);
  return {
    seal: async (claims) => {
      const [newest] = await keys.all();
      if (!newest) {
        throw new Unavailable('there is no keyring');
      }
      return new EncryptJWT({ challenge: claims })
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ: tokenType, kid: newest.keyId })
        .encrypt(newest.seal);
    },
    open: async (token) => {
      const keyId = keyIdOf(token);
      const key = keyId === undefined ? undefined : await keys.byId(keyId);
      return key && openWith(key, token);
    },
    macs: async (text) =>
      (await keys.all()).map(
        ({ mac }) => new Uint8Array(createHmac('sha256', mac).update(text).digest().subarray(0, 16)),
      ),
  };
}

/** The key id of something that has the form of our tokens; anything else is refused before any call. */
function keyIdOf(token: string): string | undefined {
  if (token.split('.').length !== 5) {
    return undefined;
  }
  try {
    const { alg, enc, typ, kid } = decodeProtectedHeader(token);
    return alg === 'dir' && enc === 'A256GCM' && typ === tokenType && typeof kid === 'string'
      ? kid
      : undefined;
  } catch {
    return undefined;
  }
}

/** Expiry is core's to judge: an expired challenge gets an answer of its own, a forged one does not. */
async function openWith(key: Key, token: string) {
  try {
    const { plaintext } = await compactDecrypt(token, key.seal, {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    return challengeClaimsSchema.parse(JSON.parse(new TextDecoder().decode(plaintext)).challenge);
  } catch {
    return undefined;
  }
}

/**
 * Reads and unwraps the keyring once; again, at most once a minute, for a key id that a rotation may have added. That it
 * does not exist yet is not remembered: the first sign-in may make it any moment.
 */
function keyLoader(dependencies: Dependencies, create: boolean) {
  let loaded: Promise<Key[]> | undefined;
  let loadedAtMs = 0;
  const all = (): Promise<Key[]> => {
    if (!loaded) {
      loadedAtMs = performance.now();
      const loading = loadKeys(dependencies, create);
      loaded = loading;
      const forget = () => {
        loaded = undefined;
      };
      loading.then((keys) => keys.length === 0 && forget(), forget);
      return loading;
    }
    return loaded;
  };
  const byId = async (keyId: string) => {
    const find = async () => (await all()).find((key) => key.keyId === keyId);
    const found = await find();
    if (found || performance.now() - loadedAtMs < reloadAfterMs) {
      return found;
    }
    loaded = undefined;
    return find();
  };
  return { all, byId };
}

async function loadKeys(dependencies: Dependencies, create: boolean): Promise<Key[]> {
  const stored =
    (await readKeyring(dependencies)) ?? (create ? await createKeyring(dependencies) : undefined);
  return Promise.all((stored?.keys ?? []).map((key) => unwrap(dependencies, key)));
}

async function readKeyring({ dynamodb, table }: Dependencies) {
  const get = new GetCommand({ TableName: table, Key: keyringKey, ConsistentRead: true });
  const { Item } = await dynamodb.send(get).catch((error) => {
    throw new Unavailable('the keyring could not be read', { cause: error });
  });
  const parsed = Item && keyringSchema.safeParse(Item);
  if (parsed?.success === false) {
    throw new Unavailable('the keyring is unreadable', { integrity: true });
  }
  return parsed?.data;
}

/** Of two functions that make the first key at once, one wins, and both go on with the winner's. */
async function createKeyring(dependencies: Dependencies) {
  const { kms, dynamodb, table, vaultKeyArn } = dependencies;
  const keyId = randomUUID();
  const dataKey = await unlessUnavailable(
    kms.send(
      new GenerateDataKeyCommand({
        KeyId: vaultKeyArn,
        KeySpec: 'AES_256',
        EncryptionContext: keyringContext(table, keyId),
      }),
    ),
  );
  const Item = { ...keyringKey, keys: [{ keyId, wrapped: dataKey.CiphertextBlob }] };
  const put = new PutCommand({ TableName: table, Item, ConditionExpression: 'attribute_not_exists(pk)' });
  await dynamodb.send(put).catch((error) => {
    if (!(error instanceof ConditionalCheckFailedException)) {
      throw new Unavailable('the keyring could not be made', { cause: error });
    }
  });
  return readKeyring(dependencies);
}

async function unwrap(
  { kms, vaultKeyArn, table }: Dependencies,
  stored: { keyId: string; wrapped: Uint8Array },
): Promise<Key> {
  const EncryptionContext = keyringContext(table, stored.keyId);
  const command = new DecryptCommand({
    KeyId: vaultKeyArn,
    CiphertextBlob: stored.wrapped,
    EncryptionContext,
  });
  const { Plaintext } = await unlessUnavailable(kms.send(command));
  const derive = (purpose: string) =>
    new Uint8Array(hkdfSync('sha256', Plaintext as Uint8Array, new Uint8Array(), purpose, 32));
  return { keyId: stored.keyId, seal: derive('countersign challenge'), mac: derive('countersign code') };
}

/**
 * What a wrapped key is bound to. Copied with its table, or restored under another name, it does not open: every flow answers
 * 503 until somebody wraps it for that table on purpose.
 */
export const keyringContext = (table: string, keyId: string) => ({ purpose: 'keyring', table, keyId });
