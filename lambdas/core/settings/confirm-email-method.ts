/** Turning codes by email on by the code that was mailed. */
import { type Context, type Decision, isRefused, type Ports } from '../decision.ts';
import { withMailbox } from '../factors/email.ts';
import { enableFactor } from '../factors/enable.ts';
import { withMemory } from '../factors/places.ts';
import { spendMailedCode } from '../factors/spend.ts';
import { isRefusal, refuse } from '../refusal.ts';
import type { Loaded } from '../state/item.ts';
import type { UserTokenClaims } from '../state/user-token-claims.ts';
import { userToMail } from './start-email-method.ts';

export type ConfirmedEmailMethod = { status: 'enabled'; recoveryCodes?: string[] };

/**
 * Turns codes by email on. Refuses like `startEmailMethod`, `enrollment_expired` when no code is waiting, and what
 * `spendMailedCode` refuses.
 */
export async function confirmEmailMethod(
  loaded: Loaded,
  { token, code }: { token: UserTokenClaims; code: string },
  ports: Pick<Ports, 'seal' | 'hasher' | 'fresh'>,
  context: Context,
): Promise<Decision<ConfirmedEmailMethod>> {
  const user = userToMail(loaded, token, context);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const pending = user.pendingEmailMethod;
  if (!pending || pending.expiresAtMs <= context.nowMs) {
    return { answer: refuse('enrollment_expired', { detail: 'That took too long. Ask for a new code.' }) };
  }
  const state = { user, account: loaded.account };
  const spent = await spendMailedCode(state, 'pendingEmailMethod', code, ports, context);
  if (isRefused(spent)) {
    return spent;
  }
  const after = {
    ...withMailbox(spent.user, user.email),
    emailMethod: user.emailMethod ?? { enabledAtMs: context.nowMs },
  };
  const done = withMemory(after, 'pendingEmailMethod', undefined, context.nowMs);
  const enabled = await enableFactor(user, done, 'email_method_added', ports, context);
  const { user: save, recoveryCodes } = enabled;
  return { save, answer: { status: 'enabled', ...(recoveryCodes ? { recoveryCodes } : {}) } };
}
