/** What one challenge, or one series of proofs, remembers: its tries and its live mailed codes. */
import { timingSafeEqual } from 'node:crypto';
import { type Refusal, refuse } from '../refusal.ts';
import type { Attempts, User } from '../state/item.ts';
import { limits } from '../state/limits.ts';

/** Where a code was sent for, and is checked against. A code of one place is worth nothing in another. */
export type AttemptsKey = { challengeId: string } | 'proofs' | 'pendingEmailMethod' | 'pendingSmsMethod';

/** The attempts under `key`; ended ones count as absent, whether or not anything has removed them yet. */
export function attemptsOf(user: User, key: AttemptsKey, nowMs: number): Attempts {
  const stored = typeof key === 'string' ? user[key] : user.challenges[key.challengeId];
  const live = stored && stored.expiresAtMs > nowMs ? stored : undefined;
  return live ?? { failures: 0, expiresAtMs: nowMs + limits.challenge.lifetimeMs };
}

/** The user with these attempts; `undefined` forgets them. Whatever else has ended is dropped on the way. */
export function withAttempts(
  user: User,
  key: AttemptsKey,
  attempts: Attempts | undefined,
  nowMs: number,
): User {
  const challenges = Object.fromEntries(
    Object.entries(user.challenges).filter(([, stored]) => stored.expiresAtMs > nowMs),
  );
  if (typeof key !== 'string') {
    if (attempts) {
      challenges[key.challengeId] = attempts;
    } else {
      delete challenges[key.challengeId];
    }
    return { ...user, challenges };
  }
  const { [key]: _replaced, ...others } = user;
  return {
    ...others,
    challenges,
    ...(attempts ? { [key]: attempts } : {}),
  } as User;
}

/**
 * The text that a mailed code's MAC covers: bound to the user and to the place it was sent for. A number that waits for its
 * code is part of its place: the code that went to one number proves no other.
 */
export function codeScope(user: User, key: AttemptsKey): string {
  const place = typeof key === 'string' ? key : key.challengeId;
  const phone = key === 'pendingSmsMethod' ? [user.pendingSmsMethod?.phone] : [];
  return JSON.stringify([user.accountId, user.userId, place, ...phone]);
}

/** What is MACed for a mailed code: the place it was sent for, then the code. */
export const codeText = (scope: string, code: string): string => `${scope} ${code}`;

export function outOfTries(attempts: Attempts): Refusal | undefined {
  if (attempts.failures < limits.challenge.tries) {
    return undefined;
  }
  return refuse('too_many_attempts', {
    detail: 'Too many wrong codes. Start again.',
    retryAtMs: attempts.expiresAtMs,
  });
}

export const triesLeft = (attempts: Attempts): number =>
  Math.max(0, limits.challenge.tries - attempts.failures);

/** Whether one of the live codes of this method has one of these MACs. Looks at every code, in constant time. */
export function matchesMailedCode(
  attempts: Attempts,
  method: string,
  macs: Uint8Array[],
  nowMs: number,
): boolean {
  let matched = false;
  for (const code of attempts.codes ?? []) {
    const live = code.method === method && code.expiresAtMs > nowMs;
    for (const mac of macs) {
      matched = (timingSafeEqual(code.mac, mac) && live) || matched;
    }
  }
  return matched;
}
