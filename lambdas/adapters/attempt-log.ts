/** Rows of attempts: a partition for each person, listed by account and time like the changes. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { BatchWriteCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { AttemptLog } from '../core/ports.ts';
import { attemptSchema, type StoredAttempt, type UserRef } from '../core/state/item.ts';
import { listKeyOf, rowOf } from './audit-trail.ts';
import { type Item, readItems, type Table, unlessDown } from './dynamodb.ts';
import { attemptKey, attemptsListing, attemptsPk, eventRows, userKey } from './keys.ts';

/** `days`: how long a row is kept. */
export function attemptLog(table: Table, days: number): AttemptLog {
  return {
    knownSince: async (refs) => {
      const keys = new Map(refs.map((ref) => [userKey(ref).pk, userKey(ref)]));
      const items = await readItems(table, [...keys.values()]);
      const since = new Map(items.map(({ pk, createdAtMs = 0 }) => [pk, createdAtMs as number]));
      return refs.map((ref) => since.get(userKey(ref).pk));
    },
    record: async (ref, attempt) => {
      const row = {
        ...attemptKey(ref, attempt.atMs, attempt.id),
        ...rowOf(attempt, days),
        userId: ref.userId,
        listPartition: attemptsListing(ref.accountId),
        listKey: listKeyOf(attempt),
      };
      const put = new PutCommand({ TableName: table.name, Item: row });
      await unlessDown(table.client.send(put), 'the attempt could not be recorded');
    },
    erase: (ref, beforeMs) => eraseAttempts(table, ref, beforeMs),
  };
}

/** No time of an event is later. */
const lastMs = Date.UTC(9999, 11, 31);

/** Deletes the rows of a person's attempts, of those before `beforeMs` where it is given, as many at a time as a batch takes. */
export async function eraseAttempts(table: Table, ref: UserRef, beforeMs = lastMs): Promise<void> {
  const before = `${eventRows}${new Date(Math.min(beforeMs, lastMs)).toISOString()}`;
  await eraseWhere(table, {
    KeyConditionExpression: 'pk = :pk AND sk < :before',
    ExpressionAttributeValues: { ':pk': attemptsPk(ref), ':before': before },
  });
}

/** Deletes every row that a query finds, 25 at a time: what one batch write takes. */
export async function eraseWhere({ client, name }: Table, where: Item): Promise<void> {
  for (;;) {
    const query = new QueryCommand({
      TableName: name,
      ...where,
      ProjectionExpression: 'pk, sk',
      ConsistentRead: true,
      Limit: 25,
    });
    const { Items: rows = [] } = await unlessDown(client.send(query), 'the rows could not be read');
    if (rows.length === 0) {
      return;
    }
    const RequestItems = { [name]: rows.map(({ pk, sk }) => ({ DeleteRequest: { Key: { pk, sk } } })) };
    await unlessDown(client.send(new BatchWriteCommand({ RequestItems })), 'the rows could not be deleted');
  }
}

/** The attempt that an item of the stream was written by; undefined for one that nobody can read. */
export function attemptOfImage(image: object): StoredAttempt | undefined {
  const { attempt } = unmarshall(image as Record<string, AttributeValue>);
  return attemptSchema.safeParse(attempt).data;
}
