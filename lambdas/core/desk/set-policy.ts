/** Setting a policy by the operator, who answers for it: no mailed code, and every admin is mailed. */
import type { Context } from '../decision.ts';
import type { Refusal } from '../refusal.ts';
import type { Account } from '../state/item.ts';
import type { Policy } from '../state/policy.ts';
import { applied, versionConflict } from './confirm-policy.ts';
import { warningsOf } from './policy-warnings.ts';
import { editedPolicy, type PolicyEdit, unusableMethods } from './propose-policy.ts';

/**
 * Puts the edited policy in force. Proposals that wait were made on an older version, and end. An edit that changes nothing
 * writes nothing. Refuses `policy_version_conflict` where `version` is not the current one, and what `unusableMethods`
 * refuses.
 */
export function setPolicy(
  account: Account,
  { edit, version, defaults }: { edit: PolicyEdit; version?: number | undefined; defaults: Policy },
  context: Context,
): { save?: Account; answer: { policy: Policy; version: number } | Refusal } {
  if (version !== undefined && version !== account.policyVersion) {
    return { answer: versionConflict() };
  }
  const policy = editedPolicy(account.policy, edit, defaults);
  const refusal = unusableMethods(policy, account, context);
  if (refusal) {
    return { answer: refusal };
  }
  if (JSON.stringify(sorted(policy)) === JSON.stringify(sorted(account.policy))) {
    return { answer: { policy, version: account.policyVersion } };
  }
  const warnings = warningsOf(account.policy, policy, context.nowMs).map(({ detail }) => detail);
  const detail: Record<string, string> = warnings.length > 0 ? { warnings: warnings.join('\n') } : {};
  return applied(account, policy, { event: 'policy_set_by_operator', detail }, context);
}

const sorted = (policy: Policy): [string, unknown][] =>
  Object.entries(policy).sort(([one], [other]) => (one < other ? -1 : 1));
