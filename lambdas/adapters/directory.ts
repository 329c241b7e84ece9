/** What admins look up: users by status and address, events by time, figures, and who else is an admin. */
import { GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { statusOf, type UserStatus } from '../core/desk/list-users.ts';
import type { Directory, Page } from '../core/ports.ts';
import type { User, UserRef } from '../core/state/item.ts';
import { auditRowSchema } from './audit-trail.ts';
import { type Item, parseItem, readItems, type Table, unlessDown } from './dynamodb.ts';
import {
  adminKey,
  adminRows,
  eventRows,
  eventsListing,
  figuresKey,
  listingIndex,
  membersIndex,
  outboxKey,
  refOfKey,
  userKey,
  usersListing,
} from './keys.ts';
import { userFrom } from './user-item.ts';

const statuses: UserStatus[] = ['disabled', 'enabled'];
const listKey = z.string().check(z.minLength(1));
const userPosition = z.tuple([z.string(), listKey]);
const eventPosition = z.tuple([z.nullable(z.string()), listKey]);

export function directory(table: Table): Directory {
  return {
    users: (accountId, wanted) => listUsers(table, accountId, wanted),
    events: (accountId, wanted) => listEvents(table, accountId, wanted),
    figures: async (accountId) => {
      const get = new GetCommand({ TableName: table.name, Key: figuresKey(accountId) });
      const { Item: item } = await unlessDown(table.client.send(get), 'the figures could not be read');
      return { users: item?.users ?? 0, enrolled: item?.enrolled ?? 0 };
    },
    members: (accountId, wanted) => listMembers(table, accountId, wanted),
    admins: async (accountId) => {
      const rows = await query(table, {
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :admin)',
        ExpressionAttributeValues: { ':pk': adminKey({ accountId, userId: '' }).pk, ':admin': adminRows },
      });
      return rows.map((row) => row.userId as string);
    },
  };
}

/** In the order of their keys, which nothing ever changes: whoever is enabled or renamed meanwhile is met once all the same. */
async function listMembers(
  table: Table,
  accountId: string,
  { limit, cursor }: Parameters<Directory['members']>[1],
): Promise<Page<UserRef>> {
  const listPartition = usersListing(accountId);
  const rows = await query(table, {
    IndexName: membersIndex,
    KeyConditionExpression: 'listPartition = :partition AND pk > :after',
    ExpressionAttributeValues: { ':partition': listPartition, ':after': cursor ?? ' ' },
    Limit: limit,
  });
  const items = rows.flatMap(({ pk }) => {
    const { userId } = refOfKey(pk as string) ?? {};
    return userId === undefined ? [] : [{ accountId, userId }];
  });
  return { items, nextCursor: rows.length < limit ? undefined : (rows.at(-1)?.pk as string) };
}

type Wanted = Parameters<Directory['users']>[1];

/**
 * Walks the statuses one after the other; the index finds, the items themselves tell, so that a page never shows what has
 * changed since. `undefined` for a malformed cursor, or one of another list.
 */
async function listUsers(table: Table, accountId: string, wanted: Wanted): Promise<Page<User> | undefined> {
  const walked = wanted.status ? [wanted.status] : statuses;
  const prefixes = walked.map((status) => `${status}#${wanted.email ?? ''}`);
  const position = readCursor(userPosition, wanted.cursor);
  const reached = position ? prefixes.findIndex((prefix) => position[1].startsWith(prefix)) : 0;
  if (reached < 0 || (wanted.cursor !== undefined && !position)) {
    return undefined;
  }
  const keys: Item[] = [];
  for (const prefix of prefixes.slice(reached)) {
    const start = prefix === prefixes[reached] ? position : undefined;
    keys.push(...(await userKeys(table, accountId, prefix, wanted.limit + 1 - keys.length, start)));
    if (keys.length > wanted.limit) {
      break;
    }
  }
  const page = keys.slice(0, wanted.limit);
  const items = await readItems(
    table,
    page.map(({ pk, sk }) => ({ pk, sk })),
  );
  const found = page.flatMap(({ pk }) => {
    const item = items.find((one) => one.pk === pk);
    return item ? userFrom(item, refOfKey(pk as string) as UserRef) : [];
  });
  const last = keys.length > wanted.limit ? page.at(-1) : undefined;
  return {
    items: found.filter((user) => !wanted.status || statusOf(user) === wanted.status),
    nextCursor: last && writeCursor([refOfKey(last.pk as string)?.userId, last.listKey]),
  };
}

function userKeys(
  table: Table,
  accountId: string,
  prefix: string,
  limit: number,
  start?: z.infer<typeof userPosition>,
) {
  const listPartition = usersListing(accountId);
  const startKey = (userId: string) => ({ ...userKey({ accountId, userId }), listPartition });
  return query(table, {
    IndexName: listingIndex,
    KeyConditionExpression: 'listPartition = :partition AND begins_with(listKey, :prefix)',
    ExpressionAttributeValues: { ':partition': listPartition, ':prefix': prefix },
    Limit: limit,
    ...(start ? { ExclusiveStartKey: { ...startKey(start[0]), listKey: start[1] } } : {}),
  });
}

/** One user's rows lie together; an account's are found by the index. Newest first. */
async function listEvents(
  table: Table,
  accountId: string,
  { userId, limit, cursor }: Parameters<Directory['events']>[1],
): Promise<Page<z.infer<typeof auditRowSchema>> | undefined> {
  const position = readCursor(eventPosition, cursor);
  const [ofUser, listKey] = position ?? [];
  const elsewhere = position && userId !== undefined && ofUser !== userId;
  if (elsewhere || (cursor !== undefined && !position)) {
    return undefined;
  }
  const listPartition = eventsListing(accountId);
  const start = {
    pk: outboxKey({ accountId, userId: ofUser ?? undefined }).pk,
    sk: `${eventRows}${listKey}`,
  };
  const rows = await query(table, {
    ...(userId === undefined
      ? {
          IndexName: listingIndex,
          KeyConditionExpression: 'listPartition = :partition',
          ExpressionAttributeValues: { ':partition': listPartition },
        }
      : {
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :event)',
          ExpressionAttributeValues: { ':pk': userKey({ accountId, userId }).pk, ':event': eventRows },
        }),
    ScanIndexForward: false,
    Limit: limit + 1,
    ...(position
      ? { ExclusiveStartKey: userId === undefined ? { ...start, listPartition, listKey } : start }
      : {}),
  });
  const page = rows.slice(0, limit);
  const items =
    userId === undefined
      ? await readItems(
          table,
          page.map((row) => ({ pk: row.pk, sk: row.sk })),
        )
      : page;
  const bySk = new Map(items.map((item) => [item.sk, parseItem(auditRowSchema, item)]));
  const last = rows.length > limit ? page.at(-1) : undefined;
  return {
    items: page.flatMap((row) => bySk.get(row.sk) ?? []),
    nextCursor: last && writeCursor([refOfKey(last.pk as string)?.userId ?? null, last.listKey]),
  };
}

async function query({ client, name }: Table, input: Item): Promise<Item[]> {
  const command = new QueryCommand({ TableName: name, ...input });
  return (await unlessDown(client.send(command), 'the list could not be read')).Items ?? [];
}

/** A cursor is a place in a list, not a right: account and keys are made of the caller's token. */
const writeCursor = (position: unknown[]): string =>
  Buffer.from(JSON.stringify(position)).toString('base64url');

function readCursor<S extends z.ZodMiniType>(schema: S, cursor: string | undefined): z.infer<S> | undefined {
  try {
    return cursor === undefined
      ? undefined
      : schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    return undefined;
  }
}
