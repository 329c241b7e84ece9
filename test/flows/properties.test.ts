/**
 * Properties of every route, over input that nobody thought of: arbitrary JSON, bodies with one field broken, odd and huge
 * strings, other types, keys that reach for prototypes, odd path parameters, odd credentials. Every refusal is one that the
 * route declares, none is an outage, and an invalid request leaves no trace. A failure prints its seed and the smallest
 * input that fails.
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { problemTypes } from '../../lambdas/edge/http/problems.ts';
import { type Flow, type Route, refusalsOf, routes } from '../../lambdas/routes.ts';
import { type CallOptions, deploy, type Reply } from '../support/deployment.ts';
import { Person } from '../support/person.ts';
import { rawTable } from '../support/threat-table.ts';

const deployment = await deploy();
const table = rawTable(deployment);
let ada: Person;
let bearer: string;
let adminBearer: string;
let challengeToken: string;
beforeAll(async () => {
  ada = await new Person(deployment).enrol();
  bearer = await ada.token();
  const admin = new Person(deployment, { accountId: ada.accountId, at: ada.at });
  const path = { accountId: ada.accountId, userId: admin.id };
  await admin.call('sync-user', { path, body: { email: admin.email, isAdmin: true } });
  adminBearer = await admin.token({ role: 'admin' });
  challengeToken = await ada.challengeToken();
});

const runs = 40;
const flows = Object.keys(routes) as Flow[];
const routeOf = (flow: Flow): Route => routes[flow];
const withBody = flows.filter((flow) => routeOf(flow).body);
const withPath = flows.filter((flow) => routeOf(flow).path.includes('{'));
const withBearer = flows.filter((flow) =>
  ['user', 'user_or_enrolling', 'admin'].includes(routeOf(flow).caller),
);

/** A body that each route takes, so that the one broken field is what is judged. */
function bodyOf(flow: Flow): Record<string, unknown> {
  const proof = { method: 'totp', code: '123456' };
  const reason = 'lost the phone';
  const user = {
    id: 'somebody',
    email: 'somebody@example.com',
    phone: '+14155550100',
    displayName: 'Ada',
    locale: 'en',
  };
  const { id: _id, ...profile } = user;
  const wellFormed: Partial<Record<Flow, Record<string, unknown>>> = {
    'create-challenge': {
      accountId: 'acct-properties',
      user,
      firstFactor: { method: 'federated', amr: ['fed', 'mfa'] },
      deviceToken: 'x'.repeat(43),
      client: { ip: '203.0.113.1', userAgent: 'Mozilla/5.0' },
    },
    'read-challenge': { challengeToken },
    'fetch-result': { challengeToken, resultCode: 'x' },
    'set-policy': { policy: { mode: 'optional', strictWindow: true }, version: 1 },
    'send-code': { challengeToken, method: 'email' },
    'verify-challenge': { challengeToken, method: 'totp', code: '123456', rememberDevice: true },
    'mint-user-token': {
      accountId: 'acct-properties',
      userId: 'somebody',
      role: 'user',
      reauthenticatedAt: '2020-01-01T00:00:00Z',
    },
    'sync-user': { ...profile, isAdmin: true },
    'sync-users': { users: [{ ...user, isAdmin: false }] },
    'set-account': {
      issuer: 'Acme',
      supportContact: 'help@example.com',
      smsEnabled: false,
      smsCountries: ['CH'],
    },
    'start-authenticator': { label: 'Phone', proof },
    'confirm-authenticator': { code: '123456' },
    'confirm-email-method': { code: '123456' },
    'start-sms-method': { phone: '+41791234567', proof },
    'confirm-sms-method': { code: '123456' },
    'mail-proof-code': { method: 'email' },
    'confirm-passkey': {
      credential: {
        id: 'a2V5',
        rawId: 'a2V5',
        type: 'public-key',
        response: { clientDataJSON: 'e30', attestationObject: 'oA' },
        clientExtensionResults: {},
      },
    },
    'set-default-method': { defaultMethod: 'totp' },
    'import-users': {
      users: [{ ...user, authenticators: [{ secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' }] }],
      notify: false,
    },
    'create-temporary-code': { reason, validMinutes: 60 },
    'reset-two-factor': { reason },
    'unlock-user': { reason },
    'exempt-user': { reason, until: new Date(ada.at + 86_400_000).toISOString() },
    'propose-policy': {
      policy: { mode: 'optional', methods: ['totp'], rememberDevice: { allowed: true, days: 30 } },
    },
    'confirm-policy': { code: '123456' },
  };
  return wellFormed[flow] ?? { proof };
}

const pathOf = (flow: Flow): Record<string, string> => {
  const known: Record<string, string> = {
    accountId: 'acct-properties',
    userId: 'somebody',
    id: 'aut_unknown',
  };
  const names = [...routeOf(flow).path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  return Object.fromEntries(names.map((name) => [name, known[name] ?? 'x']));
};

const send = (flow: Flow, options: CallOptions): Promise<Reply> =>
  ada.call(flow, {
    bearer: routeOf(flow).caller === 'admin' ? adminBearer : bearer,
    path: pathOf(flow),
    ...options,
  });

/** What holds for every answer: success, or a declared refusal as a problem; never an outage, never a stack. */
function expectSound(flow: Flow, reply: Reply): void {
  if (reply.status < 400) {
    expect(reply.status).toBe(routeOf(flow).status);
    return;
  }
  expect([reply.status, reply.body?.code]).toEqual([expect.any(Number), expect.any(String)]);
  expect(reply.status).toBeLessThan(500);
  expect(reply.headers['content-type']).toBe('application/problem+json');
  expect(refusalsOf(routeOf(flow))).toContain(reply.body.code);
  expect(reply.status).toBe(problemTypes[reply.body.code as keyof typeof problemTypes].status);
  expect(JSON.stringify(reply.body)).not.toMatch(/\bat .*:\d+:\d+|node_modules|Exception/);
}

const oddStrings = [
  '',
  ' ',
  '\u0000',
  '\ud800',
  '\u202e',
  '123456\n',
  '１２３４５６',
  '__proto__',
  'constructor',
  'NaN',
  '2020-01-01',
  '9999-12-31T23:59:59Z',
  '+000000',
  'user#acct#x',
  '../..',
  '%2e%2e%2f',
  '<script>',
  '{{7*7}}',
  "' OR 1=1 --",
  'a@b.c\r\nBcc: x@y.z',
  'x'.repeat(2000),
  '😀'.repeat(1500),
  'x'.repeat(9000),
];
const odd = fc.oneof(
  fc.constantFrom<unknown>(...oddStrings),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: 'grapheme', maxLength: 64 }),
  fc.constantFrom<unknown>(null, true, false, 0, -1, 1e308, 0.1, 123456, [], {}, [[]], ['123456'], [null], {
    $ne: 1,
  }),
  fc.jsonValue({ maxDepth: 3 }),
);
const keys = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'verified',
    'userId',
    'now',
    '',
    'a/b~c',
  ),
  fc.string({ maxLength: 80 }),
);

type Break = { at: number; how: 'replace' | 'drop' | 'add'; key: string; value: unknown };
const breaks: fc.Arbitrary<Break> = fc.record({
  at: fc.nat(100),
  how: fc.constantFrom('replace', 'replace', 'replace', 'drop', 'add'),
  key: keys,
  value: odd,
});

/** The body as JSON text with one of its fields replaced, dropped, or joined by another. */
function broken(body: Record<string, unknown>, { at, how, key, value }: Break): string {
  const places: [Record<string, unknown>, string][] = [];
  const copy = structuredClone(body);
  const collect = (object: Record<string, unknown>): void => {
    for (const [name, inner] of Object.entries(object)) {
      places.push([object, name]);
      if (inner !== null && typeof inner === 'object') {
        collect(inner as Record<string, unknown>);
      }
    }
  };
  collect(copy);
  const [object, name] = places[at % places.length] as (typeof places)[0];
  if (how === 'drop') {
    delete object[name];
  } else {
    const target = how === 'add' ? key : name;
    Object.defineProperty(object, target, { value, enumerable: true, configurable: true, writable: true });
  }
  return JSON.stringify(copy);
}

/** `null` is absent where a route gives it no meaning of its own. */
function withoutNulls(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      member === null ? [] : [[name, withoutNulls(member)] as const],
    ),
  );
}

const fits = (flow: Flow, rawBody: string): boolean => {
  const { body, maxBodyKb = 8, nullable } = routeOf(flow);
  try {
    const sent: unknown = JSON.parse(rawBody.startsWith('\ufeff') ? rawBody.slice(1) : rawBody);
    return (
      Buffer.byteLength(rawBody) <= maxBodyKb * 1024 &&
      (body?.safeParse(nullable ? sent : withoutNulls(sent)).success ?? true)
    );
  } catch {
    return false;
  }
};

async function expectSoundBody(flow: Flow, rawBody: string): Promise<void> {
  const before = await table.items();
  const reply = await send(flow, { rawBody });
  expectSound(flow, reply);
  if (!fits(flow, rawBody)) {
    expect([reply.status, reply.body.code]).toEqual([400, 'request_invalid']);
  }
  if (reply.status === 400) {
    expect(await table.items()).toEqual(before);
  }
}

describe.each(withBody)('%s', (flow) => {
  it('is tried with a body that it takes', () => {
    expect(fits(flow, JSON.stringify(bodyOf(flow)))).toBe(true);
  });

  it('answers a body with one field broken by success or a declared refusal, and an invalid one leaves no trace', async () => {
    await fc.assert(
      fc.asyncProperty(breaks, (how) => expectSoundBody(flow, broken(bodyOf(flow), how))),
      { numRuns: runs },
    );
  });

  it('answers arbitrary JSON and what is no JSON the same way', async () => {
    const text = fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.constantFrom(
        '{',
        '[]',
        'null',
        '""',
        '{"__proto__":{"code":"123456"}}',
        '[[[[[[[[[[]]]]]]]]]]',
        'NaN',
        '\ufeff{}',
      ),
    );
    await fc.assert(
      fc.asyncProperty(text, (rawBody) => expectSoundBody(flow, rawBody)),
      { numRuns: runs / 2 },
    );
  });
});

describe.each(withPath)('%s', (flow) => {
  it('answers odd path parameters by success or a declared refusal', async () => {
    const values = fc.oneof(
      fc.constantFrom(...oddStrings.filter((text) => text !== '')),
      fc.string({ minLength: 1 }),
    );
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        const path = Object.fromEntries(
          Object.keys(pathOf(flow)).map((name) => [name, Buffer.from(value).toString()]),
        );
        expectSound(flow, await send(flow, { path, body: bodyOf(flow) }));
      }),
      { numRuns: runs / 2 },
    );
  });
});

describe.each(flows.filter((flow) => routeOf(flow).query))('%s', (flow) => {
  it('answers odd query strings by success or a declared refusal', async () => {
    const names = fc.oneof(fc.constantFrom('status', 'limit', 'cursor', 'email', 'userId'), keys);
    const values = fc.oneof(
      fc.constantFrom(...oddStrings, 'enabled', '100', '0', '-1', '1e3', 'e30'),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(names, values, { maxKeys: 3 }), async (query) => {
        const wellFormed = Object.fromEntries(
          Object.entries(query).map(([name, value]) => [name, Buffer.from(value).toString()]),
        );
        expectSound(flow, await send(flow, { query: wellFormed }));
      }),
      { numRuns: runs * 2 },
    );
  });
});

describe.each(withBearer)('%s', (flow) => {
  it('lets nobody in by an odd Authorization header, and changes nothing', async () => {
    const [head = '', claims = '', signature = ''] = bearer.split('.');
    const tokens = fc.oneof(
      fc.string({ unit: 'grapheme-ascii', maxLength: 100 }),
      fc.base64String({ maxLength: 100 }),
      fc.tuple(fc.base64String(), fc.base64String(), fc.base64String()).map((parts) => parts.join('.')),
      fc.nat(signature.length - 2).map((at) => {
        const flipped = signature[at] === 'A' ? 'B' : 'A';
        return `${head}.${claims}.${signature.slice(0, at)}${flipped}${signature.slice(at + 1)}`;
      }),
      fc
        .jsonValue()
        .map(
          (payload) => `${head}.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.${signature}`,
        ),
    );
    const before = await table.items();
    await fc.assert(
      fc.asyncProperty(tokens, async (token) => {
        const reply = await send(flow, {
          bearer: '',
          headers: { authorization: `Bearer ${token}` },
          body: bodyOf(flow),
        });
        expectSound(flow, reply);
        expect(reply.status).toBe(401);
      }),
      { numRuns: runs / 2 },
    );
    expect(await table.items()).toEqual(before);
  });
});
