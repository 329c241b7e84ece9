/** Codes by email. */
import { type User, without } from '../state/item.ts';
import type { Factor } from './factor.ts';

export const email: Factor<'email'> = {
  method: 'email',
  // Whoever reads the mail may be who reset the password by mail: no `mfa`.
  amr: [],
  budget: 'codes',
  liftsLocks: false,
  enrolsInSignIn: false,
  mintsTrust: true,
  isOn: (user) => user.emailMethod !== undefined,
  isOffered: () => true,
  isPresentable: (user) => user.emailMethod !== undefined,
  removedFrom: (user) => without(user, 'emailMethod', 'pendingEmailMethod'),
  sentTo: (user) => maskedEmail(mailboxOf(user)),
  advice: {
    incorrect: 'That code is not right. Use the newest mail, and look in the spam folder.',
    used: 'This code was already used. Ask for a new one.',
  },
};

/** Where codes go: the address that was proven, until another one is. */
export const mailboxOf = ({ provenEmail, email }: User): string => provenEmail ?? email;

/** The user with this mailbox proven. Trusted devices and the mark of a bounce end where codes move from one to another. */
export function withMailbox(user: User, provenEmail: string): User {
  const moves = mailboxOf(user) !== provenEmail;
  return moves
    ? { ...without(user, 'mailBounced'), provenEmail, trustedDevices: [] }
    : { ...user, provenEmail };
}

/** `j***@example.com`: the first character and the domain. */
export function maskedEmail(address: string): string {
  const at = address.lastIndexOf('@');
  return `${[...address.slice(0, at)][0] ?? ''}***${address.slice(at)}`;
}
