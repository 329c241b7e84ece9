/**
 * Tokens. The attacker makes tokens of their own: unsigned, signed with what is public, with keys that they bring along,
 * of another kind, of another deployment, out of date. And they hope that a token says more than happened.
 */
import { createPublicKey, createSign, generateKeyPairSync } from 'node:crypto';
import { createLocalJWKSet, exportJWK, jwtVerify, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeToken, deploy, issuerUrl } from '../support/deployment.ts';
import { mailedTo } from '../support/guesses.ts';
import { minute, Person } from '../support/person.ts';
import { rawTable } from '../support/threat-table.ts';

const deployment = await deploy();
const table = rawTable(deployment);
let ada: Person;
let resultToken: string;
let userToken: string;
beforeAll(async () => {
  ada = await new Person(deployment).enrol();
  resultToken = (await ada.verify(await ada.challengeToken(), 'totp', ada.code())).body.token;
  userToken = await ada.token();
});

const thief = generateKeyPairSync('rsa', { modulusLength: 2048 });
const part = (value: object | string) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const headerOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[0] as string, 'base64url').toString());

function signedByThief(header: object, payload: object): string {
  const signed = `${part(header)}.${part(payload)}`;
  return `${signed}.${createSign('sha256').update(signed).sign(thief.privateKey, 'base64url')}`;
}

/** Forgeries of `token`: what an attacker can make without the private key. */
async function forgeries(token: string): Promise<[string, string][]> {
  const header = headerOf(token);
  const claims = decodeToken(token);
  const [head = '', body = '', signature = ''] = token.split('.');
  const [jwk] = (await deployment.call('jwks')).body.keys;
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
  const hs256 = (secret: Uint8Array) =>
    new SignJWT(claims).setProtectedHeader({ ...header, alg: 'HS256' }).sign(secret);
  const thiefJwk = { ...(await exportJWK(thief.publicKey)), alg: 'RS256', use: 'sig' };
  const flip = (text: string) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
  return [
    ['alg none', `${part({ ...header, alg: 'none' })}.${body}.`],
    ['alg None with the old signature', `${part({ ...header, alg: 'None' })}.${body}.${signature}`],
    ['no signature', `${head}.${body}.`],
    ['HS256 by the public key PEM', await hs256(Buffer.from(pem))],
    ['HS256 by the public key PEM, trimmed', await hs256(Buffer.from(pem.trim()))],
    ['HS256 by the public key DER', await hs256(publicKey.export({ type: 'spki', format: 'der' }))],
    ['HS256 by the modulus', await hs256(Buffer.from(jwk.n, 'base64url'))],
    ['another key under our kid', signedByThief(header, claims)],
    ['an unknown kid', signedByThief({ ...header, kid: 'thief' }, claims)],
    ['no kid', signedByThief({ alg: 'RS256', typ: header.typ }, claims)],
    ['an embedded jwk', signedByThief({ ...header, jwk: thiefJwk }, claims)],
    [
      'an embedded jwk and its kid',
      signedByThief({ ...header, kid: 'thief', jwk: { ...thiefJwk, kid: 'thief' } }, claims),
    ],
    ['a jku', signedByThief({ ...header, kid: 'thief', jku: 'https://evil.example/jwks.json' }, claims)],
    ['an x5u', signedByThief({ ...header, x5u: 'https://evil.example/x.pem' }, claims)],
    ['a crit header', signedByThief({ ...header, crit: ['b64'], b64: false }, claims)],
    ['changed claims', `${head}.${part({ ...claims, role: 'admin', sub: 'victim' })}.${signature}`],
    ['a changed header', `${part({ ...header, x: 1 })}.${body}.${signature}`],
    ['a changed signature', `${head}.${body}.${flip(signature)}`],
    ['a truncated signature', `${head}.${body}.${signature.slice(0, -4)}`],
  ];
}

/** A token signed by the deployment's own key, with what an attacker who can sign nothing could only hope for. */
async function ownSigned(header: object, claims: object): Promise<string> {
  const signed = `${part(header)}.${part(claims)}`;
  const { KMSClient, SignCommand } = await import('@aws-sdk/client-kms');
  const client = new KMSClient({
    endpoint: deployment.kms.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const { Signature } = await client.send(
    new SignCommand({
      KeyId: deployment.signingKeyArn,
      Message: Buffer.from(signed),
      MessageType: 'RAW',
      SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256',
    }),
  );
  return `${signed}.${Buffer.from(Signature as Uint8Array).toString('base64url')}`;
}

const bearerAnswer = async (bearer: string) => {
  const { status, body } = await ada.call('get-two-factor', { bearer });
  return [status, body.code];
};
const refused = [401, 'credentials_invalid'];

describe('a user token', () => {
  it('S46 no forgery of it is accepted', async () => {
    expect((await bearerAnswer(userToken))[0]).toBe(200);
    for (const [how, token] of await forgeries(userToken)) {
      expect([how, ...(await bearerAnswer(token))]).toEqual([how, ...refused]);
    }
  });

  it('S46 with the right signature but another typ, aud, iss, or without what it must say: refused', async () => {
    const header = headerOf(userToken);
    const claims = decodeToken(userToken);
    const { exp: _exp, ...noExpiry } = claims;
    const { jti: _jti, ...noJti } = claims;
    const { role: _role, ...noRole } = claims;
    expect((await bearerAnswer(await ownSigned(header, claims)))[0]).toBe(200);
    for (const [how, head, body] of [
      ['typ JWT', { ...header, typ: 'JWT' }, claims],
      ['no typ', { alg: header.alg, kid: header.kid }, claims],
      ['result typ', { ...header, typ: headerOf(resultToken).typ }, claims],
      ['aud of the app', header, { ...claims, aud: 'acme' }],
      ['no aud', header, { ...claims, aud: undefined }],
      ['iss of another', header, { ...claims, iss: 'https://evil.example' }],
      ['iss with a slash', header, { ...claims, iss: `${issuerUrl}/` }],
      ['no exp', header, noExpiry],
      ['no jti', header, noJti],
      ['no role', header, noRole],
      ['role root', header, { ...claims, role: 'root' }],
      ['sub of another type', header, { ...claims, sub: 7 }],
      ['nbf tomorrow', header, { ...claims, nbf: claims.exp + 86_400 }],
    ] as const) {
      expect([how, ...(await bearerAnswer(await ownSigned(head, body)))]).toEqual([how, ...refused]);
    }
  });

  it('S46 expired by the gateway’s clock, to the second: refused', async () => {
    const bob = await new Person(deployment).enrol();
    const bearer = await bob.token();
    const expiresAtMs = decodeToken(bearer).exp * 1000;
    expect((await bob.call('get-two-factor', { bearer, at: expiresAtMs - 1 })).status).toBe(200);
    expect((await bob.call('get-two-factor', { bearer, at: expiresAtMs })).status).toBe(401);
    expect(decodeToken(bearer).exp - decodeToken(bearer).iat).toBe(15 * 60);
  });

  it('S46 a result token as user token: refused', async () => {
    expect(await bearerAnswer(resultToken)).toEqual(refused);
  });

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Basic YTpi',
    'Bearer a b',
    `bearer ${'x'.repeat(5000)}`,
    'Token x',
  ])('S46 Authorization: %j is no bearer token', async (authorization) => {
    const reply = await ada.call('get-two-factor', {
      headers: authorization === undefined ? {} : { authorization },
    });
    expect([reply.status, reply.body.code]).toEqual([401, 'credentials_missing']);
    expect(reply.headers['www-authenticate']).toMatch(/^Bearer/);
  });

  it('S46 of one account or user opens nothing of another', async () => {
    const bob = await new Person(deployment, { accountId: ada.accountId, at: ada.at }).enrol();
    const { authenticators } = await table.user(ada.ref);
    const removed = await bob.own('remove-authenticator', {
      path: { id: authenticators[0].id },
      body: { proof: bob.totpProof() },
    });
    expect([removed.status, removed.body.code]).toEqual([404, 'not_found']);
    expect((await table.user(ada.ref)).authenticators).toEqual(authenticators);
  });
});

describe('a result token, as a customer verifies it', () => {
  const verify = async (token: string) => {
    const keys = createLocalJWKSet((await deployment.call('jwks')).body);
    const options = {
      algorithms: ['RS256'],
      issuer: issuerUrl,
      audience: 'acme',
      typ: 'countersign-result+jwt',
    };
    return jwtVerify(token, keys, { ...options, currentDate: new Date(ada.at) });
  };

  it('S46 is accepted as it is, and no forgery of it', async () => {
    expect((await verify(resultToken)).payload.sub).toBe(ada.id);
    for (const [how, token] of await forgeries(resultToken)) {
      await expect(verify(token), how).rejects.toThrow();
    }
  });

  it('S46 a user token as result token: refused, by its typ and by its aud', async () => {
    const keys = createLocalJWKSet((await deployment.call('jwks')).body);
    const currentDate = new Date(ada.at);
    await expect(verify(userToken)).rejects.toThrow();
    await expect(jwtVerify(userToken, keys, { audience: 'acme', currentDate })).rejects.toThrow(/aud/);
    await expect(jwtVerify(userToken, keys, { typ: 'countersign-result+jwt', currentDate })).rejects.toThrow(
      /typ/,
    );
  });

  it('S46 lives five minutes', () => {
    const { iat, exp, auth_time } = decodeToken(resultToken);
    expect([exp - iat, auth_time]).toEqual([300, iat]);
    expect(iat).toBe(Math.floor(ada.at / 1000));
  });

  it('S46 the published keys are public halves alone', async () => {
    const { keys } = (await deployment.call('jwks')).body;
    expect(keys).toHaveLength(1);
    expect(Object.keys(keys[0]).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
  });

  it('S47 amr is honest: a second factor checked here adds what it is, and nothing else adds mfa', async () => {
    const bob = await new Person(deployment).enrol();
    await table.setPolicy(bob.accountId, {
      federated: 'challenge_unless_mfa',
      rememberDevice: { allowed: true, days: 30 },
    });
    await bob.turnOnEmail(bob.totpProof());
    bob.later(2 * minute);
    const claimsOf = async (
      firstFactor: object,
      method: string,
      code: (challenge: string) => Promise<string> | string,
    ) => {
      const { challengeToken } = (await bob.signIn({ firstFactor })).body;
      const body = { challengeToken, method, code: await code(challengeToken), rememberDevice: true };
      const reply = await bob.call('verify-challenge', { body });
      bob.later(30_000);
      const { amr, second_factor } = decodeToken(reply.body.token);
      return { amr, second_factor, deviceToken: reply.body.deviceToken };
    };
    const password = { method: 'password', amr: ['mfa', 'hwk'] };
    const byTotp = await claimsOf(password, 'totp', () => bob.code());
    expect(byTotp).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], second_factor: 'totp' });
    const byMail = await claimsOf(password, 'email', (challenge) => mailedTo(deployment, bob, challenge));
    expect(byMail).toMatchObject({ amr: ['pwd'], second_factor: 'email' });
    const { deviceToken } = byMail;
    const trusted = decodeToken((await bob.signIn({ deviceToken })).body.token);
    expect(trusted).toMatchObject({ amr: ['pwd'], second_factor: 'trusted_device' });
    const byRecovery = await claimsOf(password, 'recovery_code', () => bob.recoveryCodes[0] as string);
    expect(byRecovery).toMatchObject({ amr: ['pwd'], second_factor: 'recovery_code' });
    expect(byRecovery.deviceToken).toBeUndefined();
    const federated = await claimsOf({ method: 'federated', amr: ['fpt', 'pin', 'fed'] }, 'totp', () =>
      bob.code(),
    );
    expect(federated.amr).toEqual(['fpt', 'pin', 'otp', 'mfa']);
    const alone = async (firstFactor: object) => decodeToken((await bob.signIn({ firstFactor })).body.token);
    expect(await alone({ method: 'api_key', amr: ['mfa'] })).toMatchObject({
      amr: [],
      second_factor: 'none',
    });
    expect(await alone({ method: 'federated', amr: ['fpt', 'mfa'] })).toMatchObject({
      amr: ['fpt'],
      second_factor: 'none',
    });
  });

  it('S47 the longest that the app may say of the first factor is signed like anything else', async () => {
    const bob = new Person(deployment, {
      accountId: '\u{1F511}'.repeat(128),
      id: '\u{1F511}'.repeat(128),
      email: 'b@example.com',
    });
    const amr = 'face fpt geo hwk iris kba mca otp pin pop pwd rba retina sc sms swk tel user vbm wia'.split(
      ' ',
    );
    const { status, body } = await bob.signIn({ firstFactor: { method: 'federated', amr } });
    expect(status).toBe(201);
    expect(decodeToken(body.token).amr).toEqual(amr);
  });

  it('S47 a result token names the challenge that it completes, and each one is of its own', async () => {
    const bob = await new Person(deployment).enrol();
    const { challengeToken, challengeId } = (await bob.signIn()).body;
    const one = decodeToken((await bob.verify(challengeToken, 'totp', bob.code())).body.token);
    bob.later(30_000);
    const other = decodeToken((await bob.verify(await bob.challengeToken(), 'totp', bob.code())).body.token);
    expect(one).toMatchObject({ nonce: challengeId, sub: bob.id, account: bob.accountId });
    expect(other.jti).not.toBe(one.jti);
    expect(other.nonce).not.toBe(one.nonce);
  });
});
