/** What admins look up: users by status and address, events by time, figures, and who else is an admin. */
import { createHash } from 'node:crypto';
import { GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { isMarked, statusOf, type UserStatus } from '../core/desk/list-users.ts';
import { isAttempt } from '../core/notices/attempts.ts';
import type { Directory, OutboxRef, Page } from '../core/ports.ts';
import type { User, UserRef } from '../core/state/item.ts';
import { auditRowSchema } from './audit-trail.ts';
import { type Item, parseItem, readItems, type Table, unlessDown } from './dynamodb.ts';
import {
  adminKey,
  adminRows,
  attemptsListing,
  attemptsPk,
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
/** Whose row was met last, its place in the list, and the filters that the list has. */
const position = z.tuple([z.nullable(z.string()), listKey, z.string()]);
type Position = z.infer<typeof position>;

/** A page of a filtered list reads at most this many rows in so many steps: the rest is the next page's. */
const filteredStep = 100;
const steps = 10;

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
 *
 * The index knows nothing of locks and exemptions: a page of these reads up to 1,000 users, about 1,000 read units.
 */
async function listUsers(table: Table, accountId: string, wanted: Wanted): Promise<Page<User> | undefined> {
  const walked = wanted.status ? [wanted.status] : statuses;
  const prefixes = walked.map((status) => `${status}#${wanted.email ?? ''}`);
  const start = readCursor(wanted.cursor, wanted.marked?.as ?? '');
  const reached = (at?: Position) => (at ? prefixes.findIndex((prefix) => at[1].startsWith(prefix)) : 0);
  if (start === 'none' || reached(start) < 0) {
    return undefined;
  }
  const fits = (user: User) =>
    (!wanted.status || statusOf(user) === wanted.status) && (!wanted.marked || isMarked(user, wanted.marked));
  return filled(wanted.limit, wanted.marked !== undefined, start, async (after, count) => {
    const keys: Item[] = [];
    for (const prefix of prefixes.slice(reached(after))) {
      const within = after?.[1].startsWith(prefix) ? after : undefined;
      keys.push(...(await userKeys(table, accountId, prefix, count + 1 - keys.length, within)));
      if (keys.length > count) {
        break;
      }
    }
    const found = await readRows(table, keys.slice(0, count), 'pk');
    return keys.map(({ pk, listKey }) => {
      const ref = refOfKey(pk as string) as UserRef;
      const item = found.get(pk);
      const user = item && userFrom(item, ref);
      return {
        at: [ref.userId, listKey as string, wanted.marked?.as ?? ''],
        item: user && fits(user) ? user : undefined,
      };
    });
  });
}

function userKeys(table: Table, accountId: string, prefix: string, limit: number, start?: Position) {
  const listPartition = usersListing(accountId);
  const startKey = (userId: string) => ({ ...userKey({ accountId, userId }), listPartition });
  return query(table, {
    IndexName: listingIndex,
    KeyConditionExpression: 'listPartition = :partition AND begins_with(listKey, :prefix)',
    ExpressionAttributeValues: { ':partition': listPartition, ':prefix': prefix },
    Limit: limit,
    ...(start ? { ExclusiveStartKey: { ...startKey(start[0] ?? ''), listKey: start[1] } } : {}),
  });
}

type Met<T> = { at: Position; item: T | undefined };

/**
 * The next page of a list. `read` answers with up to `count` rows after a place, and with one more where there are more; a
 * row whose item has gone or does not fit has none. Stops at a full page, at the end, or after so many steps.
 */
async function filled<T>(
  limit: number,
  filtered: boolean,
  start: Position | undefined,
  read: (after: Position | undefined, count: number) => Promise<Met<T>[]>,
): Promise<Page<T>> {
  const count = filtered ? filteredStep : limit;
  const items: T[] = [];
  let at = start;
  for (let step = 0; step < (filtered ? steps : 1); step += 1) {
    const rows = await read(at, count);
    for (const [index, row] of rows.slice(0, count).entries()) {
      at = row.at;
      items.push(...(row.item === undefined ? [] : [row.item]));
      if (items.length === limit) {
        return { items, nextCursor: index + 1 < rows.length ? writeCursor(at) : undefined };
      }
    }
    if (rows.length <= count) {
      return { items, nextCursor: undefined };
    }
  }
  return { items, nextCursor: at && writeCursor(at) };
}

type WantedEvents = Parameters<Directory['events']>[1];
type AuditRow = z.infer<typeof auditRowSchema>;

const lastMs = Date.UTC(9999, 11, 31);
const iso = (atMs: number): string => new Date(Math.min(Math.max(atMs, 0), lastMs)).toISOString();

/** Changes and attempts lie apart: a list of both reads the two side by side. */
const kinds = {
  change: { listing: eventsListing, rowsOf: (ref: OutboxRef) => outboxKey(ref).pk },
  attempt: {
    listing: attemptsListing,
    rowsOf: ({ accountId, userId = '' }: OutboxRef) => attemptsPk({ accountId, userId }),
  },
};
type Kind = keyof typeof kinds;
const kindsOf = (type: string | undefined): Kind[] =>
  type === undefined ? ['change', 'attempt'] : [isAttempt(type) ? 'attempt' : 'change'];

/**
 * One user's rows lie together, in a partition for each kind; an account's are found by the index, which holds keys alone.
 * Newest first. A row's key begins with its time: the bounds are of the key, and `between` leaves out the rows of the
 * upper one, whose keys are longer.
 */
async function listEvents(
  table: Table,
  accountId: string,
  wanted: WantedEvents,
): Promise<Page<AuditRow> | undefined> {
  const { userId, type, fromMs = 0, toMs = lastMs, limit, cursor } = wanted;
  const filters = hashed([userId, type, wanted.fromMs, wanted.toMs]);
  const [from, to] = [iso(fromMs), iso(toMs)];
  const start = readCursor(cursor, filters);
  if (start === 'none' || (start && (start[1] < from || start[1] > to))) {
    return undefined;
  }
  if (from >= to) {
    return { items: [], nextCursor: undefined };
  }
  return filled(limit, type !== undefined, start, async (after, count) => {
    const stretch = { from, to, after, limit: count + 1 };
    const rows = await rowsOfKinds(table, { accountId, userId }, kindsOf(type), stretch);
    const page = rows.slice(0, count);
    const items =
      userId === undefined ? await readRows(table, page, 'sk') : new Map(page.map((row) => [row.sk, row]));
    return rows.map(({ pk, sk, listKey }) => {
      const item = items.get(sk);
      const row = item && parseItem(auditRowSchema, item);
      return {
        at: [refOfKey(pk as string)?.userId ?? null, listKey as string, filters],
        item: type === undefined || row?.type === type ? row : undefined,
      };
    });
  });
}

/** The items of these rows, by a part of their key that tells them apart. */
async function readRows(table: Table, rows: Item[], by: 'pk' | 'sk'): Promise<Map<unknown, Item>> {
  const keys = rows.map(({ pk, sk }) => ({ pk, sk }));
  return new Map((await readItems(table, keys)).map((item) => [item[by], item]));
}

type Stretch = { from: string; to: string; after: Position | undefined; limit: number };

/** The next rows of these kinds together, newest first. A place in one kind is a place in the other: its time and id tell. */
async function rowsOfKinds(table: Table, ref: OutboxRef, of: Kind[], stretch: Stretch): Promise<Item[]> {
  const rows = await Promise.all(of.map((kind) => eventRowsOf(table, ref, kind, stretch)));
  const newestFirst = (one: Item, other: Item) =>
    (one.listKey as string) < (other.listKey as string) ? 1 : -1;
  return rows.flat().sort(newestFirst).slice(0, stretch.limit);
}

function eventRowsOf(
  table: Table,
  { accountId, userId }: OutboxRef,
  kind: Kind,
  { from, to, after, limit }: Stretch,
): Promise<Item[]> {
  const { listing, rowsOf } = kinds[kind];
  const listPartition = listing(accountId);
  const [ofUser, listKey] = after ?? [];
  const start = {
    pk: rowsOf({ accountId, userId: ofUser ?? undefined }),
    sk: `${eventRows}${listKey}`,
    ...(userId === undefined ? { listPartition, listKey } : {}),
  };
  const values =
    userId === undefined
      ? { ':partition': listPartition, ':from': from, ':to': to }
      : {
          ':partition': rowsOf({ accountId, userId }),
          ':from': `${eventRows}${from}`,
          ':to': `${eventRows}${to}`,
        };
  return query(table, {
    ...(userId === undefined
      ? {
          IndexName: listingIndex,
          KeyConditionExpression: 'listPartition = :partition AND listKey BETWEEN :from AND :to',
        }
      : { KeyConditionExpression: 'pk = :partition AND sk BETWEEN :from AND :to' }),
    ExpressionAttributeValues: values,
    ScanIndexForward: false,
    Limit: limit,
    ...(after ? { ExclusiveStartKey: start } : {}),
  });
}

async function query({ client, name }: Table, input: Item): Promise<Item[]> {
  const command = new QueryCommand({ TableName: name, ...input });
  return (await unlessDown(client.send(command), 'the list could not be read')).Items ?? [];
}

/** Filters as a cursor holds them: short, whatever ids are among them. */
const hashed = (filters: unknown[]): string =>
  createHash('sha256').update(JSON.stringify(filters)).digest('base64url').slice(0, 12);

/** A cursor is a place in a list, not a right: account and keys are made of the caller's token. */
const writeCursor = (at: Position): string => Buffer.from(JSON.stringify(at)).toString('base64url');

/** The place that a cursor names; `none` where it is no cursor of a list with these filters. */
function readCursor(cursor: string | undefined, filters: string): Position | 'none' | undefined {
  if (cursor === undefined) {
    return undefined;
  }
  try {
    const read = position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    return read[2] === filters ? read : 'none';
  } catch {
    return 'none';
  }
}
