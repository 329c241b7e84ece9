/** What a sensitive action wants: a fresh first factor, and by default a current second one. */

import type { Context, Step } from '../decision.ts';
import { withAttempts } from '../factors/attempts.ts';
import { type CodeAttempt, spendFactor } from '../factors/factor.ts';
import { isEnabled, usableMethods } from '../factors/methods.ts';
import { type Refusal, refuse } from '../refusal.ts';
import type { Account, User } from '../state/item.ts';
import { limits } from '../state/limits.ts';

/** What a user token says of whoever holds it. */
export type UserTokenClaims = {
  accountId: string;
  userId: string;
  role: 'user' | 'admin' | 'support';
  /** When the app last checked the password or its stand-in. */
  reauthenticatedAtMs?: number;
};

/** `reauthentication_required` unless the app checked the first factor in the last 5 minutes. */
export function staleReauthentication(token: UserTokenClaims, nowMs: number): Refusal | undefined {
  const at = token.reauthenticatedAtMs;
  if (at !== undefined && nowMs - at <= limits.reauthenticationMs) {
    return undefined;
  }
  return refuse('reauthentication_required', {
    detail: 'Check the password again and mint a user token with reauthenticatedAt.',
  });
}

/**
 * Lets a change of one's own two-factor through to `allowed`. Turning it on for the first time asks nothing; once it is
 * on, the first factor must be fresh (`reauthentication_required`) and, unless the policy asks for the password alone, a
 * usable second factor is spent (`proof_required`, `method_not_allowed`, and the refusals of a wrong code). A trusted
 * device never counts as proof.
 */
export function withProof<A>(
  state: { user: User; account: Account },
  token: UserTokenClaims,
  proof: CodeAttempt | undefined,
  context: Context,
  allowed: (user: User) => Step<A>,
): Step<A> {
  const { user, account } = state;
  if (!isEnabled(user)) {
    return allowed(user);
  }
  const stale = staleReauthentication(token, context.nowMs);
  if (stale) {
    return { answer: stale };
  }
  if (account.policy.sensitiveActions === 'password' && !proof) {
    return allowed(user);
  }
  if (!proof) {
    return {
      answer: refuse('proof_required', {
        detail: 'Send a current second factor as proof.',
      }),
    };
  }
  if (proof.method !== 'recovery_code' && !usableMethods(state, context.nowMs).includes(proof.method)) {
    return {
      answer: refuse('method_not_allowed', {
        detail: 'Use a method that you have turned on.',
      }),
    };
  }
  return spendFactor(state, 'proofs', proof, context, (spent) =>
    allowed(withAttempts(spent, 'proofs', undefined, context.nowMs)),
  );
}
