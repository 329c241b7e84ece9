/** What AWS leaves out of a restored table: its stream, expiry, point-in-time recovery and protection against deletion. */
import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { CommandFailed } from '../terminal.ts';

/** The attribute by which DynamoDB deletes rows, as `lib/data.ts` names it. */
const ttlAttribute = 'expiresAtSeconds';

/** Sets up what is missing; answers with what it did. Run again, it does nothing. */
export async function prepareTable(client: DynamoDBClient, TableName: string): Promise<string[]> {
  const done: string[] = [];
  await waitUntilTableExists({ client, maxWaitTime: 3600, minDelay: 5, maxDelay: 20 }, { TableName });
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  if (!Table?.KeySchema?.some(({ AttributeName }) => AttributeName === 'pk')) {
    throw new CommandFailed(`${TableName} is no table of Countersign.`);
  }
  if (!Table.StreamSpecification?.StreamEnabled) {
    const StreamSpecification = { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' as const };
    await client.send(new UpdateTableCommand({ TableName, StreamSpecification }));
    await waitUntilTableExists({ client, maxWaitTime: 600, minDelay: 1, maxDelay: 5 }, { TableName });
    done.push('stream');
  }
  if (!Table.DeletionProtectionEnabled) {
    await client.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: true }));
    await waitUntilTableExists({ client, maxWaitTime: 600, minDelay: 1, maxDelay: 5 }, { TableName });
    done.push('deletion protection');
  }
  return [
    ...done,
    ...(await prepareExpiry(client, TableName)),
    ...(await prepareRecovery(client, TableName)),
  ];
}

async function prepareExpiry(client: DynamoDBClient, TableName: string): Promise<string[]> {
  const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }));
  if (['ENABLED', 'ENABLING'].includes(TimeToLiveDescription?.TimeToLiveStatus ?? '')) {
    return [];
  }
  const TimeToLiveSpecification = { Enabled: true, AttributeName: ttlAttribute };
  await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
  return ['expiry'];
}

async function prepareRecovery(client: DynamoDBClient, TableName: string): Promise<string[]> {
  const { ContinuousBackupsDescription } = await client.send(
    new DescribeContinuousBackupsCommand({ TableName }),
  );
  const { PointInTimeRecoveryStatus } = ContinuousBackupsDescription?.PointInTimeRecoveryDescription ?? {};
  if (PointInTimeRecoveryStatus === 'ENABLED') {
    return [];
  }
  const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: true };
  await client.send(new UpdateContinuousBackupsCommand({ TableName, PointInTimeRecoverySpecification }));
  return ['point-in-time recovery'];
}
