/** Starts contestants, each in a process of its own, and their engines. */
import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export type Round = { signIns: number; wallMs: number; cpuMs: number; engineCpuMs: number; rssMb: number };
export type Contestant = {
  name: string;
  /** Signs every user in once, `atOnce` at a time. */
  run(round: number, atOnce: number): Promise<Round>;
  /** Bytes of the first user's item as JSON; 0 if it is not stored as an item. */
  itemBytes(): Promise<number>;
  close(): void;
};

const here = import.meta.dirname;
/** The SDK's word about the Node versions of 2027. */
const quiet = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
const answerOf = async <T>(child: ChildProcess): Promise<T> => (await once(child, 'message'))[0] as T;

/** The child's first message; an error with its name if it ends before. */
async function started<T>(child: ChildProcess, name: string): Promise<T> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${name} ended with ${code} before it was ready`);
  });
  return Promise.race([answerOf<T>(child), ended]);
}

type Options = { bundles: string; users: number; stepMs?: number; others?: number };

/** Countersign under one key custody, over engines of its own. `others`: how many users lie beside those who sign in. */
export async function countersign(custody: 'kms' | 'cached', options: Options): Promise<Contestant> {
  const { bundles, users, stepMs = 30_000, others = 0 } = options;
  const engines = fork(join(here, 'engines.ts'), {
    execArgv: process.execArgv,
    env: { ...process.env, ...quiet },
  });
  const ask = async (asked: object) => {
    engines.send(asked);
    return answerOf<{ cpuMs: number; bytes: number }>(engines);
  };
  const told = await started<Record<string, string>>(engines, 'engines');
  await ask({ fill: others });
  const env = {
    ...process.env,
    ...told,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    ...quiet,
    STAGE: 'bench',
    KEY_CUSTODY: custody,
    ISSUER_URL: 'https://bench.test',
    AUDIENCE: 'bench',
    PRODUCT_NAME: 'Bench',
    MAIL_FROM: 'bench@example.com',
    RECOVERY_CODE_ROUNDS: '1000',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    BENCH: JSON.stringify({ bundles, users, stepMs }),
  };
  const child = fork(join(here, 'contestants/countersign.mjs'), { env, execArgv: [] });
  await started(child, `countersign, ${custody}`);
  return {
    name: `Countersign, \`${custody}\``,
    run: async (round, atOnce) => {
      const before = await ask({});
      child.send({ round, atOnce });
      const run = await answerOf<Round>(child);
      return { ...run, engineCpuMs: (await ask({})).cpuMs - before.cpuMs };
    },
    itemBytes: async () => (await ask({ itemOf: 'user-0' })).bytes,
    close: () => {
      child.kill();
      engines.kill();
    },
  };
}

type Database = { url: string; postmaster?: number; close: () => void };

async function betterAuth(
  name: string,
  users: number,
  { url, postmaster, close }: Database,
): Promise<Contestant> {
  const env = { ...process.env, BENCH: JSON.stringify({ database: url, users, postmaster }) };
  const child = fork(join(here, 'contestants/better-auth.mjs'), { env, execArgv: [] });
  await started(child, name);
  return {
    name,
    run: async (round, atOnce) => {
      child.send({ round, atOnce });
      return answerOf<Round>(child);
    },
    itemBytes: async () => 0,
    close: () => {
      child.kill();
      close();
    },
  };
}

const isInstalled = () => existsSync(join(here, 'node_modules/better-auth'));
export const whyNoPeers = () =>
  isInstalled() ? undefined : 'better-auth is not installed: npm install --prefix bench';

export async function withSqlite(users: number): Promise<Contestant> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  const close = () => rmSync(folder, { recursive: true, force: true });
  return betterAuth('better-auth, SQLite in its process', users, { url: join(folder, 'auth.db'), close });
}

/** Where Debian keeps the server's programs; undefined without them. */
function postgresPrograms(): string | undefined {
  const root = '/usr/lib/postgresql';
  const [newest] = existsSync(root) ? readdirSync(root).sort().reverse() : [];
  return newest && join(root, newest, 'bin');
}
export const whyNoPostgres = () =>
  postgresPrograms() ? undefined : 'there is no Postgres: apt-get install postgresql';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

/** A cluster of its own on loopback, as the user `postgres` where this is root: the server refuses root. */
export async function withPostgres(users: number): Promise<Contestant> {
  const bin = postgresPrograms() as string;
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  const isRoot = process.getuid?.() === 0;
  const as = (program: string, args: string[]): [string, string[]] =>
    isRoot
      ? ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', program, ...args]]
      : [program, args];
  if (isRoot) {
    spawnSync('chown', ['postgres', folder]);
  }
  const where = join(folder, 'cluster');
  const made = spawnSync(...as(join(bin, 'initdb'), ['-D', where, '-U', 'bench', '--auth=trust']), {
    cwd: folder,
  });
  if (made.status !== 0) {
    throw new Error(`initdb: ${made.stderr}`);
  }
  const port = await freePort();
  const settings = ['-D', where, '-p', String(port), '-h', '127.0.0.1', '-k', folder];
  const server = spawn(...as(join(bin, 'postgres'), settings), { cwd: folder, stdio: 'ignore' });
  await untilReady(join(bin, 'pg_isready'), port);
  const url = `postgres://bench@127.0.0.1:${port}/postgres`;
  const close = () => {
    server.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    server.kill('SIGINT');
  };
  return betterAuth('better-auth, Postgres over TCP', users, {
    url,
    postmaster: server.pid as number,
    close,
  });
}

async function untilReady(program: string, port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (spawnSync(program, ['-h', '127.0.0.1', '-p', String(port)]).status === 0) {
      return;
    }
    await pause(200);
  }
  throw new Error('Postgres did not start');
}
