/** Codes by text message. */
import { without } from '../state/item.ts';
import type { CodeAttempt, Factor, Judge } from './factor.ts';
import { judgeSentCode } from './sent-code.ts';

export const sms: Factor<'sms'> = {
  method: 'sms',
  amr: ['sms', 'mfa'],
  budget: 'codes',
  liftsLocks: false,
  enrolsInSignIn: true,
  mintsTrust: true,
  isOn: (user) => user.smsMethod !== undefined,
  isOffered: (account) => account.smsEnabled,
  isPresentable: (user) => user.smsMethod !== undefined,
  removedFrom: (user) => without(user, 'smsMethod', 'pendingSmsMethod'),
  sentTo: (user) => user.smsMethod && maskedPhone(user.smsMethod.phone),
  advice: {
    incorrect: 'That code is not right. Use the newest message.',
    used: 'This code was already used. Ask for a new one.',
  },
};

/** A right code also counts as used, which is what tells wanted messages from pumped ones. */
export const judgeSms: Judge<CodeAttempt<'sms'>, 'seal' | 'smsCounts'> = async (
  state,
  place,
  attempt,
  ports,
  context,
) => {
  const verdict = await judgeSentCode(state, place, attempt, ports, context);
  if (typeof verdict === 'object') {
    ports.smsCounts.countUse(state.user.accountId, context.nowMs);
  }
  return verdict;
};

/** `+1 *** 00`: enough to recognise one's own number. */
export const maskedPhone = (phone: string): string => `${phone.slice(0, 2)} *** ${phone.slice(-2)}`;
