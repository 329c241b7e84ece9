/** Removing factors one by one, or all at once: turning two-factor off. */
import type { Context, Decision, Step } from '../decision.ts';
import { withoutFactors } from '../factors/enable.ts';
import type { CodeAttempt } from '../factors/factor.ts';
import { isEnabled, usableMethods } from '../factors/methods.ts';
import { type EventType, withEvent } from '../notices/events.ts';
import { userUnknown } from '../profile/user-unknown.ts';
import { refuse } from '../refusal.ts';
import type { Account, Loaded, User } from '../state/item.ts';
import { isRequired } from '../state/policy.ts';
import { type UserTokenClaims, withProof } from './proof.ts';

export type Removal = { token: UserTokenClaims; proof?: CodeAttempt };

type Status = { status: 'enabled' | 'disabled' };

/**
 * Turns two-factor off: the secrets, recovery codes and trusted devices are deleted, and the user is told by mail.
 * Refuses `not_enabled`, `policy_forbids_disable` while the account requires two-factor, and what `withProof` refuses.
 */
export function decideDisable(loaded: Loaded, command: Removal, context: Context): Step<Status> {
  return remove(loaded, command, context, isEnabled, withoutFactors, 'two_factor_disabled');
}

/** Removes one authenticator. The last factor to go turns two-factor off. Refuses like `decideDisable`, and `not_found`. */
export function decideRemoveAuthenticator(
  loaded: Loaded,
  command: Removal & { authenticatorId: string },
  context: Context,
): Step<Status> {
  const { user } = loaded;
  const ofCommand = ({ id }: { id: string }) => id === command.authenticatorId;
  if (user && !user.authenticators.some(ofCommand)) {
    return { answer: refuse('not_found', { detail: 'No such authenticator.' }) };
  }
  const without = (from: User): User => ({
    ...from,
    authenticators: from.authenticators.filter((one) => !ofCommand(one)),
  });
  return remove(loaded, command, context, isEnabled, without, 'authenticator_removed');
}

/** Turns the e-mail method off. The last factor to go turns two-factor off. Refuses like `decideDisable`. */
export function decideRemoveEmailMethod(loaded: Loaded, command: Removal, context: Context): Step<Status> {
  const hasMethod = (user: User) => user.emailMethod !== undefined;
  const without = ({ emailMethod: _off, ...from }: User) => from as User;
  return remove(loaded, command, context, hasMethod, without, 'email_method_removed');
}

/** Turns codes by text message off. The last factor to go turns two-factor off. Refuses like `decideDisable`. */
export function decideRemoveSmsMethod(loaded: Loaded, command: Removal, context: Context): Step<Status> {
  const hasMethod = (user: User) => user.smsMethod !== undefined;
  const without = ({ smsMethod: _off, ...from }: User) => from as User;
  return remove(loaded, command, context, hasMethod, without, 'sms_method_removed');
}

function remove(
  loaded: Loaded,
  command: Removal,
  context: Context,
  has: (user: User) => boolean,
  without: (user: User) => User,
  news: EventType,
): Step<Status> {
  const { user, account } = loaded;
  if (!user) {
    return { answer: userUnknown() };
  }
  if (!has(user)) {
    return { answer: refuse('not_enabled', { detail: 'It is not turned on.' }) };
  }
  if (isRequired(account.policy, context.nowMs) && !hasUsableFactor(without(user), account, context.nowMs)) {
    return {
      answer: refuse('policy_forbids_disable', {
        detail: 'Your account requires two-factor authentication.',
      }),
    };
  }
  return withProof({ user, account }, command.token, command.proof, context, (proven) =>
    save(without(proven), news, context),
  );
}

/** A factor that the user turned on, not one that a requirement lends: nobody who enrolled falls back behind it. */
function hasUsableFactor(user: User, account: Account, nowMs: number): boolean {
  return isEnabled(user) && usableMethods({ user, account }, nowMs).length > 0;
}

function save(user: User, news: EventType, context: Context): Decision<Status> {
  return isEnabled(user)
    ? { save: withEvent(user, news, context), answer: { status: 'enabled' } }
    : {
        save: withEvent(withoutFactors(user), 'two_factor_disabled', context, { counts: { enrolled: -1 } }),
        answer: { status: 'disabled' },
      };
}
