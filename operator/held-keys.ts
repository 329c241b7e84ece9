/** The wrapped keys of the custody `cached`, in the operator's hands: new ones in front, or all of them wrapped for another table. */
import { DecryptCommand, EncryptCommand } from '@aws-sdk/client-kms';
import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import {
  type DataKeys,
  dataKeyContext,
  dataKeysSchema,
  newDataKey,
  shardCount,
} from '../lambdas/adapters/data-keys.ts';
import { type Custody, type KeyContext, readKeys } from '../lambdas/adapters/held-keys.ts';
import { dataKeysKey, tokenKeysKey } from '../lambdas/adapters/keys.ts';
import {
  newTokenKey,
  type StoredTokenKeys,
  tokenKeyContext,
  tokenKeysSchema,
} from '../lambdas/adapters/token-keys.ts';
import { limits } from '../lambdas/core/state/limits.ts';
import { replaceKeys } from './keyring.ts';
import { CommandFailed } from './terminal.ts';

const shards = Array.from({ length: shardCount }, (_, shard) => shard);

export const readDataKeys = (custody: Custody, shard: number): Promise<DataKeys | undefined> =>
  readKeys(custody, dataKeysKey(shard), dataKeysSchema);
export const readTokenKeys = (custody: Custody): Promise<StoredTokenKeys | undefined> =>
  readKeys(custody, tokenKeysKey, tokenKeysSchema);

/** A new key in front of every shard that has one. It seals in ten minutes; the others go on opening. */
export async function rotateDataKeys(custody: Custody, nowMs: number): Promise<number> {
  const stored = await Promise.all(shards.map((shard) => readDataKeys(custody, shard)));
  const sealsFromMs = nowMs + limits.heldKeys.sealsAfterMs;
  let rotated = 0;
  for (const [shard, before] of stored.entries()) {
    if (before) {
      const keys = [{ ...(await newDataKey(custody, shard)), sealsFromMs }, ...before.keys];
      await replaceKeys(custody.table, dataKeysKey(shard), before, { ...before, keys });
      rotated += 1;
    }
  }
  return rotated;
}

/**
 * A new pair in front: published now, it signs in two hours and a quarter. With `dropOld` it signs at once, and tokens of
 * the others verify nowhere any more. Refuses where no token was signed yet.
 */
export async function rotateTokenKeys(
  custody: Custody,
  { dropOld = false, nowMs }: { dropOld?: boolean; nowMs: number },
): Promise<{ keyId: string; signsFromMs: number }> {
  const before = await readTokenKeys(custody);
  if (!before) {
    throw new CommandFailed(
      'There is no token key yet: the first sign-in under the custody cached makes it.',
    );
  }
  const signsFromMs = nowMs + (dropOld ? 0 : limits.heldKeys.tokenOverlapMs);
  const added = await newTokenKey(custody, signsFromMs);
  const keys = [added, ...(dropOld ? [] : before.keys)];
  await replaceKeys(custody.table, tokenKeysKey, before, { ...before, keys });
  return { keyId: added.keyId, signsFromMs };
}

/** Wraps every key of `from` anew for the table of `to`: what makes a restored table's secrets open. */
export async function rewrapHeldKeys(from: Custody, to: Custody): Promise<number> {
  let wrapped = 0;
  for (const shard of shards) {
    const stored = await readDataKeys(from, shard);
    if (stored) {
      const context = ({ stage, table }: Custody, keyId: string) =>
        dataKeyContext(stage, table.name, shard, keyId);
      const keys = await Promise.all(
        stored.keys.map(async (key) => ({
          ...key,
          wrapped: await rewrapped(from, key.wrapped, context(from, key.keyId), context(to, key.keyId)),
        })),
      );
      await replaceKeys(to.table, dataKeysKey(shard), await readDataKeys(to, shard), { ...stored, keys });
      wrapped += keys.length;
    }
  }
  return wrapped + (await rewrapTokenKeys(from, to));
}

async function rewrapTokenKeys(from: Custody, to: Custody): Promise<number> {
  const stored = await readTokenKeys(from);
  if (!stored) {
    return 0;
  }
  const half = (blob: Uint8Array, purpose: Parameters<typeof tokenKeyContext>[0], keyId: string) =>
    rewrapped(from, blob, tokenKeyContext(purpose, from, keyId), tokenKeyContext(purpose, to, keyId));
  const keys = await Promise.all(
    stored.keys.map(async (key) => ({
      ...key,
      privateKey: await half(key.privateKey, 'token-key', key.keyId),
      publicKey: await half(key.publicKey, 'token-public', key.keyId),
    })),
  );
  await replaceKeys(to.table, tokenKeysKey, await readTokenKeys(to), { ...stored, keys });
  return keys.length;
}

async function rewrapped(
  { kms, vaultKeyArn: KeyId }: Custody,
  CiphertextBlob: Uint8Array,
  from: KeyContext,
  to: KeyContext,
): Promise<Uint8Array> {
  const opened = await kms.send(new DecryptCommand({ KeyId, CiphertextBlob, EncryptionContext: from }));
  const Plaintext = opened.Plaintext as Uint8Array;
  const sealed = await kms.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext: to }));
  Plaintext.fill(0);
  return sealed.CiphertextBlob as Uint8Array;
}

/** Takes keys out that are bound to a table that is gone: nothing that they sealed is left. */
export async function dropHeldKeys({ table: { client, name } }: Custody): Promise<void> {
  for (const Key of [...shards.map(dataKeysKey), tokenKeysKey]) {
    await client.send(new DeleteCommand({ TableName: name, Key }));
  }
}
