/** Result tokens and user tokens: JWTs, RS256, signed by the stage's token keys. */
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import * as z from 'zod/mini';
import { type TokenSigner, type TokenVerifier, Unavailable } from '../core/ports.ts';
import { clientSchema } from '../core/state/challenge-claims.ts';
import { limits } from '../core/state/limits.ts';
import type { UserTokenClaims } from '../core/state/user-token-claims.ts';
import type { TokenKeys } from './token-keys.ts';

export type TokenNames = { issuer: string; audience: string };

/** Two kinds of token that cannot be taken for each other: another `typ` and another `aud`. */
const resultType = 'countersign-result+jwt';
const userType = 'countersign-user+jwt';
const userAudience = (issuer: string) => `${issuer}/v1`;

export function tokenSigner(keys: TokenKeys, { issuer, audience }: TokenNames): TokenSigner {
  const sign = async (typ: string, payload: object, nowMs: number) => {
    const key = await keys.signing(nowMs);
    if (!key) {
      throw new Unavailable('there is no token key');
    }
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${part({ alg: 'RS256', typ, kid: key.keyId })}.${part(payload)}`;
    const signature = await key.sign(Buffer.from(signed));
    return `${signed}.${Buffer.from(signature).toString('base64url')}`;
  };
  return {
    signResult: (claims, nowMs) => sign(resultType, { iss: issuer, aud: audience, ...claims }, nowMs),
    signUser: async (
      { accountId, userId, role, reauthenticatedAtMs, secondFactorAtMs, temporarySignIn, client },
      jti,
      nowMs,
    ) => {
      const iat = Math.floor(nowMs / 1000);
      const exp = iat + limits.userTokenMs / 1000;
      const seconds = (ms: number | undefined) => (ms === undefined ? undefined : Math.floor(ms / 1000));
      const who = {
        sub: userId,
        account: accountId,
        role,
        reauthenticated_at: seconds(reauthenticatedAtMs),
        second_factor_at: seconds(secondFactorAtMs),
        temporary_sign_in: temporarySignIn,
        minted_at_ms: nowMs,
        client,
      };
      const claims = { iss: issuer, aud: userAudience(issuer), ...who, jti, iat, exp };
      const token = await sign(userType, claims, nowMs);
      return { token, expiresAtMs: exp * 1000 };
    },
  };
}

const userTokenSchema = z.object({
  sub: z.string(),
  account: z.string(),
  role: z.enum(['user', 'admin', 'support']),
  reauthenticated_at: z.optional(z.number()),
  second_factor_at: z.optional(z.number()),
  temporary_sign_in: z.optional(z.string()),
  minted_at_ms: z.optional(z.number()),
  client: z.optional(clientSchema),
});

const resultTokenSchema = z.object({
  sub: z.string(),
  account: z.string(),
  auth_time: z.number(),
  amr: z.array(z.string()),
  jti: z.string(),
  second_factor: z.string(),
  action: z.optional(z.string()),
});

/**
 * Verifies user tokens against this deployment's own keys. RS256 alone, by `kid`; keys that a token brings along (`jwk`,
 * `jku`) are never looked at.
 */
export function tokenVerifier(published: TokenKeys, { issuer, audience }: TokenNames): TokenVerifier {
  const publicKeys = async (nowMs: number) => ({ keys: await published.published(nowMs) });
  const verified = async (token: string, expected: { typ: string; audience: string }, nowMs: number) => {
    const keySet = createLocalJWKSet((await publicKeys(nowMs)) as unknown as JSONWebKeySet);
    const result = await jwtVerify(token, keySet, {
      algorithms: ['RS256'],
      issuer,
      ...expected,
      requiredClaims: ['exp', 'iat', 'jti'],
      currentDate: new Date(nowMs),
    }).catch(() => undefined);
    return result?.payload;
  };
  return {
    publicKeys,
    verifyUser: async (token, nowMs) => {
      const payload = await verified(token, { typ: userType, audience: userAudience(issuer) }, nowMs);
      return payload && userClaims(payload);
    },
    verifyResult: async (token, nowMs) => {
      const payload = await verified(token, { typ: resultType, audience }, nowMs);
      const parsed = resultTokenSchema.safeParse(payload);
      if (!parsed.success) {
        return undefined;
      }
      const { sub: userId, account: accountId, auth_time, second_factor: secondFactor } = parsed.data;
      const { amr, jti, action } = parsed.data;
      return { accountId, userId, authTimeMs: auth_time * 1000, amr, jti, secondFactor, action };
    },
  };
}

function userClaims(payload: object): UserTokenClaims | undefined {
  const parsed = userTokenSchema.safeParse(payload);
  if (!parsed.success) {
    return undefined;
  }
  const { sub, account, role, client } = parsed.data;
  const { reauthenticated_at, second_factor_at, temporary_sign_in, minted_at_ms } = parsed.data;
  return {
    accountId: account,
    userId: sub,
    role,
    ...(reauthenticated_at === undefined ? {} : { reauthenticatedAtMs: reauthenticated_at * 1000 }),
    ...(second_factor_at === undefined ? {} : { secondFactorAtMs: second_factor_at * 1000 }),
    ...(temporary_sign_in === undefined ? {} : { temporarySignIn: temporary_sign_in }),
    ...(minted_at_ms === undefined ? {} : { mintedAtMs: minted_at_ms }),
    ...(client === undefined ? {} : { client }),
  };
}
