/** An admin or support person clears a user's second factors, after verifying by hand who is asking. */
import type { Context, Step } from './decision.ts';
import { withoutFactors } from './enable.ts';
import { withEvent } from './events.ts';
import { isEnabled } from './methods.ts';
import type { Policy } from './policy.ts';
import { staleReauthentication, type UserTokenClaims } from './proof.ts';
import { type Refusal, refuse } from './refusal.ts';
import type { Loaded } from './state.ts';

/**
 * Clears every factor of a user, who must prove the mailbox and enrol again at the next sign-in. The lock of the failure
 * budget ends with it. Refuses `forbidden` for a role that the policy does not name and for one's own two-factor (whoever
 * holds a stolen session would reset it so), `reauthentication_required`, `not_found`, and `not_enabled`.
 */
export function decideReset(
  loaded: Loaded,
  command: { token: UserTokenClaims; userId: string; reason: string },
  context: Context,
): Step<{ status: 'disabled' }> {
  const { token, reason } = command;
  const forbidden =
    forbiddenRole(loaded.account.policy, token) ?? staleReauthentication(token, context.nowMs);
  if (forbidden) {
    return { answer: forbidden };
  }
  if (command.userId === token.userId) {
    return { answer: refuse('forbidden', { detail: 'Ask another administrator to reset you.' }) };
  }
  const { user } = loaded;
  if (!user) {
    return { answer: refuse('not_found', { detail: 'No such user in this account.' }) };
  }
  if (!isEnabled(user) && user.failures.codesDisabledAtMs === undefined) {
    return {
      answer: refuse('not_enabled', { detail: 'This user has no two-factor authentication to reset.' }),
    };
  }
  const cleared = {
    ...withoutFactors(user),
    enrollmentRequired: true,
    failures: { consecutive: 0 },
    recoveryFailures: { consecutive: 0 },
  };
  return {
    save: withEvent(cleared, 'two_factor_reset', context, { reason }),
    answer: { status: 'disabled' },
  };
}

const resetRoles: Record<Policy['resetRole'], string[]> = {
  admin: ['admin'],
  support: ['support'],
  admin_or_support: ['admin', 'support'],
};

/** `forbidden` unless the policy lets this role act on another user's two-factor. */
function forbiddenRole(policy: Policy, token: UserTokenClaims): Refusal | undefined {
  return resetRoles[policy.resetRole].includes(token.role)
    ? undefined
    : refuse('forbidden', { detail: 'Your role may not do this in this account.' });
}
