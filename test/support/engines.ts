/**
 * What the adapters talk to. By default the local engines; with DYNAMODB_ENDPOINT, KMS_ENDPOINT and SES_ENDPOINT in the
 * environment, those (moto, DynamoDB Local, AWS), with a table and keys made here and removed afterwards. On AWS the
 * credentials and AWS_REGION are the environment's own, and MAIL_FROM names an address that SES has verified.
 */
import { randomUUID } from 'node:crypto';
import {
  CreateTableCommand,
  DeleteTableCommand,
  type DynamoDBClient,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, type KMSClient, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { type SESClient, VerifyEmailIdentityCommand } from '@aws-sdk/client-ses';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll } from 'vitest';
import { tableClient } from '../../lambdas/adapters/dynamodb.ts';
import { kmsClient } from '../../lambdas/adapters/kms.ts';
import { sesClient } from '../../lambdas/adapters/ses.ts';
import { type DynamoDb, startDynamoDb } from '../../local/engines/dynamodb.ts';
import { type Kms, startKms } from '../../local/engines/kms.ts';
import { type Mailbox, startMailbox } from '../../local/engines/mailbox.ts';
import { tableDefinition } from './deployment.ts';

export type Engines = {
  table: string;
  dynamodb: DynamoDBDocumentClient;
  kms: KMSClient;
  ses: SESClient;
  mailFrom: string;
  newVaultKey(): Promise<string>;
  newSigningKey(): Promise<string>;
  /** The engines that are ours and can fail on demand; undefined where an endpoint was given. */
  local: { dynamodb: DynamoDb | undefined; kms: Kms | undefined; mailbox: Mailbox | undefined };
};

export const given = {
  dynamodb: process.env.DYNAMODB_ENDPOINT,
  kms: process.env.KMS_ENDPOINT,
  ses: process.env.SES_ENDPOINT,
};

/** Whether a test must make an exception for moto; says so, with the difference from AWS that makes it necessary. */
export function differsOnMoto(difference: string): boolean {
  const onMoto = process.env.CONTRACT_ENGINE === 'moto';
  if (onMoto) {
    console.log(`moto differs from AWS: ${difference}`);
  }
  return onMoto;
}

/** The part of a key's ARN that every KMS call takes; moto's DisableKey and ScheduleKeyDeletion take no ARN. */
export const keyIdOf = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

/** The engines of a test file, made at its top; what was made in them goes with the file. */
export async function startEngines(): Promise<Engines> {
  const local = {
    dynamodb: given.dynamodb ? undefined : await startDynamoDb(),
    kms: given.kms ? undefined : await startKms(),
    mailbox: given.ses ? undefined : await startMailbox(),
  };
  pointSdkAt({
    dynamodb: given.dynamodb ?? local.dynamodb?.endpoint,
    kms: given.kms ?? local.kms?.endpoint,
    ses: given.ses ?? local.mailbox?.endpoint,
  });
  const dynamodb = tableClient();
  const kms = kmsClient();
  const ses = sesClient();
  const table = await newTable(dynamodb);
  const mailFrom = process.env.MAIL_FROM ?? 'security@acme.example';
  if (given.ses && isLoopback(given.ses)) {
    await ses.send(new VerifyEmailIdentityCommand({ EmailAddress: mailFrom }));
  }
  const keys: string[] = [];
  const newKey = async (spec: object) => {
    const { KeyMetadata } = await kms.send(
      new CreateKeyCommand({ Description: 'Countersign contract suite', ...spec }),
    );
    keys.push(KeyMetadata?.Arn as string);
    return KeyMetadata?.Arn as string;
  };
  afterAll(async () => {
    await dynamodb.send(new DeleteTableCommand({ TableName: table }));
    for (const arn of keys) {
      await kms.send(new ScheduleKeyDeletionCommand({ KeyId: keyIdOf(arn), PendingWindowInDays: 7 }));
    }
    await Promise.all(Object.values(local).map((engine) => engine?.close()));
  });
  return {
    table,
    dynamodb,
    kms,
    ses,
    mailFrom,
    newVaultKey: () => newKey({}),
    newSigningKey: () => newKey({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }),
    local,
  };
}

function pointSdkAt(endpoints: Record<'dynamodb' | 'kms' | 'ses', string | undefined>): void {
  for (const [service, endpoint] of Object.entries(endpoints)) {
    process.env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] = endpoint;
  }
  process.env.AWS_REGION ??= 'us-east-1';
  if (Object.values(endpoints).every((endpoint) => isLoopback(endpoint ?? ''))) {
    process.env.AWS_ACCESS_KEY_ID = 'test';
    process.env.AWS_SECRET_ACCESS_KEY = 'test';
  }
}

const isLoopback = (endpoint: string) => ['127.0.0.1', 'localhost'].includes(new URL(endpoint).hostname);

async function newTable(dynamodb: DynamoDBDocumentClient): Promise<string> {
  const TableName = `countersign-contract-${randomUUID()}`;
  const definition = { ...tableDefinition, TableName, BillingMode: 'PAY_PER_REQUEST' };
  await dynamodb.send(new CreateTableCommand(definition as never));
  const client = dynamodb as unknown as DynamoDBClient;
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 2 }, { TableName });
  return TableName;
}
