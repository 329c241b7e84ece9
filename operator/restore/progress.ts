/** How far a restore is: an item of the restored table itself. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Table } from '../../lambdas/adapters/dynamodb.ts';
import { CommandFailed } from '../terminal.ts';

const progressKey = { pk: 'restore', sk: 'state' };

/** The start of the run, the same for all of its attempts. */
export async function startOf({ client, name }: Table, nowMs: number): Promise<number> {
  const put = new PutCommand({
    TableName: name,
    Item: { ...progressKey, table: name, startedAtMs: nowMs },
    // A mark that came with the backup is of another table.
    ConditionExpression: 'attribute_not_exists(pk) OR #table <> :table',
    ExpressionAttributeNames: { '#table': 'table' },
    ExpressionAttributeValues: { ':table': name },
  });
  try {
    await client.send(put);
    return nowMs;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) {
      throw error;
    }
    const { Item } = await client.send(
      new GetCommand({ TableName: name, Key: progressKey, ConsistentRead: true }),
    );
    if (Item?.finishedAtMs !== undefined) {
      throw new CommandFailed(
        `${name} was restored already, at ${new Date(Item.finishedAtMs).toISOString()}.`,
      );
    }
    return Number(Item?.startedAtMs);
  }
}

/** From here on the table counts as restored. */
export async function finish({ client, name }: Table, nowMs: number): Promise<void> {
  await client.send(
    new UpdateCommand({
      TableName: name,
      Key: progressKey,
      UpdateExpression: 'SET finishedAtMs = :now',
      ExpressionAttributeValues: { ':now': nowMs },
    }),
  );
}
