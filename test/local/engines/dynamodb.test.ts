import {
  BatchGetItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, test as it } from 'vitest';
import { type DynamoDb, startDynamoDb } from '../../../local/engines/dynamodb.ts';
import type { Access } from '../../../local/engines/front.ts';

const definition = {
  TableName: 'states',
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
    { AttributeName: 'duePartition', AttributeType: 'S' },
    { AttributeName: 'dueAtMs', AttributeType: 'N' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'due',
      KeySchema: [
        { AttributeName: 'duePartition', KeyType: 'HASH' },
        { AttributeName: 'dueAtMs', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ],
};
const itemOf = (pk: string) => ({
  pk: { S: pk },
  sk: { S: 'state' },
  duePartition: { S: '0' },
  dueAtMs: { N: '5' },
});

let engine: DynamoDb;
let client: DynamoDBClient;
let asked: Access[] = [];
let refuse = false;
const written: string[] = [];

beforeAll(async () => {
  engine = await startDynamoDb({
    onWrite: (operation) => written.push(operation),
    allow: (access) => {
      asked.push(access);
      return !refuse;
    },
  });
  await engine.createTable(definition);
  client = new DynamoDBClient({
    endpoint: engine.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'courier', secretAccessKey: 'unused' },
    maxAttempts: 1,
  });
});
afterAll(() => engine.close());
afterEach(() => {
  engine.clearFaults();
  engine.requests.length = 0;
  asked = [];
  refuse = false;
});

describe('the local DynamoDB', () => {
  it('a conditional write whose condition fails is refused', async () => {
    const put = { TableName: 'states', Item: itemOf('one'), ConditionExpression: 'attribute_not_exists(pk)' };
    await client.send(new PutItemCommand(put));
    await expect(client.send(new PutItemCommand(put))).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
    });
  });

  it('an index answers the keys of the items that are due', async () => {
    await client.send(new PutItemCommand({ TableName: 'states', Item: itemOf('due-one') }));
    const { Items } = await client.send(
      new QueryCommand({
        TableName: 'states',
        IndexName: 'due',
        KeyConditionExpression: '#p = :p AND dueAtMs <= :now',
        ExpressionAttributeNames: { '#p': 'duePartition' },
        ExpressionAttributeValues: { ':p': { S: '0' }, ':now': { N: '9' } },
      }),
    );
    expect(Items?.map((item) => item.pk?.S)).toContain('due-one');
    expect(asked.at(-1)).toEqual({
      caller: 'courier',
      action: 'dynamodb:Query',
      resources: ['arn:aws:dynamodb:us-east-1:000000000000:table/states/index/due'],
      context: { 'dynamodb:LeadingKeys': ['0'] },
    });
  });

  it('a caller without the permission is refused with the words of AWS', async () => {
    refuse = true;
    const get = client.send(
      new GetItemCommand({ TableName: 'states', Key: { pk: { S: 'one' }, sk: { S: 'state' } } }),
    );
    await expect(get).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(
        'is not authorized to perform: dynamodb:GetItem on resource: arn:aws:dynamodb',
      ),
    });
  });

  it('every request is counted with its caller, refused ones too', async () => {
    engine.fault({ operation: 'PutItem', kind: 'throttle' });
    const put = () => client.send(new PutItemCommand({ TableName: 'states', Item: itemOf('counted') }));
    await expect(put()).rejects.toMatchObject({ name: 'ThrottlingException' });
    await put();
    expect(engine.requests).toEqual([
      { operation: 'PutItem', caller: 'courier' },
      { operation: 'PutItem', caller: 'courier' },
    ]);
  });

  it('a fault befalls its own operation, as often as it says', async () => {
    engine.fault({ operation: 'PutItem', kind: 'fail', times: 2 });
    const put = () => client.send(new PutItemCommand({ TableName: 'states', Item: itemOf('faulted') }));
    await client.send(
      new GetItemCommand({ TableName: 'states', Key: { pk: { S: 'x' }, sk: { S: 'state' } } }),
    );
    await expect(put()).rejects.toMatchObject({ name: 'InternalServerError' });
    await expect(put()).rejects.toMatchObject({ name: 'InternalServerError' });
    await put();
  });

  it('a delayed answer is late and right', async () => {
    engine.fault({ operation: 'PutItem', kind: 'delay', delayMs: 60 });
    const startedMs = performance.now();
    await client.send(new PutItemCommand({ TableName: 'states', Item: itemOf('late') }));
    expect(performance.now() - startedMs).toBeGreaterThan(50);
  });

  it('a write whose answer is lost has been applied', async () => {
    engine.fault({ operation: 'PutItem', kind: 'applied_but_lost' });
    await expect(
      client.send(new PutItemCommand({ TableName: 'states', Item: itemOf('lost') })),
    ).rejects.toThrow();
    const { Item } = await client.send(
      new GetItemCommand({ TableName: 'states', Key: { pk: { S: 'lost' }, sk: { S: 'state' } } }),
    );
    expect(Item?.pk?.S).toBe('lost');
  });

  it('a partial batch read answers nothing but unprocessed keys', async () => {
    engine.fault({ operation: 'BatchGetItem', kind: 'partial' });
    const RequestItems = { states: { Keys: [{ pk: { S: 'one' }, sk: { S: 'state' } }] } };
    const answer = await client.send(new BatchGetItemCommand({ RequestItems }));
    expect(answer.Responses).toEqual({});
    expect(answer.UnprocessedKeys).toEqual(RequestItems);
  });

  it('a write is told once it has landed, and a refused one is not', async () => {
    written.length = 0;
    await client.send(new PutItemCommand({ TableName: 'states', Item: itemOf('told') }));
    const again = {
      TableName: 'states',
      Item: itemOf('told'),
      ConditionExpression: 'attribute_not_exists(pk)',
    };
    await expect(client.send(new PutItemCommand(again))).rejects.toThrow();
    expect(written).toEqual(['PutItem']);
  });
});
