import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { DisableKeyCommand } from '@aws-sdk/client-kms';
import { createLocalJWKSet, decodeProtectedHeader, exportJWK, jwtVerify, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { signRs256 } from '../../lambdas/adapters/kms.ts';
import { kmsTokenKeys } from '../../lambdas/adapters/token-keys.ts';
import { tokenSigner, tokenVerifier } from '../../lambdas/adapters/tokens.ts';
import { type TokenVerifier, Unavailable } from '../../lambdas/core/ports.ts';
import type { ResultClaims } from '../../lambdas/core/sign-in/result-claims.ts';
import type { UserTokenClaims } from '../../lambdas/core/state/user-token-claims.ts';
import type { Kms } from '../../local/engines/kms.ts';
import { recordCalls } from '../support/calls.ts';
import { differsOnMoto, given, keyIdOf, startEngines } from '../support/engines.ts';

const issuer = 'https://countersign.test';
const audience = 'acme';
const now = 1_790_000_000_000;
const minute = 60_000;
const ada: UserTokenClaims = {
  accountId: 'acct',
  userId: 'ada',
  role: 'admin',
  reauthenticatedAtMs: now - minute,
  secondFactorAtMs: now - minute,
  mintedAtMs: now,
  client: { ip: '203.0.113.9', userAgent: 'Firefox' },
};
const result: ResultClaims = {
  sub: 'ada',
  account: 'acct',
  jti: 'jti_1',
  iat: now / 1000,
  exp: now / 1000 + 300,
  auth_time: now / 1000,
  nonce: 'chl_1',
  amr: ['pwd', 'otp', 'mfa'],
  second_factor: 'totp',
  scope: 'second_factor',
  acr: 'mfa',
};

const engines = await startEngines();
const first = await engines.newSigningKey();
const second = await engines.newSigningKey();
const names = { issuer, audience };
const keysOf = (...keyArns: [string, ...string[]]) => kmsTokenKeys(engines.kms, keyArns);
const signer = tokenSigner(keysOf(first, second), names);
const verifier = tokenVerifier(keysOf(first, second), names);

const userToken = async () => (await signer.signUser(ada, 'jti_1', now)).token;
/** What an API that takes result tokens does, with nothing of ours but the published keys. */
const verifyOutside = async (token: string, keys: TokenVerifier = verifier, nowMs = now) =>
  jwtVerify(token, createLocalJWKSet((await keys.publicKeys(now)) as never), {
    issuer,
    audience,
    typ: 'countersign-result+jwt',
    algorithms: ['RS256'],
    currentDate: new Date(nowMs),
  });
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const payloadOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString());

describe('the published keys', () => {
  it('all keys are there under the id of their own, public parts alone', async () => {
    const { keys } = await verifier.publicKeys(now);
    expect(keys.map(({ kid }) => kid)).toEqual([keyIdOf(first), keyIdOf(second)]);
    for (const key of keys) {
      expect(key).toMatchObject({ kty: 'RSA', use: 'sig', alg: 'RS256' });
      expect(Object.keys(key).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
      expect(Buffer.from(key.n as string, 'base64url')).toHaveLength(256);
    }
  });

  it('they are read once in an environment, also by requests at once', async () => {
    const fresh = tokenVerifier(keysOf(first, second), names);
    const calls = recordCalls(engines.kms);
    await Promise.all([fresh.publicKeys(now), fresh.publicKeys(now), fresh.verifyUser('a.b.c', now)]);
    await fresh.publicKeys(now);
    expect(calls.map(({ command }) => command)).toEqual(['GetPublicKeyCommand', 'GetPublicKeyCommand']);
  });

  it.skipIf(given.kms)(
    'a failed reading is unavailable, and the next request reads again (local engine: its faults are on demand)',
    async () => {
      const kms = engines.local.kms as Kms;
      const fresh = tokenVerifier(keysOf(first), names);
      kms.fault({ operation: 'GetPublicKey', kind: 'fail', times: Number.POSITIVE_INFINITY });
      await expect(fresh.publicKeys(now)).rejects.toBeInstanceOf(Unavailable);
      await expect(fresh.verifyUser(await userToken(), now)).rejects.toBeInstanceOf(Unavailable);
      kms.clearFaults();
      expect((await fresh.publicKeys(now)).keys).toHaveLength(1);
      expect(await fresh.verifyUser(await userToken(), now)).toBeDefined();
    },
  );
});

describe('result tokens', () => {
  it('one verifies outside with the published keys, and says what was signed', async () => {
    const { payload, protectedHeader } = await verifyOutside(await signer.signResult(result, now));
    expect(payload).toEqual({ ...result, iss: issuer, aud: audience });
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'countersign-result+jwt', kid: keyIdOf(first) });
  });

  it('S48 after a rotation tokens of the key before still verify, and new ones are signed by the new key', async () => {
    const before = await signer.signResult(result, now);
    const rotated = keysOf(second, first);
    const after = await tokenSigner(rotated, names).signResult(result, now);
    expect(decodeProtectedHeader(after).kid).toBe(keyIdOf(second));
    const keys = tokenVerifier(rotated, names);
    await expect(verifyOutside(before, keys)).resolves.toBeDefined();
    await expect(verifyOutside(after, keys)).resolves.toBeDefined();
    await expect(verifyOutside(before, tokenVerifier(keysOf(second), names))).rejects.toThrow();
  });

  it('S46 a changed, an expired and a user token are refused outside', async () => {
    const token = await signer.signResult(result, now);
    const [header, , signature] = token.split('.');
    const changed = [header, part({ ...payloadOf(token), sub: 'bob' }), signature].join('.');
    await expect(verifyOutside(changed)).rejects.toThrow(/signature/);
    await expect(verifyOutside(token, verifier, now + 6 * minute)).rejects.toThrow(/exp/);
    await expect(verifyOutside(await userToken())).rejects.toThrow();
  });

  it('S60 with a disabled key none is signed', async ({ skip }) => {
    skip(differsOnMoto('a disabled key still signs'));
    const arn = await engines.newSigningKey();
    await engines.kms.send(new DisableKeyCommand({ KeyId: keyIdOf(arn) }));
    const failing = tokenSigner(keysOf(arn), names).signResult(result, now);
    await expect(failing).rejects.toBeInstanceOf(Unavailable);
  });
});

describe('user tokens', () => {
  it('one verifies as what was signed', async () => {
    expect(await verifier.verifyUser(await userToken(), now)).toEqual(ada);
  });

  it('one without a fresh first factor says nothing of one', async () => {
    const { reauthenticatedAtMs: _stale, ...claims } = ada;
    const { token } = await signer.signUser(claims, 'jti_1', now);
    expect(await verifier.verifyUser(token, now)).toEqual(claims);
    expect(payloadOf(token)).not.toHaveProperty('reauthenticated_at');
  });

  it('one lasts 15 minutes and says so', async () => {
    const { token, expiresAtMs } = await signer.signUser(ada, 'jti_1', now);
    expect(expiresAtMs).toBe(now + 15 * minute);
    expect(await verifier.verifyUser(token, expiresAtMs - 1000)).toEqual(ada);
    expect(await verifier.verifyUser(token, expiresAtMs)).toBeUndefined();
  });

  it('S46 a result token is none', async () => {
    expect(await verifier.verifyUser(await signer.signResult(result, now), now)).toBeUndefined();
  });

  it('S46 one of another deployment with another key, or of another issuer with the same key, is refused', async () => {
    const stranger = tokenSigner(keysOf(await engines.newSigningKey()), names);
    expect(await verifier.verifyUser((await stranger.signUser(ada, 'j', now)).token, now)).toBeUndefined();
    const elsewhere = tokenSigner(keysOf(first), { ...names, issuer: 'https://other.test' });
    expect(await verifier.verifyUser((await elsewhere.signUser(ada, 'j', now)).token, now)).toBeUndefined();
  });

  it('S46 one with a changed claim is refused', async () => {
    const token = await userToken();
    const [header, , signature] = token.split('.');
    for (const change of [
      { role: 'support' },
      { sub: 'bob' },
      { account: 'other' },
      { exp: 9_999_999_999 },
    ]) {
      const changed = [header, part({ ...payloadOf(token), ...change }), signature].join('.');
      expect(await verifier.verifyUser(changed, now)).toBeUndefined();
    }
  });

  it('S46 alg none, HS256 with the public key as secret, an unknown kid, and keys that the token brings are refused', async () => {
    const claims = payloadOf(await userToken());
    const typ = 'countersign-user+jwt';
    const [jwk] = (await verifier.publicKeys(now)).keys;
    const pem = createPublicKey({ key: jwk as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const own = createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const signed = (header: object) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'RS256', typ, ...header }).sign(own);
    const kid = keyIdOf(first);
    const forged = [
      `${part({ alg: 'none', typ, kid })}.${part(claims)}.`,
      `${part({ alg: 'none', typ, kid })}.${part(claims)}.AAAA`,
      await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', typ, kid })
        .sign(Buffer.from(pem as string)),
      await signed({ kid: 'unknown' }),
      await signed({ kid }),
      await signed({ kid, jwk: await exportJWK(publicKey) }),
      await signed({ kid, jku: 'https://attacker.example/jwks.json' }),
    ];
    for (const token of forged) {
      expect(await verifier.verifyUser(token, now)).toBeUndefined();
    }
  });

  it.each([
    ['of another issuer', { iss: 'https://other.test' }, {}],
    ['of another audience', { aud: audience }, {}],
    ['of another type', {}, { typ: 'JWT' }],
    ['of no type', {}, { typ: undefined }],
    ['without an end', { exp: undefined }, {}],
    ['without an id', { jti: undefined }, {}],
    ['without a start', { iat: undefined }, {}],
    ['without a role', { role: undefined }, {}],
    ['of no known role', { role: 'owner' }, {}],
    ['without an account', { account: undefined }, {}],
    ['whose fresh first factor is text', { reauthenticated_at: 'now' }, {}],
  ])('S46 one %s is refused although the key is ours', async (_, claims, header) => {
    const token = await userToken();
    const right = await signedByUs({ ...payloadOf(token) }, {});
    expect(await verifier.verifyUser(right, now)).toEqual(ada);
    const wrong = await signedByUs({ ...payloadOf(token), ...claims }, header);
    expect(await verifier.verifyUser(wrong, now)).toBeUndefined();
  });

  it('garbage is refused', async () => {
    for (const token of ['', '.', '..', 'a.b.c', 'x'.repeat(4096), `${part({ alg: 'RS256' })}..`]) {
      expect(await verifier.verifyUser(token, now)).toBeUndefined();
    }
  });
});

/** A token of our own key that our signer would not make. */
async function signedByUs(claims: object, header: object): Promise<string> {
  const typ = 'countersign-user+jwt';
  const signed = `${part({ alg: 'RS256', typ, kid: keyIdOf(first), ...header })}.${part(claims)}`;
  const signature = await signRs256(engines.kms, first, Buffer.from(signed));
  return `${signed}.${Buffer.from(signature).toString('base64url')}`;
}
