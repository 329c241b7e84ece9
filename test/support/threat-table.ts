/** The table as somebody with a dump, a backup or a bug sees it: raw items, past every flow. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { newAccount, type UserRef } from '../../lambdas/core/state/item.ts';
import { defaultPolicy, type Policy } from '../../lambdas/core/state/policy.ts';
import { type Deployment, tableName } from './deployment.ts';

// biome-ignore lint/suspicious/noExplicitAny: items of any shape, broken ones too
export type Item = Record<string, any>;

export const userPk = ({ accountId, userId }: UserRef) => `user#${accountId}#${userId}`;

export function rawTable({ dynamodb }: Pick<Deployment, 'dynamodb'>) {
  const client = DynamoDBDocumentClient.from(
    new DynamoDBClient({
      endpoint: dynamodb.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    }),
    { marshallOptions: { removeUndefinedValues: true } },
  );
  const item = async (pk: string): Promise<Item> =>
    (
      await client.send(
        new GetCommand({ TableName: tableName, Key: { pk, sk: 'state' }, ConsistentRead: true }),
      )
    ).Item ?? {};
  const get = async (Key: Item): Promise<Item | undefined> =>
    (await client.send(new GetCommand({ TableName: tableName, Key, ConsistentRead: true }))).Item;
  const put = (Item: Item) => client.send(new PutCommand({ TableName: tableName, Item }));
  return {
    item,
    get,
    put,
    /** A user's item, with the lists that are not stored while they are empty. */
    user: async (ref: UserRef): Promise<Item> => {
      const stored = await item(userPk(ref));
      const empty = { trustedDevices: [], codesSentAtMs: [], outbox: [], challenges: {} };
      return Object.keys(stored).length > 0 ? { ...empty, ...stored } : stored;
    },
    /** Replaces attributes of a user's item; the rest stays as it is. */
    changeUser: async (ref: UserRef, change: (user: Item) => Item) => {
      await put(change(structuredClone(await item(userPk(ref)))));
    },
    setPolicy: (accountId: string, policy: Partial<Policy>, more: Item = {}) =>
      put({
        pk: `account#${accountId}`,
        sk: 'state',
        ...newAccount(accountId),
        writeId: 'test',
        policy: { ...defaultPolicy, ...policy },
        ...more,
      }),
    items: async (): Promise<Item[]> => {
      const all: Item[] = [];
      let from: Item | undefined;
      do {
        const page = await client.send(
          new ScanCommand({ TableName: tableName, ConsistentRead: true, ExclusiveStartKey: from }),
        );
        all.push(...(page.Items ?? []));
        from = page.LastEvaluatedKey;
      } while (from);
      return all;
    },
  };
}
export type RawTable = ReturnType<typeof rawTable>;
