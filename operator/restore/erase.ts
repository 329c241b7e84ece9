/** Erasing from a table that no function uses: at once, and as often as it is asked for. */
import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import type { Table } from '../../lambdas/adapters/dynamodb.ts';
import { accountKey, figuresKey, userKey } from '../../lambdas/adapters/keys.ts';
import { ledger } from '../../lambdas/adapters/ledger.ts';
import { userStore } from '../../lambdas/adapters/user-store.ts';
import { usersOf } from '../table-users.ts';

/** Somebody who was erased; without `userId` a whole account. */
export type Erasure = { accountId: string; userId?: string | undefined };

/** All that the table holds of a person, or of every person of an account and the account itself. */
export async function erase(table: Table, { accountId, userId }: Erasure): Promise<void> {
  if (userId !== undefined) {
    const ref = { accountId, userId };
    await userStore(table).eraseRows(ref);
    await ledger(table).setAdmin(ref, false);
    await table.client.send(new DeleteCommand({ TableName: table.name, Key: userKey(ref) }));
    return;
  }
  for await (const user of usersOf(table, accountId)) {
    await erase(table, user);
  }
  for (const Key of [accountKey(accountId), figuresKey(accountId)]) {
    await table.client.send(new DeleteCommand({ TableName: table.name, Key }));
  }
}
