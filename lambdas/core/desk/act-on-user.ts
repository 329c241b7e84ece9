/** What an admin or support person may do to another user of the same account. */
import { type Context, type Decision, isRefused } from '../decision.ts';
import type { ProofAttempt, SpendPorts } from '../factors/spend.ts';
import { isEnabled } from '../factors/table.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { ownUser } from '../settings/own-user.ts';
import { proven, staleReauthentication } from '../settings/proof.ts';
import { isSecondFactorFresh } from '../state/evidence.ts';
import type { Account, Loaded, User } from '../state/item.ts';
import type { Policy } from '../state/policy.ts';
import type { UserTokenClaims } from '../state/user-token-claims.ts';

export type ActOnUser = { token: UserTokenClaims; userId: string; reason: string };

/**
 * Whether this person may act on others now, with the proof spent. Decided on the actor's own state, before the other user
 * is looked at. Refuses `forbidden` for a role that the policy does not name and for oneself (whoever holds a stolen
 * session would act so), `reauthentication_required`, and where the actor has two-factor on what `proven` refuses; a second
 * factor that was presented in the last 5 minutes (`secondFactorAtMs` of the token) stands for the proof.
 */
export async function mayAct(
  loaded: Loaded,
  { token, userId, proof }: { token: UserTokenClaims; userId: string; proof?: ProofAttempt | undefined },
  ports: SpendPorts,
  context: Context,
): Promise<Decision<Record<string, never>>> {
  const { account } = loaded;
  const refusal = forbiddenRole(account, token) ?? staleReauthentication(loaded.user, token, context.nowMs);
  if (refusal) {
    return { answer: refusal };
  }
  if (userId === token.userId) {
    return {
      answer: refuse('forbidden', {
        reason: 'self',
        detail: 'Ask another administrator to do this for you.',
      }),
    };
  }
  // Staff whom the app never made known have no factor to present.
  if (!loaded.user) {
    return { answer: {} };
  }
  const actor = ownUser(loaded, token);
  if (isRefusal(actor)) {
    return { answer: actor };
  }
  if (!isEnabled(actor) || (!proof && isSecondFactorFresh(actor, token, context.nowMs))) {
    return { answer: {} };
  }
  const spent = await proven({ user: actor, account }, { token, proof }, ports, context);
  return isRefused(spent) ? spent : { ...(spent.user === actor ? {} : { save: spent.user }), answer: {} };
}

/**
 * The user to act on. Refuses `not_found`, which is also the answer for another account's user, and `forbidden` for support
 * on an admin: whoever helps must not become whoever decides.
 */
export function actedOnUser({ user, account }: Loaded, { token }: ActOnUser): User | Refusal {
  const refusal = forbiddenRole(account, token);
  if (refusal) {
    return refusal;
  }
  if (!user) {
    return refuse('not_found', { reason: 'user', detail: 'No such user in this account.' });
  }
  return user.isAdmin && token.role === 'support'
    ? refuse('forbidden', {
        reason: 'role',
        detail: 'Only an administrator can do this for an administrator.',
      })
    : user;
}

const resetRoles: Record<Policy['resetRole'], string[]> = {
  admin: ['admin'],
  support: ['support'],
  admin_or_support: ['admin', 'support'],
};

function forbiddenRole({ policy }: Account, { role }: UserTokenClaims): Refusal | undefined {
  return resetRoles[policy.resetRole].includes(role)
    ? undefined
    : refuse('forbidden', { reason: 'role', detail: 'Your role may not do this in this account.' });
}
