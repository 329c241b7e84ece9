/** Who is calling: the gateway's word for the app, a user token, or a challenge token. */

import type { ChallengeSeal, TokenVerifier } from '../../core/ports.ts';
import { type Refusal, refuse } from '../../core/refusal.ts';
import type { UserTokenClaims } from '../../core/settings/proof.ts';
import type { Enroller } from '../../core/settings/start-authenticator.ts';
import { challengeExpired } from '../../core/sign-in/challenge.ts';
import type { ChallengeClaims } from '../../core/state/challenge-claims.ts';

type Bearer = { headers: Record<string, string>; nowMs: number };

/** The holder of a user token: `credentials_missing` without one, `credentials_invalid` for anything that is not one. */
export async function userCaller(
  request: Bearer,
  verifier: TokenVerifier,
): Promise<UserTokenClaims | Refusal> {
  const token = bearerOf(request);
  if (token === undefined) {
    return missing();
  }
  return (await verifier.verifyUser(token, request.nowMs)) ?? invalid();
}

/** A user token, or the challenge token of a sign-in whose mailbox is proven (stage `enroll`). */
export async function enrollingCaller(
  request: Bearer,
  verifier: TokenVerifier,
  seal: ChallengeSeal,
): Promise<Enroller | Refusal> {
  const token = bearerOf(request);
  if (token === undefined) {
    return missing();
  }
  // A JWE has five parts, a JWT three.
  if (token.split('.').length !== 5) {
    const claims = await verifier.verifyUser(token, request.nowMs);
    return claims ? { token: claims } : invalid();
  }
  const challenge = await seal.open(token);
  if (challenge?.stage !== 'enroll') {
    return invalid();
  }
  return challenge.expiresAtMs <= request.nowMs ? challengeExpired() : { challenge };
}

/** An admin or support person: `forbidden` for a user's own token. */
export async function adminCaller(
  request: Bearer,
  verifier: TokenVerifier,
): Promise<UserTokenClaims | Refusal> {
  const caller = await userCaller(request, verifier);
  return 'refused' in caller || caller.role !== 'user'
    ? caller
    : refuse('forbidden', { detail: 'This is for administrators and support.' });
}

/** The challenge behind a token from the body, or `challenge_invalid`. */
export async function challengeOf(token: string, seal: ChallengeSeal): Promise<ChallengeClaims | Refusal> {
  const challenge = await seal.open(token);
  return challenge ?? refuse('challenge_invalid', { detail: 'Start the sign-in again.' });
}

/** Whom the event of a user's own change names. */
export const enrollerRef = (by: Enroller) => {
  const { accountId, userId } = 'token' in by ? by.token : by.challenge;
  return { accountId, userId };
};

function bearerOf({ headers }: Bearer): string | undefined {
  return /^Bearer ([\x21-\x7e]{1,4096})$/i.exec(headers.authorization ?? '')?.[1];
}

const missing = () =>
  refuse('credentials_missing', { detail: 'Send a user token as Authorization: Bearer.' });
const invalid = () => refuse('credentials_invalid', { detail: 'Mint a new user token.' });
