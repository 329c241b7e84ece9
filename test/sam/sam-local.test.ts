/**
 * `sam local` by SAM's own code: it reads the template, matches the routes, makes the events and the answers. Docker's
 * part alone, running a function's code, is a Node process. Skipped where SAM is not installed: `npm run judges` does that.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BrowserClient } from '../../client/browser.ts';
import { Countersign } from '../../client/server.ts';
import { background, routes } from '../../lambdas/routes.ts';
import { totpAt } from '../support/deployment.ts';
import { signing } from '../support/signed-in.ts';

const root = new URL('../..', import.meta.url).pathname;
const python = join(root, '.venv/sam/bin/python');
const samPort = 4574;
const url = `http://127.0.0.1:${samPort}`;
/** Each call starts a process. */
const timeoutMs = 60_000;
const template = join(root, '.build/sam/template.json');

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) {
    child.kill();
  }
});

/** Resolves with the first line that `pattern` matches. */
function start(command: string, args: string[], pattern: RegExp): Promise<string> {
  const child = spawn(command, args, { cwd: root, env: { ...process.env, SAM_CLI_TELEMETRY: '0' } });
  children.push(child);
  let said = '';
  child.stderr.on('data', (text) => {
    said = `${said}${text}`.slice(-3000);
  });
  return new Promise((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => pattern.test(line) && resolve(line));
    child.on('exit', (code) => reject(new Error(`${command} ended with ${code}: ${said}`)));
  });
}

const tsx = join(root, 'node_modules/tsx/dist/cli.mjs');

describe.skipIf(!existsSync(python))('sam local', () => {
  let found: { functions: string[]; routes: string[] };
  beforeAll(async () => {
    const ports = ['--port', '0', '--sam-port', String(samPort), '--engines-host', '127.0.0.1'];
    const conditions = '--conditions=countersign-source';
    await start(process.execPath, [tsx, conditions, 'local/sam/start.ts', ...ports], /The API is then/);
    const args = ['test/sam/sam_without_docker.py', template, String(samPort)];
    found = JSON.parse(await start(python, args, /"functions"/));
    for (let tries = 0; tries < 100 && !(await fetch(`${url}/v1/health`).catch(() => undefined)); tries++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }, 240_000);

  it('finds every function and every route', () => {
    const names = [...Object.keys(routes), ...Object.keys(background)];
    expect(found.functions).toEqual(names.map((name) => `countersign-local-${name}`).sort());
    // SAM answers preflights itself.
    expect(found.routes.filter((route) => !route.startsWith('OPTIONS'))).toEqual(
      Object.values(routes)
        .map(({ method, path }) => `${method} ${path}`)
        .sort(),
    );
  });

  it('lets nobody call an app route without a signature, or with another key', async () => {
    const call = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
    expect((await fetch(`${url}/v1/challenges`, call)).status).toBe(403);
    const credentials = { accessKeyId: 'local', secretAccessKey: 'guessed' };
    const stranger = new Countersign({ url, timeoutMs, audience: 'acme', region: 'us-east-1', credentials });
    const first = {
      accountId: 'acme',
      user: { id: 'x', email: 'x@example.com' },
      firstFactor: { method: 'password' },
    } as const;
    await expect(stranger.start(first)).rejects.toMatchObject({ status: 403 });
  }, 60_000);

  it('enrols somebody and signs them in, on the time of each request', async () => {
    const app = new Countersign({ url, timeoutMs, audience: 'acme', ...signing });
    // An id as identity providers have them: SAM hands the path over decoded, and the signature covers it encoded.
    const user = { id: 'auth0|ada', email: 'ada@example.com' };
    const first = { accountId: 'acme', user, firstFactor: { method: 'password' } } as const;
    expect((await app.start(first)).status).toBe('passed');
    const { token } = await app.userToken({
      accountId: 'acme',
      userId: user.id,
      role: 'user',
      reauthenticatedAt: new Date(),
    });
    const page = new BrowserClient({ url, timeoutMs, userToken: async () => token });
    const { authenticatorId, secret } = await page.startAuthenticator({ label: 'Phone' });
    await page.confirmAuthenticator(authenticatorId, { code: totpAt(secret, Date.now()) });

    const started = await app.start(first);
    if (started.status !== 'challenge') {
      throw new Error(started.status);
    }
    // The step of the confirmation is spent; the next one is within the window.
    const code = totpAt(secret, Date.now() + 30_000);
    const passed = await new BrowserClient({ url, timeoutMs }).verifyChallenge({
      challengeToken: started.challengeToken,
      method: 'totp',
      code,
    });
    const claims = await app.finish((passed as { token: string }).token, {
      accountId: 'acme',
      userId: user.id,
      challengeId: started.challengeId,
    });
    expect(claims.amr).toEqual(['pwd', 'otp', 'mfa']);
    expect(claims.iss).toBe(url);
  }, 120_000);
});

describe('the code for sam local', () => {
  it('is in no other bundle, and runs nowhere else', () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-sam-'));
    try {
      const script = `import { bundle } from '${root}lib/bundles.ts';
        await bundle('${folder}', { flows: ['health'] });`;
      execFileSync(process.execPath, [tsx, '--input-type=module', '-e', script], { cwd: root });
      expect(readFileSync(join(folder, 'health/index.cjs'), 'utf8')).not.toContain('AWS_SAM_LOCAL');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('gives each event a time and an id of its own, where SAM gives all the same', async () => {
    vi.stubEnv('AWS_SAM_LOCAL', 'true');
    vi.stubEnv('AWS_ACCESS_KEY_ID', '');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', '');
    vi.useFakeTimers();
    const { bridged } = await import('../../local/sam/bridge.ts');
    // biome-ignore lint/suspicious/noExplicitAny: what the handler gets
    const seen: any[] = [];
    const handler = bridged(async ({ requestContext }) => seen.push(requestContext), {
      functionName: 'countersign-local-health',
      signed: false,
    });
    const event = {
      rawPath: '/v1/health',
      headers: {},
      requestContext: { requestId: 'sam', timeEpoch: 1_764_000_000, http: { method: 'GET', sourceIp: null } },
    };
    await handler(event, {});
    vi.advanceTimersByTime(60_000);
    await handler(event, {});
    expect(seen[1].timeEpoch - seen[0].timeEpoch).toBe(60_000);
    expect(seen[1].timeEpoch).toBe(Date.now());
    expect(seen[0].requestId).not.toBe(seen[1].requestId);
    expect(seen[0].http.sourceIp).toBe('127.0.0.1');
    // The local engines know a function, and what it may do, by this.
    expect(process.env.AWS_ACCESS_KEY_ID).toBe('countersign-local-health');
    vi.useRealTimers();
    vi.unstubAllEnvs();
  });

  it('throws when it is loaded where SAM is not', async () => {
    const { bridged } = await import('../../local/sam/bridge.ts');
    expect(() => bridged(async () => ({}), { functionName: 'x', signed: true })).toThrow(
      'under sam local only',
    );
  });
});
