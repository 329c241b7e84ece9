/**
 * TOTP secrets under the custody `cached`: AES-256-GCM under data keys that KMS wrapped, one set of them per shard of users,
 * so that no key opens everybody's secrets.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { GenerateDataKeyCommand } from '@aws-sdk/client-kms';
import * as z from 'zod/mini';
import { type SecretBox, Unavailable } from '../core/ports.ts';
import type { UserRef } from '../core/state/item.ts';
import { bytes, type Custody, holder, type KeyContext, putFirst, readKeys, unwrap } from './held-keys.ts';
import { dataKeysKey, userKey } from './keys.ts';
import { totpContext, unlessUnavailable } from './kms.ts';

/** Never to be fewer: a secret names its shard. */
export const shardCount = 16;

// magic 4 | shard 1 | key id 8 | nonce 12 | tag 16 | ciphertext. A ciphertext of KMS begins with 1.
const magic = Buffer.from([0, 0x43, 0x53, 1]);
const shardAt = 4;
const keyIdAt = 5;
const nonceAt = 13;
const tagAt = 25;
const ciphertextAt = 41;

/** Whether a secret was sealed here; its header says so. Anything else is KMS's own. */
export const isSealedHere = (sealed: Uint8Array): boolean =>
  magic.equals(sealed.subarray(0, magic.length)) && sealed.length > ciphertextAt;

/** The id of the key that sealed it. */
export const keyIdIn = (sealed: Uint8Array): string =>
  Buffer.from(sealed.subarray(keyIdAt, nonceAt)).toString('hex');

/** Of a shard's keys, the one that seals now. */
export const sealingKeyOf = <K extends { sealsFromMs: number }>(keys: K[], nowMs: number): K | undefined =>
  keys.find(({ sealsFromMs }) => sealsFromMs <= nowMs);

/** Newest key first. One that `sealsFromMs` in the future opens already. */
export const dataKeysSchema = z.looseObject({
  keys: z
    .array(z.looseObject({ keyId: z.string(), wrapped: bytes, sealsFromMs: z.number() }))
    .check(z.minLength(1)),
});
export type DataKeys = z.infer<typeof dataKeysSchema>;
type DataKey = { keyId: string; key: Uint8Array; sealsFromMs: number };

export const dataKeyContext = (stage: string, table: string, shard: number, keyId: string): KeyContext => ({
  purpose: 'data-key',
  stage,
  table,
  shard: String(shard),
  keyId,
});

/** `create`: whether this function may make a shard's first key. */
export function dataKeyBox(custody: Custody, options: { create: boolean }): SecretBox {
  const shards = Array.from({ length: shardCount }, (_, shard) =>
    holder((nowMs) => loadShard(custody, shard, options.create, nowMs), zero),
  );
  const shardOf = (shard: number) =>
    shards[shard] ?? refuse('a sealed secret names no shard', { integrity: true });
  return {
    seal: (secret, ref, authenticatorId, nowMs) => {
      const shard = shardOfUser(ref);
      return shardOf(shard).use(nowMs, (keys = []) => {
        const key = sealingKeyOf(keys, nowMs) ?? refuse('there is no data key');
        return sealed(key, shard, secret, totpContext(ref, authenticatorId));
      });
    },
    open: async (secret, ref, authenticatorId, nowMs) => {
      const blob = Buffer.from(secret);
      if (!isSealedHere(blob)) {
        return refuse('a secret was not sealed here', { integrity: true });
      }
      const keyId = keyIdIn(blob);
      return shardOf(blob[shardAt] ?? shardCount).use(nowMs, (keys = []) => {
        const key =
          keys.find((one) => one.keyId === keyId) ?? refuse('its data key is gone', { integrity: true });
        return opened(key, blob, totpContext(ref, authenticatorId));
      });
    },
  };
}

const zero = (keys: DataKey[]): void => {
  for (const { key } of keys) {
    key.fill(0);
  }
};

/** Who is in which shard: by a hash, so that nobody chooses. */
function shardOfUser(ref: UserRef): number {
  const [first = 0] = createHash('sha256').update(userKey(ref).pk).digest();
  return first % shardCount;
}

async function loadShard(
  custody: Custody,
  shard: number,
  create: boolean,
  nowMs: number,
): Promise<DataKey[] | undefined> {
  const read = () => readKeys(custody, dataKeysKey(shard), dataKeysSchema);
  let stored = await read();
  if (!stored && create) {
    const first = { ...(await newDataKey(custody, shard)), sealsFromMs: nowMs };
    await putFirst(custody, dataKeysKey(shard), { keys: [first] });
    stored = await read();
  }
  return (
    stored &&
    Promise.all(
      stored.keys.map(async ({ keyId, wrapped, sealsFromMs }) => {
        const context = dataKeyContext(custody.stage, custody.table.name, shard, keyId);
        return { keyId, key: await unwrap(custody, wrapped, context), sealsFromMs };
      }),
    )
  );
}

/** A key as it is stored: nobody has seen it open. */
export async function newDataKey(
  { kms, vaultKeyArn, stage, table }: Custody,
  shard: number,
): Promise<{ keyId: string; wrapped: Uint8Array }> {
  const keyId = randomBytes(nonceAt - keyIdAt).toString('hex');
  const command = new GenerateDataKeyCommand({
    KeyId: vaultKeyArn,
    KeySpec: 'AES_256',
    EncryptionContext: dataKeyContext(stage, table.name, shard, keyId),
  });
  const { CiphertextBlob, Plaintext } = await unlessUnavailable(kms.send(command));
  Plaintext?.fill(0);
  return { keyId, wrapped: CiphertextBlob as Uint8Array };
}

function sealed({ keyId, key }: DataKey, shard: number, secret: Uint8Array, context: object): Uint8Array {
  const header = Buffer.concat([magic, Buffer.from([shard]), Buffer.from(keyId, 'hex')]);
  const nonce = randomBytes(tagAt - nonceAt);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(authenticated(header, context));
  const ciphertext = Buffer.concat([cipher.update(secret), cipher.final()]);
  return new Uint8Array(Buffer.concat([header, nonce, cipher.getAuthTag(), ciphertext]));
}

function opened({ key }: DataKey, blob: Buffer, context: object): Uint8Array {
  const decipher = createDecipheriv('aes-256-gcm', key, blob.subarray(nonceAt, tagAt), { authTagLength: 16 });
  decipher.setAuthTag(blob.subarray(tagAt, ciphertextAt));
  decipher.setAAD(authenticated(blob.subarray(0, nonceAt), context));
  try {
    return new Uint8Array(Buffer.concat([decipher.update(blob.subarray(ciphertextAt)), decipher.final()]));
  } catch {
    return refuse('a ciphertext does not open', { integrity: true });
  }
}

const authenticated = (header: Buffer, context: object): Buffer =>
  Buffer.concat([header, Buffer.from(JSON.stringify(Object.entries(context)))]);

function refuse(reason: string, options: { integrity?: boolean } = {}): never {
  throw new Unavailable(reason, options);
}
