/** Which second factors a user has, may use now, and is offered. */

import type { Account, Loaded, User } from '../state/item.ts';
import { type FactorMethod, factorMethods, isRequired, type Method } from '../state/policy.ts';

export type OfferedMethod = {
  method: Method;
  sentTo?: string;
  default: boolean;
};

/** Two-factor is on: the user has turned at least one factor on, whatever the policy says of it today. */
export function isEnabled(user: User): boolean {
  return user.authenticators.length > 0 || user.emailMethod !== undefined || user.smsMethod !== undefined;
}

/**
 * The factors that the policy allows and the user has turned on, the recommended one first. Where two-factor is required,
 * e-mail (if allowed) counts as turned on for a user who has nothing else, except after a reset. A first factor that came
 * by e-mail link has proven the mailbox already: e-mail is then no second one.
 */
export function usableMethods(loaded: Required<Loaded>, nowMs: number, firstFactor?: string): FactorMethod[] {
  const { user, account } = loaded as { user: User; account: Account };
  const allowed = (method: FactorMethod) => isAllowed(account, method);
  const methods: FactorMethod[] = [];
  if (allowed('totp') && user.authenticators.length > 0) {
    methods.push('totp');
  }
  if (allowed('sms') && user.smsMethod) {
    methods.push('sms');
  }
  const lacksOthers = methods.length === 0 && isRequired(account.policy, nowMs) && !user.enrollmentRequired;
  // An address that bounces is offered only to somebody who has no other way.
  const bounces = user.mailBounced !== undefined && methods.length > 0;
  if (allowed('email') && firstFactor !== 'email_link' && !bounces && (user.emailMethod || lacksOthers)) {
    methods.push('email');
  }
  return methods;
}

/** Whether the account lets its users use this method at all. SMS also needs the operator's switch. */
export function isAllowed(account: Account, method: FactorMethod): boolean {
  return account.policy.methods.includes(method) && (method !== 'sms' || account.smsEnabled);
}

/** The methods that the account's policy lets its users turn on, best first. */
export const allowedMethods = (account: Account): FactorMethod[] =>
  factorMethods.filter((method) => isAllowed(account, method));

/** The methods that the account's policy may name: text messages only once the operator has activated them. */
export const choosableMethods = ({ smsEnabled }: Account): FactorMethod[] =>
  factorMethods.filter((method) => method !== 'sms' || smsEnabled);

/** The methods as a page shows them: where a code would go, and which one is chosen at first. */
export function offer(user: User, methods: Method[]): OfferedMethod[] {
  return methods.map((method, index) => {
    const sentTo = destinationOf(user, method);
    return {
      method,
      ...(sentTo === undefined ? {} : { sentTo }),
      default: index === 0,
    };
  });
}

/** The address or number that codes of this method go to, masked for somebody who has proven a first factor only. */
function destinationOf(user: User, method: Method): string | undefined {
  if (method === 'email') {
    return maskedEmail(user.email);
  }
  return method === 'sms' && user.smsMethod ? maskedPhone(user.smsMethod.phone) : undefined;
}

/** `j***@example.com`: the first character and the domain. */
export function maskedEmail(email: string): string {
  const at = email.lastIndexOf('@');
  return `${[...email.slice(0, at)][0] ?? ''}***${email.slice(at)}`;
}

/** `+1 *** 00`: enough to recognise one's own number. */
export const maskedPhone = (phone: string): string => `${phone.slice(0, 2)} *** ${phone.slice(-2)}`;
