/**
 * How many wrong attempts a user's factors bear. One budget over TOTP, email and SMS, whatever flow takes the code; one
 * of their own for recovery codes, so that somebody locked out by guessing can still get in. Wrong signatures of passkeys
 * stand in the one row of failures, and nowhere else.
 */
import type { Context } from '../decision.ts';
import { withEvent } from '../notices/events.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { type Failures, type User, without } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import type { Factor } from './factor.ts';

/** Whether an attempt may be judged now: `codes_disabled` or `too_many_attempts`, else undefined. */
export function lockOf(user: User, { budget }: Pick<Factor, 'budget'>, nowMs: number): Refusal | undefined {
  const { backoffUntilMs = 0, codesDisabledAtMs } =
    budget === 'recovery' ? user.recoveryFailures : user.failures;
  if (codesDisabledAtMs !== undefined && budget === 'codes') {
    return refuse('codes_disabled', {
      detail: 'Too many wrong codes. Use a recovery code, or ask an administrator to unlock or reset you.',
    });
  }
  if (backoffUntilMs > nowMs) {
    return refuse('too_many_attempts', {
      reason: 'backoff',
      detail: 'Too many wrong codes in a row. Wait, or use a recovery code.',
      retryAtMs: backoffUntilMs,
    });
  }
  return undefined;
}

/** The user after one more wrong code: back-off from the 10th in a row, codes off at the 100th in 30 days. */
export function withFailure(user: User, { budget }: Pick<Factor, 'budget'>, context: Context): User {
  if (budget === 'recovery') {
    return {
      ...user,
      recoveryFailures: oneMore(user.recoveryFailures, context.nowMs),
    };
  }
  const counted = oneMore(user.failures, context.nowMs);
  const since = context.nowMs - limits.failures.windowMs;
  const guesses = budget === 'codes' ? [context.nowMs] : [];
  const atMs = [...(user.failures.atMs ?? []).filter((at) => at > since), ...guesses];
  const disabled = budget === 'codes' && atMs.length >= limits.failures.perWindow;
  const failures = {
    ...counted,
    atMs,
    ...(disabled ? { codesDisabledAtMs: context.nowMs } : {}),
  };
  const next = { ...user, failures };
  if (disabled) {
    return withEvent(next, 'codes_disabled', context);
  }
  if (failures.consecutive === limits.failures.noticeAt) {
    return withEvent(next, 'sign_in_failures', context);
  }
  return next;
}

/**
 * The user after a right code. The row of failures ends; the 30-day count stays, so that a sign-in between guesses buys
 * a guesser nothing. What proves more than a guess can clears that too.
 */
export function withSuccess(user: User, { budget, liftsLocks }: Pick<Factor, 'budget' | 'liftsLocks'>): User {
  const failures = liftsLocks
    ? { consecutive: 0 }
    : { ...without(user.failures, 'backoffUntilMs'), consecutive: 0 };
  return budget === 'recovery'
    ? { ...user, failures, recoveryFailures: { consecutive: 0 } }
    : { ...user, failures };
}

function oneMore(failures: Failures, nowMs: number): Failures {
  const consecutive = failures.consecutive + 1;
  const over = consecutive - limits.failures.backoffFrom;
  if (over < 0) {
    return { ...failures, consecutive };
  }
  const backoffMinutes = Math.min(2 ** over, limits.failures.backoffMaxMinutes);
  return {
    ...failures,
    consecutive,
    backoffUntilMs: nowMs + backoffMinutes * 60_000,
  };
}
