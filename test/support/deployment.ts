/**
 * Countersign as its own functions see it, in one process: the real handlers behind gateway events, real SDK clients, and
 * the local engines. Time is the event's, so every test moves its own.
 */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { generateSync } from 'otplib';
import { afterAll } from 'vitest';
import { type Flow, routes } from '../../lambdas/routes.ts';
import type { Change } from '../../local/engines/changes.ts';
import { type DynamoDb, startDynamoDb } from '../../local/engines/dynamodb.ts';
import type { Kms } from '../../local/engines/kms.ts';
import { type Mailbox, type Message, startMailbox } from '../../local/engines/mailbox.ts';
import { mustFitContract } from './contract.ts';
import { sharedKeys } from './worker.ts';

export const tableName = 'countersign-test';
export const issuerUrl = 'https://countersign.test';
export const originationArn = 'arn:aws:sms-voice:us-east-1:000000000000:phone-number/phone-test';

export const tableDefinition = {
  TableName: tableName,
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
    { AttributeName: 'duePartition', AttributeType: 'S' },
    { AttributeName: 'dueAtMs', AttributeType: 'N' },
    { AttributeName: 'listPartition', AttributeType: 'S' },
    { AttributeName: 'listKey', AttributeType: 'S' },
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
    {
      IndexName: 'members',
      KeySchema: [
        { AttributeName: 'listPartition', KeyType: 'HASH' },
        { AttributeName: 'pk', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
    {
      IndexName: 'listing',
      KeySchema: [
        { AttributeName: 'listPartition', KeyType: 'HASH' },
        { AttributeName: 'listKey', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ],
};

export type Reply = {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are JSON of many shapes
  body: any;
  headers: Record<string, string>;
};

export type CallOptions = {
  body?: unknown;
  /** A body as it is, not made into JSON. */
  rawBody?: string;
  path?: Record<string, string>;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  bearer?: string;
  at?: number;
  ip?: string;
  userAgent?: string;
  /** False: an app route reached without the gateway's word. */
  signed?: boolean;
};

export type Deployment = {
  dynamodb: DynamoDb;
  kms: Kms;
  mailbox: Mailbox;
  signingKeyArn: string;
  vaultKeyArn: string;
  call(flow: Flow, options?: CallOptions): Promise<Reply>;
  /** Runs the courier's sweep, as the schedule does. */
  sweep(at?: number): Promise<void>;
  /** AWS calls since the last time, by operation. */
  calls(): Record<string, number>;
  mails(to: string): Message[];
  close(): Promise<void>;
};

/**
 * The deployment of a test file, made at its top and closed at its end: `const deployment = await deploy();`.
 * `elsewhere` replaces variables: endpoints, table and keys that somebody else made. `onChange` hears of every write.
 */
export async function deploy(
  elsewhere: Record<string, string> = {},
  onChange?: (change: Change) => void,
): Promise<Deployment> {
  const deployment = await startDeployment(elsewhere, onChange);
  afterAll(deployment.close);
  return deployment;
}

/**
 * Starts an empty table, an empty mailbox and a new vault key, and points the functions' environment at them. Flows load
 * on first use, so call it first.
 */
export async function startDeployment(
  elsewhere: Record<string, string> = {},
  onChange?: (change: Change) => void,
): Promise<Deployment> {
  const [dynamodb, mailbox, keys] = await Promise.all([
    startDynamoDb(onChange ? { onChange } : {}),
    startMailbox(),
    sharedKeys(),
  ]);
  const { kms, signingKeyArn } = keys;
  await dynamodb.createTable(tableDefinition);
  const vault = kms.createKey({});
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
    AWS_ENDPOINT_URL_KMS: kms.endpoint,
    AWS_ENDPOINT_URL_SES: mailbox.endpoint,
    AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2: mailbox.endpoint,
    TABLE_NAME: tableName,
    VAULT_KEY_ARN: vault.arn,
    SIGNING_KEY_ARNS: signingKeyArn,
    STAGE: 'test',
    KEY_CUSTODY: process.env.KEY_CUSTODY ?? 'kms',
    ISSUER_URL: issuerUrl,
    AUDIENCE: 'acme',
    MAIL_FROM: 'security@acme.example',
    PRODUCT_NAME: 'Acme',
    PASSKEY_RP_ID: 'acme.example',
    PASSKEY_ORIGINS: 'https://app.acme.example,https://acme.example',
    SMS_DOMAIN: 'app.acme.example',
    SMS_ORIGINATION_ARN: originationArn,
    SMS_COUNTRIES: 'US,CH',
    RECOVERY_CODE_ROUNDS: '1000',
    POWERTOOLS_SERVICE_NAME: 'countersign',
    POWERTOOLS_METRICS_NAMESPACE: 'Countersign',
    POWERTOOLS_LOG_LEVEL: process.env.POWERTOOLS_LOG_LEVEL ?? 'SILENT',
    ...elsewhere,
  });
  const engines = [dynamodb, kms, mailbox];
  return {
    dynamodb,
    kms,
    mailbox,
    vaultKeyArn: vault.arn,
    signingKeyArn,
    call,
    sweep: async (at = Date.now()) => {
      const { handler } = await import('../../lambdas/flows/courier.ts');
      await handler({ source: 'aws.events', time: new Date(at).toISOString() } as never);
    },
    calls: () => {
      const counted: Record<string, number> = {};
      for (const engine of engines) {
        for (const { operation } of engine.requests.splice(0)) {
          counted[operation] = (counted[operation] ?? 0) + 1;
        }
      }
      return counted;
    },
    mails: (to) => mailbox.messages(to),
    close: async () => {
      await Promise.all([dynamodb.close(), mailbox.close()]);
    },
  };
}

async function call(flow: Flow, options: CallOptions = {}): Promise<Reply> {
  const { handler } = await import(`../../lambdas/flows/${flow}.ts`);
  const answer = await handler(gatewayEvent(flow, options), {});
  const body = answer.body ? JSON.parse(answer.body) : undefined;
  const reply = { status: answer.statusCode, body, headers: answer.headers };
  mustFitContract(flow, reply);
  return reply;
}

/** An HTTP API event of payload format 2.0. */
export function gatewayEvent(flow: Flow, options: CallOptions) {
  const route = routes[flow];
  const body = options.rawBody ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
  const rawPath = route.path.replace(/\{(\w+)\}/g, (_, name) =>
    encodeURIComponent(options.path?.[name] ?? ''),
  );
  return {
    version: '2.0',
    routeKey: `${route.method} ${route.path}`,
    rawPath,
    rawQueryString: new URLSearchParams(options.query).toString(),
    ...(options.query ? { queryStringParameters: options.query } : {}),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(options.bearer ? { authorization: `Bearer ${options.bearer}` } : {}),
      ...options.headers,
    },
    requestContext: {
      requestId: randomBytes(8).toString('hex'),
      timeEpoch: options.at ?? Date.now(),
      http: {
        method: route.method,
        path: rawPath,
        sourceIp: options.ip ?? '203.0.113.7',
        userAgent: options.userAgent ?? 'vitest',
      },
      ...((route.caller === 'app' || route.caller === 'operator') && options.signed !== false
        ? { authorizer: { iam: { accessKey: 'app' } } }
        : {}),
    },
    pathParameters: options.path,
    body,
    isBase64Encoded: false,
  };
}

/** The code that an authenticator app with this secret shows at `at`. */
export function totpAt(secretBase32: string, at: number): string {
  return generateSync({ secret: secretBase32, epoch: Math.floor(at / 1000) });
}

export const decodeToken = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString());

/** The 6 digits in the newest mail to somebody. */
export function codeIn(message: Message | undefined): string {
  const code = /\b\d{6}\b/.exec(message?.text ?? '')?.[0];
  if (!code) {
    throw new Error('no code in the mail');
  }
  return code;
}
