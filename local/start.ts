/** `npm start`: runs the stack on this machine. */
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Acme } from './acme.ts';
import { walkThrough } from './dev/walk-through.ts';
import { type EnginesOnly, startEnginesOnly, writeSamVariables } from './engines-only.ts';
import { type Local, type LocalOptions, startLocal } from './start-local.ts';

const usage = `Runs Countersign on this machine: no AWS account, no Docker, no network.

  npm start -- [options]

  --port N        where the API listens on 127.0.0.1 (4400); 0 picks a free port
  --no-acme       leave out Acme, the app to click through (on the port after the API's)
  --origin URL    lets pages of this origin call, and the hosted prompt return to it; may be repeated
  --data DIR      keep table, keys, messages and the clock in DIR over restarts
  --engines-only  start table, keys and mailbox alone, for functions that run under "sam local"
  --verbose       print what the functions log
  --help          this text
`;

type Options = Pick<LocalOptions, 'port' | 'keepIn' | 'origins' | 'acme'> & {
  enginesOnly: boolean;
  verbose: boolean;
};

const options = readOptions();
const samVariablesFile = join('.build', 'sam-variables.json');
const logFile = join('.build', 'logs', `${new Date().toISOString().replaceAll(':', '-')}.log`);
mkdirSync(join('.build', 'logs'), { recursive: true });
const logStream = createWriteStream(logFile);

let local: Local | EnginesOnly | undefined;
let isStopping = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => void stop());
}

// npm passes a signal on to its shell, which ends without telling anybody.
const startedBy = process.ppid;
if (process.env.npm_lifecycle_event === 'start') {
  setInterval(() => process.ppid !== startedBy && void stop(), 500).unref();
}

const { enginesOnly, verbose, ...localOptions } = options;
const hooks: Pick<LocalOptions, 'onProgress' | 'log'> = {
  onProgress: (step) => console.log(`${process.uptime().toFixed(1).padStart(5)} s  ${step}`),
  log: (source, line) => {
    logStream.write(`${source} ${line}\n`);
    if (verbose) {
      console.error(`${source} ${line}`);
    }
  },
};
if (enginesOnly) {
  const started = await startEnginesOnly({ ...localOptions, ...hooks }).catch(explain);
  local = started;
  writeSamVariables(samVariablesFile, started.variables);
  console.log(welcomeToEngines(started));
} else {
  const started = await startLocal({ ...localOptions, ...hooks }).catch(explain);
  local = started;
  console.log(welcome(started));
}

function readOptions(): Options {
  try {
    const { values } = parseArgs({
      allowNegative: true,
      options: {
        port: { type: 'string', default: '4400' },
        data: { type: 'string' },
        origin: { type: 'string', multiple: true, default: [] },
        'engines-only': { type: 'boolean', default: false },
        acme: { type: 'boolean', default: true },
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
      throw new Error(`--port takes a number, not "${values.port}"`);
    }
    return {
      port,
      acme: values.acme,
      origins: values.origin.map(originOf),
      enginesOnly: values['engines-only'],
      verbose: values.verbose,
      ...(values.data !== undefined && { keepIn: values.data }),
    };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}

/** Refuses what a browser would never send as an origin: a path, a wildcard, no scheme. */
function originOf(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol) || new URL(text).origin !== text) {
    throw new Error(`--origin takes an origin such as https://app.example.com, not "${text}"`);
  }
  return text;
}

function explain(error: NodeJS.ErrnoException): never {
  if (error.code === 'EADDRINUSE') {
    console.error(`Port ${options.port} is taken. Choose another: npm start -- --port 4410`);
  } else {
    console.error(options.verbose ? error : `It did not start: ${error.message}\n(--verbose tells where.)`);
  }
  process.exit(1);
}

async function stop(): Promise<void> {
  if (isStopping) {
    return;
  }
  isStopping = true;
  console.log('\nstopping');
  // Whatever does not end by then has nothing to lose.
  setTimeout(() => process.exit(0), 3000).unref();
  await local?.close();
  logStream.end(() => process.exit(0));
}

function welcome({ url, deployment, dynamodb, kms, mailbox, acme }: Local): string {
  const { functions, routes } = deployment;
  const kept = options.keepIn === undefined ? 'in memory' : `kept in ${options.keepIn}`;
  return `
Countersign runs on ${url}, ready after ${process.uptime().toFixed(1)} s.
${acme ? invitation(acme) : ''}
  API       ${routes.length} routes; app routes want AWS signatures by local / local-secret
  functions ${functions.length}, each in environments of its own, with its role's permissions
  table     dynalite at ${dynamodb.endpoint}, ${kept}
  keys      a local KMS at ${kms.endpoint}
  mails     ${url}/_dev/mailbox (SES at ${mailbox.endpoint}; nothing leaves this machine)
  logs      ${logFile}

Paste this into bash in another terminal (it needs curl, jq and oathtool), as often as you like; Ctrl-C here stops everything.

${walkThrough(url)}`;
}

function welcomeToEngines({ url, engines: { dynamodb, kms, mailbox } }: EnginesOnly): string {
  return `
The engines run, without gateway and functions.

  table     dynalite at ${dynamodb.endpoint}
  keys      a local KMS at ${kms.endpoint}
  mails     ${url}/_dev/mailbox (SES and SMS at ${mailbox.endpoint})
  variables ${samVariablesFile}

Run the functions elsewhere, for example: sam local start-api --docker-network host --env-vars ${samVariablesFile}
`;
}

/** The first thing to do: open a page. */
function invitation({ url, people }: Acme): string {
  const line = ({ role, email, password }: Acme['people'][number]) =>
    `    ${role.padEnd(9)} ${email.padEnd(18)} ${password}`;
  return `
  Open      ${url}
            Acme, an app to click through: its tour is at ${url}/tour
${people.map(line).join('\n')}
`;
}
