/** Users and accounts: loaded in one read, saved by one conditional write. */
import { randomBytes } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type * as z from 'zod/mini';
import { nextDueMs } from '../core/notices/outbox.ts';
import { AccountClosed, Unavailable, type UserStore } from '../core/ports.ts';
import {
  type Account,
  accountSchema,
  newAccount,
  type Outboxed,
  type User,
  type UserRef,
  userSchema,
} from '../core/state/item.ts';
import { defaultPolicy, type Policy, withLaterFields } from '../core/state/policy.ts';
import { eraseAttempts, eraseWhere } from './attempt-log.ts';
import { type Item, parseItem, readItems, type Table } from './dynamodb.ts';
import { accountKey, duePartitionOf, figuresKey, stateKey, userKey } from './keys.ts';
import { compact, userFrom } from './user-item.ts';

/** The one condition of the product: the item is still the one that was read, or still absent. */
const unchanged = 'rev = :rev';
const absent = 'attribute_not_exists(pk)';

/**
 * `opensClosed`: for whoever works on accounts that are closed; for all others loading one throws `AccountClosed`.
 * `defaults`: the policy of an account that has none, and the fields that a stored one lacks.
 */
export function userStore(table: Table, { opensClosed = true, defaults = defaultPolicy } = {}): UserStore {
  const accountIn = (items: Item[], accountId: string): Account => {
    const account = accountFrom(items, accountId, defaults);
    if (account.closedAtMs !== undefined && !opensClosed) {
      throw new AccountClosed();
    }
    return account;
  };
  return {
    load: async (ref) => {
      const items = await readItems(table, [userKey(ref), accountKey(ref.accountId)]);
      const account = accountIn(items, ref.accountId);
      const item = items.find(({ pk }) => pk === userKey(ref).pk);
      return { user: item && userFrom(item, ref), account };
    },
    save: async (user) => put(table, userKey(user), compact(readable(userSchema, user)), user),
    loadAccount: async (accountId) => accountIn(await readItems(table, [accountKey(accountId)]), accountId),
    saveAccount: async (account) =>
      put(table, accountKey(account.accountId), readable(accountSchema, account), account),
    remove: (user) => remove(table, user),
    eraseRows: (ref) => eraseRows(table, ref),
    eraseAccountRows: (accountId) => eraseAccountRows(table, accountId),
  };
}

/** What could not be read back is not written: one bad value would shut its user, or a whole account, out. */
const readable = <T extends Item>(schema: z.ZodMiniType<T>, item: T): T => parseItem(schema, item) as T;

function accountFrom(items: Item[], accountId: string, defaults: Policy): Account {
  const account = items.find((item) => item.pk === accountKey(accountId).pk);
  return account
    ? parseItem(accountSchema, { ...account, policy: withLaterFields(account.policy, defaults) })
    : newAccount(accountId, defaults);
}

/**
 * Writes a whole item if it is still the one that was read. A write that fails its condition although it was applied (its
 * answer was lost and the SDK asked again) counts as saved: the stored `writeId` tells, or the earlier ones when the
 * courier's claim and its settling came between.
 */
async function put(
  table: Table,
  key: Item,
  stored: Item,
  item: User | Account,
): Promise<'saved' | 'conflict'> {
  // Told apart from this item's own last writes alone, so it can be short: it counts towards every write's size.
  const writeId = randomBytes(6).toString('base64url');
  const isNew = item.writeId === '';
  const earlierWriteIds = [item.writeId, ...(item.earlierWriteIds ?? [])].slice(0, isNew ? 0 : 2);
  const command = new PutCommand({
    TableName: table.name,
    Item: {
      ...stored,
      ...key,
      ...dueAttributes(item),
      rev: item.rev + 1,
      writeId,
      earlierWriteIds,
    },
    ConditionExpression: isNew ? absent : unchanged,
    ...(isNew ? {} : { ExpressionAttributeValues: { ':rev': item.rev } }),
  });
  try {
    await table.client.send(command);
    return 'saved';
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) {
      throw new Unavailable('the item could not be saved', { cause: error });
    }
    // A first attempt leaves no doubt: only the SDK's own retry can meet its own write.
    const attempts = error.$metadata.attempts ?? 1;
    const [found] = attempts > 1 ? await readItems(table, [key]) : [];
    const { earlierWriteIds: before = [] } = (found ?? {}) as Partial<User>;
    return found?.writeId === writeId || before.includes(writeId) ? 'saved' : 'conflict';
  }
}

/** In the index while something waits in the outbox, out of it when nothing does. */
function dueAttributes(item: Outboxed & { accountId: string; userId?: string }) {
  const dueAtMs = nextDueMs(item);
  return { dueAtMs, duePartition: dueAtMs === undefined ? undefined : duePartitionOf(item) };
}

async function remove({ client, name }: Table, user: User): Promise<'removed' | 'conflict'> {
  const command = new DeleteCommand({
    TableName: name,
    Key: userKey(user),
    ConditionExpression: unchanged,
    ExpressionAttributeValues: { ':rev': user.rev },
  });
  try {
    await client.send(command);
    return 'removed';
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) {
      return 'conflict';
    }
    throw new Unavailable('the item could not be deleted', { cause: error });
  }
}

/** Deletes every row about the user but the state. */
async function eraseRows(table: Table, ref: UserRef): Promise<void> {
  await eraseWhere(table, {
    KeyConditionExpression: 'pk = :pk AND sk < :state',
    ExpressionAttributeValues: { ':pk': userKey(ref).pk, ':state': stateKey },
  });
  await eraseAttempts(table, ref);
}

/** Its events, and its figures with the list of its admins. */
async function eraseAccountRows(table: Table, accountId: string): Promise<void> {
  await eraseWhere(table, {
    KeyConditionExpression: 'pk = :pk AND sk < :state',
    ExpressionAttributeValues: { ':pk': accountKey(accountId).pk, ':state': stateKey },
  });
  await eraseWhere(table, {
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': figuresKey(accountId).pk },
  });
}
