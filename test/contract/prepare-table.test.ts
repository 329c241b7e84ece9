/**
 * What `countersign restore` sets up on a table that AWS restored. The local engine has neither streams nor expiry nor
 * backups: this runs against an endpoint that has (`npm run test:moto`, DynamoDB Local, AWS).
 */
import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, it } from 'vitest';
import { prepareTable } from '../../operator/restore/prepare.ts';
import { given, startEngines } from '../support/engines.ts';

const engines = given.dynamodb ? await startEngines() : undefined;

describe.skipIf(!engines)('a restored table', () => {
  const { dynamodb, table } = engines ?? { dynamodb: undefined, table: '' };
  const client = dynamodb as unknown as DynamoDBClient;
  afterAll(async () => {
    await client.send(new UpdateTableCommand({ TableName: table, DeletionProtectionEnabled: false }));
  });

  it('gets stream, protection, expiry and point-in-time recovery, and nothing a second time', async () => {
    const TableName = table;
    expect(await prepareTable(client, TableName)).toEqual([
      'stream',
      'deletion protection',
      'expiry',
      'point-in-time recovery',
    ]);
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    expect(Table).toMatchObject({
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
      DeletionProtectionEnabled: true,
    });
    const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }));
    expect(TimeToLiveDescription?.AttributeName).toBe('expiresAtSeconds');
    const backups = await client.send(new DescribeContinuousBackupsCommand({ TableName }));
    const { PointInTimeRecoveryDescription } = backups.ContinuousBackupsDescription ?? {};
    expect(PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus).toBe('ENABLED');
    expect(await prepareTable(client, TableName)).toEqual([]);
  });
});
