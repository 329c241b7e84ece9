/** Every command against the local service: the template's own functions, table and keys. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decrypter, generateIdentity, identityToRecipient } from 'age-encryption';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { retrying } from '../../client/retry.ts';
import { routes } from '../../lambdas/routes.ts';
import { commandTree } from '../../operator/command.ts';
import { formats } from '../../operator/formats/all.ts';
import { auth0 } from '../../operator/formats/auth0.ts';
import { csv } from '../../operator/formats/csv.ts';
import { otpauth } from '../../operator/formats/otpauth.ts';
import { encodeBase32 } from '../../operator/formats/secrets.ts';
import { type Target, targetOf } from '../../operator/target.ts';
import { oathtoolCode } from '../support/independent-totp.ts';
import { entriesOf, fixture } from '../support/operator-formats.ts';
import { run, type Service, startService } from '../support/operator-run.ts';

let service: Service;
let target: Target;
const folder = mkdtempSync(join(tmpdir(), 'operator-'));
const path = (name: string) => join(folder, name);
const secrets: Record<string, string> = {};
const known = new Set(Object.values(routes).map(({ method, path: route }) => `${method} ${route}`));
/** Routes of the contract that the API may not have yet. */
const lacks = (route: string) => !known.has(route);

/** Somebody with an authenticator, as the app and their browser make it. */
async function enrolOnce(accountId: string, id: string): Promise<void> {
  const user = { id, email: `${id}@example.com` };
  await target.api.start({ accountId, user, firstFactor: { method: 'password' } });
  const own = target.as({ accountId, userId: id, role: 'user' });
  const { secret, authenticatorId } = await own.startAuthenticator({ label: `${id}'s phone` });
  secrets[id] = secret;
  await own.confirmAuthenticator(authenticatorId, { code: codeOf(id, -1) }).catch((error) => {
    // Its answer was lost, and the repeat met what it did.
    if (error.code !== 'already_enabled') {
      throw error;
    }
  });
}

/** A machine that is busy answers 503 now and then; an enrolment is begun anew then. */
const enrol = (accountId: string, id: string) => retrying(() => enrolOnce(accountId, id), 5);

const codeOf = (id: string, steps = 0): string =>
  oathtoolCode(secrets[id] as string, service.local.clock.now() + steps * 30_000);

async function signIn(accountId: string, id: string, code: string): Promise<string> {
  const user = { id, email: `${id}@example.com` };
  const started = await target.api.start({ accountId, user, firstFactor: { method: 'password' } });
  if (started.status !== 'challenge') {
    return started.status;
  }
  const { challengeToken } = started;
  const own = target.as({ accountId, userId: id, role: 'user' });
  return (await own.verifyChallenge({ challengeToken, method: 'totp', code })).status;
}

beforeAll(async () => {
  service = await startService();
  target = await targetOf({ local: service.local.url });
  await enrol('acme', 'ada');
  await enrol('acme', 'bob');
  await enrol('other', 'cleo');
}, 180_000);
afterAll(() => service?.close());

vi.setConfig({ testTimeout: 120_000 });

describe('the command line', () => {
  const tree = commandTree({ out: () => {}, err: () => {} }, async () => {});
  const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];

  it('every command says what it does', () => {
    expect(
      all(tree)
        .filter((command) => command.description() === '')
        .map((command) => command.name()),
    ).toEqual([]);
  });

  it('prints help with examples, and knows what it does not know', async () => {
    const help = await run(['--help']);
    expect([help.code, help.out.includes('Examples:')]).toEqual([0, true]);
    expect(await run(['flourish'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('unknown command'),
    });
    expect(await run(['users', 'list'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--account'),
    });
  });

  it('does nothing without a yes', async () => {
    const reset = ['users', 'reset', 'bob', '--account', 'acme', '--reason', 'x'];
    expect(await service.run(reset)).toMatchObject({ code: 2, err: expect.stringContaining('--yes') });
    expect(await service.run(reset, 'no')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Nothing was done'),
    });
  });

  it('says where nothing answers', async () => {
    const answer = await run(['users', 'list', '--account', 'acme', '--local', 'http://127.0.0.1:1']);
    expect(answer).toMatchObject({ code: 3, err: expect.stringContaining('npm start') });
  });

  it('takes one target', async () => {
    const both = ['users', 'list', '--account', 'acme', '--local', '--stack', 'x'];
    expect(await run(both)).toMatchObject({ code: 2, err: expect.stringContaining('--local') });
    const unnamed = await run([
      'keyring',
      'show',
      '--url',
      'https://a.execute-api.eu-central-1.amazonaws.com',
    ]);
    expect(unnamed).toMatchObject({ code: 2, err: expect.stringContaining('--stack') });
  });
});

describe('users', () => {
  it('are listed as a table and as JSON', async () => {
    const table = await service.run(['users', 'list', '--account', 'acme']);
    expect(table.out).toMatch(/ada\s+ada@example.com\s+enabled\s+totp/);
    expect(table.out).toContain('2 users');
    const json = await service.run(['users', 'list', '--account', 'acme', '--email', 'bob', '--json']);
    expect(json.json()).toMatchObject([{ id: 'bob', status: 'enabled' }]);
  });

  it('are reset with a reason, and the trail names the operator', async () => {
    await enrol('acme', 'lost');
    const reset = [
      'users',
      'reset',
      'lost',
      '--account',
      'acme',
      '--reason',
      'phone lost',
      '--by',
      'olga',
      '--yes',
    ];
    expect(await service.run(reset)).toMatchObject({ code: 0 });
    expect(await signIn('acme', 'lost', '000000')).toBe('enrollment_required');
    const events = async () =>
      (await service.run(['events', 'export', '--account', 'acme', '--user', 'lost'])).out;
    await expect.poll(events, { timeout: 20_000 }).toContain('two_factor_reset');
    expect(await events()).toContain('operator:olga');
  });

  it('are unlocked', async () => {
    const unlock = ['users', 'unlock', 'ada', '--account', 'acme', '--reason', 'mistyped'];
    expect(await service.run(unlock)).toMatchObject({ code: 0, out: expect.stringContaining('unlocked') });
    const nobody = ['users', 'unlock', 'nobody', '--account', 'acme', '--reason', 'mistyped'];
    expect(await service.run(nobody)).toMatchObject({ code: 1, err: expect.stringContaining('not_found') });
  });

  it('R89 get a temporary code, which is printed, signs in once, and stands in no trail', async () => {
    const make = [
      'users',
      'temporary-code',
      'bob',
      '--account',
      'acme',
      '--minutes',
      '30',
      '--reason',
      'called',
    ];
    const made = await service.run([...make, '--json']);
    const { code, expiresAt } = made.json() as { code: string; expiresAt: string };
    expect(Date.parse(expiresAt) - service.local.clock.now()).toBeLessThanOrEqual(30 * 60_000);
    const user = { id: 'bob', email: 'bob@example.com' };
    const started = await target.api.start({ accountId: 'acme', user, firstFactor: { method: 'password' } });
    const { challengeToken } = started as { challengeToken: string };
    const own = target.as({ accountId: 'acme', userId: 'bob', role: 'user' });
    const passed = await own.verifyChallenge({ challengeToken, method: 'temporary_code', code });
    expect(passed).toMatchObject({ status: 'passed', secondFactor: 'temporary_code' });
    const trail = await service.run(['events', 'export', '--account', 'acme', '--user', 'bob']);
    expect(trail.out).not.toContain(code);
    expect(await service.run(make.with(6, '1441'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('request_invalid'),
    });
  });

  it('are erased', async () => {
    await enrol('acme', 'gone');
    expect(await service.run(['users', 'erase', 'gone', '--account', 'acme', '--yes'])).toMatchObject({
      code: 0,
    });
    expect(await signIn('acme', 'gone', '000000')).toBe('passed');
  });

  it.skipIf(lacks('GET /v1/accounts/{accountId}/users/{userId}'))('are shown without secrets', async () => {
    const shown = await service.run(['users', 'show', 'ada', '--account', 'acme']);
    expect(shown.out).toContain('ada@example.com');
    expect(shown.out).not.toContain(secrets.ada);
  });
});

describe('events', () => {
  it('are printed one JSON object a line, and for a spreadsheet', async () => {
    const exported = async () => (await service.run(['events', 'export', '--account', 'other'])).out;
    await expect.poll(exported, { timeout: 20_000 }).toContain('two_factor_enabled');
    const lines = (await exported()).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).userId)).toContain('cleo');
    const sheet = await service.run(['events', 'export', '--account', 'other', '--spreadsheet']);
    expect(sheet.out.split('\n')[0]).toContain('type');
    expect(sheet.err).toContain('not for import');
  });
});

describe('export', () => {
  it('writes what oathtool and sign-in agree with, into a file for its owner alone, and says so in the trail', async () => {
    const output = path('acme');
    const exported = await service.run([
      'export',
      '--account',
      'acme',
      '--format',
      'otpauth',
      '--output',
      output,
      '--yes',
    ]);
    expect(exported).toMatchObject({ code: 0, err: expect.stringContaining('authenticators of') });
    expect(statSync(`${output}.txt`).mode & 0o777).toBe(0o600);
    const ada = entriesOf(otpauth, readFileSync(`${output}.txt`, 'utf8')).find(({ id }) => id === 'ada');
    expect(encodeBase32(ada?.secret as Uint8Array)).toBe(secrets.ada);
    expect(await signIn('acme', 'ada', codeOf('ada'))).toBe('passed');
    const trail = await service.run(['events', 'export', '--account', 'acme']);
    expect(trail.out).toContain('secrets_exported');
    expect(trail.out).not.toContain(secrets.ada);
    expect(exported.out + exported.err).not.toContain(secrets.ada);
  });

  it('never writes over a file', async () => {
    const again = ['export', '--account', 'acme', '--format', 'otpauth', '--output', path('acme'), '--yes'];
    expect(await service.run(again)).toMatchObject({
      code: 2,
      err: expect.stringContaining('could not be written'),
    });
  });

  it('encrypts for an age key, and refuses what is none before a secret is opened', async () => {
    const identity = await generateIdentity();
    const recipient = await identityToRecipient(identity);
    const command = ['export', '--account', 'acme', '--format', 'auth0', '--output', path('aged'), '--yes'];
    expect(await service.run([...command, '--age-recipient', 'age1nonsense'])).toMatchObject({ code: 2 });
    expect(await service.run([...command, '--age-recipient', recipient])).toMatchObject({ code: 0 });
    const bytes = readFileSync(path('aged.json.age'));
    expect(bytes.toString('latin1')).not.toContain(secrets.ada);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    const entries = entriesOf(auth0, await decrypter.decrypt(new Uint8Array(bytes), 'text'));
    expect(entries.map(({ id }) => id).sort()).toEqual(['ada', 'bob']);
  });

  it('of all accounts names the account of each user', async () => {
    const command = ['export', '--all', '--output', path('all'), '--yes'];
    expect(await service.run([...command, '--format', 'otpauth'])).toMatchObject({ code: 2 });
    expect(await service.run([...command, '--format', 'csv'])).toMatchObject({ code: 0 });
    const entries = entriesOf(csv, readFileSync(path('all.csv'), 'utf8'));
    expect(entries.find(({ id }) => id === 'cleo')?.accountId).toBe('other');
  });
});

describe('keyring', () => {
  it('gets another key, and sign-ins that are under way go on', async () => {
    const user = { id: 'bob', email: 'bob@example.com' };
    const started = await target.api.start({ accountId: 'acme', user, firstFactor: { method: 'password' } });
    const rotated = await service.run(['keyring', 'rotate', '--yes', '--json']);
    expect(rotated.json()).toMatchObject({ keys: 2 });
    const { challengeToken } = started as { challengeToken: string };
    const own = target.as({ accountId: 'acme', userId: 'bob', role: 'user' });
    const passed = await own.verifyChallenge({ challengeToken, method: 'totp', code: codeOf('bob') });
    expect(passed.status).toBe('passed');
    expect((await service.run(['keyring', 'show'])).out).toContain('newest');
  });
});

describe('import', () => {
  const header = 'id,email,secret\n';
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

  it('says beforehand what would happen to every row, and does nothing', async () => {
    writeFileSync(
      path('in.csv'),
      `${header}new1,new1@example.com,${secret}\nada,ada@example.com,${secret}\nweak,weak@example.com,JBSWY3DPEHPK3PXP\n`,
    );
    const dry = ['import', path('in.csv'), '--format', 'csv', '--account', 'acme', '--dry-run'];
    const answer = await service.run(dry);
    expect(answer.code).toBe(1);
    expect(answer.out).toMatch(/line 2\s+new1@example.com\s+acme\s+would be imported/);
    expect(answer.out).toMatch(/line 3\s+ada@example.com\s+acme\s+refused\s+The person has two-factor/);
    expect(answer.out).toMatch(/line 4\s+weak@example.com\s+refused\s+The secret has 80 bits/);
    expect(answer.out).toContain('1 would be imported, 2 refused');
    expect(await signIn('acme', 'new1', '000000')).toBe('passed');
    expect(answer.out + answer.err).not.toContain(secret);
  });

  it.each([
    ['a file that is not there', ['nowhere.csv'], 'cannot be read'],
    ['columns that do not fit', ['bad.csv'], 'unknown: mail'],
  ])('stops at %s', async (_, [name], words) => {
    writeFileSync(path('bad.csv'), 'id,mail,secret\n1,a,b\n');
    const answer = await service.run([
      'import',
      path(name as string),
      '--format',
      'csv',
      '--account',
      'acme',
      '--yes',
    ]);
    expect(answer).toMatchObject({ code: 2, err: expect.stringContaining(words as string) });
  });

  describe.skipIf(lacks('POST /v1/accounts/{accountId}/imports'))('with the route', () => {
    it.each(formats.filter(({ write }) => write).map(({ name, extension }) => [name, extension]))(
      'people sign in with what came as %s',
      async (name, extension) => {
        const format = formats.find((one) => one.name === name);
        const id = `from-${name}`;
        const moved = new Uint8Array(createHash('sha256').update(id).digest().subarray(0, 20));
        const [file = ''] =
          format?.write?.([{ id, email: `${id}@example.com`, label: 'x', secret: moved }], 'Old') ?? [];
        writeFileSync(path(`${id}.${extension}`), file);
        writeFileSync(path('who.csv'), `id,email,login\n${id},${id}@example.com,${id}\n`);
        const command = [
          'import',
          path(`${id}.${extension}`),
          '--format',
          name as string,
          '--account',
          'acme',
          '--yes',
        ];
        const imported = await service.run([...command, '--users', path('who.csv')]);
        expect(imported.out).toMatch(/\simported/);
        secrets[id] = encodeBase32(moved);
        expect(await signIn('acme', id, codeOf(id, 1))).toBe('passed');
      },
    );

    it('better-auth, by its own file', async () => {
      const [expected] = JSON.parse(fixture('better-auth/one-secret.expected.json'));
      writeFileSync(path('ba.json'), fixture('better-auth/one-secret.json'));
      writeFileSync(path('ba.env'), 'BETTER_AUTH_SECRET=an-old-secret-of-better-auth-0123456789abcdef\n');
      const command = ['import', path('ba.json'), '--format', 'better-auth', '--account', 'moved', '--yes'];
      expect((await service.run([...command, '--better-auth-secrets', path('ba.env')])).code).toBe(0);
      secrets[expected.id] = new URL(expected.totpURI).searchParams.get('secret') as string;
      const { id, email } = expected;
      const user = { id, email };
      const started = await target.api.start({
        accountId: 'moved',
        user,
        firstFactor: { method: 'password' },
      });
      const { challengeToken } = started as { challengeToken: string };
      const own = target.as({ accountId: 'moved', userId: id, role: 'user' });
      expect(
        (await own.verifyChallenge({ challengeToken, method: 'totp', code: codeOf(id, 1) })).status,
      ).toBe('passed');
    });

    it('imports, skips what was done when it is run again, and people sign in', async () => {
      writeFileSync(
        path('move.csv'),
        `${header}new2,new2@example.com,${secret}\nada,ada@example.com,${secret}\n`,
      );
      const command = ['import', path('move.csv'), '--format', 'csv', '--account', 'acme', '--yes'];
      const first = await service.run(command);
      expect(first.out).toMatch(/new2@example.com\s+acme\s+imported/);
      secrets.new2 = secret;
      expect(await signIn('acme', 'new2', codeOf('new2', 1))).toBe('passed');
      expect((await service.run(command)).out).toBe(first.out);
      expect(readFileSync(path('move.csv.countersign-import.jsonl'), 'utf8')).not.toContain(secret);
    });
  });
});

describe('policy', () => {
  it('is no JSON, or names no account', async () => {
    expect(await service.run(['policy', 'set', 'required', '--account', 'acme'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('not JSON'),
    });
    expect(await service.run(['policy', 'set', '{"mode":"required"}'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--account'),
    });
  });

  it.skipIf(lacks('PUT /v1/accounts/{accountId}/policy'))(
    'is changed for all accounts after a look at whom it touches',
    async () => {
      const edit = ['policy', 'set', '{"mode":"required"}', '--all'];
      const dry = await service.run([...edit, '--dry-run']);
      expect(dry.out).toMatch(/acme.*mode: optional -> required/);
      expect((await service.run([...edit, '--yes'])).code).toBe(0);
      expect((await service.run([...edit, '--yes'])).out).toContain('none');
      const get = await service.run(['policy', 'get', '--account', 'acme', '--json']);
      expect(get.json()).toMatchObject([{ policy: { mode: 'required' } }]);
    },
  );
});

it('doctor finds the service well', async () => {
  const answer = await service.run(['doctor', '--json']);
  expect(
    (answer.json() as { check: string; result: string }[]).filter(({ result }) => result === 'FAILS'),
  ).toEqual([]);
  expect(answer.code).toBe(0);
});

it('accept shows a requirement and leaves nobody behind', async () => {
  const answer = await service.run(['accept', '--only', 'R6', 'R20', '--json']);
  const { lines } = answer.json() as { lines: { rows: string; result: string; why: string }[] };
  expect(lines.map(({ rows, result, why }) => ({ rows, result, why }))).toEqual([
    { rows: 'R6 R7', result: 'holds', why: '' },
    { rows: 'R20', result: 'holds', why: '' },
  ]);
});

it('cost says what a month costs', async () => {
  const answer = await run(['cost', '--users', '10000', '--json']);
  expect((answer.json() as { total: number }).total).toBeGreaterThan(1);
});
