/** The client of pages, against the service that `npm start` runs. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BrowserClient, CountersignError, type TransportRequest } from '../../client/browser.ts';
import type { Local } from '../../local/start-local.ts';
import { totpAt } from '../support/deployment.ts';
import { challengeOf, clientOf, enrol, pageOf, signInOf, startService } from '../support/signed-in.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let local: Local;
beforeAll(async () => {
  local = await startService();
});
afterAll(() => local.close());

const refusalOf = (promise: Promise<unknown>): Promise<CountersignError> =>
  promise.then(
    () => Promise.reject(new Error('not refused')),
    (error) => error,
  );

describe('a sign-in', () => {
  it('a wrong code says how many tries are left', async () => {
    const { secret } = await enrol(local, 'acme', 'ada');
    const { challengeToken } = await challengeOf(local, 'acme', 'ada');
    const page = new BrowserClient({ url: `${local.url}/` });
    const right = totpAt(secret, local.clock.now());
    const code = right === '000000' ? '000001' : '000000';
    const error = await refusalOf(page.verifyChallenge({ challengeToken, method: 'totp', code }));
    expect(error).toBeInstanceOf(CountersignError);
    expect(error).toMatchObject({ code: 'code_incorrect', status: 422, attemptsRemaining: 4 });
  });

  it('a lost answer is asked for again under the same key', async () => {
    const { recoveryCodes } = await enrol(local, 'acme', 'bob');
    const { challengeToken } = await challengeOf(local, 'acme', 'bob');
    const page = new BrowserClient({ url: local.url });
    const request = { challengeToken, method: 'recovery_code', code: recoveryCodes[0] as string } as const;
    const first = await page.verifyChallenge(request, { idempotencyKey: 'once' });
    const again = await page.verifyChallenge(request, { idempotencyKey: 'once' });
    expect(again).toMatchObject({ status: 'passed', secondFactor: 'recovery_code' });
    const jti = (verified: typeof first) =>
      JSON.parse(
        Buffer.from((verified as { token: string }).token.split('.')[1] as string, 'base64url').toString(),
      ).jti;
    expect(jti(again)).toBe(jti(first));
    const other = await refusalOf(page.verifyChallenge(request, { idempotencyKey: 'twice' }));
    expect(other).toMatchObject({ code: 'challenge_used', status: 410 });
  });

  it('a method that is not on is refused', async () => {
    const { page } = await enrol(local, 'acme', 'carl');
    const error = await refusalOf(page.mailProofCode({ method: 'email' }));
    expect(error).toMatchObject({ code: 'method_not_allowed', status: 403 });
  });
});

describe('the settings', () => {
  it('a person adds, lists and removes, proving a second factor', async () => {
    const { page, secret, authenticatorId, recoveryCodes } = await enrol(local, 'acme', 'dora');
    expect(await page.getTwoFactor()).toMatchObject({
      status: 'enabled',
      authenticators: [{ id: authenticatorId, label: 'Phone' }],
    });
    expect(await refusalOf(page.regenerateRecoveryCodes())).toMatchObject({ code: 'proof_required' });
    const code = totpAt(secret, local.clock.now());
    const { recoveryCodes: fresh } = await page.regenerateRecoveryCodes({ proof: { method: 'totp', code } });
    expect(fresh).toHaveLength(recoveryCodes.length);
    expect(await page.listTrustedDevices()).toEqual({ data: [] });
    expect(await page.revokeTrustedDevices()).toBeUndefined();
    const proof = { method: 'recovery_code', code: fresh[0] as string } as const;
    expect(await page.disableTwoFactor({ proof })).toEqual({ status: 'disabled' });
  });

  it('an admin reads the policy, finds a user and the events', async () => {
    await clientOf(local.url).syncUser({
      accountId: 'acme',
      userId: 'boss',
      email: 'boss@acme.example',
      isAdmin: true,
    });
    const page = pageOf(local, 'acme', 'boss', 'admin');
    expect(await page.getPolicy()).toMatchObject({ policy: { mode: 'optional' } });
    await expect
      .poll(async () => (await page.listUsers({ email: 'boss', limit: 5 })).data.map(({ id }) => id))
      .toEqual(['boss']);
    expect((await page.listEvents({ userId: 'dora', limit: 1, cursor: undefined })).data).toHaveLength(1);
    expect(await refusalOf(page.unlockUser('nobody/../x', { reason: 'lost' }))).toMatchObject({
      code: 'not_found',
    });
  });
});

describe('a user token', () => {
  it('that is refused is replaced once, without a word', async () => {
    await enrol(local, 'acme', 'emil');
    const asked: boolean[] = [];
    const page = new BrowserClient({
      url: local.url,
      userToken: async ({ forceFresh = false }) => {
        asked.push(forceFresh);
        if (!forceFresh) {
          return 'stale';
        }
        const { token } = await clientOf(local.url).userToken({
          accountId: 'acme',
          userId: 'emil',
          role: 'user',
        });
        return token;
      },
    });
    expect(await page.getTwoFactor()).toMatchObject({ status: 'enabled' });
    expect(asked).toEqual([false, true]);
  });

  it('that is refused again is an error', async () => {
    let asked = 0;
    const userToken = async () => {
      asked += 1;
      return 'stale';
    };
    const error = await refusalOf(new BrowserClient({ url: local.url, userToken }).getTwoFactor());
    expect(error).toMatchObject({ code: 'credentials_invalid', status: 401 });
    expect(asked).toBe(2);
  });

  it('that nobody gives is an error before any call', async () => {
    const error = await refusalOf(new BrowserClient({ url: local.url }).getTwoFactor());
    expect(error).toMatchObject({ code: 'credentials_missing', status: 0 });
  });
});

describe('a transport', () => {
  it('carries the calls by way of the back end, which adds the user token', async () => {
    await enrol(local, 'acme', 'finn');
    const app = clientOf(local.url);
    const heard: TransportRequest[] = [];
    const page = new BrowserClient({
      transport: async (request) => {
        heard.push(request);
        const { token } = await app.userToken({ accountId: 'acme', userId: 'finn', role: 'user' });
        return app.forward(request, { userToken: token });
      },
    });
    expect(await page.getTwoFactor()).toMatchObject({ status: 'enabled' });
    expect(heard).toEqual([{ method: 'GET', path: '/v1/me/two-factor' }]);
    await app.start(signInOf('acme', 'finn'));
    const { challengeToken } = await challengeOf(local, 'acme', 'finn');
    const wrong = page.verifyChallenge({ challengeToken, method: 'totp', code: '000000' });
    expect(await refusalOf(wrong)).toMatchObject({ code: 'code_incorrect', attemptsRemaining: 4 });
  });

  it.each([
    ['rejects', () => Promise.reject(new TypeError('offline')), 'temporarily_unavailable', 'network'],
    [
      "meets another server's page",
      async () => ({ status: 502, body: '<html>' }),
      'temporarily_unavailable',
      'gateway',
    ],
    ['answers without a body', async () => ({ status: 404 }), 'not_found', 'gateway'],
  ])('that %s is an error with a code', async (_, transport, code, reason) => {
    const page = new BrowserClient({ transport });
    expect(await refusalOf(page.getTwoFactor())).toMatchObject({ code, reason });
  });
});

describe('what a back end passes on', () => {
  const forward = (request: object) => clientOf(local.url).forward(request as TransportRequest);

  it.each([
    { method: 'POST', path: '/v1/challenges' },
    { method: 'POST', path: '/v1/challenges/verify/..' },
    { method: 'POST', path: '/v1/me/../user-tokens' },
    { method: 'POST', path: '/v1/me/%2e%2e/user-tokens' },
    { method: 'POST', path: '/v1/user-tokens' },
    { method: 'DELETE', path: '/v1/accounts/acme' },
    { method: 'GET', path: '//attacker.example/v1/me/two-factor' },
    { method: 'GET', path: '/v1/me/two-factor#x' },
    { method: 'GET', path: '@attacker.example/v1/me/' },
    { method: 'TRACE', path: '/v1/me/two-factor' },
    { method: 'GET' },
    {},
  ])('is not %j', async (request) => {
    expect(await forward(request)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  it('holds no header but the token and the Idempotency-Key', async () => {
    const answer = await forward({
      method: 'GET',
      path: '/v1/me/two-factor',
      headers: { Authorization: 'Bearer x', cookie: 'session=1', host: 'attacker.example' },
    });
    expect(answer).toMatchObject({ status: 401, body: { code: 'credentials_invalid' } });
    expect(Object.keys(answer.headers ?? {}).sort()).toEqual(
      expect.arrayContaining(['cache-control', 'content-type', 'x-request-id']),
    );
  });

  it('an outage is an answer that the page understands', async () => {
    const gone = clientOf('http://127.0.0.1:9');
    expect(await gone.forward({ method: 'GET', path: '/v1/me/two-factor' })).toMatchObject({
      status: 503,
      body: { code: 'temporarily_unavailable' },
    });
  });
});
