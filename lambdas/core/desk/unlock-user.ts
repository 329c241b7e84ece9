/** Taking the lock off a user who was locked by guessing. */

import type { Context, Decision } from '../decision.ts';
import { isEnabled } from '../factors/methods.ts';
import { withEvent } from '../notices/events.ts';
import type { Loaded, User } from '../state/item.ts';
import { type ActOnUser, actOnUser } from './act-on-user.ts';

/** Ends the back-off and the 30-day count; the factors stay. Refuses what `actOnUser` refuses. */
export function decideUnlock(
  loaded: Loaded,
  command: ActOnUser,
  context: Context,
): Decision<{ status: 'enabled' | 'disabled' }> {
  return actOnUser(loaded, command, context, (user) => ({
    save: withEvent(unlocked(user), 'unlocked', context, { detail: { reason: command.reason } }),
    answer: { status: isEnabled(user) ? 'enabled' : 'disabled' },
  }));
}

export const unlocked = (user: User): User => ({
  ...user,
  failures: { consecutive: 0 },
  recoveryFailures: { consecutive: 0 },
});
