import { setTimeout as pause } from 'node:timers/promises';
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Change } from '../../../local/engines/changes.ts';
import { type DynamoDb, startDynamoDb } from '../../../local/engines/dynamodb.ts';
import type { Access } from '../../../local/engines/front.ts';

const credentials = { accessKeyId: 'courier', secretAccessKey: 'unused' };
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
const keysOf = (pk: string) => ({ pk: { S: pk }, sk: { S: 'state' } });
const itemOf = (pk: string) => ({
  ...keysOf(pk),
  duePartition: { S: '0' },
  dueAtMs: { N: '5' },
});

let engine: DynamoDb;
let client: DynamoDBClient;
let asked: Access[] = [];
let refuse = false;
const changes: Change[] = [];

beforeAll(async () => {
  engine = await startDynamoDb({
    onChange: (change) => changes.push(change),
    allow: (access) => {
      asked.push(access);
      return !refuse;
    },
  });
  await engine.createTable(definition);
  client = new DynamoDBClient({
    endpoint: engine.endpoint,
    region: 'us-east-1',
    credentials,
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

  it('drops the calls that are under way when it closes', async () => {
    const closing = await startDynamoDb();
    await closing.createTable(definition);
    closing.fault({ operation: 'PutItem', kind: 'delay', delayMs: 60 });
    const settings = { endpoint: closing.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 };
    const late = new DynamoDBClient(settings).send(
      new PutItemCommand({ TableName: 'states', Item: itemOf('late') }),
    );
    const dropped = expect(late).rejects.toThrow();
    while (closing.requests.every(({ operation }) => operation !== 'PutItem')) {
      await pause(1);
    }
    await closing.close();
    await dropped;
    // What dynalite throws at a call that comes too late, it throws where only the process hears it.
    await pause(120);
  });

  it('a partial batch read answers nothing but unprocessed keys', async () => {
    engine.fault({ operation: 'BatchGetItem', kind: 'partial' });
    const RequestItems = { states: { Keys: [{ pk: { S: 'one' }, sk: { S: 'state' } }] } };
    const answer = await client.send(new BatchGetItemCommand({ RequestItems }));
    expect(answer.Responses).toEqual({});
    expect(answer.UnprocessedKeys).toEqual(RequestItems);
  });

  it('a write that landed is a change, and a refused one is not', async () => {
    changes.length = 0;
    await client.send(new PutItemCommand({ TableName: 'states', Item: itemOf('told') }));
    const again = {
      TableName: 'states',
      Item: itemOf('told'),
      ConditionExpression: 'attribute_not_exists(pk)',
    };
    await expect(client.send(new PutItemCommand(again))).rejects.toThrow();
    expect(changes).toEqual([
      { table: 'states', keys: keysOf('told'), before: undefined, after: itemOf('told') },
    ]);
  });

  it('every kind of write is the change that it made, and one that changes nothing is none', async () => {
    changes.length = 0;
    const TableName = 'states';
    await client.send(new PutItemCommand({ TableName, Item: itemOf('kinds') }));
    await client.send(new PutItemCommand({ TableName, Item: itemOf('kinds') }));
    const update = { UpdateExpression: 'SET seen = :one', ExpressionAttributeValues: { ':one': { N: '1' } } };
    await client.send(new UpdateItemCommand({ TableName, Key: keysOf('kinds'), ...update }));
    await client.send(new DeleteItemCommand({ TableName, Key: keysOf('kinds') }));
    await client.send(new DeleteItemCommand({ TableName, Key: keysOf('kinds') }));
    const batch = ['b1', 'b2'].map((pk) => ({ PutRequest: { Item: itemOf(pk) } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { states: batch } }));
    const seen = { ...itemOf('kinds'), seen: { N: '1' } };
    expect(changes).toEqual([
      { table: 'states', keys: keysOf('kinds'), before: undefined, after: itemOf('kinds') },
      { table: 'states', keys: keysOf('kinds'), before: itemOf('kinds'), after: seen },
      { table: 'states', keys: keysOf('kinds'), before: seen, after: undefined },
      { table: 'states', keys: keysOf('b1'), before: undefined, after: itemOf('b1') },
      { table: 'states', keys: keysOf('b2'), before: undefined, after: itemOf('b2') },
    ]);
  });

  it('writes to one item at once are changes in an order in which each follows from the one before', async () => {
    changes.length = 0;
    const count = { UpdateExpression: 'ADD seen :one', ExpressionAttributeValues: { ':one': { N: '1' } } };
    const update = new UpdateItemCommand({ TableName: 'states', Key: keysOf('counter'), ...count });
    await Promise.all(Array.from({ length: 20 }, () => client.send(update)));
    expect(changes.map(({ after }) => Number(after?.seen?.N))).toEqual(
      Array.from({ length: 20 }, (_, nth) => nth + 1),
    );
    expect(changes.slice(1).map(({ before }) => before)).toEqual(
      changes.slice(0, -1).map(({ after }) => after),
    );
  });

  it('a write whose answer was lost is a change all the same', async () => {
    changes.length = 0;
    engine.fault({ operation: 'PutItem', kind: 'applied_but_lost' });
    const put = new PutItemCommand({ TableName: 'states', Item: itemOf('unanswered') });
    await expect(client.send(put)).rejects.toThrow();
    expect(changes).toMatchObject([{ after: itemOf('unanswered') }]);
  });
});
