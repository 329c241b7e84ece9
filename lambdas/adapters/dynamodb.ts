/** What every access to the table shares: the client, whole batch reads, and items that are understood or refused. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type * as z from 'zod/mini';
import { Unavailable } from '../core/ports.ts';

export type Table = { client: DynamoDBDocumentClient; name: string };
export type Item = Record<string, unknown>;

/** One client per function environment: short timeouts, because a caller waits. */
export function tableClient(): DynamoDBDocumentClient {
  const client = new DynamoDBClient({
    maxAttempts: 3,
    requestHandler: { requestTimeout: 2000, connectionTimeout: 1000, throwOnRequestTimeout: true },
  });
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

const batchReads = 3;

/**
 * Reads these items, strongly consistent, in one call. Asks again for what a batch read left out: a user that was not read
 * is never taken for a new one.
 */
export async function readItems({ client, name }: Table, keys: Item[]): Promise<Item[]> {
  const items: Item[] = [];
  let wanted = keys;
  for (let read = 0; read < batchReads && wanted.length > 0; read += 1) {
    const RequestItems = { [name]: { Keys: wanted, ConsistentRead: true } };
    const answer = await unlessDown(
      client.send(new BatchGetCommand({ RequestItems })),
      'the items could not be read',
    );
    items.push(...(answer.Responses?.[name] ?? []));
    wanted = answer.UnprocessedKeys?.[name]?.Keys ?? [];
  }
  if (wanted.length > 0) {
    throw new Unavailable('a batch read stayed incomplete');
  }
  return items;
}

/** Fails closed: an item of another shape, or of a newer schema, is never read as "two-factor off". */
export function parseItem<S extends z.ZodMiniType>(
  schema: S,
  { pk: _pk, sk: _sk, ...item }: Item,
): z.infer<S> {
  const parsed = schema.safeParse(item);
  if (!parsed.success) {
    const where = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
    throw new Unavailable(`an item is unreadable at ${where}`, { integrity: true });
  }
  return parsed.data;
}

export async function unlessDown<T>(call: Promise<T>, reason: string): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    throw new Unavailable(reason, { cause });
  }
}
