/** The synthesized stack on the laptop: one HTTP port in front, engines and environments behind it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Acme, acmeStatements, startAcme } from './acme.ts';
import { MovableClock } from './dev/clock.ts';
import { answerDev } from './dev/dev.ts';
import { userItemIn } from './dev/user-item.ts';
import type { Change } from './engines/changes.ts';
import { type DynamoDb, startDynamoDb } from './engines/dynamodb.ts';
import type { Allow } from './engines/front.ts';
import { claim } from './engines/kept.ts';
import { type Kms, startKms } from './engines/kms.ts';
import { type Mailbox, startMailbox } from './engines/mailbox.ts';
import { allows } from './engines/policy.ts';
import { createGateway } from './gateway/gateway.ts';
import { credentials } from './gateway/sigv4.ts';
import { type Courier, startCourier } from './lambda/courier.ts';
import type { Deployment } from './lambda/deployment.ts';
import { createEnvironments, type Environments } from './lambda/environments.ts';
import { type Streams, startStreams } from './lambda/stream.ts';
import { type Assembly, loadAssembly } from './stack/assembly.ts';
import { resolveTemplate } from './stack/template.ts';

/** The access key id that the operator's command signs its calls of the engines with. */
const operatorKeyId = 'operator';

export type LocalOptions = {
  /** 0 picks a free port. */
  port: number;
  /** The folder that keeps table, keys, messages and the clock's offset; all in memory without it. */
  keepIn?: string;
  /** Origins whose pages may call, besides the template's and those of this machine. */
  origins?: readonly string[];
  /** Whether Acme, the app to click through, runs on the next port. */
  acme?: boolean;
  /** Runs this assembly instead of the repository's own stack. */
  assembly?: Assembly;
  /** What is being done, and how long a step took. */
  onProgress?(step: string): void;
  /** Lines that functions and the gateway write. */
  log?(source: string, line: string): void;
};

export type Local = {
  /** Such as `http://localhost:4400`. */
  url: string;
  deployment: Deployment;
  clock: MovableClock;
  mailbox: Mailbox;
  dynamodb: DynamoDb;
  kms: Kms;
  environments: Environments;
  acme: Acme | undefined;
  close(): Promise<void>;
};

export type Engines = { dynamodb: DynamoDb; kms: Kms; mailbox: Mailbox };
type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** Starts everything. Throws if the port is taken (`EADDRINUSE`) or the template has what this runner does not know. */
export async function startLocal(options: LocalOptions): Promise<Local> {
  const { onProgress = () => {}, log = () => {} } = options;
  let answer: Listener = (_, response) => response.writeHead(503).end();
  const server = createServer((request, response) => answer(request, response));
  // The port comes first: it is in the functions' environment, and a taken one should be told at once.
  const url = await listen(server, options.port);
  let release = () => {};
  try {
    if (options.keepIn) {
      release = claim(options.keepIn);
    }
    const assembly = options.assembly ?? (await loadAssembly(onProgress));
    onProgress(
      assembly.cached ? 'nothing has changed: functions and stack as before' : 'functions and stack are made',
    );
    const deployment = resolveTemplate(assembly.template, url);
    const clock = new MovableClock(options.keepIn && join(options.keepIn, 'clock.json'));
    allowOrigins(deployment, [url, ...(options.origins ?? [])]);
    let streams: Streams | undefined;
    const onChange = (change: Change) => streams?.push(change);
    const engines = await startEngines(deployment, clock, options.keepIn, { onChange });
    onProgress('table, keys and mailbox are up');
    const environments = createEnvironments(deployment.functions, {
      codeDirOf: ({ codeHash }) => join(assembly.dir, `asset.${codeHash}`),
      endpoints: endpointsOf(engines),
      log,
    });
    const courier = startCourier(deployment.scheduled, environments, clock.now);
    streams = startStreams(deployment.streams, { environments, now: clock.now, log });
    const running: Running = { deployment, environments, clock, engines, courier, streams, log };
    answer = listenerOf(running);
    const close = () => closeAll(server, running, release);
    if (options.acme) {
      onProgress('starting Acme');
      running.acme = await startAcmeBeside(options.port, url, running);
    }
    return { url, deployment, clock, environments, ...engines, acme: running.acme, close };
  } catch (error) {
    release();
    await closeServer(server);
    throw error;
  }
}

/** Lets pages of these origins call and ask for passkeys, and the hosted prompt return to them, as a stage's do. */
function allowOrigins({ cors, functions }: Deployment, origins: readonly string[]): void {
  cors?.origins.push(...origins);
  for (const { environment } of functions) {
    for (const name of ['RETURN_ORIGINS', 'PASSKEY_ORIGINS']) {
      if (environment[name] !== undefined) {
        environment[name] = [environment[name], ...origins].join(',');
      }
    }
  }
}

/** Starts table, keys and mailbox. A call is allowed by the role of its function, unless `allow` says otherwise. */
export async function startEngines(
  { functions, tables, keys }: Deployment,
  clock: MovableClock,
  keepIn: string | undefined,
  options: { onChange?(change: Change): void; allow?: Allow },
): Promise<Engines> {
  const statementsOf = new Map(functions.map(({ name, statements }) => [name, statements]));
  statementsOf.set(credentials.accessKeyId, acmeStatements);
  // The operator may do what the owner of an AWS account may.
  const byRole: Allow = ({ caller, ...access }) =>
    caller === operatorKeyId || allows(statementsOf.get(caller) ?? [], access);
  const { allow = byRole, ...onChange } = options;
  const pathOf = (name: string) => (keepIn === undefined ? {} : { path: join(keepIn, name) });
  const [dynamodb, kms, mailbox] = await Promise.all([
    startDynamoDb({ ...pathOf('table'), allow, ...onChange }),
    startKms({ ...pathOf('keys.json'), allow }),
    startMailbox({ ...pathOf('messages.json'), allow, now: clock.now }),
  ]);
  await Promise.all(tables.map((table) => dynamodb.createTable(table)));
  for (const key of keys) {
    kms.createKey(key);
  }
  return { dynamodb, kms, mailbox };
}

/** The variables that lead the SDK to the engines. */
export function endpointsOf({ dynamodb, kms, mailbox }: Engines): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
    AWS_ENDPOINT_URL_KMS: kms.endpoint,
    AWS_ENDPOINT_URL_SES: mailbox.endpoint,
    AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2: mailbox.endpoint,
  };
}

type Running = Pick<Local, 'deployment' | 'environments' | 'clock'> & {
  acme?: Acme;
  engines: Engines;
  courier: Courier;
  streams: Streams;
  log: NonNullable<LocalOptions['log']>;
};

async function startAcmeBeside(
  port: number,
  apiUrl: string,
  { engines, deployment, log }: Running,
): Promise<Acme> {
  const acme = await startAcme({
    port: port === 0 ? 0 : port + 1,
    apiUrl,
    endpoints: endpointsOf(engines),
    log: (line) => log('acme', line),
  });
  allowOrigins(deployment, [acme.url]);
  return acme;
}

function listenerOf(running: Running): Listener {
  const { deployment, environments, clock, engines, courier, log } = running;
  const { dynamodb, kms, mailbox } = engines;
  const dev = {
    clock,
    mailbox,
    engines: { dynamodb, kms, ses: mailbox },
    variables: Object.assign({}, ...deployment.functions.map(({ environment: variables }) => variables)),
    onClock: courier.wake,
    itemOf: userItemIn(dynamodb, deployment.tables[0]?.TableName ?? ''),
    acmeUrl: () => running.acme?.url,
  };
  const gateway = createGateway({
    deployment,
    environments,
    now: clock.now,
    log: (line) => log('gateway', line),
  });
  return (request, response) => {
    if (request.url !== '/' && !request.url?.startsWith('/_dev/')) {
      return gateway(request, response);
    }
    answerDev(request, response, dev).catch(() => request.socket.destroy());
  };
}

/** From the outside in: what is asked last ends first. */
async function closeAll(server: Server, running: Running, release: () => void): Promise<void> {
  await running.acme?.close();
  running.courier.close();
  running.streams.close();
  await closeServer(server);
  await running.environments.close();
  await Promise.all(Object.values(running.engines).map((engine) => engine.close()));
  release();
}

/** Listens on 127.0.0.1; the address, by the name that browsers let passkeys be made for. */
export function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve(`http://localhost:${(server.address() as AddressInfo).port}`);
    });
  });
}

/** Ends the server and every connection, those that are kept alive too. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
