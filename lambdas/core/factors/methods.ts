/** Which second factors a user may use now, and is offered. */
import type { Here } from '../decision.ts';
import { type Account, type State, type User, without } from '../state/item.ts';
import { type FactorMethod, factorMethods, type Method } from '../state/methods.ts';
import { isRequired } from '../state/policy.ts';
import { factors, turnedOn } from './table.ts';

export type OfferedMethod = {
  method: Method;
  sentTo?: string;
  default: boolean;
  /** What the browser takes, where it answers in place of the person. */
  options?: object;
};

/**
 * The factors that the policy allows and the user has turned on, the recommended one first. Where two-factor is required,
 * email (if allowed) counts as turned on for a user who has nothing else, except after a reset. A first factor that came
 * by email link has proven the mailbox already: email is then no second one.
 */
export function usableMethods({ user, account }: State, here: Here, firstFactor?: string): FactorMethod[] {
  const own = turnedOn(user);
  const allowed = own.filter((method) => isUsable({ user, account }, method, here));
  const others = allowed.filter((method) => method !== 'email');
  const lent = own.length === 0 && isRequired(account.policy, here.nowMs) && !user.enrollmentRequired;
  // An address that bounces is offered only to somebody who has no other way.
  const bounces = user.mailBounced !== undefined && others.length > 0;
  const byEmail =
    isAllowed(account, 'email', here) &&
    firstFactor !== 'email_link' &&
    !bounces &&
    (allowed.includes('email') || lent);
  return byEmail ? [...others, 'email'] : others;
}

/**
 * The factors that a person may present as proof: the usable ones, or where the policy has ruled all of them out, those
 * that they have.
 */
export function provableMethods(state: State, here: Here): FactorMethod[] {
  const usable = usableMethods(state, here);
  return usable.length > 0 ? usable : presentableMethods(state.user, here);
}

/** What a person has on and can present here, whatever the policy says of it today. */
export const presentableMethods = (user: User, here: Here): FactorMethod[] =>
  turnedOn(user).filter((method) => factors[method].isPresentable(user, here));

/** Whether the policy allows this method, and the user can present it here. */
export const isUsable = ({ user, account }: State, method: FactorMethod, here: Here): boolean =>
  isAllowed(account, method, here) && factors[method].isPresentable(user, here);

/** Whether the account lets its users use this method at all, and the deployment has it for them. */
export function isAllowed(account: Account, method: FactorMethod, here: Here): boolean {
  return account.policy.methods.includes(method) && factors[method].isOffered(account, here);
}

/** The methods that the account's policy lets its users turn on, best first. */
export const allowedMethods = (account: Account, here: Here): FactorMethod[] =>
  factorMethods.filter((method) => isAllowed(account, method, here));

/** The methods that do something in the account's policy: those that it has here, whatever the policy says now. */
export const choosableMethods = (account: Account, here: Here): FactorMethod[] =>
  factorMethods.filter((method) => factors[method].isOffered(account, here));

/**
 * The methods as a page shows them: where a code would go, and which one is chosen at first. That is the one that the person
 * set, else the one that they used last, else the best.
 */
export function offer(user: User, methods: readonly Method[]): OfferedMethod[] {
  const first = [user.defaultMethod, user.lastMethod].find((name) => name && methods.includes(name));
  const chosen = first ?? methods[0];
  return methods.map((method) => {
    const sentTo = factors[method].sentTo(user);
    return { method, ...(sentTo === undefined ? {} : { sentTo }), default: method === chosen };
  });
}

/** The user who signed in by this method. The best of their own is not noted: it comes first anyway. */
export function withLastUsed(user: User, used: string): User {
  const own = turnedOn(user);
  const lastMethod = own.find((method) => method === used);
  if (!lastMethod) {
    return user;
  }
  return lastMethod === own[0] ? without(user, 'lastMethod') : { ...user, lastMethod };
}

/** The methods that an enrolment inside a sign-in can turn on. */
export const enrollableMethods = (user: User, account: Account, here: Here): OfferedMethod[] =>
  offer(
    user,
    allowedMethods(account, here).filter((method) => factors[method].enrolsInSignIn),
  );
