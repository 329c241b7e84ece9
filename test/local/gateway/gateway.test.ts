import { execFile } from 'node:child_process';
import { request as httpRequest } from 'node:http';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Local, startLocal } from '../../../local/start-local.ts';
import { fixtureAssembly } from '../fixture/functions.ts';

const run = promisify(execFile);
const curlHelp = await run('curl', ['--help', 'all']).catch(() => undefined);
const canCurlSign = curlHelp?.stdout.includes('--aws-sigv4') ?? false;
const lines: string[] = [];
let local: Local;

beforeAll(async () => {
  local = await startLocal({
    port: 0,
    assembly: fixtureAssembly(),
    origins: ['https://added.example'],
    log: (source, line) => lines.push(`${source} ${line}`),
  });
});
afterAll(() => local.close());

type Echo = {
  // biome-ignore lint/suspicious/noExplicitAny: an event is deep, and a wrong path in it fails its test.
  event: Record<string, any>;
  environment: Record<string, string>;
  marks: number;
  running: number;
};
const call = (path: string, init?: RequestInit) => fetch(`${local.url}${path}`, init);
const echo = async (path: string, init?: RequestInit) => (await (await call(path, init)).json()) as Echo;

describe('an event', () => {
  it('has the parts of a request as an HTTP API makes them', async () => {
    const { event } = await echo('/items/a%20b%2Fc?x=1&x=two%20words&y=', {
      headers: { 'X-Mixed': 'Case', cookie: 'c=1; d=2', 'x-forwarded-for': '10.0.0.1' },
    });
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'GET /items/{id}',
      rawPath: '/items/a b/c',
      rawQueryString: 'x=1&x=two%20words&y=',
      queryStringParameters: { x: '1,two words', y: '' },
      pathParameters: { id: 'a b/c' },
      cookies: ['c=1', 'd=2'],
      isBase64Encoded: false,
      requestContext: {
        accountId: '000000000000',
        http: { method: 'GET', path: '/items/a b/c', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1' },
        routeKey: 'GET /items/{id}',
        stage: '$default',
      },
    });
    expect(event.headers).toMatchObject({ 'x-mixed': 'Case', 'x-forwarded-for': '10.0.0.1, 127.0.0.1' });
    expect(event.headers).not.toHaveProperty('cookie');
    expect(event).not.toHaveProperty('body');
    expect(event.requestContext).not.toHaveProperty('authorizer');
  });

  it.each([
    ['application/json; charset=utf-8', false],
    ['text/plain', false],
    ['application/x-www-form-urlencoded', true],
    ['application/octet-stream', true],
  ])('has a body of %s in base64: %s', async (type, isBase64Encoded) => {
    const { event } = await echo('/items', {
      method: 'POST',
      body: '{"ä":1}',
      headers: { 'content-type': type },
    });
    const body = isBase64Encoded ? Buffer.from(event.body, 'base64').toString() : event.body;
    expect({ body, isBase64Encoded: event.isBase64Encoded }).toEqual({ body: '{"ä":1}', isBase64Encoded });
  });

  it('has the time of the movable clock', async () => {
    local.clock.advance(3600);
    const { event } = await echo('/items/1');
    const ahead = event.requestContext.timeEpoch - Date.now();
    local.clock.reset();
    expect(ahead).toBeGreaterThan(3_590_000);
    expect(event.requestContext.time).toMatch(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
  });
});

describe('an answer', () => {
  it('has the status, headers, cookies and body of the function', async () => {
    const answer = await call('/items/1');
    expect(answer.status).toBe(201);
    expect(answer.headers.get('x-own')).toBe('yes');
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  });

  it('is the JSON of a result without a status', async () => {
    const answer = await call('/items/first');
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.json()).toEqual({ marks: 0, secret: null });
  });

  it('may be binary', async () => {
    const answer = await call('/failing?how=binary');
    expect([...new Uint8Array(await answer.arrayBuffer())]).toEqual([0, 1, 2]);
  });

  it.each(['throw', 'exit', 'never', 'shape'])(
    'to a function that fails by %s is a bare 500',
    async (how) => {
      const answer = await call(`/failing?how=${how}`);
      expect(answer.status).toBe(500);
      expect(await answer.json()).toEqual({ message: 'Internal Server Error' });
      expect((await call('/failing')).status).toBe(204);
    },
  );

  it.each([
    ['GET', '/nothing', 404, 'Not Found'],
    ['GET', '/items/', 404, 'Not Found'],
    ['DELETE', '/items/1', 404, 'Not Found'],
    ['GET', '/items/%zz', 400, 'Bad Request'],
  ])('to %s %s is the gateway’s own %i', async (method, path, status, message) => {
    const answer = await call(path, { method });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({ message });
  });

  it('to a HEAD has no body, and is a 404 on a path that has only a GET route, as an HTTP API answers it', async () => {
    const answer = await call('/items/1', { method: 'HEAD' });
    expect([answer.status, await answer.text()]).toEqual([404, '']);
    const own = await call('/head', { method: 'HEAD' });
    expect([own.status, await own.text()]).toEqual([201, '']);
    expect(Number(own.headers.get('content-length'))).toBeGreaterThan(0);
  });

  it('to a body of more than 10 MB is a 413', async () => {
    const answer = await call('/items', { method: 'POST', body: Buffer.alloc(10 * 1024 * 1024 + 1) });
    expect(answer.status).toBe(413);
  });

  it('over the throttle of its route is a 429', async () => {
    const statuses = [];
    for (const _ of [1, 2, 3]) {
      statuses.push((await call('/throttled')).status);
    }
    expect(statuses).toEqual([200, 200, 429]);
  });
});

describe('CORS', () => {
  const preflight = (origin: string) =>
    call('/items', { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });

  it('a preflight of an allowed origin is answered by the gateway', async () => {
    const { status, headers } = await preflight('https://app.example');
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(headers.get('access-control-allow-methods')).toBe('GET,POST');
    expect(headers.get('access-control-max-age')).toBe('60');
  });

  it('a preflight of another origin gets no permission', async () => {
    const { headers } = await preflight('https://app.example.evil');
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it.each(['http://localhost:5173', 'http://127.0.0.1:8080', 'http://[::1]:3000', 'https://localhost'])(
    'a page of %s may call, as it is this machine’s',
    async (origin) => {
      const { headers } = await preflight(origin);
      expect(headers.get('access-control-allow-origin')).toBe(origin);
      expect(headers.get('access-control-allow-methods')).toBe('GET,POST');
    },
  );

  it.each([
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example:80',
    'http://evil.example#localhost',
    'null',
  ])('a page of %s may not', async (origin) => {
    expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('a page of an origin that was added may call', async () => {
    expect((await preflight('https://added.example')).headers.get('access-control-allow-origin')).toBe(
      'https://added.example',
    );
  });

  it('a function cannot open what the template does not', async () => {
    const foreign = await call('/items/1', { headers: { origin: 'https://evil.example' } });
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
    const own = await call('/items/1', { headers: { origin: 'https://app.example' } });
    expect(own.headers.get('access-control-allow-origin')).toBe('https://app.example');
  });
});

describe('a signed route', () => {
  const curl = async (...args: string[]) => {
    const signature = ['--aws-sigv4', 'aws:amz:us-east-1:execute-api', '--user', 'local:local-secret'];
    const { stdout } = await run('curl', ['-s', ...signature, ...args]);
    return JSON.parse(stdout);
  };

  it('without a signature is forbidden, and the log tells why', async () => {
    const answer = await call('/signed');
    expect(answer.status).toBe(403);
    expect(await answer.json()).toEqual({ message: 'Forbidden' });
    expect(lines.join('\n')).toContain('/signed is forbidden: there is no Authorization header');
  });

  it('does not take a bearer token for a signature', async () => {
    expect((await call('/signed', { headers: { authorization: 'Bearer abc' } })).status).toBe(403);
  });

  it.skipIf(!canCurlSign)('takes the signature of curl', async () => {
    const plain = await curl(`${local.url}/signed`);
    const query = await curl(`${local.url}/signed?a=1&b=two%20words`);
    const posted = await curl(`${local.url}/signed`, '-H', 'content-type: application/json', '-d', '{"a":1}');
    const path = '/signed/acme/users/auth0%7C12';
    const put = await curl(
      `${local.url}${path}`,
      '-X',
      'PUT',
      '-H',
      'content-type: application/json',
      '-d',
      '{}',
    );
    expect(plain.event.requestContext.authorizer.iam).toMatchObject({
      accessKey: 'local',
      cognitoIdentity: null,
    });
    expect(query.event?.rawQueryString).toBe('a=1&b=two%20words');
    expect(posted.event.body).toBe('{"a":1}');
    expect(put.event.pathParameters).toEqual({ a: 'acme', b: 'auth0|12' });
  });
});

it('a request that names another host gets nothing from the developer routes', async () => {
  const status = await new Promise((resolve) => {
    httpRequest(`${local.url}/_dev/messages`, { headers: { host: 'evil.example' } }, ({ statusCode }) =>
      resolve(statusCode),
    ).end();
  });
  expect(status).toBe(403);
});
