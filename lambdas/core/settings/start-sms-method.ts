/** Starting the method of text messages: a code to a number that is not proven yet. */

import type { Context, Step } from '../decision.ts';
import { attemptsOf } from '../factors/attempts.ts';
import type { CodeAttempt } from '../factors/factor.ts';
import { isAllowed } from '../factors/methods.ts';
import { type MobileNumber, mobileNumber } from '../factors/phone-number.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { type CodeToSend, sendCode } from '../sign-in/send-code.ts';
import type { Account, Loaded, User } from '../state/item.ts';
import { type Enroller, enrollingUser, withRightToEnrol } from './start-authenticator.ts';

export type StartSmsMethod = { by: Enroller; phone: string; proof?: CodeAttempt };

/**
 * Texts the code that will prove a number. A live number keeps working until the new one is proven; an earlier pending one
 * is replaced, and its tries and its wait for the next code go over to the new one. Refuses `not_found`, `already_enabled`
 * for the live number, `method_not_allowed`, what `mobileNumber` and `withProof` refuse, the limits on codes, and for an
 * enrolment inside a sign-in what a spent challenge refuses. After a reset only a sign-in may enrol (`forbidden`).
 */
export function decideStartSmsMethod(
  loaded: Loaded,
  command: StartSmsMethod,
  context: Context,
): Step<CodeToSend> {
  const { account } = loaded;
  const { by } = command;
  const user = enrollingUser(loaded, by, context.nowMs);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const number = enrollableNumber(user, account, command.phone);
  if (isRefusal(number)) {
    return { answer: number };
  }
  return withRightToEnrol({ user, account }, command, context, (proven) =>
    sendCode({ user: pend(proven, number, by, context.nowMs), account }, 'pendingSmsMethod', 'sms', context),
  );
}

function enrollableNumber(user: User, account: Account, phone: string): MobileNumber | Refusal {
  if (!isAllowed(account, 'sms')) {
    return refuse('method_not_allowed', { detail: 'The account does not allow codes by text message.' });
  }
  const number = mobileNumber(phone);
  return !isRefusal(number) && number.phone === user.smsMethod?.phone
    ? refuse('already_enabled', { detail: 'Codes go to this number already.' })
    : number;
}

function pend(user: User, number: MobileNumber, by: Enroller, nowMs: number): User {
  const { failures, codes, expiresAtMs } = attemptsOf(user, 'pendingSmsMethod', nowMs);
  const inSignIn = 'challenge' in by ? { challengeId: by.challenge.challengeId } : {};
  const pendingSmsMethod = { failures, expiresAtMs, ...(codes ? { codes } : {}), ...number, ...inSignIn };
  return { ...user, pendingSmsMethod };
}
