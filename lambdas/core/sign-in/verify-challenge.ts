/** Completing a sign-in by a second factor. */

import { ask, type Context, type Step, saveThenAsk } from '../decision.ts';
import { withAttempts } from '../factors/attempts.ts';
import { spendFactor } from '../factors/factor.ts';
import type { OfferedMethod } from '../factors/methods.ts';
import { withEvent } from '../notices/events.ts';
import { isRefusal, refuse } from '../refusal.ts';
import type { ChallengeClaims } from '../state/challenge-claims.ts';
import type { Account, Attempts, Loaded, User } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import { resultClaims, type SecondFactor } from '../state/result-claims.ts';
import { challengeExpired, userOfChallenge } from './challenge.ts';
import { enrollableMethods, signInMethods } from './create-challenge.ts';
import { orRepeat, type Repeatable, withRepeat } from './repeat.ts';
import { rememberDevice } from './trusted-device.ts';

export type Verification =
  | {
      status: 'passed';
      token: string;
      expiresAtMs: number;
      secondFactor: SecondFactor;
      recoveryCodesRemaining?: number;
      deviceToken?: string;
    }
  | {
      status: 'enrollment_required';
      challengeToken: string;
      challengeId: string;
      expiresAtMs: number;
      methods: OfferedMethod[];
    };

type Verify = Repeatable & {
  /** The user asked for this device to be remembered. */
  remember?: boolean | undefined;
};

/**
 * Checks a code within a challenge. Right: the challenge is spent with the code and a result token follows, or after a
 * bootstrap the same challenge goes on to its enrolment. With an `Idempotency-Key`, the same key, challenge and code
 * within 60 s of success get the same claims again. Refuses `challenge_invalid`, `challenge_expired`, `challenge_used`,
 * `method_not_allowed`, and what `spendFactor` refuses.
 */
export function decideVerify(loaded: Loaded, command: Verify, context: Context): Step<Verification> {
  return command.challenge.expiresAtMs <= context.nowMs
    ? { answer: challengeExpired() }
    : orRepeat<Verification>(loaded, command, context, () => verifyOnce(loaded, command, context));
}

function verifyOnce(loaded: Loaded, command: Verify, context: Context): Step<Verification> {
  const { challenge, attempt } = command;
  const user = userOfChallenge(loaded, challenge, context.nowMs);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const state = { user, account: loaded.account };
  if (!methodsOf(state, challenge, context.nowMs).includes(attempt.method)) {
    return {
      answer: refuse('method_not_allowed', {
        detail: 'Choose one of the methods of this sign-in.',
      }),
    };
  }
  return spendFactor(state, challenge, attempt, context, (spent) =>
    challenge.stage === 'bootstrap'
      ? goOnToEnrolment(spent, loaded.account, challenge, context)
      : pass(spent, loaded.account, command, context),
  );
}

function methodsOf(
  state: { user: User; account: Account },
  challenge: ChallengeClaims,
  nowMs: number,
): string[] {
  if (challenge.stage === 'enroll') {
    return [];
  }
  return challenge.stage === 'bootstrap' ? ['email'] : (signInMethods(state, challenge, nowMs) ?? []);
}

function goOnToEnrolment(
  user: User,
  account: Account,
  challenge: ChallengeClaims,
  context: Context,
): Step<Verification> {
  const expiresAtMs = context.nowMs + limits.challenge.lifetimeMs;
  const attempts = {
    failures: 0,
    bootstrappedAtMs: context.nowMs,
    expiresAtMs,
  };
  const claims: ChallengeClaims = {
    ...challenge,
    stage: 'enroll',
    expiresAtMs,
  };
  return ask('seal-challenge', { claims }, (challengeToken) => ({
    save: withAttempts(user, challenge, attempts, context.nowMs),
    answer: {
      status: 'enrollment_required',
      challengeToken,
      challengeId: challenge.challengeId,
      expiresAtMs,
      methods: enrollableMethods(user, account),
    },
  }));
}

/**
 * A right code: the result token, and where it was asked for a trusted device. A recovery code mints no trust (it says that
 * the factors were not at hand), nor does a code that only proves the mailbox after a reset.
 */
function pass(user: User, account: Account, command: Verify, context: Context): Step<Verification> {
  const { challenge, attempt } = command;
  const jti = context.newId('jti');
  const remaining = attempt.method === 'recovery_code' ? user.recoveryCodes?.hashes.length : undefined;
  const said = { secondFactor: attempt.method, recoveryCodesRemaining: remaining };
  const claims = resultClaims(challenge, attempt.method, jti, context.nowMs);
  const expiresAtMs = claims.exp * 1000;
  return withDevice({ user, account }, command, context, (trusting, deviceToken) =>
    withRepeat(command, { jti, ...said }, (repeat) => {
      const save = withPassedChallenge(turnedOnByMail(trusting, context), challenge, context, repeat);
      return saveThenAsk(save, 'sign-result', { claims }, (token) => {
        return { status: 'passed', token, expiresAtMs, ...said, deviceToken };
      });
    }),
  );
}

function withDevice<A>(
  state: { user: User; account: Account },
  { attempt, remember }: Verify,
  context: Context,
  then: (user: User, deviceToken?: string) => Step<A>,
): Step<A> {
  const trustworthy = attempt.method !== 'recovery_code' && !state.user.enrollmentRequired;
  return remember && trustworthy ? rememberDevice(state, context, then) : then(state.user);
}

/** The user with the challenge marked as passed, until it would have expired anyway. */
export function withPassedChallenge(
  user: User,
  challenge: ChallengeClaims,
  context: Context,
  repeat?: Attempts['repeat'],
): User {
  const passed = {
    failures: 0,
    passedAtMs: context.nowMs,
    expiresAtMs: challenge.expiresAtMs,
  };
  return withAttempts(user, challenge, { ...passed, ...(repeat ? { repeat } : {}) }, context.nowMs);
}

/** After a reset under a policy of e-mail alone, the mailed code is both the proof of the mailbox and the factor. */
function turnedOnByMail(user: User, context: Context): User {
  if (!user.enrollmentRequired) {
    return user;
  }
  const on = { enabledAtMs: context.nowMs, emailMethod: { enabledAtMs: context.nowMs } };
  return withEvent({ ...user, ...on, enrollmentRequired: false }, 'two_factor_enabled', context, {
    counts: { enrolled: 1 },
  });
}
