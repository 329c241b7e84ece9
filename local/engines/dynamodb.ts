/** DynamoDB on the laptop: dynalite in process, behind the front that all engines share. */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import dynalite from 'dynalite';
import { AwsError } from './aws-error.ts';
import { type Change, type Item, recordChanges } from './changes.ts';
import { accessesOf, type PartitionKeys } from './dynamodb-access.ts';
import {
  type Allow,
  type Answer,
  type Engine,
  type Front,
  type Json,
  jsonAnswer,
  startFront,
} from './front.ts';

export type DynamoDb = Front & {
  /** Makes the table unless it is there: the properties of an `AWS::DynamoDB::Table`, or of `CreateTable`. */
  createTable(definition: TableDefinition): Promise<void>;
  /** An item as it is stored, without a request; undefined where it does not exist. */
  item(table: string, keys: Item): Promise<Item | undefined>;
};

export type TableDefinition = {
  TableName: string;
  KeySchema: KeySchema;
  AttributeDefinitions: { AttributeName: string; AttributeType: string }[];
  GlobalSecondaryIndexes?: { IndexName: string; KeySchema: KeySchema; Projection: Json }[];
};
type KeySchema = { AttributeName: string; KeyType: string }[];
type Ask = (call: {
  body: Buffer;
  request: Pick<IncomingMessage, 'method' | 'url' | 'headers'>;
}) => Promise<Answer>;

const writes = new Set(['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem']);
const json10 = 'application/x-amz-json-1.0';

const faultErrors = {
  throttle: new AwsError(
    'ThrottlingException',
    'Throughput exceeds the current capacity of your table or index.',
  ),
  fail: new AwsError('InternalServerError', 'Internal server error', 500),
  reject: new AwsError('ValidationException', 'One or more parameter values were invalid'),
};

/**
 * A DynamoDB endpoint on a free port.
 * - `path`: a folder that keeps the tables; in memory without it
 * - `onChange`: gets what each write changed, in order: the source of streams
 */
export async function startDynamoDb(
  options: { path?: string; onChange?: (change: Change) => void; allow?: Allow } = {},
): Promise<DynamoDb> {
  const server = dynalite({ createTableMs: 0, ...(options.path ? { path: options.path } : {}) });
  const [serve] = server.listeners('request') as ((request: unknown, response: unknown) => void)[];
  server.removeAllListeners('request');
  const ask: Ask = (request) => passOn(serve as NonNullable<typeof serve>, request);
  const partitionKeys: PartitionKeys = new Map();
  const keyNames = new Map<string, string[]>();
  const read = (place: { table: string; keys: Item }) => readItem(ask, place);
  const { onChange } = options;
  const recorder =
    onChange &&
    recordChanges({ write: ask, read, keyNamesOf: (table) => keyNames.get(table) ?? [], onChange });

  const engine: Engine = {
    faultErrors,
    accesses: (call) => accessesOf(call, partitionKeys),
    perform: (call) => (recorder && writes.has(call.operation) ? recorder.perform(call) : ask(call)),
    partial: ({ input }) => jsonAnswer({ Responses: {}, UnprocessedKeys: input.RequestItems }, 200, json10),
  };
  const front = await startFront(engine, options.allow, server);
  return {
    ...front,
    item: (table, keys) => read({ table, keys }),
    createTable: (definition) => {
      keyNames.set(
        definition.TableName,
        definition.KeySchema.map((key) => key.AttributeName),
      );
      rememberPartitionKeys(definition, partitionKeys);
      return createTable(ask, definition);
    },
  };
}

/** dynalite's own handler is called with the body that the front has read, and with a response that only collects. */
function passOn(
  serve: (request: unknown, response: unknown) => void,
  { body, request }: Parameters<Ask>[0],
): Promise<Answer> {
  const { method, url, headers } = request;
  return new Promise((resolve) => {
    const answer: Answer = { status: 200, headers: {}, body: '' };
    const response = {
      statusCode: 200,
      setHeader: (name: string, value: unknown) => {
        answer.headers[name.toLowerCase()] = String(value);
      },
      end: (text: string) => resolve({ ...answer, status: response.statusCode, body: text }),
    };
    serve(Object.assign(Readable.from([body]), { method, url, headers }), response);
  });
}

function rememberPartitionKeys(definition: TableDefinition, partitionKeys: PartitionKeys): void {
  const { TableName, KeySchema, GlobalSecondaryIndexes = [] } = definition;
  partitionKeys.set(TableName, partitionKeyOf(KeySchema));
  for (const index of GlobalSecondaryIndexes) {
    partitionKeys.set(`${TableName}/${index.IndexName}`, partitionKeyOf(index.KeySchema));
  }
}

async function createTable(ask: Ask, definition: TableDefinition): Promise<void> {
  const { TableName, KeySchema, AttributeDefinitions, GlobalSecondaryIndexes } = definition;
  const wanted = {
    TableName,
    KeySchema,
    AttributeDefinitions,
    GlobalSecondaryIndexes,
    BillingMode: 'PAY_PER_REQUEST',
  };
  const created = String((await ask(ownRequest('CreateTable', wanted))).body);
  if (/Exception/.test(created) && !created.includes('ResourceInUseException')) {
    throw new Error(created);
  }
  // dynalite makes tables in the background, as AWS does.
  while (!String((await ask(ownRequest('DescribeTable', { TableName }))).body).includes('"ACTIVE"')) {
    await pause(5);
  }
}

async function readItem(ask: Ask, { table, keys }: { table: string; keys: Item }): Promise<Item | undefined> {
  const answer = await ask(ownRequest('GetItem', { TableName: table, Key: keys, ConsistentRead: true }));
  return (JSON.parse(String(answer.body)) as { Item?: Item }).Item;
}

function ownRequest(operation: string, input: Json): Parameters<Ask>[0] {
  const headers = {
    'content-type': json10,
    'x-amz-target': `DynamoDB_20120810.${operation}`,
    'x-amz-date': 'now',
    authorization: 'AWS4-HMAC-SHA256 Credential=setup, SignedHeaders=host, Signature=none',
  };
  return { body: Buffer.from(JSON.stringify(input)), request: { method: 'POST', url: '/', headers } };
}

function partitionKeyOf(schema: KeySchema): string {
  return schema.find((key) => key.KeyType === 'HASH')?.AttributeName ?? '';
}
