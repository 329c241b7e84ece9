/** Ending the sign-in that an enrolment was part of. */

import { ask, type Context, type Step } from '../decision.ts';
import type { ChallengeClaims } from '../state/challenge-claims.ts';
import type { User } from '../state/item.ts';
import type { FactorMethod } from '../state/policy.ts';
import { resultClaims } from '../state/result-claims.ts';
import { withPassedChallenge } from './verify-challenge.ts';

/** The answer of an enrolment with a result token for the factor just proven; the challenge is spent with it. */
export function completeSignIn<A extends object>(
  user: User,
  challenge: ChallengeClaims,
  method: FactorMethod,
  answer: A,
  context: Context,
): Step<A & { token: string; expiresAtMs: number }> {
  const claims = resultClaims(challenge, method, context.newId('jti'), context.nowMs);
  // Signed before the save: a failed signature must not cost the recovery codes, which are told this once.
  return ask('sign-result', { claims }, (token) => ({
    save: withPassedChallenge(user, challenge, context),
    answer: { ...answer, token, expiresAtMs: claims.exp * 1000 },
  }));
}
