/** What completes a sign-in, and the forged, borrowed and stale tokens that do not. */
import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { actionHash, type Countersign } from '../../client/server.ts';
import type { Local } from '../../local/start-local.ts';
import { clientOf, enrol, pageOf, signIn, startService } from '../support/signed-in.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const ada = { accountId: 'acme', userId: 'ada', challengeId: 'chl_1' };
const typ = 'countersign-result+jwt';
const ours = generateKeyPairSync('rsa', { modulusLength: 2048 });
const strange = generateKeyPairSync('rsa', { modulusLength: 2048 });
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

let server: Server;
let url: string;
let app: Countersign;
/** What the key set answers with, and how often it was asked for. */
let keySet: () => { status: number; body: string };
let asked = 0;

beforeAll(async () => {
  const jwk = { ...(await exportJWK(ours.publicKey)), use: 'sig', alg: 'RS256', kid: 'ours' };
  keySet = () => ({ status: 200, body: JSON.stringify({ keys: [jwk] }) });
  server = createServer((_, response) => {
    asked += 1;
    const { status, body } = keySet();
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close().closeAllConnections());
beforeEach(() => {
  asked = 0;
  app = clientOf(url, { retries: 0, timeoutMs: 300 });
});

const claimsOf = (more: object = {}) => {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: url,
    aud: 'acme',
    sub: 'ada',
    account: 'acme',
    nonce: 'chl_1',
    jti: 'jti_1',
    iat: now,
    exp: now + 300,
    auth_time: now,
    amr: ['pwd', 'otp', 'mfa'],
    second_factor: 'totp',
    ...more,
  };
};

const signed = (more: object = {}, header: object = {}, key: KeyObject = ours.privateKey) =>
  new SignJWT(claimsOf(more)).setProtectedHeader({ alg: 'RS256', typ, kid: 'ours', ...header }).sign(key);

describe('a token', () => {
  it('that fits answers with its claims, and the keys are fetched once', async () => {
    const token = await signed();
    expect(await app.finish(token, ada)).toMatchObject({ sub: 'ada', second_factor: 'totp' });
    await app.finish(await signed({ jti: 'jti_2' }), ada);
    expect(asked).toBe(1);
  });

  it.each([
    ['iss', { iss: 'https://other.example' }, {}],
    ['aud', { aud: 'other' }, {}],
    ['sub', { sub: 'bob' }, {}],
    ['account', { account: 'other' }, {}],
    ['nonce', { nonce: 'chl_2' }, {}],
    ['exp', { exp: 1_600_000_000 }, {}],
    ['exp', { exp: undefined }, {}],
    ['jti', { jti: undefined }, {}],
    ['nonce', { nonce: undefined }, {}],
    ['second_factor', { second_factor: undefined }, {}],
    ['typ', {}, { typ: 'countersign-user+jwt' }],
    ['typ', {}, { typ: 'JWT' }],
    ['typ', {}, { typ: undefined }],
    ['kid', {}, { kid: 'unknown' }],
    ['action', { action: 'payout', action_hash: actionHash({ name: 'payout' }) }, {}],
  ])('S46 with another %s is refused although the key is ours', async (reason, claims, header) => {
    await expect(app.finish(await signed(claims, header), ada)).rejects.toMatchObject({
      code: 'token_invalid',
      reason,
    });
  });

  it('S46 with alg none, HS256 under the public key, another RSA algorithm, or keys that it brings is refused', async () => {
    const pem = ours.publicKey.export({ type: 'spki', format: 'pem' });
    const header = { typ, kid: 'ours' };
    const forged = [
      `${part({ ...header, alg: 'none' })}.${part(claimsOf())}.`,
      `${part({ ...header, alg: 'none' })}.${part(claimsOf())}.AAAA`,
      await new SignJWT(claimsOf()).setProtectedHeader({ ...header, alg: 'HS256' }).sign(Buffer.from(pem)),
      await signed({}, { alg: 'PS256' }),
      await signed({}, { alg: 'RS512' }),
      await signed({}, {}, strange.privateKey),
      await signed({}, { jwk: await exportJWK(strange.publicKey) }, strange.privateKey),
      await signed({}, { jku: 'https://attacker.example/jwks.json' }, strange.privateKey),
      await signed({}, { kid: undefined }, strange.privateKey),
    ];
    for (const token of forged) {
      await expect(app.finish(token, ada)).rejects.toMatchObject({ code: 'token_invalid' });
    }
  });

  it.each([[''], ['.'], ['..'], ['a.b.c'], ['x'.repeat(4096)], [undefined], [null], [7], [{}], [['a']]])(
    'S46 that is %j is refused',
    async (token) => {
      await expect(app.finish(token, ada)).rejects.toMatchObject({
        code: 'token_invalid',
        reason: 'malformed',
      });
    },
  );

  it('S46 is refused where the app forgot whom it expects', async () => {
    const token = await signed();
    for (const field of ['accountId', 'userId', 'challengeId']) {
      const forgotten = { ...ada, [field]: undefined };
      await expect(app.finish(token, forgotten)).rejects.toMatchObject({ code: 'token_invalid' });
    }
  });
});

describe('a step-up', () => {
  const payout = { name: 'payout', details: { to: 'Bob – €', amount: '100' } };

  it('is finished by the token of this very act', async () => {
    const token = await signed({ action: 'payout', action_hash: actionHash(payout), scope: 'action' });
    expect(await app.finish(token, { ...ada, action: payout })).toMatchObject({ action: 'payout' });
  });

  it('is refused for other details, another name, and the token of a sign-in', async () => {
    const more = { ...payout, details: { ...payout.details, amount: '1000' } };
    const token = await signed({ action: 'payout', action_hash: actionHash(payout) });
    const refusals = [
      [token, more, 'action_hash'],
      [token, { name: 'payout' }, 'action_hash'],
      [token, { ...payout, name: 'delete' }, 'action'],
      [await signed(), payout, 'action'],
    ] as const;
    for (const [given, action, reason] of refusals) {
      await expect(app.finish(given, { ...ada, action })).rejects.toMatchObject({ reason });
    }
  });

  it('the hash does not depend on the order of the details, and absent ones are an empty object', () => {
    // printf '{"details":{"amount":"100","to":"Bob"},"name":"payout"}' | openssl dgst -sha256 -binary | basenc --base64url
    const hash = 'jtQciU9IREWuHAGtDXv895KW-4qnYHW4EzbOtAkttkM';
    expect(actionHash({ name: 'payout', details: { to: 'Bob', amount: '100' } })).toBe(hash);
    expect(actionHash({ details: { amount: '100', to: 'Bob' }, name: 'payout' })).toBe(hash);
    const numbers = createHash('sha256')
      .update('{"details":{"10":"a","9":"b"},"name":"x"}')
      .digest('base64url');
    expect(actionHash({ name: 'x', details: { '9': 'b', '10': 'a' } })).toBe(numbers);
    // printf '{"details":{},"name":"payout"}' | openssl dgst -sha256 -binary | basenc --base64url
    expect(actionHash({ name: 'payout' })).toBe('b18FtolnRmsceJVUJZ4IbRb5bRZtQ1A3owePMdpDRmQ');
  });
});

describe('the set of public keys', () => {
  it.each([
    ['answers with an error', () => ({ status: 500, body: '' })],
    ['is no JSON', () => ({ status: 200, body: '<html>' })],
    ['is no key set', () => ({ status: 200, body: '{}' })],
  ])('that %s is an outage, and never lets a token through', async (_, broken) => {
    const whole = keySet;
    keySet = broken;
    await expect(app.finish(await signed(), ada)).rejects.toMatchObject({ code: 'temporarily_unavailable' });
    keySet = whole;
    await expect(app.finish(await signed(), ada)).resolves.toBeDefined();
  });

  it('is asked for again after an outage that passes', async () => {
    const whole = keySet;
    keySet = () => {
      keySet = whole;
      return { status: 503, body: '' };
    };
    await expect(clientOf(url).finish(await signed(), ada)).resolves.toBeDefined();
  });
});

describe('against the service that npm start runs', () => {
  let local: Local;
  beforeAll(async () => {
    local = await startService();
  });
  afterAll(() => local.close());

  it('the token of another sign-in, user or account, and a user token, are refused', async () => {
    const real = clientOf(local.url);
    const { secret } = await enrol(local, 'acme', 'ada');
    const { token, challengeId } = await signIn(local, 'acme', 'ada', secret);
    const mine = { accountId: 'acme', userId: 'ada', challengeId };
    await expect(real.finish(token, mine)).resolves.toMatchObject({ amr: ['pwd', 'otp', 'mfa'] });
    const other = await signIn(local, 'acme', 'ada', secret);
    const { token: userToken } = await real.userToken({ accountId: 'acme', userId: 'ada', role: 'user' });
    const refusals = [
      [token, { ...mine, challengeId: other.challengeId }, 'nonce'],
      [token, { ...mine, userId: 'bob' }, 'sub'],
      [token, { ...mine, accountId: 'other' }, 'account'],
      [userToken, mine, 'typ'],
    ] as const;
    for (const [given, expected, reason] of refusals) {
      await expect(real.finish(given, expected)).rejects.toMatchObject({ code: 'token_invalid', reason });
    }
    const another = clientOf(local.url, { audience: 'other' });
    await expect(another.finish(token, mine)).rejects.toMatchObject({ reason: 'aud' });
  });

  it('S46 a result token is no user token', async () => {
    const { secret } = await enrol(local, 'acme', 'eve');
    const { token } = await signIn(local, 'acme', 'eve', secret);
    const answer = await fetch(`${local.url}/v1/me/two-factor`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.status).toBe(401);
    expect(await pageOf(local, 'acme', 'eve').getTwoFactor()).toMatchObject({ status: 'enabled' });
  });
});
