/** DynamoDB on the laptop: dynalite in process, behind the front that all engines share. */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import dynalite from 'dynalite';
import { arnOf } from '../stack/place.ts';
import { AwsError } from './aws-error.ts';
import {
  type Access,
  type Allow,
  type Answer,
  type Call,
  type Engine,
  type Front,
  type Json,
  jsonAnswer,
  startFront,
} from './front.ts';

export type DynamoDb = Front & {
  /** Makes the table unless it is there: the properties of an `AWS::DynamoDB::Table`, or of `CreateTable`. */
  createTable(definition: TableDefinition): Promise<void>;
};

export type TableDefinition = {
  TableName: string;
  KeySchema: KeySchema;
  AttributeDefinitions: { AttributeName: string; AttributeType: string }[];
  GlobalSecondaryIndexes?: { IndexName: string; KeySchema: KeySchema; Projection: Json }[];
};
type KeySchema = { AttributeName: string; KeyType: string }[];
type PartitionKeys = Map<string, string>;
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
 * - `onWrite`: told after each write that landed, with its operation
 */
export async function startDynamoDb(
  options: { path?: string; onWrite?: (operation: string) => void; allow?: Allow } = {},
): Promise<DynamoDb> {
  const server = dynalite({ createTableMs: 0, ...(options.path ? { path: options.path } : {}) });
  const [serve] = server.listeners('request') as ((request: unknown, response: unknown) => void)[];
  server.removeAllListeners('request');
  const ask: Ask = (request) => passOn(serve as NonNullable<typeof serve>, request);
  const partitionKeys: PartitionKeys = new Map();

  const engine: Engine = {
    faultErrors,
    accesses: (call) => accessesOf(call, partitionKeys),
    perform: async (call) => {
      const answer = await ask(call);
      if (answer.status === 200 && writes.has(call.operation)) {
        options.onWrite?.(call.operation);
      }
      return answer;
    },
    partial: ({ input }) => jsonAnswer({ Responses: {}, UnprocessedKeys: input.RequestItems }, 200, json10),
  };
  const front = await startFront(engine, options.allow, server);
  return {
    ...front,
    createTable: (definition) => {
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

function accessesOf({ operation, input }: Call, partitionKeys: PartitionKeys): Omit<Access, 'caller'>[] {
  const action = `dynamodb:${operation}`;
  const batches = input.RequestItems as Record<string, Json> | undefined;
  if (batches) {
    return Object.entries(batches).map(([table, batch]) => {
      const leading = batchKeys(batch).map((key) => keyText(key[partitionKeys.get(table) ?? '']));
      return { action, resources: [tableArn(table)], context: { 'dynamodb:LeadingKeys': leading } };
    });
  }
  const table = String(input.TableName ?? '*');
  const index = input.IndexName as string | undefined;
  const partitionKey = partitionKeys.get(index ? `${table}/${index}` : table) ?? '';
  const leading = leadingKey(input, partitionKey);
  return [
    {
      action,
      resources: [index ? `${tableArn(table)}/index/${index}` : tableArn(table)],
      context: leading === undefined ? {} : { 'dynamodb:LeadingKeys': [leading] },
    },
  ];
}

function batchKeys(batch: Json): Json[] {
  if (!Array.isArray(batch)) {
    return (batch.Keys as Json[] | undefined) ?? [];
  }
  return (batch as { PutRequest?: { Item: Json }; DeleteRequest?: { Key: Json } }[]).map(
    (write) => write.PutRequest?.Item ?? write.DeleteRequest?.Key ?? {},
  );
}

function leadingKey(input: Json, partitionKey: string): string | undefined {
  const item = (input.Key ?? input.Item) as Json | undefined;
  if (item) {
    return keyText(item[partitionKey]);
  }
  const names = (input.ExpressionAttributeNames ?? {}) as Record<string, string>;
  const values = (input.ExpressionAttributeValues ?? {}) as Json;
  const equalities = String(input.KeyConditionExpression ?? '').matchAll(/([#\w.-]+)\s*=\s*(:\w+)/g);
  for (const [, name = '', placeholder = ''] of equalities) {
    if ((names[name] ?? name) === partitionKey) {
      return keyText(values[placeholder]);
    }
  }
  return undefined;
}

function keyText(attribute: unknown): string {
  return String(Object.values((attribute ?? {}) as Json)[0] ?? '');
}

function tableArn(table: string): string {
  return table.startsWith('arn:') ? table : arnOf('dynamodb', `table/${table}`);
}
