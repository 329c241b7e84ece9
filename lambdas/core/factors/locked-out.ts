/** Whether an attempt is refused by a lock before anything is compared or sent. */
import type { Context, Refused } from '../decision.ts';
import { withAttempt } from '../notices/attempts.ts';
import type { User } from '../state/item.ts';
import { lockOf } from './budget.ts';
import type { Factor } from './factor.ts';
import { memoryOf, outOfTries, type Place, withMemory } from './places.ts';

/**
 * `too_many_attempts` or `codes_disabled` while the place or the user's budget is spent, else undefined. It is put on record
 * once for each place, by a write that is not tried again: whoever hammers on a lock makes no more of it.
 */
export function lockedOut(user: User, place: Place, factor: Factor, context: Context): Refused | undefined {
  const { nowMs } = context;
  const memory = memoryOf(user, place, nowMs);
  const answer = outOfTries(memory) ?? lockOf(user, factor, nowMs);
  if (!answer) {
    return undefined;
  }
  const known = typeof place !== 'string' || place === 'proofs' || user[place] !== undefined;
  if (context.unrecorded || !known || memory.lockToldAtMs !== undefined) {
    return { answer };
  }
  const told = withMemory(user, place, { ...memory, lockToldAtMs: nowMs }, nowMs);
  const save = withAttempt(told, 'locked', { method: factor.method, place }, context);
  return { save, recordsOnly: 'once', answer };
}
