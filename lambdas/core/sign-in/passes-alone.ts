/** Which first factors pass without a second one. */
import { isEnabled } from '../factors/table.ts';
import type { ChallengeClaims } from '../state/challenge-claims.ts';
import type { State } from '../state/item.ts';
import { federatedOf, isRequired, type Policy } from '../state/policy.ts';

/**
 * What lets a first factor pass alone: an API key always; a live exemption; a federated sign-in where the policy leaves
 * the second factor to the provider; anybody where two-factor is neither required nor turned on nor owed after a reset.
 * Nothing lets a step-up: it asks for a second factor, whoever signs in.
 */
export function passesAlone(
  { user, account }: State,
  claims: ChallengeClaims,
  nowMs: number,
): 'none' | 'exempt' | undefined {
  if (claims.action) {
    return undefined;
  }
  if (claims.firstFactor === 'api_key' || providerSuffices(account.policy, claims, nowMs)) {
    return 'none';
  }
  if (user.exemption && user.exemption.untilMs > nowMs) {
    return 'exempt';
  }
  return isEnabled(user) || user.enrollmentRequired || isRequired(account.policy, nowMs) ? undefined : 'none';
}

/** Whether the policy leaves the second factor of this sign-in to the identity provider. */
function providerSuffices(policy: Policy, { firstFactor, amr }: ChallengeClaims, nowMs: number): boolean {
  const suffices = { bypass: true, challenge: false, challenge_unless_mfa: amr.includes('mfa') };
  return firstFactor === 'federated' && suffices[federatedOf(policy, nowMs)];
}

/** A second factor was due, and the policy left it to the identity provider: worth a record, unlike one that was not. */
export function bypassOf(
  { user, account }: State,
  { firstFactor }: ChallengeClaims,
  nowMs: number,
): 'bypass' | undefined {
  const isDue = isEnabled(user) || user.enrollmentRequired || isRequired(account.policy, nowMs);
  return firstFactor === 'federated' && isDue ? 'bypass' : undefined;
}
