/** Whether an opened challenge can still be worked on, and by which methods. */
import type { Here } from '../decision.ts';
import {
  enrollableMethods,
  isAllowed,
  isUsable,
  presentableMethods,
  usableMethods,
} from '../factors/methods.ts';
import { memoryOf, outOfRoom } from '../factors/places.ts';
import { factors, turnedOn } from '../factors/table.ts';
import { isTemporaryCodeLive } from '../factors/temporary-code.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import type { ChallengeClaims } from '../state/challenge-claims.ts';
import { isBeforePasswordChange, isOfSomebodyErased, startOf } from '../state/evidence.ts';
import type { Loaded, State, User } from '../state/item.ts';
import type { Method } from '../state/methods.ts';

/**
 * The user of a live challenge, or the refusal: `challenge_invalid` when the user is gone (never "two-factor off"),
 * `challenge_expired`, `challenge_used` when it has passed already or gone on to its next stage, and what `outOfRoom`
 * refuses.
 */
export function userOfChallenge(loaded: Loaded, challenge: ChallengeClaims, nowMs: number): User | Refusal {
  if (challenge.expiresAtMs <= nowMs) {
    return challengeExpired();
  }
  const user = vouchedUser(loaded, challenge);
  if (isRefusal(user)) {
    return user;
  }
  const { passedAtMs, bootstrappedAtMs } = memoryOf(user, challenge, nowMs);
  const movedOn = bootstrappedAtMs !== undefined && challenge.stage === 'bootstrap';
  return passedAtMs !== undefined || movedOn
    ? refuse('challenge_used', {
        reason: passedAtMs === undefined ? 'moved_on' : 'passed',
        detail: 'This sign-in is complete. Start a new one.',
      })
    : (outOfRoom(user, challenge, nowMs) ?? user);
}

/**
 * The user whose first factor still vouches for a challenge. Refuses `challenge_invalid` for somebody who is gone or was
 * erased since, and `challenge_expired` when the password has changed since.
 */
export function vouchedUser({ user }: Loaded, challenge: ChallengeClaims): User | Refusal {
  const startedAtMs = startOf(challenge);
  if (!user || isOfSomebodyErased(user, startedAtMs)) {
    return refuse('challenge_invalid', { detail: 'Start the sign-in again.' });
  }
  return isBeforePasswordChange(user, startedAtMs)
    ? refuse('challenge_expired', { detail: 'The password has changed. Sign in with the new one.' })
    : user;
}

export const challengeExpired = (): Refusal =>
  refuse('challenge_expired', { detail: 'The sign-in took too long. Start it again.' });

/** The methods that a challenge takes at its stage: none while it waits for an enrolment. */
export function methodsOfChallenge(state: State, challenge: ChallengeClaims, here: Here): Method[] {
  switch (challenge.stage) {
    case 'verify':
      return challenge.factorProven ? ['email'] : (signInMethods(state, challenge, here) ?? []);
    case 'bootstrap':
      return ['email'];
    case 'enroll':
      return [];
  }
}

/**
 * The methods that a sign-in takes, best first, or undefined when something must be enrolled before. Somebody whose every
 * factor the policy has ruled out proves one of exactly those, or a recovery code, before they enrol another: the mailbox
 * alone opens no account that a factor protects, nor does it where the only factor cannot be presented here: then a recovery
 * code is the way, or nothing. After a reset nothing does, unless there is nothing to enrol but the mailbox itself. A
 * temporary code stands for a usable factor, and confirms no act.
 */
export function signInMethods(
  state: State,
  challenge: Pick<ChallengeClaims, 'firstFactor' | 'action'>,
  here: Here,
): Method[] | undefined {
  const { user, account } = state;
  const usable = user.enrollmentRequired ? [] : usableMethods(state, here, challenge.firstFactor);
  const own = user.enrollmentRequired ? [] : turnedOn(user);
  const presentable = presentableMethods(user, here);
  const left = own.filter((method) => presentable.includes(method) && !isMailTwice(method, challenge));
  const presented = usable.length > 0 ? usable : left;
  if (presented.length > 0 || own.some((method) => !presentable.includes(method))) {
    const recovery = factors.recovery_code.isOn(user) ? (['recovery_code'] as const) : [];
    const temporary =
      usable.length > 0 && !challenge.action && isTemporaryCodeLive(user, here.nowMs)
        ? (['temporary_code'] as const)
        : [];
    return [...presented, ...recovery, ...temporary];
  }
  const mailAlone = isAllowed(account, 'email', here) && enrollableMethods(user, account, here).length === 0;
  return mailAlone && challenge.firstFactor !== 'email_link' ? ['email'] : undefined;
}

/** A first factor by email link has proven the mailbox already. */
const isMailTwice = (method: Method, { firstFactor }: Pick<ChallengeClaims, 'firstFactor'>): boolean =>
  method === 'email' && firstFactor === 'email_link';

/** Whether none of the factors that this user has on is allowed and presentable: another one is enrolled before the token. */
export function mustReplaceFactors(state: State, here: Here): boolean {
  const own = turnedOn(state.user);
  return own.length > 0 && !own.some((method) => isUsable(state, method, here));
}
