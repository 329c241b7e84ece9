/** Confirming a pending authenticator by its first code. */

import { ask, type Context, type Decision, type Step } from '../decision.ts';
import { lockOf, withFailure, withSuccess } from '../factors/budget.ts';
import { enableFactor } from '../factors/enable.ts';
import { isAllowed } from '../factors/methods.ts';
import { matchTotp } from '../factors/totp.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { completeSignIn } from '../sign-in/complete-sign-in.ts';
import { type Account, type Loaded, refOf, type User } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import { type Enroller, enrollingUser } from './start-authenticator.ts';

export type ConfirmAuthenticator = { by: Enroller; authenticatorId: string; code: string };

export type ConfirmedAuthenticator = {
  status: 'enabled';
  recoveryCodes?: string[];
  token?: string;
  expiresAtMs?: number;
};

type Pending = NonNullable<User['pendingAuthenticator']>;

/**
 * Confirms the newest pending authenticator. Its code is burned: the same one does not sign in. Inside a sign-in this
 * completes it with a result token. Refuses `not_found`, `enrollment_expired` after 10 minutes, `too_many_attempts` after
 * 5 wrong codes, `code_incorrect`, and the locks of the user's one budget of failures.
 */
export function decideConfirmAuthenticator(
  loaded: Loaded,
  command: ConfirmAuthenticator,
  context: Context,
): Step<ConfirmedAuthenticator> {
  const user = enrollingUser(loaded, command.by, context.nowMs);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const pending = pendingOf(user, loaded.account, command, context.nowMs);
  if (isRefusal(pending)) {
    return { answer: pending };
  }
  const sealed = [{ authenticatorId: pending.id, secret: pending.secret }];
  return ask('open-secrets', { ref: refOf(user), sealed }, (secrets) => {
    const secret = secrets[pending.id] as Uint8Array;
    const match = matchTotp(secret, command.code, context.nowMs, -1, loaded.account.policy.strictWindow);
    return match
      ? enroll(user, pending, match.timeStep, command.by, context)
      : wrongCode(user, pending, context);
  });
}

function pendingOf(
  user: User,
  account: Account,
  command: ConfirmAuthenticator,
  nowMs: number,
): Pending | Refusal {
  const pending = user.pendingAuthenticator;
  if (user.authenticators.some(({ id }) => id === command.authenticatorId)) {
    return refuse('already_enabled', { detail: 'This authenticator is confirmed already.' });
  }
  const signIn = 'challenge' in command.by ? command.by.challenge.challengeId : undefined;
  if (pending?.id !== command.authenticatorId || pending.challengeId !== signIn) {
    return refuse('not_found', { detail: 'Start the authenticator again and use its newest QR code.' });
  }
  if (pending.expiresAtMs <= nowMs) {
    return refuse('enrollment_expired', { detail: 'That took too long. Start the authenticator again.' });
  }
  if (!isAllowed(account, 'totp')) {
    return refuse('method_not_allowed', { detail: 'The account does not allow authenticator apps.' });
  }
  if (pending.failures >= limits.challenge.tries) {
    return refuse('too_many_attempts', {
      detail: 'Too many wrong codes. Start the authenticator again.',
      retryAtMs: pending.expiresAtMs,
    });
  }
  return lockOf(user, 'totp', nowMs) ?? pending;
}

function wrongCode(user: User, pending: Pending, context: Context): Decision<ConfirmedAuthenticator> {
  const tried = { ...pending, failures: pending.failures + 1 };
  return {
    save: { ...withFailure(user, 'totp', context), pendingAuthenticator: tried },
    answer: refuse('code_incorrect', {
      detail:
        "That code is not right. Wait for the next one, and check that your phone's clock is set automatically.",
      attemptsRemaining: limits.challenge.tries - tried.failures,
    }),
  };
}

function enroll(
  user: User,
  pending: Pending,
  timeStep: number,
  by: Enroller,
  context: Context,
): Step<ConfirmedAuthenticator> {
  const { id, label, secret } = pending;
  const authenticator = { id, label, secret, createdAtMs: context.nowMs, lastTimeStep: timeStep };
  const { pendingAuthenticator: _proven, ...rest } = withSuccess(user, 'totp');
  // A new authenticator ends the trust that was given on the strength of the old ones.
  const after = {
    ...rest,
    authenticators: [...user.authenticators, authenticator],
    trustedDevices: [],
  } as User;
  return enableFactor<ConfirmedAuthenticator>(
    user,
    after,
    'authenticator_added',
    context,
    (enabled, recoveryCodes) => {
      const answer = { status: 'enabled' as const, ...(recoveryCodes ? { recoveryCodes } : {}) };
      return 'challenge' in by
        ? completeSignIn(enabled, by.challenge, 'totp', answer, context)
        : { save: enabled, answer };
    },
  );
}
