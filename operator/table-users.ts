/** Users as the table has them, read with the operator's rights. */
import { paginateScan } from '@aws-sdk/lib-dynamodb';
import { directory } from '../lambdas/adapters/directory.ts';
import { readItems, type Table } from '../lambdas/adapters/dynamodb.ts';
import { refOfKey, stateKey, userKey } from '../lambdas/adapters/keys.ts';
import { userFrom } from '../lambdas/adapters/user-item.ts';
import type { User, UserRef } from '../lambdas/core/state/item.ts';

const perRead = 100;

/** All users of one account, found by its index and read whole. */
export async function* usersOf(table: Table, accountId: string): AsyncGenerator<User> {
  const { members } = directory(table);
  let cursor: string | undefined;
  do {
    const page = await members(accountId, { limit: perRead, cursor });
    const items = page.items.length > 0 ? await readItems(table, page.items.map(userKey)) : [];
    for (const item of items) {
      yield userFrom(item, refOfKey(String(item.pk)) as UserRef);
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

/** The state items of every user and account, in the order of the table. Reads the whole table. */
export async function* stateItems({ client, name }: Table): AsyncGenerator<Record<string, unknown>> {
  const input = {
    TableName: name,
    ConsistentRead: true,
    FilterExpression: 'sk = :state AND (begins_with(pk, :user) OR begins_with(pk, :account))',
    ExpressionAttributeValues: { ':state': stateKey, ':user': 'user#', ':account': 'account#' },
  };
  for await (const { Items = [] } of paginateScan({ client }, input)) {
    yield* Items;
  }
}

/** As they come, at most `size` at a time. */
export async function* inGroups<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let group: T[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length === size) {
      yield group;
      group = [];
    }
  }
  if (group.length > 0) {
    yield group;
  }
}
