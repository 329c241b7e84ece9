/** Confirming a pending authenticator by its first code. */
import type { Context, Decision, Here, Ports } from '../decision.ts';
import { lockOf, withFailure, withSuccess } from '../factors/budget.ts';
import { enableFactor } from '../factors/enable.ts';
import { isAllowed } from '../factors/methods.ts';
import { matchTotp, slowMinutes } from '../factors/rfc6238.ts';
import { slowClock, totp } from '../factors/totp.ts';
import { withAttempt } from '../notices/attempts.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { type Loaded, refOf, type State, type User, without } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import { type Enrolled, type Enroller, enrolled, enrollingUser, signInOf } from './enroller.ts';

export type ConfirmAuthenticator = { by: Enroller; authenticatorId: string; code: string };

type Pending = NonNullable<User['pendingAuthenticator']>;

/**
 * Confirms the newest pending authenticator. Its code is burned: the same one does not sign in. Inside a sign-in this
 * completes it with a result token. Refuses `not_found`, `enrollment_expired` after 10 minutes, `too_many_attempts` after
 * 5 wrong codes, `code_incorrect`, and the locks of the user's one budget of failures.
 */
export async function confirmAuthenticator(
  loaded: Loaded,
  command: ConfirmAuthenticator,
  ports: Pick<Ports, 'secrets' | 'hasher' | 'fresh' | 'signer'>,
  context: Context,
): Promise<Decision<Enrolled>> {
  const { account } = loaded;
  const user = enrollingUser(loaded, command.by, context);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const pending = pendingOf({ user, account }, command, context);
  if (isRefusal(pending)) {
    return { answer: pending };
  }
  const secret = await ports.secrets.open(pending.secret, refOf(user), pending.id, context.nowMs);
  const match = matchTotp(secret, command.code, context.nowMs, -1, account.policy.strictWindow);
  if (!match) {
    const slow = slowMinutes(secret, command.code, context.nowMs, -1);
    return wrongCode(user, pending, slow, context);
  }
  const after = withAuthenticator(user, pending, match.timeStep, context);
  const enabled = await enableFactor(user, after, 'authenticator_added', ports, context);
  return enrolled(enabled, 'totp', command.by, ports, context);
}

function pendingOf({ user, account }: State, command: ConfirmAuthenticator, here: Here): Pending | Refusal {
  const pending = user.pendingAuthenticator;
  if (user.authenticators.some(({ id }) => id === command.authenticatorId)) {
    return refuse('already_enabled', { detail: 'This authenticator is confirmed already.' });
  }
  if (pending?.id !== command.authenticatorId || pending.challengeId !== signInOf(command.by)) {
    return refuse('not_found', {
      reason: 'authenticator',
      detail: 'Start the authenticator again and use its newest QR code.',
    });
  }
  if (pending.expiresAtMs <= here.nowMs) {
    return refuse('enrollment_expired', { detail: 'That took too long. Start the authenticator again.' });
  }
  if (!isAllowed(account, 'totp', here)) {
    return refuse('method_not_allowed', {
      reason: 'policy',
      detail: 'The account does not allow authenticator apps.',
    });
  }
  if (pending.failures >= limits.challenge.tries) {
    return refuse('too_many_attempts', {
      reason: 'spent',
      detail: 'Too many wrong codes. Start the authenticator again.',
      retryAtMs: pending.expiresAtMs,
    });
  }
  return lockOf(user, totp, here.nowMs) ?? pending;
}

function wrongCode(
  user: User,
  pending: Pending,
  slow: number | undefined,
  context: Context,
): Decision<Enrolled> {
  const tried = { ...pending, failures: pending.failures + 1 };
  const failed = { ...withFailure(user, totp, context), pendingAuthenticator: tried };
  const at = { method: totp.method, place: 'pendingAuthenticator' } as const;
  return {
    save: withAttempt(failed, 'wrong', at, context),
    answer: refuse('code_incorrect', {
      detail: slow ? slowClock(slow) : totp.advice.incorrect,
      attemptsRemaining: limits.challenge.tries - tried.failures,
    }),
  };
}

/** A new authenticator ends the trust that was given on the strength of the old ones. */
function withAuthenticator(user: User, pending: Pending, timeStep: number, { nowMs }: Context): User {
  const { id, label, secret } = pending;
  const authenticator = { id, label, secret, createdAtMs: nowMs, lastTimeStep: timeStep };
  return {
    ...without(withSuccess(user, totp), 'pendingAuthenticator'),
    authenticators: [...user.authenticators, authenticator],
    trustedDevices: [],
  };
}
