/** Starting codes by text message: a code to a number that is not proven yet. */
import { type Context, type Decision, type Here, isRefused } from '../decision.ts';
import { isAllowed } from '../factors/methods.ts';
import { type MobileNumber, mobileNumber } from '../factors/phone-number.ts';
import { memoryOf } from '../factors/places.ts';
import type { ProofAttempt, SpendPorts } from '../factors/spend.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { type CodeToSend, newCode, type SendPorts } from '../sign-in/send-code.ts';
import type { Loaded, State, User } from '../state/item.ts';
import { allowedToEnrol, type Enroller, enrollingUser, signInOf } from './enroller.ts';

export type StartSmsMethod = { by: Enroller; phone: string; proof?: ProofAttempt | undefined };

/**
 * Texts the code that will prove a number. A live number keeps working until the new one is proven; an earlier pending one
 * is replaced, and its failures and its wait for the next code go over to the new one. Refuses `not_found`,
 * `already_enabled` for the live number, `method_not_allowed`, what `mobileNumber` and `allowedToEnrol` refuse, the limits
 * on codes, and for an enrolment inside a sign-in what a spent challenge refuses.
 */
export async function startSmsMethod(
  loaded: Loaded,
  command: StartSmsMethod,
  ports: SpendPorts & SendPorts,
  context: Context,
): Promise<Decision<CodeToSend>> {
  const { account } = loaded;
  const user = enrollingUser(loaded, command.by, context);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const number = enrollableNumber({ user, account }, command.phone, context);
  if (isRefusal(number)) {
    return { answer: number };
  }
  const allowed = await allowedToEnrol(
    { user, account },
    { ...command, replaces: user.smsMethod !== undefined },
    ports,
    context,
  );
  if (isRefused(allowed)) {
    return allowed;
  }
  const pending = pend(allowed.user, number, command.by, context.nowMs);
  return newCode({ user: pending, account }, 'pendingSmsMethod', 'sms', ports, context);
}

function enrollableNumber({ user, account }: State, phone: string, here: Here): MobileNumber | Refusal {
  if (!isAllowed(account, 'sms', here)) {
    return refuse('method_not_allowed', {
      reason: 'policy',
      detail: 'The account does not allow codes by text message.',
    });
  }
  const number = mobileNumber(phone);
  return !isRefusal(number) && number.phone === user.smsMethod?.phone
    ? refuse('already_enabled', { detail: 'Codes go to this number already.' })
    : number;
}

function pend(user: User, number: MobileNumber, by: Enroller, nowMs: number): User {
  const { failures, codes, expiresAtMs } = memoryOf(user, 'pendingSmsMethod', nowMs);
  const challengeId = signInOf(by);
  const pendingSmsMethod = {
    failures,
    expiresAtMs,
    ...(codes ? { codes } : {}),
    ...number,
    ...(challengeId === undefined ? {} : { challengeId }),
  };
  return { ...user, pendingSmsMethod };
}
