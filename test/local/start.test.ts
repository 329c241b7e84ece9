import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { walkThrough } from '../../local/dev/walk-through.ts';

const run = promisify(execFile);
const programs = await run('which', ['curl', 'jq', 'oathtool']).catch(() => undefined);
const canWalk = programs !== undefined;
const root = new URL('../..', import.meta.url).pathname;

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', 'local/start.ts', ...args], { cwd: root });
}

/** The exit code and all that was written. */
async function finish(started: ChildProcess): Promise<{ code: number; text: string }> {
  let text = '';
  for (const stream of [started.stdout, started.stderr]) {
    stream?.on('data', (chunk) => (text += chunk));
  }
  const [code] = await once(started, 'close');
  return { code: code as number, text };
}

/** The address, once everything is ready. */
async function readyUrl(started: ChildProcess): Promise<string> {
  let text = '';
  started.stderr?.on('data', (chunk) => (text += chunk));
  for await (const line of createInterface(started.stdout as Readable)) {
    text += `${line}\n`;
    const url = /runs on (http:\S+), ready/.exec(line)?.[1];
    if (url) {
      return url;
    }
  }
  throw new Error(`It ended before it was ready:\n${text}`);
}

describe('npm start', () => {
  it('--help tells its options', async () => {
    const { code, text } = await finish(start('--help'));
    expect(code).toBe(0);
    for (const option of ['--port', '--origin', '--data', '--engines-only', '--verbose']) {
      expect(text).toContain(option);
    }
  });

  it.each([
    ['--nope'],
    ['--port', 'http'],
    ['--port', '65536'],
    ['--origin', '*'],
    ['--origin', 'https://app.example/path'],
    ['extra'],
  ])('refuses %s %s', async (...args) => {
    const { code, text } = await finish(start(...args));
    expect(code).toBe(2);
    expect(text).toContain('npm start -- [options]');
  });

  it('names --port when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { code, text } = await finish(start('--port', String(port)));
    other.close();
    expect(code).toBe(1);
    expect(text).toContain(`Port ${port} is taken`);
    expect(text).toContain('--port');
    expect(text).not.toContain('at Server');
  });
});

describe('the stack that npm start runs', () => {
  let started: ChildProcess;
  let url: string;

  beforeAll(async () => {
    started = start('--port', '0', '--origin', 'https://one.example', '--origin', 'https://two.example');
    url = await readyUrl(started);
  });
  afterAll(() => started.kill('SIGKILL'));

  it.skipIf(!canWalk).each(['once', 'twice'])('does what the walk-through says, pasted %s', async () => {
    const { stdout } = await run('bash', ['-c', walkThrough(url)]);
    const lines = stdout.trim().split('\n');
    expect(lines[0]).toBe('{"status":"passed","secondFactor":"none"}');
    expect(JSON.parse(lines[1] ?? '').recoveryCodes).toHaveLength(10);
    expect(lines[3]).toBe('["challenge","totp","recovery_code"]');
    expect(stdout).toContain('"secondFactor": "totp"');
    expect(stdout).toContain('{"status":422,"code":"code_already_used"}');
    expect(stdout).toContain('{"status":"passed","secondFactor":"recovery_code","recoveryCodesRemaining":9}');
    expect(stdout).toContain('{"status":422,"code":"code_incorrect"}');
    expect(lines.slice(-2).every((line) => line.includes('Acme'))).toBe(true);
  });

  it('takes calls from pages of this machine and of each --origin', async () => {
    const allowed = async (origin: string) =>
      (await fetch(`${url}/v1/health`, { headers: { origin } })).headers.get('access-control-allow-origin');
    for (const origin of ['http://localhost:3000', 'https://one.example', 'https://two.example']) {
      expect(await allowed(origin)).toBe(origin);
    }
    expect(await allowed('https://three.example')).toBeNull();
  });

  it('ends on SIGTERM to npm, with a connection that is kept alive, and frees its port', async () => {
    const npm = spawn('npm', ['start', '--silent', '--', '--port', '0'], { cwd: root });
    const npmUrl = await readyUrl(npm);
    const agent = new Agent({ keepAlive: true });
    await new Promise((resolve) => {
      get(`${npmUrl}/v1/health`, { agent }, (response) => response.resume().on('end', resolve));
    });
    const finished = finish(npm);
    npm.kill('SIGTERM');
    await finished;
    await expect.poll(() => fetch(npmUrl).catch(() => 'refused'), { timeout: 5000 }).toBe('refused');
    agent.destroy();
  });

  it('runs the engines alone with --engines-only, and writes what sam local has to be told', async () => {
    const other = start('--port', '0', '--engines-only');
    let text = '';
    other.stdout?.on('data', (chunk) => {
      text += chunk;
    });
    await expect.poll(() => text, { timeout: 30_000 }).toContain('variables');
    const file = /variables (\S+)/.exec(text)?.[1] ?? '';
    const { Parameters } = JSON.parse(readFileSync(join(root, file), 'utf8'));
    const client = new DynamoDBClient({
      endpoint: Parameters.AWS_ENDPOINT_URL_DYNAMODB,
      region: 'us-east-1',
      credentials: { accessKeyId: 'anybody', secretAccessKey: 'unused' },
    });
    const scan = await client.send(new ScanCommand({ TableName: Parameters.TABLE_NAME }));
    expect(scan.Items).toEqual([]);
    expect(Parameters.SIGNING_KEY_ARNS).toMatch(/^arn:aws:kms:/);
    const devUrl = /mails +(http:\S+)\/_dev/.exec(text)?.[1];
    expect((await fetch(`${devUrl}/_dev/messages`)).status).toBe(200);
    const finished = finish(other);
    other.kill('SIGTERM');
    expect((await finished).code).toBe(0);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends on %s, and frees its port', async (signal) => {
    const other = start('--port', '0');
    const otherUrl = await readyUrl(other);
    const finished = finish(other);
    other.kill(signal);
    expect((await finished).code).toBe(0);
    await expect(fetch(otherUrl)).rejects.toThrow();
  });
});
