/** What a sensitive action takes: a fresh first factor, and by default a current second one. */
import { type Context, isRefused, type Proceed, type Refused } from '../decision.ts';
import { provableMethods } from '../factors/methods.ts';
import { withMemory } from '../factors/places.ts';
import { type ProofAttempt, type SpendPorts, spendFactor } from '../factors/spend.ts';
import { isEnabled } from '../factors/table.ts';
import { mayEnrolUnproven } from '../factors/temporary-code.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { isReauthenticationStale } from '../state/evidence.ts';
import type { State, User } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import type { UserTokenClaims } from '../state/user-token-claims.ts';

/** Who asks for a sensitive action, and the second factor that they present. */
export type Sensitive = { token: UserTokenClaims; proof?: ProofAttempt | undefined };

/**
 * `reauthentication_required` unless the app checked the first factor in the last 5 minutes, and the password has not
 * changed since.
 */
export function staleReauthentication(
  user: User | undefined,
  token: UserTokenClaims,
  nowMs: number,
): Refusal | undefined {
  const { reauthenticatedAtMs } = token;
  const fresh = reauthenticatedAtMs !== undefined && nowMs - reauthenticatedAtMs <= limits.reauthenticationMs;
  if (fresh && !(user && isReauthenticationStale(user, token))) {
    return undefined;
  }
  return refuse('reauthentication_required', {
    detail: 'Check the password again and mint a user token with reauthenticatedAt.',
  });
}

/**
 * The user who may change their own two-factor, with the proof spent. Turning it on for the first time takes nothing; once
 * it is on, the first factor must be fresh (`reauthentication_required`) and, unless the policy asks for the password
 * alone, a usable second factor is spent (`proof_required`, `method_not_allowed`, and the refusals of a wrong code). A
 * trusted device never counts as proof.
 */
export async function proven(
  state: State,
  { token, proof }: Sensitive,
  ports: SpendPorts,
  context: Context,
): Promise<Proceed | Refused> {
  const { user, account } = state;
  if (!isEnabled(user)) {
    return { user };
  }
  const stale = staleReauthentication(user, token, context.nowMs);
  if (stale) {
    return { answer: stale };
  }
  if (!proof) {
    return account.policy.sensitiveActions === 'password'
      ? { user }
      : { answer: refuse('proof_required', { detail: 'Send a current second factor as proof.' }) };
  }
  if (proof.method !== 'recovery_code' && !provableMethods(state, context).includes(proof.method)) {
    return {
      answer: refuse('method_not_allowed', {
        reason: 'not_enabled',
        detail: 'Use a method that you have turned on.',
      }),
    };
  }
  const spent = await spendFactor(state, 'proofs', proof, ports, context);
  return isRefused(spent) ? spent : { user: withMemory(spent.user, 'proofs', undefined, context.nowMs) };
}

/**
 * The user who may turn a factor on beside what they have: as `proven` says, or in the minutes after a sign-in by a
 * temporary code by that sign-in alone, which was a fresh first factor and all that they had.
 */
export async function provenToEnrol(
  state: State,
  sensitive: Sensitive,
  ports: SpendPorts,
  context: Context,
): Promise<Proceed | Refused> {
  const { token, proof } = sensitive;
  return !proof && mayEnrolUnproven(state.user, token, context.nowMs)
    ? { user: state.user }
    : proven(state, sensitive, ports, context);
}
