/** Confirming a pending number by its code. */
import { type Context, type Decision, type Here, isRefused, type Ports } from '../decision.ts';
import { enableFactor } from '../factors/enable.ts';
import { isAllowed } from '../factors/methods.ts';
import { withMemory } from '../factors/places.ts';
import { spendTextedCode } from '../factors/spend.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import type { Loaded, State, User } from '../state/item.ts';
import { type Enrolled, type Enroller, enrolled, enrollingUser, signInOf } from './enroller.ts';

export type ConfirmSmsMethod = { by: Enroller; code: string };

type Pending = NonNullable<User['pendingSmsMethod']>;

/**
 * Turns codes by text message on for the pending number, in place of an earlier one. Inside a sign-in this completes it
 * with a result token. Refuses `enrollment_expired` when no code is waiting, `method_not_allowed`, and what
 * `spendTextedCode` and `enrollingUser` refuse.
 */
export async function confirmSmsMethod(
  loaded: Loaded,
  { by, code }: ConfirmSmsMethod,
  ports: Pick<Ports, 'seal' | 'smsCounts' | 'hasher' | 'fresh' | 'signer'>,
  context: Context,
): Promise<Decision<Enrolled>> {
  const { account } = loaded;
  const user = enrollingUser(loaded, by, context);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const pending = pendingOf({ user, account }, by, context);
  if (isRefusal(pending)) {
    return { answer: pending };
  }
  const spent = await spendTextedCode({ user, account }, 'pendingSmsMethod', code, ports, context);
  if (isRefused(spent)) {
    return spent;
  }
  const after = withNumber(spent.user, pending, context.nowMs);
  const enabled = await enableFactor(user, after, 'sms_method_added', ports, context);
  return enrolled(enabled, 'sms', by, ports, context);
}

function pendingOf({ user, account }: State, by: Enroller, here: Here): Pending | Refusal {
  const pending = user.pendingSmsMethod;
  if (!pending || pending.expiresAtMs <= here.nowMs || pending.challengeId !== signInOf(by)) {
    return refuse('enrollment_expired', { detail: 'That took too long. Ask for a new code.' });
  }
  return isAllowed(account, 'sms', here)
    ? pending
    : refuse('method_not_allowed', {
        reason: 'policy',
        detail: 'The account does not allow codes by text message.',
      });
}

/** A new number ends the trust that was given on the strength of the old factors. */
const withNumber = (user: User, { phone, country }: Pending, nowMs: number): User => ({
  ...withMemory(user, 'pendingSmsMethod', undefined, nowMs),
  smsMethod: { enabledAtMs: nowMs, phone, country },
  trustedDevices: [],
});
