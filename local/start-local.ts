/** The synthesized stack on the laptop: one HTTP port in front, engines and environments behind it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { MovableClock } from './dev/clock.ts';
import { answerDev } from './dev/dev.ts';
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
import { type Assembly, loadAssembly } from './stack/assembly.ts';
import { resolveTemplate } from './stack/template.ts';

export type LocalOptions = {
  /** 0 picks a free port. */
  port: number;
  /** The folder that keeps table, keys, messages and the clock's offset; all in memory without it. */
  keepIn?: string;
  /** Runs this assembly instead of the repository's own stack. */
  assembly?: Assembly;
  /** What is being done, and how long a step took. */
  onProgress?(step: string): void;
  /** Lines that functions and the gateway write. */
  log?(source: string, line: string): void;
};

export type Local = {
  /** Such as `http://127.0.0.1:4400`. */
  url: string;
  deployment: Deployment;
  clock: MovableClock;
  mailbox: Mailbox;
  dynamodb: DynamoDb;
  kms: Kms;
  environments: Environments;
  close(): Promise<void>;
};

type Engines = { dynamodb: DynamoDb; kms: Kms; mailbox: Mailbox };
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
    if (options.keepIn) release = claim(options.keepIn);
    const assembly = options.assembly ?? (await loadAssembly(onProgress));
    onProgress(
      assembly.cached ? 'nothing has changed: functions and stack as before' : 'functions and stack are made',
    );
    const deployment = resolveTemplate(assembly.template, url);
    const clock = new MovableClock(options.keepIn && join(options.keepIn, 'clock.json'));
    let courier: Courier | undefined;
    const engines = await startEngines(deployment, clock, options.keepIn, () => courier?.wake());
    onProgress('table, keys and mailbox are up');
    const environments = createEnvironments(deployment.functions, {
      codeDirOf: ({ codeHash }) => join(assembly.dir, `asset.${codeHash}`),
      endpoints: endpointsOf(engines),
      log,
    });
    courier = startCourier(deployment.scheduled, environments, clock.now);
    const running = { deployment, environments, clock, engines, courier, log };
    answer = listenerOf(running);
    const close = () => closeAll(server, running, release);
    return { url, deployment, clock, environments, ...engines, close };
  } catch (error) {
    release();
    await closeServer(server);
    throw error;
  }
}

async function startEngines(
  { functions, tables, keys }: Deployment,
  clock: MovableClock,
  keepIn: string | undefined,
  onWrite: () => void,
): Promise<Engines> {
  const statementsOf = new Map(functions.map(({ name, statements }) => [name, statements]));
  // The operator's own key may do what the owner of an AWS account may.
  const allow: Allow = ({ caller, ...access }) =>
    caller === credentials.accessKeyId || allows(statementsOf.get(caller) ?? [], access);
  const pathOf = (name: string) => (keepIn === undefined ? {} : { path: join(keepIn, name) });
  const [dynamodb, kms, mailbox] = await Promise.all([
    startDynamoDb({ ...pathOf('table'), allow, onWrite }),
    startKms({ ...pathOf('keys.json'), allow }),
    startMailbox({ ...pathOf('messages.json'), allow, now: clock.now }),
  ]);
  await Promise.all(tables.map((table) => dynamodb.createTable(table)));
  for (const key of keys) kms.createKey(key);
  return { dynamodb, kms, mailbox };
}

function endpointsOf({ dynamodb, kms, mailbox }: Engines): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
    AWS_ENDPOINT_URL_KMS: kms.endpoint,
    AWS_ENDPOINT_URL_SES: mailbox.endpoint,
    AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2: mailbox.endpoint,
  };
}

type Running = Pick<Local, 'deployment' | 'environments' | 'clock'> & {
  engines: Engines;
  courier: Courier;
  log: NonNullable<LocalOptions['log']>;
};

function listenerOf({ deployment, environments, clock, engines, courier, log }: Running): Listener {
  const { dynamodb, kms, mailbox } = engines;
  const dev = {
    clock,
    mailbox,
    engines: { dynamodb, kms, ses: mailbox },
    variables: Object.assign({}, ...deployment.functions.map(({ environment: variables }) => variables)),
    onClock: courier.wake,
  };
  const gateway = createGateway({
    deployment,
    environments,
    now: clock.now,
    log: (line) => log('gateway', line),
  });
  return (request, response) => {
    if (!request.url?.startsWith('/_dev/')) return gateway(request, response);
    answerDev(request, response, dev).catch(() => request.socket.destroy());
  };
}

/** From the outside in: what is asked last ends first. */
async function closeAll(server: Server, running: Running, release: () => void): Promise<void> {
  running.courier.close();
  await closeServer(server);
  await running.environments.close();
  await Promise.all(Object.values(running.engines).map((engine) => engine.close()));
  release();
}

function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
