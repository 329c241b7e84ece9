/** Noting that the recovery codes are kept somewhere. */
import type { Context, Decided, Ports } from '../decision.ts';
import { memoryOf } from '../factors/places.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { challengeExpired, vouchedUser } from '../sign-in/challenge.ts';
import { type Handed, handOver, passing, withPassedChallenge } from '../sign-in/pass.ts';
import { type Loaded, type User, without } from '../state/item.ts';
import { factorMethods } from '../state/methods.ts';
import type { Enroller } from './enroller.ts';
import { ownUser } from './own-user.ts';

export type SavedRecoveryCodes = Partial<Handed> & { status: 'enabled' };

/**
 * Notes that the codes are saved. Inside a sign-in that this enrolment completed, the result token is made anew with the
 * same factor: people print for longer than a token lives. Refuses `not_found`, `not_enabled` without codes, and for a
 * sign-in that has not passed `challenge_used`.
 */
export async function saveRecoveryCodes(
  loaded: Loaded,
  { by }: { by: Enroller },
  ports: Pick<Ports, 'signer' | 'fresh'>,
  context: Context,
): Promise<Decided<SavedRecoveryCodes>> {
  const user = savingUser(loaded, by, context.nowMs);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const { recoveryCodes } = user;
  if (!recoveryCodes) {
    return { answer: refuse('not_enabled', { detail: 'There are no recovery codes.' }) };
  }
  const save: { save?: User } = recoveryCodes.unsaved
    ? { save: { ...user, recoveryCodes: without(recoveryCodes, 'unsaved') } }
    : {};
  if ('token' in by) {
    return { ...save, answer: { status: 'enabled' } };
  }
  const { result } = memoryOf(user, by.challenge, context.nowMs);
  const method = factorMethods.find((name) => name === result?.secondFactor);
  if (!method) {
    return {
      answer: refuse('challenge_used', { reason: 'moved_on', detail: 'This sign-in is not complete.' }),
    };
  }
  const passed = passing(by.challenge, method, ports, context, { amr: result?.amr });
  const handed = await handOver(by.challenge, passed, ports, context);
  return {
    save: withPassedChallenge(save.save ?? user, by.challenge, passed, context),
    answer: { status: 'enabled', ...handed },
  };
}

function savingUser(loaded: Loaded, by: Enroller, nowMs: number): User | Refusal {
  if ('token' in by) {
    return ownUser(loaded, by.token);
  }
  const user = vouchedUser(loaded, by.challenge);
  if (isRefusal(user)) {
    return user;
  }
  return by.challenge.expiresAtMs <= nowMs ? challengeExpired() : user;
}
