/** What every flow has in common, seen with flows of the test's own behind the real routes. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Unavailable } from '../../../lambdas/core/ports.ts';
import { refuse } from '../../../lambdas/core/refusal.ts';
import { type Flow, type Route, routes } from '../../../lambdas/routes.ts';
import { deploy } from '../../support/deployment.ts';

// What the deployment's functions are told must be there before they load.
await deploy();
const { asApp, asOperator } = await import('../../../lambdas/edge/http/callers.ts');
const { handle } = await import('../../../lambdas/edge/http/handler.ts');

const allFlows = Object.entries(routes) as [Flow, Route][];
const json = { 'content-type': 'application/json' };
const profile = { email: 'ada@example.com' };

type Sent = {
  body?: string | undefined;
  headers?: Record<string, string>;
  path?: Record<string, string>;
  query?: Record<string, string>;
  vouched?: boolean;
  method?: string;
};

/** Reached through the gateway's word alone. */
const isSigned = ({ caller }: Route) => caller === 'app' || caller === 'operator';

/** The app's and the operator's own resolver; for other callers one that lets anybody in. */
const resolverOf = (route: Route) => {
  const own = route.caller === 'operator' ? asOperator : asApp;
  return isSigned(route) ? own.resolve : async () => ({ who: undefined, actor: { kind: 'user' } });
};

/** Calls a flow that answers `run`, and says whether it came that far. */
async function send(flow: Flow, sent: Sent, run: () => object | Promise<object> = () => ({ done: true })) {
  const route: Route = routes[flow];
  const requestId = randomUUID();
  let reached = false;
  const anyone = { caller: route.caller, resolve: resolverOf(route) } as never;
  const handler = handle(flow, anyone, async () => {
    reached = true;
    return run();
  });
  const event = {
    headers: sent.headers ?? (sent.body === undefined ? {} : json),
    body: sent.body,
    pathParameters: sent.path,
    queryStringParameters: sent.query,
    requestContext: {
      requestId,
      timeEpoch: 1_790_000_000_000,
      http: {
        method: sent.method ?? route.method,
        path: route.path,
        sourceIp: '203.0.113.7',
        userAgent: 'test',
      },
      authorizer: (sent.vouched ?? isSigned(route)) ? { iam: { accessKey: 'app' } } : undefined,
    },
  };
  const answer = await handler(event as never, {} as never);
  const status = answer.statusCode;
  // HTTP's header names have no case.
  const headers = Object.fromEntries(
    Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return {
    status,
    headers,
    reached,
    requestId,
    text: answer.body,
    body: answer.body && JSON.parse(answer.body),
  };
}

/** A request to `sync-user`, an app route with a small body. */
const sync = (sent: Sent, run?: () => object) =>
  send('sync-user', { path: { accountId: 'acct', userId: 'ada' }, ...sent }, run);
const syncBody = (body: unknown) => sync({ body: JSON.stringify(body) });

/** A request that fits the route's form, however little it says. */
const wellFormed = (route: Route): Sent => ({
  path: Object.fromEntries([...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, 'abc'])),
});

const padded = (bytes: number) => {
  const body = JSON.stringify(profile);
  return body + ' '.repeat(bytes - body.length);
};

describe('bodies', () => {
  it('one that fits reaches the flow', async () => {
    expect(await syncBody(profile)).toMatchObject({ status: 200, reached: true });
  });

  it.each(['{', '{"email":', 'email=ada@example.com', '<xml/>', "{'email':1}", '\u0000'])(
    'S57 what is no JSON (%j) is 400, and is not repeated in the answer',
    async (body) => {
      const answer = await sync({ body });
      expect(answer).toMatchObject({ status: 400, reached: false, body: { code: 'request_invalid' } });
      expect(answer.text).not.toContain(body === '{' ? '"{"' : body);
    },
  );

  it.each(['[]', '"text"', '7', 'null', 'true', '{"__proto__":{"email":"ada@example.com"}}'])(
    'JSON that is no such object (%s) is 400',
    async (body) => {
      expect(await sync({ body })).toMatchObject({ status: 400, reached: false });
    },
  );

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'text/plain; application/json',
    '',
  ])('S37 one that another site can post as a form (%j) is 400', async (type) => {
    const body = JSON.stringify(profile);
    expect(await sync({ body, headers: { 'content-type': type } })).toMatchObject({
      status: 400,
      reached: false,
    });
    expect(await sync({ body, headers: {} })).toMatchObject({ status: 400, reached: false });
  });

  it.each(['application/json', 'application/json; charset=utf-8'])(
    'one that says %s is read',
    async (type) => {
      const body = JSON.stringify(profile);
      expect(await sync({ body, headers: { 'Content-Type': type } })).toMatchObject({ status: 200 });
    },
  );

  it('one of 8 KB is read, one of a byte more is 400', async () => {
    expect(await sync({ body: padded(8192) })).toMatchObject({ status: 200, reached: true });
    const answer = await sync({ body: padded(8193) });
    expect(answer).toMatchObject({ status: 400, reached: false, body: { code: 'request_invalid' } });
    expect(answer.body.detail).toContain('at most 8 KB');
  });

  it('bytes count, not characters', async () => {
    const answer = await syncBody({ ...profile, displayName: 'ü'.repeat(4096) });
    expect(answer.body.detail).toContain('at most 8 KB');
  });

  it('one that is missing is answered by what is missing in it', async () => {
    const answer = await sync({ body: undefined });
    expect(answer).toMatchObject({ status: 400, reached: false });
    expect(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toContain('/email');
  });

  it('a route that takes none does not read one', async () => {
    const { path } = wellFormed(routes['delete-user']);
    const answer = await send('delete-user', {
      path: path ?? {},
      body: '{',
      headers: { 'content-type': 'text/plain' },
    });
    expect(answer).toMatchObject({ status: 204, reached: true });
  });
});

describe('what is wrong is named by JSON pointer', () => {
  const errorsOf = async (flow: Flow, body: unknown) =>
    (await send(flow, { ...wellFormed(routes[flow]), body: JSON.stringify(body) })).body.errors;

  it('S1 an unknown field', async () => {
    expect(await errorsOf('sync-user', { ...profile, verified: true })).toEqual([
      { pointer: '/verified', detail: 'is not known here' },
    ]);
  });

  it('an unknown field inside another one', async () => {
    const user = { id: 'ada', ...profile, admin: true };
    const body = { accountId: 'acct', user, firstFactor: { method: 'password' } };
    expect(await errorsOf('create-challenge', body)).toEqual([
      { pointer: '/user/admin', detail: 'is not known here' },
    ]);
  });

  it('a name with ~ and / in it, as RFC 6901 escapes them', async () => {
    const [error] = await errorsOf('sync-user', { ...profile, 'a/b~c': 1 });
    expect(error.pointer).toBe('/a~1b~0c');
  });

  it('a field that is missing, or of another form, but never its value', async () => {
    expect(await errorsOf('sync-user', {})).toEqual([{ pointer: '/email', detail: expect.any(String) }]);
    const errors = await errorsOf('sync-user', { email: 'my-secret-value', phone: 'my-secret-value' });
    expect(errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual(['/email', '/phone']);
    expect(JSON.stringify(errors)).not.toContain('my-secret');
  });

  it('many unknown fields, or long ones, do not make a long answer', async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`field-${index}`, 1]));
    const answer = await syncBody({ ...profile, ...many });
    expect(answer.status).toBe(400);
    expect(answer.text?.length).toBeLessThan(2000);
    const long = await syncBody({ ...profile, ['x'.repeat(7000)]: 1 });
    expect(long.text?.length).toBeLessThan(1000);
  });

  it.each(['a b', '.', '..', '', 'x'.repeat(129), 'a\u202eb'])(
    'an id in the path that is none (%j) is 400',
    async (id) => {
      const answer = await sync({ path: { accountId: 'acct', userId: id }, body: JSON.stringify(profile) });
      expect(answer).toMatchObject({ status: 400, reached: false, body: { code: 'request_invalid' } });
    },
  );

  it('an unknown parameter of the query', async () => {
    const answer = await send('list-users', { query: { limit: '10', role: 'admin' } });
    expect(answer).toMatchObject({ status: 400, reached: false });
    expect(answer.body.errors).toEqual([{ pointer: '/role', detail: 'is not known here' }]);
  });
});

describe.each(allFlows)('%s', (flow, route) => {
  const request = route.body ? { ...wellFormed(route), body: '{"unknown":1}' } : wellFormed(route);

  it('carries the id of the request on every answer, and in every problem', async () => {
    const answers = [
      await send(flow, wellFormed(route)),
      await send(flow, { ...wellFormed(route), body: '{' }),
      await send(flow, request),
      await send(flow, { ...wellFormed(route), vouched: false }),
    ];
    for (const { headers, body, requestId, status } of answers) {
      expect(headers['x-request-id']).toBe(requestId);
      expect(status < 400 || body.requestId === requestId).toBe(true);
    }
  });

  it('is never sniffed as something else', async () => {
    const { headers } = await send(flow, request);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff' });
    expect(headers['strict-transport-security']).toMatch(/max-age=\d+/i);
  });
});

/** A body for every app's or operator's route that takes one. */
const bodiesThatFit: Partial<Record<Flow, object>> = {
  'create-challenge': {
    accountId: 'acct',
    user: { id: 'ada', ...profile },
    firstFactor: { method: 'password' },
  },
  'mint-user-token': { accountId: 'acct', userId: 'ada', role: 'user' },
  'sync-user': profile,
  'sync-users': { users: [{ id: 'ada', ...profile }] },
  'fetch-result': { challengeToken: 'x' },
  'import-users': { users: [{ id: 'ada', ...profile }] },
  'set-account': {},
  'set-policy': { policy: {} },
};

describe("the app's and the operator's routes", () => {
  it.each(allFlows.filter(([, route]) => isSigned(route)))(
    'S10 %s without the gateway vouching for the caller is 403 and does nothing',
    async (flow, route) => {
      const body = bodiesThatFit[flow];
      const fitting = { ...wellFormed(route), body: body && JSON.stringify(body) };
      expect(await send(flow, fitting)).toMatchObject({ reached: true });
      const answer = await send(flow, { ...fitting, vouched: false });
      expect(answer).toMatchObject({ status: 403, reached: false, body: { code: 'forbidden' } });
    },
  );
});

describe('answers', () => {
  it.each(allFlows.filter(([, route]) => route.caller !== 'public' && !route.body))(
    '%s is not kept by any cache',
    async (flow, route) => {
      const { headers, reached } = await send(flow, wellFormed(route));
      expect(reached).toBe(true);
      expect(headers['cache-control']).toBe('no-store');
    },
  );

  it.each(Object.entries(bodiesThatFit) as [Flow, object][])(
    '%s is not kept by any cache',
    async (flow, body) => {
      const sent = { ...wellFormed(routes[flow]), body: JSON.stringify(body) };
      const { headers, reached } = await send(flow, sent);
      expect(reached).toBe(true);
      expect(headers['cache-control']).toBe('no-store');
    },
  );

  it('the key set may be kept for a while, health may not', async () => {
    expect((await send('jwks', {})).headers['cache-control']).toMatch(/max-age=[1-9]/);
    expect((await send('health', {})).headers['cache-control']).toBe('no-store');
  });

  it('a refusal is a problem with its own status, not kept by any cache', async () => {
    const answer = await send('jwks', {}, () => refuse('not_found', { reason: 'user', detail: 'gone' }));
    expect(answer).toMatchObject({ status: 404, body: { code: 'not_found', detail: 'gone' } });
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
    });
  });
});

describe('S57 whatever is thrown', () => {
  const secret = 'arn:aws:kms:eu-west-1:123456789012:key/abc my-table 123456';

  it.each([
    ['an error', new Error(secret)],
    ['an error with a cause', new Error('outer', { cause: new Error(secret) })],
    ['something unavailable', new Unavailable(secret)],
    ['an integrity failure', new Unavailable(secret, { integrity: true })],
    [
      "an error of AWS's SDK",
      Object.assign(new Error(secret), { name: 'ResourceNotFoundException', $metadata: {} }),
    ],
    ['an error that names a status', Object.assign(new Error(secret), { statusCode: 500, expose: true })],
  ])('%s answers 503 with Retry-After, and says nothing of itself', async (_, error) => {
    const answer = await send('health', {}, () => {
      throw error;
    });
    expect(answer).toMatchObject({ status: 503, body: { code: 'temporarily_unavailable' } });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(answer.headers['cache-control']).toBe('no-store');
    const said = JSON.stringify(answer);
    for (const word of ['arn:aws', 'my-table', '123456', 'outer', 'ResourceNotFound', 'Error', ' at ']) {
      expect(said.replaceAll(answer.requestId, '')).not.toContain(word);
    }
  });
});

describe('an answer to HEAD', () => {
  const got = async (method: string, run: () => object) => {
    const { status, headers, text } = await send('jwks', { method }, run);
    const { 'x-request-id': _id, ...same } = headers;
    return { status, headers: same, text };
  };

  it('is the one to GET without its body', async () => {
    const get = await got('GET', () => ({ keys: [] }));
    expect(get.text).toBe('{"keys":[]}');
    expect(await got('HEAD', () => ({ keys: [] }))).toEqual({ ...get, text: undefined });
  });

  it('has no body where the flow fails, either', async () => {
    const failing = () => {
      throw new Unavailable('gone');
    };
    const get = await got('GET', failing);
    expect([get.status, get.text]).toEqual([503, expect.stringContaining('temporarily_unavailable')]);
    expect(await got('HEAD', failing)).toEqual({ ...get, text: undefined });
  });
});
