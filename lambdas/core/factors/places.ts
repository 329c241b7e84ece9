/** The places that codes are sent for and checked against: one challenge, the proofs, a method that is being turned on. */
import { timingSafeEqual } from 'node:crypto';
import { type Refusal, refuse } from '../refusal.ts';
import { type PlaceMemory, type User, without } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import type { SentMethod } from '../state/methods.ts';
import { mailboxOf } from './email.ts';

/** A code of one place is worth nothing in another. */
export type Place = { challengeId: string } | 'proofs' | 'pendingEmailMethod' | 'pendingSmsMethod';

/** What the place remembers; what has expired counts as absent, whether or not anything has removed it yet. */
export function memoryOf(user: User, place: Place, nowMs: number): PlaceMemory {
  const stored = typeof place === 'string' ? user[place] : user.challenges[place.challengeId];
  const live = stored && stored.expiresAtMs > nowMs ? stored : undefined;
  return live ?? { failures: 0, expiresAtMs: nowMs + limits.challenge.lifetimeMs };
}

/**
 * The user whose place remembers this; `undefined` forgets it. Whatever else has expired is dropped on the way, and beyond
 * the limit the oldest challenges that have not passed: one that has must not come back.
 */
export function withMemory(user: User, place: Place, memory: PlaceMemory | undefined, nowMs: number): User {
  const challenges = liveChallenges(user, nowMs);
  if (typeof place === 'string') {
    const rest = { ...without(user, place), challenges };
    return memory ? { ...rest, [place]: memory } : rest;
  }
  delete challenges[place.challengeId];
  if (!memory) {
    return { ...user, challenges };
  }
  return { ...user, challenges: { ...withRoom(challenges), [place.challengeId]: memory } };
}

type Challenges = User['challenges'];

const liveChallenges = (user: User, nowMs: number): Challenges =>
  Object.fromEntries(Object.entries(user.challenges).filter(([, stored]) => stored.expiresAtMs > nowMs));

/** The challenges with room for one more, as far as those that have not passed can make it. */
function withRoom(challenges: Challenges): Challenges {
  const over = Object.keys(challenges).length + 1 - limits.challenge.remembered;
  const dropped = Object.entries(challenges)
    .filter(([, { passedAtMs }]) => passedAtMs === undefined)
    .sort(([, one], [, other]) => one.expiresAtMs - other.expiresAtMs)
    .slice(0, Math.max(0, over))
    .map(([id]) => id);
  return Object.fromEntries(Object.entries(challenges).filter(([id]) => !dropped.includes(id)));
}

/** `too_many_attempts` for a new challenge of a user who remembers as many as may be, all of them passed. */
export function outOfRoom(
  user: User,
  { challengeId }: { challengeId: string },
  nowMs: number,
): Refusal | undefined {
  const challenges = liveChallenges(user, nowMs);
  const stored = Object.values(challenges);
  const full =
    stored.length >= limits.challenge.remembered && stored.every((one) => one.passedAtMs !== undefined);
  return full && !(challengeId in challenges)
    ? refuse('too_many_attempts', {
        reason: 'backoff',
        detail: 'Too many sign-ins in a few minutes. Wait, then start again.',
        retryAtMs: Math.min(...stored.map(({ expiresAtMs }) => expiresAtMs)),
      })
    : undefined;
}

/** Where a code of this place goes: the proven address or number, or the one that is to be proven there. */
export function destinationOf(user: User, place: Place, method: SentMethod): string {
  if (method === 'email') {
    return place === 'pendingEmailMethod' ? user.email : mailboxOf(user);
  }
  const number = place === 'pendingSmsMethod' ? user.pendingSmsMethod : user.smsMethod;
  return number?.phone ?? '';
}

/**
 * The text that a sent code's MAC covers: bound to the user, to the place it was sent for and to its destination. The code
 * that went to one address or number is worth nothing once codes go to another, nor is a mailed one once the profile names
 * another address.
 */
export function codeScope(user: User, place: Place, method: SentMethod): string {
  const name = typeof place === 'string' ? place : place.challengeId;
  const profile = method === 'email' ? [user.email] : [];
  const to = destinationOf(user, place, method);
  return JSON.stringify([user.accountId, user.userId, name, method, to, ...profile]);
}

/** What is MACed for a mailed code: the place it was sent for, then the code. */
export const codeText = (scope: string, code: string): string => `${scope} ${code}`;

/** `too_many_attempts` once the place has had all its wrong attempts. */
export function outOfTries(memory: PlaceMemory): Refusal | undefined {
  if (memory.failures < limits.challenge.tries) {
    return undefined;
  }
  return refuse('too_many_attempts', {
    reason: 'spent',
    detail: 'Too many wrong codes. Start again.',
    retryAtMs: memory.expiresAtMs,
  });
}

export const triesLeft = (memory: PlaceMemory): number =>
  Math.max(0, limits.challenge.tries - memory.failures);

/** Whether one of the live codes of this method has one of these MACs. Looks at every code, in constant time. */
export function matchesSentCode(
  codes: NonNullable<PlaceMemory['codes']>,
  method: string,
  macs: Uint8Array[],
  nowMs: number,
): boolean {
  let matched = false;
  for (const code of codes) {
    const live = code.method === method && code.expiresAtMs > nowMs;
    for (const mac of macs) {
      matched = (timingSafeEqual(code.mac, mac) && live) || matched;
    }
  }
  return matched;
}
