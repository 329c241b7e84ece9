/** Erasing from a table that no function uses: at once, and as often as it is asked for. */
import { randomBytes } from 'node:crypto';
import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import type { Table } from '../../lambdas/adapters/dynamodb.ts';
import { userKey } from '../../lambdas/adapters/keys.ts';
import { ledger } from '../../lambdas/adapters/ledger.ts';
import { userStore } from '../../lambdas/adapters/user-store.ts';
import type { Context } from '../../lambdas/core/decision.ts';
import { erasedAccount } from '../../lambdas/core/profile/close-account.ts';
import { usersOf } from '../table-users.ts';

/** Somebody who was erased; without `userId` a whole account. */
export type Erasure = { accountId: string; userId?: string | undefined };

const randomId: Context['newId'] = (prefix) => `${prefix}_${randomBytes(12).toString('base64url')}`;

/** All that the table holds of a person, or of every person of an account and the account itself, which stays closed. */
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
  const store = userStore(table);
  await store.eraseAccountRows(accountId);
  const context: Context = { nowMs: Date.now(), newId: randomId, actor: { kind: 'operator' } };
  const account = await store.loadAccount(accountId);
  if (
    account.erasedAtMs === undefined &&
    (await store.saveAccount(erasedAccount(account, context))) !== 'saved'
  ) {
    throw new Error(`${accountId} is in use`);
  }
}
