/** The table: users, accounts, audit rows and the index of what is due. */
import { randomUUID } from 'node:crypto';
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  BatchWriteCommand,
  DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import type * as z from 'zod/mini';
import { limits } from '../core/limits.ts';
import { nextDueMs } from '../core/outbox.ts';
import { type AuditTrail, type OutboxFinder, Unavailable, type UserStore } from '../core/ports.ts';
import {
  accountSchema,
  type Loaded,
  newAccount,
  type User,
  type UserRef,
  userSchema,
} from '../core/state.ts';
import {
  accountKey,
  dueIndex,
  duePartitionOf,
  duePartitions,
  eventKey,
  refOfKey,
  stateKey,
  userKey,
} from './keys.ts';

/** One client per function environment: short timeouts, because a caller waits. */
export function tableClient(): DynamoDBDocumentClient {
  const client = new DynamoDBClient({
    maxAttempts: 3,
    requestHandler: { requestTimeout: 2000, connectionTimeout: 1000, throwOnRequestTimeout: true },
  });
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

/** The one condition of the product: the item is still the one that was read, or still absent. */
const unchanged = {
  known: { ConditionExpression: 'rev = :rev' },
  unknown: { ConditionExpression: 'attribute_not_exists(pk)' },
} as const;

const batchReads = 3;

/**
 * Loads and saves users. A save that fails its condition although this very write was applied (its answer was lost and
 * the SDK asked again) counts as saved: the stored `writeId` tells.
 */
export function userStore(client: DynamoDBDocumentClient, table: string): UserStore {
  const load = async (ref: UserRef): Promise<Loaded> => {
    const items = await readBoth(client, table, ref);
    const user = items.find((item) => item.pk === userKey(ref).pk);
    const account = items.find((item) => item.pk === accountKey(ref.accountId).pk);
    return {
      user: user && parse(userSchema, user),
      account: account ? parse(accountSchema, account) : newAccount(ref.accountId),
    };
  };
  const save = async (user: User) => {
    const writeId = randomUUID();
    const isNew = user.writeId === '';
    const item = { ...user, ...userKey(user), ...dueAttributes(user), rev: user.rev + 1, writeId };
    const values = isNew ? {} : { ExpressionAttributeValues: { ':rev': user.rev } };
    const put = { TableName: table, Item: item, ...values, ...(isNew ? unchanged.unknown : unchanged.known) };
    try {
      await client.send(new PutCommand(put));
      return 'saved';
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) {
        throw new Unavailable('the item could not be saved', { cause: error });
      }
      // A first attempt leaves no doubt: only the SDK's own retry can meet its own write.
      const attempts = (error as { $metadata?: { attempts?: number } }).$metadata?.attempts ?? 1;
      return attempts > 1 && (await load(user)).user?.writeId === writeId ? 'saved' : 'conflict';
    }
  };
  return { load, save, erase: (ref) => erase(client, table, ref) };
}

/** Asks again for what a batch read left out: a user that was not read is never taken for a new one. */
async function readBoth(client: DynamoDBDocumentClient, table: string, ref: UserRef) {
  let keys: Record<string, unknown>[] = [userKey(ref), accountKey(ref.accountId)];
  const items: Record<string, unknown>[] = [];
  for (let read = 0; read < batchReads; read += 1) {
    const RequestItems = { [table]: { Keys: keys, ConsistentRead: true } };
    const answer = await client.send(new BatchGetCommand({ RequestItems })).catch((error) => {
      throw new Unavailable('the items could not be read', { cause: error });
    });
    items.push(...(answer.Responses?.[table] ?? []));
    keys = answer.UnprocessedKeys?.[table]?.Keys ?? [];
    if (keys.length === 0) {
      return items;
    }
  }
  throw new Unavailable('a batch read stayed incomplete');
}

/** Fails closed: an item of another shape, or of a newer schema, is never read as "two-factor off". */
function parse<S extends z.ZodMiniType>(
  schema: S,
  { pk: _pk, sk: _sk, ...item }: Record<string, unknown>,
): z.infer<S> {
  const parsed = schema.safeParse(item);
  if (!parsed.success) {
    const where = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
    throw new Unavailable(`an item is unreadable at ${where}`, { integrity: true });
  }
  return parsed.data;
}

/** In the index while something waits in the outbox, out of it when nothing does. */
function dueAttributes(user: User) {
  const dueAtMs = nextDueMs(user);
  return { dueAtMs, duePartition: dueAtMs === undefined ? undefined : duePartitionOf(user) };
}

async function erase(client: DynamoDBDocumentClient, table: string, ref: UserRef): Promise<void> {
  const { pk } = userKey(ref);
  for (;;) {
    const page = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': pk },
        ProjectionExpression: 'pk, sk',
        ConsistentRead: true,
        Limit: 25,
      }),
    );
    const keys = page.Items ?? [];
    if (keys.length === 0) {
      return;
    }
    // The state goes last, so that an erasure that broke off can be seen and asked for again.
    const rows = keys.filter(({ sk }) => sk !== stateKey);
    const deletes = (rows.length > 0 ? rows : keys).map((Key) => ({ DeleteRequest: { Key } }));
    await client.send(new BatchWriteCommand({ RequestItems: { [table]: deletes } }));
  }
}

/** Audit rows live beside their user, so that erasing the user finds them; DynamoDB deletes them after 400 days. */
export function auditTrail(client: DynamoDBDocumentClient, table: string): AuditTrail {
  return {
    record: async (user, event) => {
      const { tries: _tries, dueAtMs: _dueAtMs, ...row } = event;
      const expiresAtSeconds = Math.floor(event.atMs / 1000) + limits.auditDays * 86_400;
      const Item = { ...eventKey(user, event.atMs, event.id), ...row, userId: user.userId, expiresAtSeconds };
      await client.send(new PutCommand({ TableName: table, Item }));
    },
  };
}

export function outboxFinder(client: DynamoDBDocumentClient, table: string): OutboxFinder {
  return {
    findDue: async (nowMs, limit) => {
      const pages = await Promise.all(
        duePartitions.map((partition) =>
          client.send(
            new QueryCommand({
              TableName: table,
              IndexName: dueIndex,
              KeyConditionExpression: 'duePartition = :partition AND dueAtMs <= :now',
              ExpressionAttributeValues: { ':partition': partition, ':now': nowMs },
              Limit: limit,
            }),
          ),
        ),
      );
      const due = pages.flatMap((page) => page.Items ?? []).sort((one, other) => one.dueAtMs - other.dueAtMs);
      return due.slice(0, limit).flatMap((item) => refOfKey(item.pk) ?? []);
    },
  };
}
