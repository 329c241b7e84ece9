/** `npm start`: runs the stack on this machine. */
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { walkThrough } from './dev/walk-through.ts';
import { type Local, startLocal } from './start-local.ts';

const usage = `Runs Countersign on this machine: no AWS account, no Docker, no network.

  npm start -- [options]

  --port N     where the API listens on 127.0.0.1 (4400); 0 picks a free port
  --data DIR   keep table, keys, messages and the clock in DIR over restarts
  --verbose    print what the functions log
  --help       this text
`;

type Options = { port: number; keepIn?: string; verbose: boolean };

const options = readOptions();
const logFile = join('.build', 'logs', `${new Date().toISOString().replaceAll(':', '-')}.log`);
mkdirSync(join('.build', 'logs'), { recursive: true });
const logStream = createWriteStream(logFile);

let local: Local | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stop());
}

local = await startLocal({
  port: options.port,
  ...(options.keepIn !== undefined && { keepIn: options.keepIn }),
  onProgress: (step) => console.log(`${process.uptime().toFixed(1).padStart(5)} s  ${step}`),
  log: (source, line) => {
    logStream.write(`${source} ${line}\n`);
    if (options.verbose) {
      console.error(`${source} ${line}`);
    }
  },
}).catch(explain);
console.log(welcome(local));

function readOptions(): Options {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: '4400' },
        data: { type: 'string' },
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(usage);
      process.exit(0);
    }
    const port = Number(values.port);
    if (!/^\d{1,5}$/.test(values.port) || port > 65_535) {
      throw new Error(`--port wants a number, not "${values.port}"`);
    }
    return { port, verbose: values.verbose, ...(values.data !== undefined && { keepIn: values.data }) };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}

function explain(error: NodeJS.ErrnoException): never {
  const isTaken = error.code === 'EADDRINUSE';
  if (isTaken) {
    console.error(`Port ${options.port} is taken. Choose another: npm start -- --port 4401`);
  } else {
    console.error(options.verbose ? error : `It did not start: ${error.message}\n(--verbose tells where.)`);
  }
  process.exit(1);
}

async function stop(): Promise<void> {
  console.log('\nstopping');
  // Whatever does not end by then has nothing to lose.
  setTimeout(() => process.exit(0), 3000).unref();
  await local?.close();
  logStream.end(() => process.exit(0));
}

function welcome({ url, deployment, dynamodb, kms, mailbox }: Local): string {
  const { functions, routes } = deployment;
  const kept = options.keepIn === undefined ? 'in memory' : `kept in ${options.keepIn}`;
  return `
Countersign runs on ${url}, ready after ${process.uptime().toFixed(1)} s.

  API       ${routes.length} routes; app routes want AWS signatures by local / local-secret
  functions ${functions.length}, each in environments of its own, with its role's permissions
  table     dynalite at ${dynamodb.endpoint}, ${kept}
  keys      a local KMS at ${kms.endpoint}
  mails     ${url}/_dev/mailbox (SES at ${mailbox.endpoint}; nothing leaves this machine)
  logs      ${logFile}

Paste this into bash in another terminal (it wants curl, jq and oathtool); Ctrl-C here stops everything.

${walkThrough(url)}`;
}
