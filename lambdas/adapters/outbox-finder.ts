/** The index of outboxes with something due. */
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { OutboxFinder } from '../core/ports.ts';
import { type Table, unlessDown } from './dynamodb.ts';
import { dueIndex, duePartitions, refOfKey } from './keys.ts';

export function outboxFinder({ client, name }: Table): OutboxFinder {
  const duePage = async (partition: string, nowMs: number, limit: number) => {
    const query = new QueryCommand({
      TableName: name,
      IndexName: dueIndex,
      KeyConditionExpression: 'duePartition = :partition AND dueAtMs <= :now',
      ExpressionAttributeValues: { ':partition': partition, ':now': nowMs },
      Limit: limit,
    });
    return (await unlessDown(client.send(query), 'the due outboxes could not be read')).Items ?? [];
  };
  return {
    findDue: async (nowMs, limit) => {
      const pages = await Promise.all(duePartitions.map((partition) => duePage(partition, nowMs, limit)));
      const due = pages.flat().sort((one, other) => one.dueAtMs - other.dueAtMs);
      return due.slice(0, limit).flatMap((item) => refOfKey(item.pk) ?? []);
    },
  };
}
