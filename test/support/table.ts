/** The table behind the functions, for tests that look at what is stored or store what no route writes. */
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { accountKey, userKey } from '../../lambdas/adapters/keys.ts';
import { userFrom } from '../../lambdas/adapters/user-item.ts';
import { type Account, newAccount, type User, type UserRef } from '../../lambdas/core/state/item.ts';
import { defaultPolicy, type Policy } from '../../lambdas/core/state/policy.ts';
import { type Deployment, tableName as TableName } from './deployment.ts';

type Store = Pick<Deployment, 'dynamodb'>;

const clientOf = ({ dynamodb }: Store) => new DynamoDBClient({ endpoint: dynamodb.endpoint });
const documentsOf = (store: Store) =>
  DynamoDBDocumentClient.from(clientOf(store), { marshallOptions: { removeUndefinedValues: true } });

const storedItem = async (store: Store, ref: UserRef) =>
  (await documentsOf(store).send(new GetCommand({ TableName, Key: userKey(ref) }))).Item;

/** The user as stored, or undefined. */
export async function userItem(store: Store, ref: UserRef): Promise<User | undefined> {
  const item = await storedItem(store, ref);
  return item && userFrom(item, ref);
}

/** The account's item as it is stored, or undefined. */
export async function accountItem(store: Store, accountId: string): Promise<Account | undefined> {
  const got = await documentsOf(store).send(new GetCommand({ TableName, Key: accountKey(accountId) }));
  return got.Item as Account | undefined;
}

/** The user's item in DynamoDB's own attribute values. */
export async function rawUserItem(store: Store, ref: UserRef) {
  const { pk, sk } = userKey(ref);
  const got = await clientOf(store).send(
    new GetItemCommand({ TableName, Key: { pk: { S: pk }, sk: { S: sk } } }),
  );
  return got.Item ?? {};
}

/** Writes the user's item with these attributes replaced; undefined removes one. */
export async function changeUserItem(store: Store, ref: UserRef, changes: Partial<User>): Promise<void> {
  const Item = { ...(await storedItem(store, ref)), ...changes };
  await documentsOf(store).send(new PutCommand({ TableName, Item }));
}

/** Gives an account a policy, and whatever else its item holds, without asking a route. */
export async function setPolicy(
  store: Store,
  accountId: string,
  policy: Partial<Policy>,
  more: Partial<Account> = {},
): Promise<void> {
  const account = { ...newAccount(accountId), writeId: 'test', ...more };
  const Item = { ...account, ...accountKey(accountId), policy: { ...defaultPolicy, ...policy } };
  await documentsOf(store).send(new PutCommand({ TableName, Item }));
}

/** The audit rows about a user, oldest first. */
export async function auditRows(store: Store, ref: UserRef): Promise<Record<string, unknown>[]> {
  const { pk } = userKey(ref);
  const query = new QueryCommand({
    TableName,
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :event)',
    ExpressionAttributeValues: { ':pk': pk, ':event': 'event#' },
  });
  return (await documentsOf(store).send(query)).Items ?? [];
}
