/** The package as a customer gets it: packed, checked, installed in an empty folder, and signing somebody in. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Local } from '../../local/start-local.ts';
import { totpAt } from '../support/deployment.ts';
import { enrol, startService } from '../support/signed-in.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 300_000 });

const root = new URL('../..', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'countersign-package-'));
const run = async (command: string, args: string[], cwd = root, env: Record<string, string> = {}) => {
  const options = { cwd, env: { ...process.env, ...env }, maxBuffer: 20_000_000 };
  const { stdout } = await promisify(execFile)(command, args, options).catch((error) => {
    throw new Error(`${command} ${args.join(' ')}: ${error.stdout}${error.stderr}`.slice(0, 4000));
  });
  return stdout;
};
const bin = (name: string) => join(root, 'node_modules/.bin', name);

let tarball: string;
beforeAll(async () => {
  await run('npm', ['pack', '--silent', '--pack-destination', folder]);
  tarball = join(folder, readdirSync(folder).find((file) => file.endsWith('.tgz')) as string);
  writeFileSync(join(folder, 'package.json'), '{"type":"module","private":true}');
  const quietly = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--silent'];
  await run('npm', ['install', ...quietly, tarball], folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the package', () => {
  it('satisfies publint and attw', async () => {
    await run(bin('publint'), ['--strict', tarball]);
    // A stylesheet has no types.
    const stylesheet = ['--exclude-entrypoints', './elements/countersign.css'];
    await run(bin('attw'), [tarball, '--profile', 'esm-only', ...stylesheet]);
  });

  it('holds what its exports name and nothing of the tests or the stack', async () => {
    const files = (await run('tar', ['tzf', tarball])).split('\n').filter(Boolean);
    const { exports, customElements } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(files).toContain(join('package', customElements));
    for (const { types, default: code } of Object.values<Record<string, string>>(exports)) {
      for (const path of [types, code].filter((each) => each !== undefined)) {
        expect(files).toContain(join('package', path));
      }
    }
    expect(files.filter((file) => !/^package\/(dist\/|package\.json|README\.md|LICENSE)/.test(file))).toEqual(
      [],
    );
  });

  it('types a strict project that resolves as Node does', async () => {
    writeFileSync(
      join(folder, 'app.ts'),
      `import { Countersign, CountersignError, type Started } from 'countersign';
       import { BrowserClient } from 'countersign/browser';
       const app = new Countersign({ url: 'https://x.example', audience: 'acme' });
       const started: Started = await app.start({ accountId: 'a', user: { id: 'u', email: 'e' }, firstFactor: { method: 'password' } });
       if (started.status !== 'passed') new BrowserClient({ url: 'x' }).sendCode({ challengeToken: started.challengeToken, method: 'email' });
       const open = new Countersign({ url: 'https://x.example', audience: 'acme', whenUnavailable: () => 'let in' as const });
       const word: 'let in' | Started = await open.start({} as never);
       // @ts-expect-error The first factor is one of five.
       app.start({ accountId: 'a', user: { id: 'u', email: 'e' }, firstFactor: { method: 'guess' } });
       export const codes = [new CountersignError('busy', { status: 503 }).code, word];`,
    );
    const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--target', 'es2022'];
    const types = [
      '--module',
      'nodenext',
      '--types',
      'node',
      '--typeRoots',
      join(root, 'node_modules/@types'),
    ];
    await run(bin('tsc'), [...strict, ...types, '--skipLibCheck', 'app.ts'], folder);
  });
});

describe('installed in an empty folder', () => {
  let local: Local;
  beforeAll(async () => {
    local = await startService();
  });
  afterAll(() => local.close());

  it('signs somebody in by a second factor', async () => {
    const { recoveryCodes } = await enrol(local, 'acme', 'ada');
    writeFileSync(
      join(folder, 'sign-in.js'),
      `import { Countersign, CountersignError } from 'countersign';
       import { BrowserClient, CountersignError as InBrowser } from 'countersign/browser';
       const [url, code] = process.argv.slice(2);
       const app = new Countersign({ url, audience: 'acme', timeoutMs: 30000 });
       const user = { id: 'ada', email: 'ada@example.com' };
       const { challengeToken, challengeId } =
         await app.start({ accountId: 'acme', user, firstFactor: { method: 'password' } });
       const page = new BrowserClient({ url, timeoutMs: 60000 });
       const { token } = await page.verifyChallenge({ challengeToken, method: 'recovery_code', code });
       const claims = await app.finish(token, { accountId: 'acme', userId: 'ada', challengeId });
       console.log(JSON.stringify({ ...claims, isOneClass: CountersignError === InBrowser }));`,
    );
    const stdout = await run('node', ['sign-in.js', local.url, recoveryCodes[0] as string], folder, {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local-secret',
    });
    expect(JSON.parse(stdout)).toMatchObject({
      sub: 'ada',
      account: 'acme',
      second_factor: 'recovery_code',
      isOneClass: true,
    });
  });

  /** The example under Express, as a process of its own; answers with its address. */
  async function startExpress(): Promise<{ process: ChildProcess; url: string }> {
    for (const name of ['express', 'express-session']) {
      symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
    }
    cpSync(join(root, 'examples/express.ts'), join(folder, 'express.ts'));
    writeFileSync(
      join(folder, 'serve.ts'),
      `import { Countersign } from 'countersign';
       import { createApp } from './express.ts';
       const [url] = process.argv.slice(2);
       const credentials = { accessKeyId: 'local', secretAccessKey: 'local-secret' };
       const twoFactor = new Countersign({ url, audience: 'acme', region: 'us-east-1', credentials, timeoutMs: 30000 });
       const check = async (email, password) =>
         password === 'right' ? { accountId: 'acme', id: email.split('@')[0], email } : undefined;
       const app = createApp(twoFactor, url, check, { secret: 'test', resave: false, saveUninitialized: false });
       const server = app.listen(0, '127.0.0.1', () => console.log('http://127.0.0.1:' + server.address().port));`,
    );
    const process = spawn(bin('tsx'), ['serve.ts', local.url], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const url = await new Promise<string>((resolve, reject) => {
      process.stdout?.once('data', (line) => resolve(String(line).trim()));
      process.once('exit', (status) => reject(new Error(`Express ended: ${status}`)));
    });
    return { process, url };
  }

  const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium'].find((path) => path && existsSync(path));
  it.skipIf(!executablePath)(
    'the Express example signs somebody in, in a browser',
    async () => {
      const { secret } = await enrol(local, 'acme', 'bob');
      const express = await startExpress();
      local.deployment.cors?.origins.push(express.url);
      const browser = await chromium.launch({ executablePath: executablePath as string });
      try {
        const page = await browser.newPage();
        page.setDefaultTimeout(60_000);
        const submit = (password: string) =>
          page.setContent(`<form method="post" action="${express.url}/sign-in">
          <input name="email" value="bob@example.com"><input name="password" value="${password}"><button>Go</button>
        </form>`);
        await submit('wrong');
        await page.getByRole('button', { name: 'Go' }).click();
        await page.getByText('Please sign in again.').waitFor();
        await submit('right');
        await page.getByRole('button', { name: 'Go' }).click();
        await page.getByLabel('Authentication code').fill(totpAt(secret, local.clock.now()));
        expect(await (await page.request.get(express.url)).text()).toBe('Not signed in');
        await page.getByRole('button', { name: 'Verify' }).click();
        await page.getByText('bob@example.com').waitFor();
        expect(new URL(page.url()).pathname).toBe('/');
      } finally {
        await browser.close();
        express.process.kill();
      }
    },
    180_000,
  );

  it('the elements are one import for a bundler, and define nothing twice', async () => {
    writeFileSync(
      join(folder, 'page.js'),
      "import 'countersign/elements';\nimport 'countersign/elements/prompt';",
    );
    const { build } = await import('esbuild');
    const { outputFiles } = await build({
      entryPoints: [join(folder, 'page.js')],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      logLevel: 'silent',
    });
    const code = outputFiles[0]?.text ?? '';
    expect(code.split('customElements.define').length).toBeGreaterThan(1);
    expect(code).toContain('countersign-prompt');
  });
});

describe('the construct in a stack of somebody else', () => {
  const theirs = join(folder, 'node_modules');
  beforeAll(() => {
    // The peers are the app's own, once: here they are the ones of this repository.
    for (const peer of ['aws-cdk-lib', 'constructs']) {
      if (!existsSync(join(theirs, peer))) {
        symlinkSync(join(root, 'node_modules', peer), join(theirs, peer));
      }
    }
    mkdirSync(join(folder, 'infra'), { recursive: true });
    writeFileSync(
      join(folder, 'infra/app.ts'),
      `import { App, Stack } from 'aws-cdk-lib';
       import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
       import { Countersign, type CountersignProps } from 'countersign/cdk';
       const app = new App({ outdir: process.argv[2] ?? 'out' });
       const stack = new Stack(app, 'Acme');
       const props: CountersignProps = { productName: 'Acme', mailFrom: 'security@acme.example', audience: 'acme' };
       const twoFactor = new Countersign(stack, 'TwoFactor', props);
       const backEnd = new Role(stack, 'BackEnd', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
       twoFactor.grantCallAppRoutes(backEnd);
       // @ts-expect-error Every property is known.
       const wrong: CountersignProps = { ...props, alowedOrigins: [] };
       export const known: [string, string, unknown] = [twoFactor.issuer, twoFactor.eventSource, wrong];
       app.synth();`,
    );
  });

  it('synthesizes with the code that the package brings, without a bundler', async () => {
    expect(existsSync(join(theirs, 'esbuild'))).toBe(false);
    await run(process.execPath, [join(root, 'node_modules/tsx/dist/cli.mjs'), 'infra/app.ts', 'out'], folder);
    const template = JSON.parse(readFileSync(join(folder, 'out/Acme.template.json'), 'utf8'));
    const functions = Object.values<{ Type: string; Properties: Record<string, never> }>(template.Resources)
      .filter(({ Type }) => Type === 'AWS::Lambda::Function')
      .map(({ Properties }) => Properties as unknown as { FunctionName: string; Code: { S3Key: string } });
    expect(functions.length).toBeGreaterThan(30);
    for (const { FunctionName, Code } of functions) {
      expect(FunctionName).toMatch(/^countersign-prod-/);
      const asset = join(folder, 'out', `asset.${Code.S3Key.replace('.zip', '')}`, 'index.cjs');
      expect(readFileSync(asset, 'utf8').length).toBeGreaterThan(1000);
    }
  }, 120_000);

  it('is typed, with a sentence for each property', async () => {
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--skipLibCheck'];
    const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
    await run(bin('tsc'), [...options, ...types, 'infra/app.ts'], folder);
    const props = readFileSync(join(theirs, 'countersign/dist/lib/props.d.ts'), 'utf8');
    const own = props.slice(props.indexOf('CountersignProps'));
    const optional = own.match(/^ {4}\w+\?:/gm) ?? [];
    expect(optional.length).toBeGreaterThan(20);
    expect(own.match(/@default/g)).toHaveLength(optional.length);
  }, 60_000);
});
