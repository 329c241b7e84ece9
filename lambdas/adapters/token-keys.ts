/**
 * The keys that sign tokens: of KMS, which never leave it, or a pair whose private half KMS wrapped (`cached`). A new one is
 * published two hours before it signs, and an old one as long after: verifiers keep a key set for that long.
 */
import { createPrivateKey, createPublicKey, type KeyObject, randomUUID, sign } from 'node:crypto';
import {
  EncryptCommand,
  GenerateDataKeyPairWithoutPlaintextCommand,
  type KMSClient,
} from '@aws-sdk/client-kms';
import * as z from 'zod/mini';
import { limits } from '../core/state/limits.ts';
import { bytes, type Custody, holder, type KeyContext, putFirst, readKeys, unwrap } from './held-keys.ts';
import { tokenKeysKey } from './keys.ts';
import { publicKeyOf, signRs256, unlessUnavailable } from './kms.ts';

type Jwk = Record<string, string>;
export type TokenKeys = {
  /** The key that signs now; undefined where none may. */
  signing(nowMs: number): Promise<SigningKey | undefined>;
  published(nowMs: number): Promise<Jwk[]>;
};
type SigningKey = { keyId: string; sign(message: Uint8Array): Uint8Array | Promise<Uint8Array> };

const jwkOf = (keyId: string, der: Uint8Array): Jwk => ({
  ...(createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' }).export({
    format: 'jwk',
  }) as Jwk),
  use: 'sig',
  alg: 'RS256',
  kid: keyId,
});

/** KMS's own keys: the first signs, all are published. Their id is the last part of the ARN. */
export function kmsTokenKeys(client: KMSClient, keyArns: readonly [string, ...string[]]): TokenKeys {
  const keyIdOf = (arn: string) => arn.slice(arn.lastIndexOf('/') + 1);
  const [signing] = keyArns;
  let keys: Promise<Jwk[]> | undefined;
  return {
    signing: async () => ({
      keyId: keyIdOf(signing),
      sign: (message) => signRs256(client, signing, message),
    }),
    published: () => {
      keys ??= Promise.all(
        keyArns.map(async (arn) => jwkOf(keyIdOf(arn), await publicKeyOf(client, arn))),
      ).catch((error) => {
        keys = undefined;
        throw error;
      });
      return keys;
    },
  };
}

/** Newest key first. The public half is sealed as well: whoever writes to the table cannot have tokens of their own verified. */
export const tokenKeysSchema = z.looseObject({
  /** When the stage left this custody. */
  endedAtMs: z.optional(z.number()),
  keys: z
    .array(z.looseObject({ keyId: z.string(), privateKey: bytes, publicKey: bytes, signsFromMs: z.number() }))
    .check(z.minLength(1)),
});
export type StoredTokenKeys = z.infer<typeof tokenKeysSchema>;
export type StoredTokenKey = StoredTokenKeys['keys'][number];

export const tokenKeyContext = (
  purpose: 'token-key' | 'token-public',
  { stage, table }: Pick<Custody, 'stage' | 'table'>,
  keyId: string,
): KeyContext => ({ purpose, stage, table: table.name, keyId });

/**
 * Pairs that this function unwraps and signs with. `create`: whether it may make the first one. `others`: whether the stage
 * has keys of another custody, which sign until this one has been published long enough; without them it signs at once.
 */
export function cachedTokenKeys(
  custody: Custody,
  { create, others }: { create: boolean; others: boolean },
): TokenKeys & { exist(nowMs: number): Promise<boolean> } {
  const stored = holder(
    async (nowMs) => {
      const keys = await loadTokenKeys(custody, { create, others }, nowMs);
      return (
        keys && {
          keys,
          private: new Map<string, Promise<KeyObject>>(),
          public: new Map<string, Promise<Jwk>>(),
        }
      );
    },
    (held) => {
      // OpenSSL clears a private key when the last object that names it is gone.
      held.private.clear();
    },
  );
  return {
    exist: (nowMs) => stored.use(nowMs, (held) => held !== undefined),
    signing: async (nowMs) => {
      const found = await stored.use(nowMs, (held) => {
        const key = held && signingAt(held.keys, others, nowMs);
        return key && { ...key, opening: once(held.private, key.keyId, () => openPrivate(custody, key)) };
      });
      if (!found) {
        return undefined;
      }
      const privateKey = await found.opening;
      return { keyId: found.keyId, sign: (message) => sign('sha256', message, privateKey) };
    },
    published: async (nowMs) => {
      const opening = await stored.use(nowMs, (held) =>
        held
          ? publishedAt(held.keys, nowMs).map((key) =>
              once(held.public, key.keyId, () => openPublic(custody, key)),
            )
          : [],
      );
      return Promise.all(opening);
    },
  };
}

/** The same answer for the same key, but for one that failed. */
function once<T>(made: Map<string, Promise<T>>, keyId: string, make: () => Promise<T>): Promise<T> {
  const making = made.get(keyId) ?? make();
  made.set(keyId, making);
  making.catch(() => made.delete(keyId));
  return making;
}

/** The newest key whose time has come. Where nobody else can sign, the oldest one does before its time. */
const signingAt = (keys: StoredTokenKey[], others: boolean, nowMs: number): StoredTokenKey | undefined =>
  keys.find(({ signsFromMs }) => signsFromMs <= nowMs) ?? (others ? undefined : keys.at(-1));

/** All but those whose successor has signed for so long that nobody asks for them. */
const publishedAt = (keys: StoredTokenKey[], nowMs: number): StoredTokenKey[] =>
  keys.filter((_, index) => {
    const successor = keys[index - 1];
    return !successor || nowMs < successor.signsFromMs + limits.heldKeys.tokenOverlapMs;
  });

async function loadTokenKeys(
  custody: Custody,
  { create, others }: { create: boolean; others: boolean },
  nowMs: number,
): Promise<StoredTokenKey[] | undefined> {
  const read = async () => (await readKeys(custody, tokenKeysKey, tokenKeysSchema))?.keys;
  const stored = await read();
  if (stored || !create) {
    return stored;
  }
  const signsFromMs = nowMs + (others ? limits.heldKeys.tokenOverlapMs : 0);
  await putFirst(custody, tokenKeysKey, { keys: [await newTokenKey(custody, signsFromMs)] });
  return read();
}

/** A pair as it is stored. Its private half was never seen. */
export async function newTokenKey(custody: Custody, signsFromMs: number): Promise<StoredTokenKey> {
  const { kms, vaultKeyArn: KeyId } = custody;
  const keyId = randomUUID();
  const pair = await unlessUnavailable(
    kms.send(
      new GenerateDataKeyPairWithoutPlaintextCommand({
        KeyId,
        KeyPairSpec: 'RSA_2048',
        EncryptionContext: tokenKeyContext('token-key', custody, keyId),
      }),
    ),
  );
  const sealed = await unlessUnavailable(
    kms.send(
      new EncryptCommand({
        KeyId,
        Plaintext: pair.PublicKey,
        EncryptionContext: tokenKeyContext('token-public', custody, keyId),
      }),
    ),
  );
  return {
    keyId,
    privateKey: pair.PrivateKeyCiphertextBlob as Uint8Array,
    publicKey: sealed.CiphertextBlob as Uint8Array,
    signsFromMs,
  };
}

async function openPrivate(custody: Custody, { keyId, privateKey }: StoredTokenKey): Promise<KeyObject> {
  const der = await unwrap(custody, privateKey, tokenKeyContext('token-key', custody, keyId));
  try {
    return createPrivateKey({
      key: Buffer.from(der.buffer, der.byteOffset, der.length),
      format: 'der',
      type: 'pkcs8',
    });
  } finally {
    der.fill(0);
  }
}

const openPublic = async (custody: Custody, { keyId, publicKey }: StoredTokenKey): Promise<Jwk> =>
  jwkOf(keyId, await unwrap(custody, publicKey, tokenKeyContext('token-public', custody, keyId)));

/**
 * The keys of a stage by its custody: `first` signs as soon as it may, `then` until that. What either publishes is published.
 */
export function tokenKeysOf(first: TokenKeys, then: TokenKeys | undefined): TokenKeys {
  return {
    signing: async (nowMs) => (await first.signing(nowMs)) ?? then?.signing(nowMs),
    published: async (nowMs) =>
      (await Promise.all([first.published(nowMs), then?.published(nowMs) ?? []])).flat(),
  };
}
