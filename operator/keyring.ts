/** The keyring, turned by the operator: another key in front, or all of them wrapped for another table. */
import { randomUUID } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DecryptCommand, EncryptCommand, GenerateDataKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import { DeleteCommand, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Table } from '../lambdas/adapters/dynamodb.ts';
import { keyringContext } from '../lambdas/adapters/keyring.ts';
import { keyringKey } from '../lambdas/adapters/keys.ts';
import { CommandFailed, exitCodes } from './terminal.ts';

type WrappedKey = { keyId: string; wrapped: Uint8Array; createdAtMs?: number };
export type Keyring = { keys: WrappedKey[]; [attribute: string]: unknown };

export async function readKeyring({ client, name }: Table): Promise<Keyring | undefined> {
  const { Item } = await client.send(
    new GetCommand({ TableName: name, Key: keyringKey, ConsistentRead: true }),
  );
  return Item as Keyring | undefined;
}

/**
 * Puts a new key in front. It opens at once; functions learn of it within a minute of the first token that names it. With
 * `dropOld`, every challenge and mailed code that is open now ends.
 */
export async function rotate(
  table: Table,
  kms: KMSClient,
  vaultKeyArn: string,
  { dropOld = false, nowMs }: { dropOld?: boolean; nowMs: number },
): Promise<{ keyId: string; keys: number }> {
  const keyring = await readKeyring(table);
  if (!keyring) {
    throw new CommandFailed('There is no keyring yet: the first sign-in makes it.');
  }
  const keyId = randomUUID();
  const { CiphertextBlob } = await kms.send(
    new GenerateDataKeyCommand({
      KeyId: vaultKeyArn,
      KeySpec: 'AES_256',
      EncryptionContext: keyringContext(table.name, keyId),
    }),
  );
  const added: WrappedKey = { keyId, wrapped: CiphertextBlob as Uint8Array, createdAtMs: nowMs };
  const keys = [added, ...(dropOld ? [] : keyring.keys)];
  await replaceKeys(table, keyringKey, keyring, { ...keyring, keys });
  return { keyId, keys: keys.length };
}

/** Wraps every key of `from`'s keyring anew for `to`: what makes a restored table usable. */
export async function rewrap(from: Table, to: Table, kms: KMSClient, vaultKeyArn: string): Promise<number> {
  const keyring = await readKeyring(from);
  if (!keyring) {
    return 0;
  }
  const keys = await Promise.all(keyring.keys.map((key) => rewrapped(kms, vaultKeyArn, { from, to }, key)));
  const there = await readKeyring(to);
  await replaceKeys(to, keyringKey, there, { ...keyring, keys });
  return keys.length;
}

/** Takes the keyring out of a table whose keys are bound to another one that is gone. Returns 0: no key was kept. */
export async function dropKeyring({ client, name }: Table): Promise<0> {
  await client.send(new DeleteCommand({ TableName: name, Key: keyringKey }));
  return 0;
}

async function rewrapped(
  kms: KMSClient,
  KeyId: string,
  { from, to }: { from: Table; to: Table },
  key: WrappedKey,
): Promise<WrappedKey> {
  const { Plaintext } = await kms.send(
    new DecryptCommand({
      KeyId,
      CiphertextBlob: key.wrapped,
      EncryptionContext: keyringContext(from.name, key.keyId),
    }),
  );
  const { CiphertextBlob } = await kms.send(
    new EncryptCommand({
      KeyId,
      Plaintext: Plaintext as Uint8Array,
      EncryptionContext: keyringContext(to.name, key.keyId),
    }),
  );
  return { ...key, wrapped: CiphertextBlob as Uint8Array };
}

/** Only over what was read: two rotations at once leave one of them to be run again. */
export async function replaceKeys(
  { client, name }: Table,
  key: { pk: string; sk: string },
  before: { keys: { keyId: string }[] } | undefined,
  after: object,
): Promise<void> {
  const command = new PutCommand({
    TableName: name,
    Item: { ...after, ...key },
    ...(before
      ? {
          ConditionExpression: '#keys[0].keyId = :newest',
          ExpressionAttributeNames: { '#keys': 'keys' },
          ExpressionAttributeValues: { ':newest': before.keys[0]?.keyId },
        }
      : { ConditionExpression: 'attribute_not_exists(pk)' }),
  });
  await client.send(command).catch((error) => {
    throw error instanceof ConditionalCheckFailedException
      ? new CommandFailed('The keys were changed meanwhile. Run the command again.', exitCodes.unavailable)
      : error;
  });
}
