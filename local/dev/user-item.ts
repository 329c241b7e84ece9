/** How large a user's item is, and how often it was written. What is in it stays there. */
import type { Item } from '../engines/changes.ts';
import type { DynamoDb } from '../engines/dynamodb.ts';

type Value = { S?: string; N?: string; B?: string; L?: Value[]; M?: Record<string, Value> };

/** The size in bytes by DynamoDB's rules, and the item's revision; undefined for a user without an item. */
export type UserItem = (
  accountId: string,
  userId: string,
) => Promise<{ bytes: number; rev: number } | undefined>;

/** Looks users up in this table. */
export function userItemIn(dynamodb: Pick<DynamoDb, 'item'>, table: string): UserItem {
  return async (accountId, userId) => {
    const keys: Item = { pk: { S: `user#${accountId}#${userId}` }, sk: { S: 'state' } };
    const item = (await dynamodb.item(table, keys)) as Record<string, Value> | undefined;
    return item && { bytes: bytesOfMap(item), rev: Number(item.rev?.N) };
  };
}

/** "Item sizes and formats" in DynamoDB's developer guide. */
const bytesOfMap = (item: Record<string, Value>): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + bytesOf(value), 0);

function bytesOf({ S, N, B, L, M }: Value): number {
  if (S !== undefined) {
    return Buffer.byteLength(S);
  }
  if (N !== undefined) {
    return Math.ceil(N.replace(/\D/g, '').length / 2) + 1 + (N.startsWith('-') ? 1 : 0);
  }
  if (B !== undefined) {
    return Buffer.from(B, 'base64').length;
  }
  if (L !== undefined) {
    return 3 + L.reduce((sum, one) => sum + 1 + bytesOf(one), 0);
  }
  return M === undefined ? 1 : 3 + Object.keys(M).length + bytesOfMap(M);
}
