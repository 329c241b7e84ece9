/** Confirming a pending number by its code. */

import type { Context, Step } from '../decision.ts';
import { withAttempts } from '../factors/attempts.ts';
import { enableFactor } from '../factors/enable.ts';
import { type CodeAttempt, spendFactor } from '../factors/factor.ts';
import { isAllowed } from '../factors/methods.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { completeSignIn } from '../sign-in/complete-sign-in.ts';
import type { Account, Loaded, User } from '../state/item.ts';
import { type Enroller, enrollingUser } from './start-authenticator.ts';

export type ConfirmSmsMethod = { by: Enroller; code: string };

export type ConfirmedSmsMethod = {
  status: 'enabled';
  recoveryCodes?: string[];
  token?: string;
  expiresAtMs?: number;
};

type Pending = NonNullable<User['pendingSmsMethod']>;

/**
 * Turns codes by text message on for the pending number, in place of an earlier one. Inside a sign-in this completes it
 * with a result token. Refuses `enrollment_expired` when no code is waiting, `method_not_allowed`, and what `spendFactor`
 * and `enrollingUser` refuse.
 */
export function decideConfirmSmsMethod(
  loaded: Loaded,
  { by, code }: ConfirmSmsMethod,
  context: Context,
): Step<ConfirmedSmsMethod> {
  const { account } = loaded;
  const user = enrollingUser(loaded, by, context.nowMs);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const pending = pendingOf(user, account, by, context.nowMs);
  if (isRefusal(pending)) {
    return { answer: pending };
  }
  const attempt: CodeAttempt = { method: 'sms', code };
  return spendFactor<ConfirmedSmsMethod>({ user, account }, 'pendingSmsMethod', attempt, context, (spent) =>
    enroll(user, spent, pending, by, context),
  );
}

function pendingOf(user: User, account: Account, by: Enroller, nowMs: number): Pending | Refusal {
  const pending = user.pendingSmsMethod;
  const signIn = 'challenge' in by ? by.challenge.challengeId : undefined;
  if (!pending || pending.expiresAtMs <= nowMs || pending.challengeId !== signIn) {
    return refuse('enrollment_expired', { detail: 'That took too long. Ask for a new code.' });
  }
  return isAllowed(account, 'sms')
    ? pending
    : refuse('method_not_allowed', { detail: 'The account does not allow codes by text message.' });
}

function enroll(
  before: User,
  spent: User,
  { phone, country }: Pending,
  by: Enroller,
  context: Context,
): Step<ConfirmedSmsMethod> {
  const done = withAttempts(spent, 'pendingSmsMethod', undefined, context.nowMs);
  const smsMethod = { enabledAtMs: context.nowMs, phone, country };
  // A new number ends the trust that was given on the strength of the old factors.
  const after = { ...done, smsMethod, trustedDevices: [] };
  return enableFactor<ConfirmedSmsMethod>(
    before,
    after,
    'sms_method_added',
    context,
    (enabled, recoveryCodes) => {
      const answer = { status: 'enabled' as const, ...(recoveryCodes ? { recoveryCodes } : {}) };
      return 'challenge' in by
        ? completeSignIn(enabled, by.challenge, 'sms', answer, context)
        : { save: enabled, answer };
    },
  );
}
