/** What an admin or support person may do to another user of the same account. */
import type { Context } from '../decision.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { staleReauthentication } from '../settings/proof.ts';
import type { Loaded, User } from '../state/item.ts';
import type { Policy } from '../state/policy.ts';
import type { UserTokenClaims } from '../state/user-token-claims.ts';

export type ActOnUser = { token: UserTokenClaims; userId: string; reason: string };

/**
 * The user whom this person may act on. Refuses `forbidden` for a role that the policy does not name and for oneself
 * (whoever holds a stolen session would act so), `reauthentication_required`, and `not_found`, which is also the answer for
 * another account's user.
 */
export function actedOnUser(
  { user, account }: Loaded,
  { token, userId }: ActOnUser,
  context: Context,
): User | Refusal {
  const refusal = forbiddenRole(account.policy, token) ?? staleReauthentication(token, context.nowMs);
  if (refusal) {
    return refusal;
  }
  if (userId === token.userId) {
    return refuse('forbidden', { detail: 'Ask another administrator to do this for you.' });
  }
  return user ?? refuse('not_found', { detail: 'No such user in this account.' });
}

const resetRoles: Record<Policy['resetRole'], string[]> = {
  admin: ['admin'],
  support: ['support'],
  admin_or_support: ['admin', 'support'],
};

function forbiddenRole(policy: Policy, token: UserTokenClaims): Refusal | undefined {
  return resetRoles[policy.resetRole].includes(token.role)
    ? undefined
    : refuse('forbidden', { detail: 'Your role may not do this in this account.' });
}
