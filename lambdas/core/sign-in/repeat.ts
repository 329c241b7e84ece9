/** A lost answer, asked for again: the same key, challenge and code within a minute of success get the same claims. */

import { ask, type Context, type Step } from '../decision.ts';
import { attemptsOf } from '../factors/attempts.ts';
import type { CodeAttempt } from '../factors/factor.ts';
import { refuse } from '../refusal.ts';
import type { ChallengeClaims } from '../state/challenge-claims.ts';
import type { Attempts, Loaded } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import { resultClaims, type SecondFactor } from '../state/result-claims.ts';

export type Repeatable = {
  challenge: ChallengeClaims;
  attempt: CodeAttempt;
  idempotencyKey?: string | undefined;
};

type Passed = {
  status: 'passed';
  token: string;
  expiresAtMs: number;
  secondFactor: SecondFactor;
  recoveryCodesRemaining?: number;
};
type Repeat = NonNullable<Attempts['repeat']>;

/**
 * Answers a repeat by signing the same claims again, and goes on with `first` for anything else. A minute after success a
 * repeat is refused as `challenge_used`, like every other use of a challenge that has passed.
 */
export function orRepeat<A>(
  { user }: Loaded,
  command: Repeatable,
  context: Context,
  first: () => Step<A | Passed>,
): Step<A | Passed> {
  const { repeat, passedAtMs = 0 } = user ? attemptsOf(user, command.challenge, context.nowMs) : {};
  if (!repeat || command.idempotencyKey === undefined) {
    return first();
  }
  return ask('macs', { text: repeatText(command) }, (macs) => {
    if (!macs.some((mac) => Buffer.compare(mac, repeat.mac) === 0)) {
      return first();
    }
    return context.nowMs - passedAtMs > limits.challenge.repeatMs
      ? { answer: refuse('challenge_used', { detail: 'This sign-in is complete. Start a new one.' }) }
      : signAgain(command.challenge, repeat, passedAtMs);
  });
}

/** What a repeat of this request will be known by, if it carries an `Idempotency-Key`. */
export function withRepeat<A>(
  command: Repeatable,
  said: Omit<Repeat, 'mac'>,
  then: (repeat: Repeat | undefined) => Step<A>,
): Step<A> {
  return command.idempotencyKey === undefined
    ? then(undefined)
    : ask('macs', { text: repeatText(command) }, ([mac]) => then({ ...said, mac } as Repeat));
}

function signAgain(challenge: ChallengeClaims, repeat: Repeat, passedAtMs: number): Step<Passed> {
  const secondFactor = repeat.secondFactor as SecondFactor;
  const claims = resultClaims(challenge, secondFactor, repeat.jti, passedAtMs);
  const { recoveryCodesRemaining } = repeat;
  return ask('sign-result', { claims }, (token) => ({
    answer: { status: 'passed', token, expiresAtMs: claims.exp * 1000, secondFactor, recoveryCodesRemaining },
  }));
}

const repeatText = ({ challenge, attempt, idempotencyKey }: Repeatable): string =>
  JSON.stringify(['repeat', challenge.challengeId, idempotencyKey, attempt.method, attempt.code]);
