/** Which method a sign-in offers first. */
import type { Context, Decision } from '../decision.ts';
import { type OfferedMethod, offer, usableMethods } from '../factors/methods.ts';
import { withEvent } from '../notices/events.ts';
import { isRefusal, refuse } from '../refusal.ts';
import { type Loaded, type User, without } from '../state/item.ts';
import type { FactorMethod } from '../state/methods.ts';
import type { UserTokenClaims } from '../state/user-token-claims.ts';
import { ownUser } from './own-user.ts';

export type DefaultMethod = { defaultMethod: FactorMethod | null; methods: OfferedMethod[] };

/**
 * Sets the method that a sign-in offers first; `null` leaves it to the one used last. It opens nothing, so that it takes no
 * proof. Refuses `not_found`, and `method_not_allowed` for a method that this person cannot use.
 */
export function setDefaultMethod(
  loaded: Loaded,
  { token, defaultMethod }: { token: UserTokenClaims; defaultMethod: FactorMethod | null },
  context: Context,
): Decision<DefaultMethod> {
  const user = ownUser(loaded, token);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const usable = usableMethods({ user, account: loaded.account }, context);
  if (defaultMethod !== null && !usable.includes(defaultMethod)) {
    return {
      answer: refuse('method_not_allowed', {
        reason: 'not_enabled',
        detail: 'Choose a method that you have turned on.',
      }),
    };
  }
  const answer = (saved: User) => ({ defaultMethod, methods: offer(saved, usable) });
  if ((user.defaultMethod ?? null) === defaultMethod) {
    return { answer: answer(user) };
  }
  const changed: User = defaultMethod === null ? without(user, 'defaultMethod') : { ...user, defaultMethod };
  return {
    save: withEvent(changed, 'default_method_changed', context, {
      detail: { method: defaultMethod ?? 'last used' },
    }),
    answer: answer(changed),
  };
}
