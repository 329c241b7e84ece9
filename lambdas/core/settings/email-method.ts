/** Turning the e-mail method on: a code to the stored address, then the code. */

import type { Context, Step } from '../decision.ts';
import { withAttempts } from '../factors/attempts.ts';
import { enableFactor } from '../factors/enable.ts';
import { type CodeAttempt, spendFactor } from '../factors/factor.ts';
import { isAllowed } from '../factors/methods.ts';
import { userUnknown } from '../profile/user-unknown.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { type CodeToSend, sendCode } from '../sign-in/send-code.ts';
import type { Loaded, User } from '../state/item.ts';
import { type UserTokenClaims, withProof } from './proof.ts';

/**
 * Sends the code that will turn the e-mail method on. Refuses `not_found`, `already_enabled`, `method_not_allowed`, what
 * `withProof` refuses, and the limits on codes.
 */
export function decideStartEmailMethod(
  loaded: Loaded,
  command: { token: UserTokenClaims; proof?: CodeAttempt },
  context: Context,
): Step<CodeToSend> {
  const user = userWithoutMethod(loaded);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const state = { user, account: loaded.account };
  return withProof(state, command.token, command.proof, context, (proven) =>
    sendCode({ ...state, user: proven }, 'pendingEmailMethod', 'email', context),
  );
}

export type ConfirmedEmailMethod = { status: 'enabled'; recoveryCodes?: string[] };

/**
 * Turns the e-mail method on by its mailed code. Refuses like its start, `enrollment_expired` when no code is waiting, and
 * what `spendFactor` refuses.
 */
export function decideConfirmEmailMethod(
  loaded: Loaded,
  command: { code: string },
  context: Context,
): Step<ConfirmedEmailMethod> {
  const user = userWithoutMethod(loaded);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const pending = user.pendingEmailMethod;
  if (!pending || pending.expiresAtMs <= context.nowMs) {
    return { answer: refuse('enrollment_expired', { detail: 'That took too long. Ask for a new code.' }) };
  }
  const state = { user, account: loaded.account };
  const attempt: CodeAttempt = { method: 'email', code: command.code };
  return spendFactor<ConfirmedEmailMethod>(state, 'pendingEmailMethod', attempt, context, (spent) => {
    const done = withAttempts(spent, 'pendingEmailMethod', undefined, context.nowMs);
    const after = { ...done, emailMethod: { enabledAtMs: context.nowMs } };
    return enableFactor<ConfirmedEmailMethod>(
      user,
      after,
      'email_method_added',
      context,
      (save, recoveryCodes) => ({
        save,
        answer: { status: 'enabled', ...(recoveryCodes ? { recoveryCodes } : {}) },
      }),
    );
  });
}

function userWithoutMethod({ user, account }: Loaded): User | Refusal {
  if (!user) {
    return userUnknown();
  }
  if (user.emailMethod) {
    return refuse('already_enabled', { detail: 'The e-mail method is on already.' });
  }
  return isAllowed(account, 'email')
    ? user
    : refuse('method_not_allowed', { detail: 'The account does not allow codes by e-mail.' });
}
