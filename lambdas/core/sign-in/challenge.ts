/** Whether an opened challenge can still be worked on. */
import { attemptsOf } from '../factors/attempts.ts';
import { type Refusal, refuse } from '../refusal.ts';
import type { ChallengeClaims } from '../state/challenge-claims.ts';
import type { Loaded, User } from '../state/item.ts';

/**
 * The user of a live challenge, or the refusal: `challenge_invalid` when the user is gone (never "two-factor off"),
 * `challenge_expired`, `challenge_used` when it has passed already or gone on to its next stage.
 */
export function userOfChallenge(loaded: Loaded, challenge: ChallengeClaims, nowMs: number): User | Refusal {
  if (challenge.expiresAtMs <= nowMs) {
    return challengeExpired();
  }
  if (!loaded.user) {
    return refuse('challenge_invalid', { detail: 'Start the sign-in again.' });
  }
  const attempts = attemptsOf(loaded.user, challenge, nowMs);
  const movedOn = attempts.bootstrappedAtMs !== undefined && challenge.stage === 'bootstrap';
  if (attempts.passedAtMs !== undefined || movedOn) {
    return refuse('challenge_used', {
      detail: 'This sign-in is complete. Start a new one.',
    });
  }
  return loaded.user;
}

export const challengeExpired = (): Refusal =>
  refuse('challenge_expired', {
    detail: 'The sign-in took too long. Start it again.',
  });
