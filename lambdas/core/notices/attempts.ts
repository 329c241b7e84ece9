/**
 * Attempts at a second factor, each on record. The write that an attempt makes anyway carries it, under an id of its own;
 * whoever loads the item leaves it out, so that every other write removes it. A function on the table's stream writes it
 * down.
 */
import type { Context } from '../decision.ts';
import type { Place } from '../factors/places.ts';
import type { OutboxEvent, StoredAttempt, User, UserRef } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import type { Method } from '../state/methods.ts';

/** What became of an attempt, as the type of its event: in a sign-in, and wherever else a code is taken. */
const types = {
  passed: ['sign_in_passed', 'proof_passed'],
  moved_on: ['sign_in_moved_on', 'proof_passed'],
  wrong: ['code_incorrect', 'code_incorrect'],
  used: ['code_already_used', 'code_already_used'],
  sent: ['code_sent', 'code_sent'],
  not_sent: ['code_not_sent', 'code_not_sent'],
  locked: ['sign_in_locked', 'proof_locked'],
} as const;
type Outcome = keyof typeof types;
const attemptTypes: readonly string[] = Object.values(types).flat();

/** By what it was tried: a method, or what stood for one. */
type By = Method | 'trusted_device' | 'exempt' | 'bypass';

/** Whether events of this type are attempts, which lie apart from the changes. */
export const isAttempt = (type: string): boolean => attemptTypes.includes(type);

/** Whether it says that somebody may be guessing: a code that was used already is no guess. */
export const isFailure = ({ type }: { type: string }): boolean =>
  [...types.wrong, ...types.locked].some((each) => each === type);
export const isPass = ({ type }: { type: string }): boolean => type === 'sign_in_passed';

/** The user with this attempt to be put on record by the save; the same user where the deployment keeps no record. */
export function withAttempt(
  user: User,
  outcome: Outcome,
  { method, place, deviceId }: { method: By; place: Place | 'pendingAuthenticator'; deviceId?: string },
  context: Context,
): User {
  if (context.unrecorded) {
    return user;
  }
  const at = typeof place === 'string' ? { place } : { challengeId: place.challengeId };
  const { ip, userAgent, via } = context;
  const attempt: StoredAttempt = {
    id: context.newId('evt'),
    type: types[outcome][isSignIn(place) ? 0 : 1],
    atMs: context.nowMs,
    method,
    ...at,
    ...(deviceId === undefined ? {} : { deviceId }),
    ...(ip === undefined ? {} : { ip }),
    ...(userAgent === undefined ? {} : { userAgent: userAgent.slice(0, limits.outbox.userAgentLength) }),
    ...(via === undefined ? {} : { via }),
  };
  return { ...user, attempt };
}

const isSignIn = (place: Place | string): boolean =>
  typeof place !== 'string' && place.challengeId.startsWith('chl_');

/** The attempt as the audit trail and the event bus have it: it is the person's own. */
export function attemptEvent({ userId }: UserRef, attempt: StoredAttempt): OutboxEvent {
  const { id, type, atMs, ip, userAgent, via, method, place, challengeId, deviceId } = attempt;
  const told = {
    method,
    challengeId,
    place,
    deviceId,
    viaIp: via?.ip,
    viaUserAgent: via?.userAgent?.slice(0, limits.outbox.detailLength),
  };
  const said = Object.entries(told).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    id,
    type,
    atMs,
    actor: { kind: 'user', id: userId },
    ip,
    userAgent,
    detail: Object.fromEntries(said),
    tries: 0,
    dueAtMs: atMs,
  };
}
