/**
 * Canaries. Somebody reads the logs, the error bodies or the table. Every flow runs, well and badly, with everything
 * logged that can be; then each secret that was seen on the way is searched in all of it.
 */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Flow } from '../../lambdas/routes.ts';
import { background, routes } from '../../lambdas/routes.ts';
import { Authenticator } from '../support/authenticator.ts';
import { codeIn, deploy, type Reply } from '../support/deployment.ts';
import { nextTo, wrongTotp } from '../support/guesses.ts';
import { minute, Person } from '../support/person.ts';
import { rawTable } from '../support/threat-table.ts';

vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'DEBUG');
vi.stubEnv('POWERTOOLS_LOGGER_LOG_EVENT', 'true');
const deployment = await deploy({ RETURN_ORIGINS: 'https://app.acme.example' });
const table = rawTable(deployment);
let logged = '';
const problems: string[] = [];
/** Secrets that may be nowhere. */
const secrets = new Map<string, string>();
/** Six digits are everywhere by chance: searched as a word, in lines and bodies that hold no hash. */
const codes = new Set<string>();
const called = new Set<Flow>();

const capture = (stream: NodeJS.WriteStream) =>
  vi.spyOn(stream, 'write').mockImplementation((chunk) => {
    logged += String(chunk);
    return true;
  });

beforeAll(() => {
  capture(process.stdout);
  capture(process.stderr);
  for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) {
    vi.spyOn(console, method).mockImplementation((...said) => {
      logged += `${said.map(String).join(' ')}\n`;
    });
  }
});
afterAll(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const keep = (what: string, ...values: unknown[]) => {
  for (const value of values.flat()) {
    if (typeof value === 'string' && value.length > 6) {
      secrets.set(value, what);
    }
  }
};

/** Remembers every secret that an answer or a request holds. */
function watch(reply: Reply, options: { bearer?: string; body?: unknown }) {
  const { token, challengeToken, deviceToken, secret, otpauthUri } = reply.body ?? {};
  const recoveryCodes = [reply.body?.recoveryCodes].flat().filter((code) => typeof code === 'string');
  keep(
    'token',
    token,
    token?.split('.')[2],
    challengeToken,
    challengeToken?.split('.')[3],
    deviceToken,
    otpauthUri,
  );
  keep('user token', options.bearer);
  keep(
    'recovery code',
    recoveryCodes,
    recoveryCodes.map((code: string) => code.replaceAll('-', '')),
  );
  if (secret) {
    const bits = [...secret].map((letter) =>
      'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
    );
    const bytes = Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)));
    keep(
      'authenticator secret',
      secret,
      bytes.toString('base64'),
      bytes.toString('hex'),
      bytes.toString('latin1'),
    );
    keep('authenticator secret', JSON.stringify({ ...new Uint8Array(bytes) }));
  }
  if (reply.status >= 400) {
    problems.push(JSON.stringify(reply.body));
  }
  for (const [, code = ''] of JSON.stringify(options.body ?? {}).matchAll(/"code":"(\d{6})"/g)) {
    codes.add(code);
  }
}

function watched(person: Person): Person {
  const call = person.call.bind(person);
  person.call = async (flow, options = {}) => {
    called.add(flow);
    const reply = await call(flow, options);
    watch(reply, options);
    return reply;
  };
  return person;
}

async function walk(): Promise<void> {
  const ada = watched(new Person(deployment));
  const path = { accountId: ada.accountId, userId: ada.id };
  await table.setPolicy(ada.accountId, { rememberDevice: { allowed: true, days: 30 } });
  await ada.call('sync-user', { path, body: { email: ada.email, displayName: 'Ada' } });
  await ada.enrol();
  await ada.turnOnEmail(ada.totpProof());
  codes.add(ada.mailedCode());
  ada.later(2 * minute);
  const challengeToken = await ada.challengeToken();
  await ada.call('send-code', { body: { challengeToken, method: 'email' } });
  codes.add(ada.mailedCode());
  await ada.verify(challengeToken, 'totp', wrongTotp(ada));
  await ada.verify(challengeToken, 'email', codeIn(deployment.mails(ada.email)[0]), {
    headers: { 'idempotency-key': 'key' },
  });
  const body = {
    challengeToken: await ada.challengeToken(),
    method: 'totp',
    code: ada.code(),
    rememberDevice: true,
  };
  const { deviceToken } = (await ada.call('verify-challenge', { body })).body;
  await ada.call('fetch-result', { body: { challengeToken: body.challengeToken } });
  await ada.own('save-recovery-codes');
  await ada.call('get-user', { path });
  await ada.signIn({ deviceToken });
  await byThePrompt(ada.later(minute));
  await ada.verify(await ada.challengeToken(), 'recovery_code', ada.recoveryCodes[0]);
  await ada.verify(await ada.challengeToken(), 'recovery_code', 'zzzz-zzzz-zzzz-zzzz');
  await ada.later(minute).start({ label: 'second', proof: ada.totpProof() });
  await ada.confirm(ada.authenticatorId, wrongTotp(ada));
  await ada.later(minute).own('mail-proof-code', { body: { method: 'email' } });
  codes.add(ada.mailedCode());
  await ada.own('remove-authenticator', {
    path: { id: ada.authenticatorId },
    body: { proof: ada.totpProof() },
  });
  await ada.own('regenerate-recovery-codes', { body: { proof: ada.totpProof() } });
  await ada.later(minute).own('regenerate-recovery-codes', { body: { proof: ada.totpProof() } });
  await byTextMessage(ada);
  await byPasskey(ada.later(minute));
  await ada.own('set-default-method', { body: { defaultMethod: 'totp' } });
  await ada.own('remove-email-method', { body: { proof: ada.later(minute).totpProof() } });
  await ada.status();
  await badly(ada);
  await ada.call('password-changed', { path });
  await ada.deliver();
  await atTheDesk(ada);
  const eve = await watched(new Person(deployment)).enrol();
  await eve.own('disable-two-factor', { body: { proof: eve.totpProof() } });
  for (const flow of ['jwks', 'openid-configuration', 'openapi', 'health', 'prompt'] as const) {
    await ada.call(flow);
  }
  await ada.call('prompt-asset', { path: { file: 'page.js' } });
  await ada.later(10 * minute).deliver();
}

/** A sign-in that goes through the hosted prompt. */
async function byThePrompt(ada: Person): Promise<void> {
  const { challengeToken } = (await ada.signIn({ returnTo: 'https://app.acme.example/' })).body;
  await ada.call('read-challenge', { body: { challengeToken } });
  const { redirectTo } = (await ada.verify(challengeToken, 'totp', ada.code())).body;
  const resultCode = new URL(redirectTo).searchParams.get('resultCode') as string;
  keep('result code', resultCode);
  await ada.call('fetch-result', { body: { challengeToken, resultCode: resultCode.slice(1) } });
  expect((await ada.call('fetch-result', { body: { challengeToken, resultCode } })).status).toBe(200);
}

async function byPasskey(ada: Person): Promise<void> {
  const authenticator = new Authenticator();
  const started = await ada.own('start-passkey', { body: { proof: ada.totpProof() } });
  const path = { id: started.body.passkeyId };
  const body = { credential: authenticator.create(started.body.options) };
  expect((await ada.own('confirm-passkey', { path, body })).status).toBe(200);
  const { token, options } = await ada.passkeyChallenge();
  expect((await ada.present(token, authenticator.get(options))).status).toBe(200);
  await ada.own('remove-passkey', { path, body: { proof: ada.later(minute).totpProof() } });
}

async function byTextMessage(ada: Person): Promise<void> {
  const phone = '+41791234567';
  await table.setPolicy(
    ada.accountId,
    { methods: ['passkey', 'totp', 'email', 'sms'] },
    { smsEnabled: true, smsCountries: ['CH'] },
  );
  const started = await ada.own('start-sms-method', {
    body: { phone, proof: ada.later(minute).totpProof() },
  });
  expect(started.status).toBe(202);
  const code = codeIn(deployment.mails(phone)[0]);
  codes.add(code);
  await ada.own('confirm-sms-method', { body: { code: nextTo(code) } });
  expect((await ada.own('confirm-sms-method', { body: { code } })).status).toBe(200);
  const challengeToken = await ada.later(5 * minute).challengeToken();
  await ada.call('send-code', { body: { challengeToken, method: 'sms' } });
  codes.add(codeIn(deployment.mails(phone)[0]));
  expect((await ada.verify(challengeToken, 'sms', codeIn(deployment.mails(phone)[0]))).status).toBe(200);
  await ada.own('remove-sms-method', { body: { proof: ada.later(minute).totpProof() } });
}

/** What admins and the app do with other people's two-factor. */
async function atTheDesk(ada: Person): Promise<void> {
  const admin = watched(new Person(deployment, { accountId: ada.accountId, at: ada.at }));
  const account = { accountId: ada.accountId };
  await admin.call('set-account', {
    path: account,
    body: { issuer: 'Acme', supportContact: 'help@acme.example' },
  });
  await admin.call('set-policy', { path: account, body: { policy: { strictWindow: false } } });
  await admin.call('account-policy', { path: account });
  const users = [{ id: admin.id, email: admin.email, isAdmin: true }];
  await admin.call('sync-users', { path: account, body: { users } });
  const bearer = await admin.token({ role: 'admin' });
  const proposed = await admin.call('propose-policy', {
    bearer,
    body: { policy: { federated: 'challenge' } },
  });
  const path = { id: proposed.body.changeId };
  codes.add(admin.mailedCode());
  await admin.call('confirm-policy', { bearer, path, body: { code: nextTo(admin.mailedCode()) } });
  const confirmed = await admin.call('confirm-policy', { bearer, path, body: { code: admin.mailedCode() } });
  expect(confirmed.status).toBe(200);
  const of = { bearer, path: { id: ada.id } };
  const temporary = await admin.call('create-temporary-code', {
    ...of,
    body: { reason: 'lost', validMinutes: 60 },
  });
  expect(temporary.status).toBe(201);
  keep('temporary code', temporary.body.code, temporary.body.code.replaceAll('-', ''));
  await ada.verify(await ada.challengeToken(), 'temporary_code', temporary.body.code);
  await admin.call('exempt-user', {
    ...of,
    body: { reason: 'old', until: new Date(admin.at + minute).toISOString() },
  });
  await admin.call('unlock-user', { ...of, body: { reason: 'called' } });
  await admin.call('reset-two-factor', { ...of, body: { reason: 'lost' } });
  for (const flow of ['get-policy', 'list-users', 'list-events'] as const) {
    await admin.call(flow, { bearer });
  }
  await ada.own('list-trusted-devices');
  await ada.own('revoke-trusted-device', { path: { id: 'dev_1' } });
  await ada.own('revoke-trusted-devices');
  const imported = { secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', recoveryCode: 'CANARYCANARYCANA' };
  keep('imported secret', imported.secret, '12345678901234567890', imported.recoveryCode);
  await admin.call('import-users', {
    path: account,
    body: {
      users: [
        {
          id: 'moved',
          email: 'moved@example.com',
          authenticators: [{ secret: imported.secret }],
          recoveryCodes: [imported.recoveryCode],
        },
      ],
    },
  });
  await admin.call('delete-user', { path: { ...account, userId: admin.id } });
  await admin.call('delete-account', { path: account });
}

/** Outages and broken requests: what they hold must not be what is logged. */
async function badly(ada: Person): Promise<void> {
  const challengeToken = await ada.challengeToken();
  const code = ada.later(minute).code();
  const body = { challengeToken, method: 'totp', code };
  const bearer = await ada.token();
  for (const [engine, operation] of [
    [deployment.dynamodb, 'PutItem'],
    [deployment.dynamodb, 'BatchGetItem'],
    [deployment.kms, 'Decrypt'],
    [deployment.kms, 'Sign'],
  ] as const) {
    engine.fault({ operation, kind: 'reject', times: 1 });
    await ada.call('verify-challenge', { body });
    engine.clearFaults();
  }
  deployment.mailbox.fault({ operation: 'SendEmail', kind: 'reject', times: 9 });
  await ada.deliver();
  await ada.own('start-email-method', { body: { proof: ada.later(minute).totpProof() } });
  deployment.mailbox.clearFaults();
  for (const rawBody of [
    JSON.stringify(body).slice(0, -1),
    `${JSON.stringify(body)}x`,
    JSON.stringify({ ...body, extra: code }),
  ]) {
    await ada.call('verify-challenge', { rawBody });
    await ada.call('disable-two-factor', { rawBody, bearer });
    await ada.call('verify-challenge', { rawBody, headers: { 'content-type': 'text/plain' } });
  }
  await ada.call('disable-two-factor', { bearer: `${bearer}x`, body: {} });
  const [key] = Object.keys((await table.user(ada.ref)).challenges);
  await table.changeUser(ada.ref, (user) => ({ ...user, schema: 99 }));
  await ada.call('verify-challenge', { body });
  await table.changeUser(ada.ref, (user) => ({ ...user, schema: 1 }));
  expect(key).toBeDefined();
}

it('S56 canary secrets run through every flow and are in no log line, problem body or item', async () => {
  await walk();
  vi.restoreAllMocks();
  expect((Object.keys(routes) as Flow[]).filter((flow) => !called.has(flow))).toEqual([]);
  expect(Object.keys(background)).toContain('courier');
  expect(logged).toContain('"status":200');
  expect(logged).toContain('"level":"ERROR"');
  expect(secrets.size).toBeGreaterThan(60);
  const items: string[] = [];
  const collect = (value: unknown): void => {
    if (value instanceof Uint8Array) {
      const bytes = Buffer.from(value);
      items.push(bytes.toString('base64'), bytes.toString('hex'), bytes.toString('latin1'));
    } else if (value !== null && typeof value === 'object') {
      items.push(...Object.keys(value));
      Object.values(value).forEach(collect);
    } else {
      items.push(String(value));
    }
  };
  collect(await table.items());
  for (const [place, text] of [
    ['logs', logged],
    ['problems', problems.join('\n')],
    ['items', items.join('\n')],
  ] as const) {
    const found = [...secrets].filter(([secret]) => text.includes(secret)).map(([, what]) => what);
    expect([place, found]).toEqual([place, []]);
  }
  for (const [place, text] of [
    ['logs', logged],
    ['problems', problems.join('\n')],
  ] as const) {
    const found = [...codes].filter((code) => new RegExp(`(?<![\\w-])${code}(?![\\w-])`).test(text));
    expect([place, found]).toEqual([place, []]);
  }
});
