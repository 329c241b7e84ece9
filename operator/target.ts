/** Where a command works: the local service, or a deployed stage with the operator's own AWS credentials. */
import { setTimeout as pause } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { BrowserClient } from '../client/browser.ts';
import { Countersign } from '../client/server.ts';
import { fetchOnce, type Transport } from '../client/transport.ts';
import type { Table } from '../lambdas/adapters/dynamodb.ts';
import { readStack, type Stack } from './stack.ts';
import { CommandFailed } from './terminal.ts';

export type TargetOptions = {
  local?: string | true | undefined;
  url?: string | undefined;
  stack?: string | undefined;
  region?: string | undefined;
  profile?: string | undefined;
  table?: string | undefined;
};

export type Target = {
  isLocal: boolean;
  url: string;
  region: string;
  /** The app's and the operator's routes, signed. */
  api: Countersign;
  /** Routes of a user token: of a person of an account, or of the operator's own at its desk. */
  as(who: { accountId: string; userId: string; role: 'user' | 'admin' | 'support' }): BrowserClient;
  /** The table, with the operator's rights. `name`: another than the stage's. */
  table(name?: string): Promise<Table>;
  kms(): Promise<KMSClient>;
  vaultKeyArn(): Promise<string>;
  stack(): Promise<Stack>;
  /** For AWS clients of one command alone. */
  aws(): AwsConfig;
};

export type AwsConfig = {
  region: string;
  profile?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string };
};

/** Nobody waits at a page: an operator's call may take its time. */
const callTimeoutMs = 15_000;
const callRetries = 4;

const localUrl = 'http://localhost:4400';
const localRegion = 'us-east-1';
/** What the local gateway takes of an app and an operator, and the local engines of an operator. */
const localCredentials = { accessKeyId: 'local', secretAccessKey: 'local-secret' };
const engineCredentials = { accessKeyId: 'operator', secretAccessKey: 'local' };

/** Nothing given means the local service. Throws `CommandFailed` for a combination that says nothing or too much. */
export async function targetOf(options: TargetOptions): Promise<Target> {
  const isLocal = options.local !== undefined || (options.url === undefined && options.stack === undefined);
  if (options.local !== undefined && (options.url !== undefined || options.stack !== undefined)) {
    throw new CommandFailed('--local goes with neither --url nor --stack.');
  }
  const region = isLocal ? localRegion : (options.region ?? regionIn(options.url));
  const aws: AwsConfig = {
    region: region ?? '',
    ...(options.profile !== undefined && { profile: options.profile }),
    ...(isLocal && { credentials: localCredentials }),
  };
  if (region === undefined) {
    throw new CommandFailed('Name the region: --region eu-central-1.');
  }
  let read: Promise<Stack> | undefined;
  const url = isLocal ? (typeof options.local === 'string' ? options.local : localUrl) : options.url;
  const stack = () => {
    read ??= readStack({ localUrl: isLocal ? url : undefined, name: options.stack, aws });
    return read;
  };
  return newTarget({ isLocal, url: url ?? (await stack()).apiUrl, aws, stack, table: options.table });
}

/** The region stands in an address of API Gateway. */
const regionIn = (url = ''): string | undefined =>
  /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com/.exec(url)?.[1];

type Where = {
  isLocal: boolean;
  url: string;
  aws: AwsConfig;
  stack: () => Promise<Stack>;
  table: string | undefined;
};

function newTarget({ isLocal, url, aws, stack, table }: Where): Target {
  const credentials = aws.credentials && { credentials: aws.credentials };
  const api = new Countersign({
    url,
    audience: 'operator',
    region: aws.region,
    timeoutMs: callTimeoutMs,
    retries: callRetries,
    ...credentials,
    ...(aws.profile !== undefined && { credentials: profileCredentials(aws.profile) }),
  });
  return {
    isLocal,
    url,
    region: aws.region,
    api,
    as: ({ accountId, userId, role }) =>
      new BrowserClient({
        transport: patientTransport(url),
        userToken: async () => {
          const reauthenticatedAt = new Date();
          return (await api.userToken({ accountId, userId, role, reauthenticatedAt })).token;
        },
      }),
    table: async (name) => ({
      client: DynamoDBDocumentClient.from(
        new DynamoDBClient({ ...aws, ...engine((await stack()).endpoints?.dynamodb) }),
        { marshallOptions: { removeUndefinedValues: true } },
      ),
      name: name ?? table ?? (await stack()).table,
    }),
    kms: async () => new KMSClient({ ...aws, ...engine((await stack()).endpoints?.kms) }),
    vaultKeyArn: async () => (await stack()).vaultKeyArn,
    stack,
    aws: () => aws,
  };
}

const engine = (endpoint: string | undefined) =>
  endpoint === undefined ? {} : { endpoint, credentials: engineCredentials };

/** A 503 says that nothing was decided: the call is made again, as its `Retry-After` has it. */
function patientTransport(url: string): Transport {
  return async (request) => {
    for (let failures = 0; ; failures += 1) {
      const answer = await fetchOnce(url, request, callTimeoutMs);
      if (answer.status !== 503 || failures === callRetries) {
        return answer;
      }
      await pause(Math.min(Number(answer.headers?.['retry-after'] ?? 1), 5) * 1000);
    }
  };
}

/** The credentials of a named profile, as the AWS SDK finds them. */
const profileCredentials = (profile: string) => async () => {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  return defaultProvider({ profile })();
};
