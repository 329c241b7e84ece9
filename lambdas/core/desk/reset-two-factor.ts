/** An admin or support person clears a user's second factors, after verifying by hand who is asking. */

import type { Context, Decision } from '../decision.ts';
import { withoutFactors } from '../factors/enable.ts';
import { isEnabled } from '../factors/methods.ts';
import { withEvent } from '../notices/events.ts';
import { refuse } from '../refusal.ts';
import type { Loaded } from '../state/item.ts';
import { type ActOnUser, actOnUser } from './act-on-user.ts';
import { unlocked } from './unlock-user.ts';

/**
 * Clears every factor of a user, who must prove the mailbox and enrol again at the next sign-in. The lock of the failure
 * budget ends with it. Refuses what `actOnUser` refuses, and `not_enabled` where there is nothing to clear.
 */
export function decideReset(
  loaded: Loaded,
  command: ActOnUser,
  context: Context,
): Decision<{ status: 'disabled' }> {
  return actOnUser(loaded, command, context, (user) => {
    if (!isEnabled(user) && user.failures.codesDisabledAtMs === undefined) {
      return {
        answer: refuse('not_enabled', { detail: 'This user has no two-factor authentication to reset.' }),
      };
    }
    const cleared = { ...unlocked(withoutFactors(user)), enrollmentRequired: true };
    return {
      save: withEvent(cleared, 'two_factor_reset', context, {
        detail: { reason: command.reason },
        ...(isEnabled(user) ? { counts: { enrolled: -1 } } : {}),
      }),
      answer: { status: 'disabled' },
    };
  });
}
