/**
 * Keys of the custody `cached`: made by KMS, kept wrapped in the table, unwrapped once per function environment and held for
 * five minutes at most.
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DecryptCommand, type KMSClient } from '@aws-sdk/client-kms';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { Unavailable } from '../core/ports.ts';
import { limits } from '../core/state/limits.ts';
import { type Item, parseItem, type Table, unlessDown } from './dynamodb.ts';
import { unlessUnavailable } from './kms.ts';

/** Whose keys these are: no key of another stage, table or KMS key opens here. */
export type Custody = { table: Table; kms: KMSClient; vaultKeyArn: string; stage: string };

/** What a wrapped key is bound to: what it is for, whose it is, and which one. */
export type KeyContext = Record<'purpose' | 'stage' | 'table' | 'keyId', string> & { shard?: string };

export const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);

type Holder<T> = {
  /** What `use` makes of the value, at once: it may be gone as soon as anything is waited for. */
  use<R>(nowMs: number, use: (value: T) => R): Promise<R>;
};

/**
 * A value that is loaded at first need, once for requests at once, and ended after five minutes, by this machine's clock or
 * by the gateway's, whichever says more: the one stands still while an environment is frozen, the other may be wrong. A
 * load that failed, and one that found nothing, is not remembered.
 */
export function holder<T>(
  load: (nowMs: number) => Promise<T | undefined>,
  end: (value: T) => void,
): Holder<T | undefined> {
  type Held = { value: Promise<T | undefined>; sinceMs: number; gatewaySinceMs: number; over: boolean };
  let held: Held | undefined;
  const giveUp = (one: Held) => {
    one.over = true;
    held = held === one ? undefined : held;
  };
  const expire = (one: Held) => {
    giveUp(one);
    one.value.then((value) => value !== undefined && end(value)).catch(() => undefined);
  };
  const hold = (nowMs: number): Held => {
    const one = { value: load(nowMs), sinceMs: performance.now(), gatewaySinceMs: nowMs, over: false };
    const forget = () => giveUp(one);
    one.value.then((value) => value === undefined && forget(), forget);
    // An environment that nobody calls any more holds no key either.
    setTimeout(() => !one.over && expire(one), limits.heldKeys.inUseMs).unref();
    return one;
  };
  const isOver = ({ sinceMs, gatewaySinceMs }: Held, nowMs: number) =>
    Math.max(performance.now() - sinceMs, nowMs - gatewaySinceMs) >= limits.heldKeys.inUseMs;
  return {
    use: async (nowMs, use) => {
      for (;;) {
        if (held && isOver(held, nowMs)) {
          expire(held);
        }
        held ??= hold(nowMs);
        const one = held;
        const value = await one.value;
        // Another request may have ended it meanwhile: nothing is done with a key that was zeroed.
        if (value === undefined || !one.over) {
          return use(value);
        }
      }
    },
  };
}

/** The item of wrapped keys under `key`, understood or refused; undefined where nobody has made it. */
export async function readKeys<S extends z.ZodMiniType>(
  { table }: Custody,
  key: Item,
  schema: S,
): Promise<z.infer<S> | undefined> {
  const get = new GetCommand({ TableName: table.name, Key: key, ConsistentRead: true });
  const { Item } = await unlessDown(table.client.send(get), 'the wrapped keys could not be read');
  return Item && parseItem(schema, Item);
}

/** Puts the first keys under `key`. Of two functions that do so at once, one wins, and both go on with the winner's. */
export async function putFirst({ table }: Custody, key: Item, attributes: Item): Promise<void> {
  const put = new PutCommand({
    TableName: table.name,
    Item: { ...key, ...attributes },
    ConditionExpression: 'attribute_not_exists(pk)',
  });
  await table.client.send(put).catch((cause) => {
    if (!(cause instanceof ConditionalCheckFailedException)) {
      throw new Unavailable('the wrapped keys could not be made', { cause });
    }
  });
}

/** Opens what KMS wrapped, in a buffer that the caller zeroes. Refuses whatever was wrapped for anything else. */
export async function unwrap(
  { kms, vaultKeyArn }: Custody,
  wrapped: Uint8Array,
  EncryptionContext: KeyContext,
): Promise<Uint8Array> {
  const command = new DecryptCommand({ KeyId: vaultKeyArn, CiphertextBlob: wrapped, EncryptionContext });
  const { Plaintext } = await unlessUnavailable(kms.send(command));
  return Plaintext as Uint8Array;
}
