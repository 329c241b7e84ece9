/** A DynamoDB call in the words of an IAM policy. */
import { arnOf } from '../stack/place.ts';
import type { Access, Call, Json } from './front.ts';

/** The partition key's attribute by table, and by `table/index`. */
export type PartitionKeys = Map<string, string>;

/** What a call wants to do to which table or index, and to which partition keys. */
export function accessesOf(
  { operation, input }: Call,
  partitionKeys: PartitionKeys,
): Omit<Access, 'caller'>[] {
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
