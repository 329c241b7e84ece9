/** An admin or support person clears a user's second factors, after verifying by hand who is asking. */
import type { Context, Decision } from '../decision.ts';
import { mailboxOf } from '../factors/email.ts';
import { withoutFactors } from '../factors/enable.ts';
import { isEnabled } from '../factors/table.ts';
import { withEvent } from '../notices/events.ts';
import { isRefusal, refuse } from '../refusal.ts';
import { type Loaded, without } from '../state/item.ts';
import { type ActOnUser, actedOnUser } from './act-on-user.ts';
import { unlocked } from './unlock-user.ts';

/** `useProfileAddress`: the mailbox to be proven is the one in the profile, not the one that was proven before. */
export type ResetTwoFactor = ActOnUser & { useProfileAddress?: boolean | undefined };

/**
 * Clears every factor of a user, who must prove the mailbox and enrol again at the next sign-in. The lock of the failure
 * budget ends with it. Refuses what `actedOnUser` refuses, and `not_enabled` where there is nothing to clear.
 */
export function resetTwoFactor(
  loaded: Loaded,
  command: ResetTwoFactor,
  context: Context,
): Decision<{ status: 'disabled' }> {
  const user = actedOnUser(loaded, command);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const enabled = isEnabled(user);
  if (!enabled && user.failures.codesDisabledAtMs === undefined) {
    return {
      answer: refuse('not_enabled', { detail: 'This user has no two-factor authentication to reset.' }),
    };
  }
  const { reason, useProfileAddress } = command;
  const moves = useProfileAddress === true && mailboxOf(user) !== user.email;
  const cleared = { ...unlocked(withoutFactors(user, context)), enrollmentRequired: true };
  return {
    save: withEvent(moves ? without(cleared, 'provenEmail') : cleared, 'two_factor_reset', context, {
      detail: { reason, ...(moves ? { before: mailboxOf(user), after: user.email } : {}) },
      ...(moves ? { alsoTo: [mailboxOf(user), user.email] } : {}),
      ...(enabled ? { counts: { enrolled: -1 } } : {}),
    }),
    answer: { status: 'disabled' },
  };
}
