/** What removing one factor and turning everything off have in common. */
import { type Context, type Decision, type Here, isRefused } from '../decision.ts';
import { withoutFactors } from '../factors/enable.ts';
import { usableMethods } from '../factors/methods.ts';
import type { SpendPorts } from '../factors/spend.ts';
import { isEnabled } from '../factors/table.ts';
import { type EventType, withEvent } from '../notices/events.ts';
import { isRefusal, refuse } from '../refusal.ts';
import type { Account, Loaded, User } from '../state/item.ts';
import { isRequired } from '../state/policy.ts';
import { ownUser } from './own-user.ts';
import { proven, type Sensitive } from './proof.ts';

export type Status = { status: 'enabled' | 'disabled' };

/** What is to be removed: whether the user has it, and the user without it. */
export type Removal = {
  has: (user: User) => boolean;
  removedFrom: (user: User, context: Context) => User;
  event: EventType;
};

/**
 * Removes part of a user's two-factor; the last factor to go turns it off. Refuses `not_found`, `not_enabled`,
 * `policy_forbids_disable` where the account requires two-factor and nothing usable would be left, and what `proven`
 * refuses.
 */
export async function remove(
  loaded: Loaded,
  { has, removedFrom, event }: Removal,
  command: Sensitive,
  ports: SpendPorts,
  context: Context,
): Promise<Decision<Status>> {
  const { account } = loaded;
  const user = ownUser(loaded, command.token);
  if (isRefusal(user)) {
    return { answer: user };
  }
  if (!has(user)) {
    return { answer: refuse('not_enabled', { detail: 'It is not turned on.' }) };
  }
  if (
    isRequired(account.policy, context.nowMs) &&
    !hasUsableFactor(removedFrom(user, context), account, context)
  ) {
    return {
      answer: refuse('policy_forbids_disable', {
        detail: 'Your account requires two-factor authentication.',
      }),
    };
  }
  const allowed = await proven({ user, account }, command, ports, context);
  return isRefused(allowed) ? allowed : removed(removedFrom(allowed.user, context), event, context);
}

/** A factor that the user turned on, not one that a requirement lends: nobody who enrolled falls back behind it. */
const hasUsableFactor = (user: User, account: Account, here: Here): boolean =>
  isEnabled(user) && usableMethods({ user, account }, here).length > 0;

function removed(user: User, event: EventType, context: Context): Decision<Status> {
  return isEnabled(user)
    ? {
        save: withEvent({ ...user, factorsEndedAtMs: context.nowMs }, event, context),
        answer: { status: 'enabled' },
      }
    : {
        save: withEvent(withoutFactors(user, context), 'two_factor_disabled', context, {
          counts: { enrolled: -1 },
        }),
        answer: { status: 'disabled' },
      };
}
