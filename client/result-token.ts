/** The check of a result token: whether it completes this sign-in of this person. */
import { createHash } from 'node:crypto';
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Action, ResultClaims } from './contract.ts';
import { CountersignError } from './error.ts';
import { noAnswer } from './transport.ts';

/** What the app kept of the sign-in it started. None of it comes from the browser. */
export type ExpectedSignIn = {
  accountId: string;
  userId: string;
  /** What `start` answered. */
  challengeId: string;
  /** The act that was asked to be confirmed, for a step-up. Without it, a step-up's token is refused. */
  action?: Action | undefined;
};

const requiredClaims = ['sub', 'exp', 'iat', 'jti', 'auth_time', 'account', 'nonce', 'second_factor'];

/**
 * The claims of a token that completes this sign-in. Throws `token_invalid` with the claim that does not fit as its
 * `reason`, and `temporarily_unavailable` where the public keys cannot be read.
 *
 * RS256 alone, by keys of the deployment's own set: what a token says of its key or algorithm decides nothing (RFC 8725).
 */
export async function verifyResultToken(
  token: unknown,
  keys: JWTVerifyGetKey,
  issuer: string,
  audience: string,
  expected: ExpectedSignIn,
): Promise<ResultClaims> {
  if (typeof token !== 'string') {
    throw invalid('malformed');
  }
  const options = { algorithms: ['RS256'], typ: 'countersign-result+jwt', issuer, audience, requiredClaims };
  const { payload } = await jwtVerify(token, keys, options).catch((error) => {
    throw errorOf(error);
  });
  const misfit = misfitOf(payload, expected);
  if (misfit) {
    throw invalid(misfit);
  }
  return payload as ResultClaims;
}

/** `action_hash` of the contract: SHA-256 over the RFC 8785 form, base64url. */
export function actionHash({ name, details }: Action): string {
  // By hand: an object would put keys that look like numbers first, in another order than RFC 8785.
  const members = Object.entries(details ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  const text = `{"details":{${members.join(',')}},"name":${JSON.stringify(name)}}`;
  return createHash('sha256').update(text).digest('base64url');
}

/** Compared here, all of them: an expectation that is `undefined` fits no token. */
function misfitOf(claims: JWTPayload, expected: ExpectedSignIn): string | undefined {
  const { accountId, userId, challengeId, action } = expected;
  if (claims.sub !== userId) {
    return 'sub';
  }
  if (claims.account !== accountId) {
    return 'account';
  }
  if (claims.nonce !== challengeId) {
    return 'nonce';
  }
  if (claims.action !== action?.name) {
    return 'action';
  }
  return action && claims.action_hash !== actionHash(action) ? 'action_hash' : undefined;
}

const reasons: Record<string, string> = {
  ERR_JWT_EXPIRED: 'exp',
  ERR_JOSE_ALG_NOT_ALLOWED: 'alg',
  ERR_JWKS_NO_MATCHING_KEY: 'kid',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'kid',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'signature',
};

/** An error about the set of public keys, not about the token: it timed out, or is not a readable set. */
const keySetCodes = ['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC'];

function errorOf(error: unknown): CountersignError {
  if (!(error instanceof errors.JOSEError)) {
    return noAnswer(error);
  }
  if (keySetCodes.includes(error.code)) {
    const isTimeout = error.code === 'ERR_JWKS_TIMEOUT';
    return noAnswer(isTimeout ? new DOMException(error.message, 'TimeoutError') : error);
  }
  const claim = error instanceof errors.JWTClaimValidationFailed ? error.claim : undefined;
  return invalid(claim ?? reasons[error.code] ?? 'malformed', error);
}

function invalid(reason: string, cause?: unknown): CountersignError {
  return new CountersignError('token_invalid', {
    status: 0,
    reason,
    detail: 'This token does not complete this sign-in. Start the sign-in again.',
    cause,
  });
}
