/** Taking the lock off a user who was locked by guessing. */
import type { Context, Decision } from '../decision.ts';
import { isEnabled } from '../factors/table.ts';
import { withEvent } from '../notices/events.ts';
import { isRefusal } from '../refusal.ts';
import type { Loaded, User } from '../state/item.ts';
import { type ActOnUser, actedOnUser } from './act-on-user.ts';

/** Ends the back-off and the 30-day count; the factors stay. Without a failure nothing changes. Refuses what `actedOnUser` refuses. */
export function unlockUser(
  loaded: Loaded,
  command: ActOnUser,
  context: Context,
): Decision<{ status: 'enabled' | 'disabled' }> {
  const user = actedOnUser(loaded, command);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const answer = { status: isEnabled(user) ? ('enabled' as const) : ('disabled' as const) };
  return hasFailures(user)
    ? { save: withEvent(unlocked(user), 'unlocked', context, { detail: { reason: command.reason } }), answer }
    : { answer };
}

const hasFailures = ({ failures, recoveryFailures }: User): boolean =>
  failures.consecutive > 0 || (failures.atMs ?? []).length > 0 || recoveryFailures.consecutive > 0;

export const unlocked = (user: User): User => ({
  ...user,
  failures: { consecutive: 0 },
  recoveryFailures: { consecutive: 0 },
});
