/** The engines without gateway and functions: for functions that run elsewhere, such as under `sam local`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname } from 'node:path';
import { MovableClock } from './dev/clock.ts';
import { answerDev } from './dev/dev.ts';
import { userItemIn } from './dev/user-item.ts';
import { loadAssembly } from './stack/assembly.ts';
import { resolveTemplate } from './stack/template.ts';
import {
  closeServer,
  type Engines,
  endpointsOf,
  type LocalOptions,
  listen,
  startEngines,
} from './start-local.ts';

export type EnginesOnly = {
  /** Serves `/_dev/` alone. */
  url: string;
  engines: Engines;
  /** What the functions' environment has to say: the template's variables and where the engines are. */
  variables: Record<string, string>;
  close(): Promise<void>;
};

/** Starts table, keys and mailbox. Whoever runs the functions decides what they may do: every call is allowed. */
export async function startEnginesOnly(options: LocalOptions): Promise<EnginesOnly> {
  const { onProgress = () => {} } = options;
  const server = createServer();
  const url = await listen(server, options.port);
  const assembly = options.assembly ?? (await loadAssembly(onProgress));
  const deployment = resolveTemplate(assembly.template, url);
  const clock = new MovableClock();
  const engines = await startEngines(deployment, clock, undefined, { allow: () => true });
  const { dynamodb, kms, mailbox } = engines;
  const variables = Object.assign({}, ...deployment.functions.map(({ environment }) => environment));
  const dev = {
    clock,
    mailbox,
    engines: { dynamodb, kms, ses: mailbox },
    variables,
    onClock: () => {},
    acmeUrl: () => undefined,
    itemOf: userItemIn(dynamodb, deployment.tables[0]?.TableName ?? ''),
  };
  server.on('request', (request, response) => {
    answerDev(request, response, dev).catch(() => request.socket.destroy());
  });
  return {
    url,
    engines,
    variables: { ...variables, ...endpointsOf(engines) },
    close: async () => {
      await closeServer(server);
      await Promise.all(Object.values(engines).map((engine) => engine.close()));
    },
  };
}

/** Writes the variables as `sam local start-api --env-vars FILE` reads them, for every function. */
export function writeSamVariables(file: string, variables: Record<string, string>): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ Parameters: variables }, null, 2)}\n`);
}
