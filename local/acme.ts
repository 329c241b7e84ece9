/** Acme, the demo SaaS of `examples/acme`, as a process of its own beside the stack; and a stand-in for Google. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startProvider } from '../examples/acme/google/provider.ts';
import type { Statement } from './engines/policy.ts';
import { credentials } from './gateway/sigv4.ts';
import { arnOf, region } from './stack/place.ts';

export type AcmeOptions = {
  /** 0 picks a free port. */
  port: number;
  /** The API's address, as the browser and Acme reach it. */
  apiUrl: string;
  /** Where the engines are: the SDK's `AWS_ENDPOINT_URL_*`. */
  endpoints: Readonly<Record<string, string>>;
  log?(line: string): void;
};

export type Acme = {
  url: string;
  /** Who is there from the start. */
  people: { email: string; password: string; role: string }[];
  close(): Promise<void>;
};

const tableName = 'acme';
const main = fileURLToPath(new URL('../examples/acme/main.ts', import.meta.url));

/** What Acme's credentials, those of any app on this machine, may do besides calling the API. */
export const acmeStatements: Statement[] = [
  {
    Effect: 'Allow',
    Action: 'dynamodb:*',
    Resource: [arnOf('dynamodb', `table/${tableName}`), arnOf('dynamodb', `table/${tableName}/index/*`)],
  },
  { Effect: 'Allow', Action: 'ses:SendEmail', Resource: '*' },
];

/** Resolves when Acme's pages answer. Throws if its port is taken. */
export async function startAcme({ port, apiUrl, endpoints, log = () => {} }: AcmeOptions): Promise<Acme> {
  const provider = await startProvider(port === 0 ? 0 : port + 1).catch(() => startProvider(0));
  const child = fork(main, {
    // Inside the project the package is its source.
    execArgv: ['--import', 'tsx', '--conditions=countersign-source'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      ...process.env,
      ...endpoints,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      ACME_PORT: String(port),
      ACME_TABLE: tableName,
      ACME_GOOGLE_ISSUER: provider.issuer,
      ACME_DEV_URL: apiUrl,
      ACME_OPEN_TEAM: 'acme',
      COUNTERSIGN_URL: apiUrl,
      // A laptop that is busy with something else is slower than Lambda.
      COUNTERSIGN_TIMEOUT_MS: '30000',
    },
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => log(String(chunk).trimEnd()));
  }
  const close = async () => {
    await Promise.all([end(child), provider.close()]);
  };
  try {
    return { ...(await ready(child)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function ready(child: ChildProcess): Promise<Omit<Acme, 'close'>> {
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  const ended = once(child, 'exit').then(() =>
    Promise.reject(new Error(`Acme did not start. ${said.trim()}`)),
  );
  const [message] = await Promise.race([once(child, 'message'), ended]);
  return message as Omit<Acme, 'close'>;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill();
    await once(child, 'exit');
  }
}
