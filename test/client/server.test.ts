/** The client of a back end, against the service that `npm start` runs. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Countersign, CountersignError } from '../../client/server.ts';
import type { Local } from '../../local/start-local.ts';
import {
  challengeOf,
  clientOf,
  enrol,
  signIn,
  signInOf,
  signing,
  startService,
} from '../support/signed-in.ts';

let local: Local;
let app: Countersign;
beforeAll(async () => {
  local = await startService();
  app = clientOf(local.url);
});
afterAll(() => local.close());
afterEach(() => {
  vi.unstubAllEnvs();
  return fetch(`${local.url}/_dev/faults`, { method: 'DELETE' });
});

const fault = (body: object) =>
  fetch(`${local.url}/_dev/faults`, { method: 'POST', body: JSON.stringify(body) });

/** A stand-in for an API that misbehaves in ways that the local one does not. */
async function standIn(answer: (count: number) => { status?: number; headers?: object; hang?: boolean }) {
  let calls = 0;
  const server = createServer((request, response) => {
    calls += 1;
    const { status = 200, headers = {}, hang } = answer(calls);
    request.resume().on('end', () => {
      if (!hang) {
        response.writeHead(status, { 'content-type': 'application/json', ...headers }).end('{"token":"t"}');
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: () => calls,
    close: () => server.close().closeAllConnections(),
  };
}

describe('a sign-in', () => {
  it('passes somebody without a second factor', async () => {
    expect(await app.start(signInOf('acme', 'new'))).toMatchObject({
      status: 'passed',
      secondFactor: 'none',
    });
  });

  it('finishes with the claims of the second factor', async () => {
    const { secret } = await enrol(local, 'acme', 'ada');
    const { token, challengeId } = await signIn(local, 'acme', 'ada', secret);
    const claims = await app.finish(token, { accountId: 'acme', userId: 'ada', challengeId });
    expect(claims).toMatchObject({ sub: 'ada', account: 'acme', nonce: challengeId, second_factor: 'totp' });
  });

  it('a refusal is an error with code, status, detail and request id', async () => {
    const refused = app.start({ ...signInOf('acme', 'ada'), user: { id: 'ada', email: 'no address' } });
    const error = await refused.catch((thrown) => thrown);
    expect(error).toBeInstanceOf(CountersignError);
    expect(error).toMatchObject({
      code: 'request_invalid',
      status: 400,
      requestId: expect.any(String),
      errors: [{ pointer: '/user/email', detail: expect.any(String) }],
    });
  });
});

describe('the other routes of an app', () => {
  const carl = { accountId: 'acme', userId: 'carl' };

  it('a user is synced, has a token minted, changes the password and is erased', async () => {
    const synced = await app.syncUser({ ...carl, email: 'carl@example.com', isAdmin: true });
    expect(synced).toMatchObject({ id: 'carl', isAdmin: true });
    expect((await app.userToken({ ...carl, role: 'admin', reauthenticatedAt: new Date() })).token).toMatch(
      /^ey/,
    );
    expect(await app.passwordChanged(carl)).toBeUndefined();
    expect(await app.eraseUser(carl)).toBeUndefined();
    await expect(app.passwordChanged(carl)).rejects.toMatchObject({ code: 'not_found', status: 404 });
  });

  it('an id with signs that a path gives a meaning to is one user', async () => {
    const odd = { accountId: 'a&b=c', userId: 'o+d@d: ü?%2F' };
    expect(await app.syncUser({ ...odd, email: 'odd@example.com' }).catch((error) => error.code)).toBe(
      // Ids hold no spaces: the API says so itself, after the signature was found good.
      'request_invalid',
    );
    const visible = { ...odd, userId: 'o+d@d:ü?%2F' };
    expect(await app.syncUser({ ...visible, email: 'odd@example.com' })).toMatchObject({
      accountId: 'a&b=c',
      id: 'o+d@d:ü?%2F',
    });
  });

  it("an account's settings are stored", async () => {
    const settings = await app.setAccount({ accountId: 'acme', issuer: 'Acme Ltd' });
    expect(settings).toMatchObject({ issuer: 'Acme Ltd' });
  });
});

describe('credentials', () => {
  it('come from where the AWS SDK looks for them', async () => {
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local-secret');
    const found = new Countersign({ url: local.url, audience: 'acme' });
    expect(await found.start(signInOf('acme', 'new'))).toMatchObject({ status: 'passed' });
  });

  it('that are wrong are refused by the gateway, and the error says so', async () => {
    const credentials = { accessKeyId: 'local', secretAccessKey: 'wrong' };
    const wrong = clientOf(local.url, { credentials });
    await expect(wrong.start(signInOf('acme', 'new'))).rejects.toMatchObject({
      code: 'forbidden',
      status: 403,
      reason: 'gateway',
    });
  });

  it('that cannot be found are an error before any call, and no outage', async () => {
    const fallback = vi.fn();
    const credentials = async () => {
      throw new Error('no profile');
    };
    const none = clientOf(local.url, { credentials, whenUnavailable: fallback });
    await expect(none.start(signInOf('acme', 'new'))).rejects.toMatchObject({
      code: 'credentials_missing',
      detail: expect.stringContaining('no profile'),
    });
    expect(fallback).not.toHaveBeenCalled();
  });

  it('the address of API Gateway says the region', async () => {
    const heard: string[] = [];
    vi.stubGlobal('fetch', async (_: string, { headers }: { headers: Record<string, string> }) => {
      heard.push(headers.authorization ?? '');
      return new Response('{}');
    });
    const url = 'https://abc123.execute-api.eu-central-1.amazonaws.com';
    await new Countersign({ url, audience: 'acme', credentials: signing.credentials }).getPolicy({
      accountId: 'acme',
    });
    vi.unstubAllGlobals();
    expect(heard[0]).toContain('/eu-central-1/execute-api/aws4_request');
  });
});

describe('an outage', () => {
  it('a fault that passes is not noticed', async () => {
    await challengeOf(local, 'acme', 'ada');
    await fault({ engine: 'dynamodb', operation: 'BatchGetItem', kind: 'throttle', times: 4 });
    expect(await app.start(signInOf('acme', 'ada'))).toMatchObject({ status: 'challenge' });
  });

  it('denies: the error is thrown after the retries', async () => {
    await fault({ engine: 'dynamodb', operation: '*', kind: 'fail', times: 1000 });
    const once = clientOf(local.url, { retries: 0 });
    await expect(once.start(signInOf('acme', 'ada'))).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      status: 503,
      retryAfterSeconds: expect.any(Number),
    });
  });

  it('asks the app, where that is what the app chose, and answers what it says', async () => {
    await fault({ engine: 'dynamodb', operation: '*', kind: 'fail', times: 1000 });
    const open = clientOf(local.url, {
      retries: 0,
      whenUnavailable: (error, { user }) => ({
        status: 'unavailable' as const,
        code: error.code,
        id: user.id,
      }),
    });
    expect(await open.start(signInOf('acme', 'ada'))).toEqual({
      status: 'unavailable',
      code: 'temporarily_unavailable',
      id: 'ada',
    });
  });

  it.each([
    ['a refusal', 400],
    ['too many requests at once', 429],
    ['an answer of another caller', 403],
  ])('%s is none: the app is not asked', async (_, status) => {
    const api = await standIn(() => ({ status }));
    const fallback = vi.fn();
    const open = clientOf(api.url, { retries: 0, whenUnavailable: fallback });
    await expect(open.start(signInOf('acme', 'ada'))).rejects.toMatchObject({ status });
    expect(fallback).not.toHaveBeenCalled();
    api.close();
  });

  it('a call that takes too long is given up and repeated, at most twice', async () => {
    const api = await standIn(() => ({ hang: true }));
    const hasty = clientOf(api.url, { timeoutMs: 50 });
    await expect(hasty.start(signInOf('acme', 'ada'))).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      status: 0,
      reason: 'timeout',
    });
    expect(api.calls()).toBe(3);
    api.close();
  });

  it('nobody listening is an outage too', async () => {
    const api = await standIn(() => ({}));
    api.close();
    await expect(clientOf(api.url, { retries: 0 }).start(signInOf('acme', 'ada'))).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      reason: 'network',
    });
  });

  it('waits as long as the answer says', async () => {
    const api = await standIn((count) =>
      count === 1 ? { status: 503, headers: { 'retry-after': '1' } } : {},
    );
    const before = performance.now();
    await clientOf(api.url).userToken({ accountId: 'acme', userId: 'ada', role: 'user' });
    expect(performance.now() - before).toBeGreaterThanOrEqual(990);
    expect(api.calls()).toBe(2);
    api.close();
  });

  it('does not keep anybody waiting for a time beyond a few seconds', async () => {
    const api = await standIn(() => ({ status: 503, headers: { 'retry-after': '60' } }));
    await expect(clientOf(api.url).start(signInOf('acme', 'ada'))).rejects.toMatchObject({
      retryAfterSeconds: 60,
    });
    expect(api.calls()).toBe(1);
    api.close();
  });

  it('an import is never repeated by itself', async () => {
    const api = await standIn(() => ({ status: 503 }));
    await expect(clientOf(api.url).importUsers({ accountId: 'acme', users: [] })).rejects.toMatchObject({
      status: 503,
    });
    expect(api.calls()).toBe(1);
    api.close();
  });
});

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describe('construction', () => {
  it('refuses an address without https, but for this machine', () => {
    expect(() => clientOf('http://api.acme.example')).toThrow('https://');
    expect(() => clientOf('https://api.acme.example')).not.toThrow();
    expect(() => clientOf('http://localhost:4400')).not.toThrow();
  });

  it('refuses to be without an audience, since a token for anybody would do', () => {
    expect(() => clientOf(local.url, { audience: undefined as never })).toThrow('audience');
  });
});
