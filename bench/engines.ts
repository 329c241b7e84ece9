/** The engines of one Countersign contestant, in a process of their own: a table, KMS, and how much CPU they used. */
import { BatchWriteItemCommand, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { startDynamoDb } from '../local/engines/dynamodb.ts';
import { startKms } from '../local/engines/kms.ts';
import { itemBytes as bytesOfItem } from '../test/support/item-bytes.ts';

export const tableName = 'countersign-bench';

const key = (AttributeName: string, AttributeType = 'S') => ({ AttributeName, AttributeType });
const dynamodb = await startDynamoDb();
const kms = await startKms();
await dynamodb.createTable({
  TableName: tableName,
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [key('pk'), key('sk')],
} as never);
const vault = kms.createKey({});
const signing = kms.createKey({ keySpec: 'RSA_2048', keyUsage: 'SIGN_VERIFY' });
const client = new DynamoDBClient({
  endpoint: dynamodb.endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
});

/** Other people's items, of the size of a user with an authenticator and recovery codes. */
async function fill(users: number): Promise<void> {
  const filling = { B: new Uint8Array(700) };
  for (let at = 0; at < users; at += 25) {
    const RequestItems = {
      [tableName]: Array.from({ length: Math.min(25, users - at) }, (_, n) => ({
        PutRequest: { Item: { pk: { S: `user#other#${at + n}` }, sk: { S: 'state' }, filling } },
      })),
    };
    await client.send(new BatchWriteItemCommand({ RequestItems }));
  }
}

async function itemBytes(userId: string): Promise<number> {
  const Key = { pk: { S: `user#bench#${userId}` }, sk: { S: 'state' } };
  const { Item } = await client.send(new GetItemCommand({ TableName: tableName, Key }));
  return bytesOfItem(Item ?? {});
}

process.on('message', async (asked: { fill?: number; itemOf?: string }) => {
  if (asked.fill !== undefined) {
    await fill(asked.fill);
  }
  const { user, system } = process.cpuUsage();
  const bytes = asked.itemOf === undefined ? 0 : await itemBytes(asked.itemOf);
  process.send?.({ cpuMs: (user + system) / 1000, bytes });
});
process.send?.({
  AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
  AWS_ENDPOINT_URL_KMS: kms.endpoint,
  VAULT_KEY_ARN: vault.arn,
  SIGNING_KEY_ARNS: signing.arn,
  TABLE_NAME: tableName,
});
