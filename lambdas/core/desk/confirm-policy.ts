/** Confirming a change of an account's policy by the mailed code, and putting it in force. */
import { type Context, type Decision, isRefused, type Ports } from '../decision.ts';
import { withMemory } from '../factors/places.ts';
import { spendMailedCode } from '../factors/spend.ts';
import { withEvent } from '../notices/events.ts';
import { plannedFanOuts } from '../notices/fan-out.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { type Account, type Loaded, type State, type User, without } from '../state/item.ts';
import type { Policy } from '../state/policy.ts';
import type { UserTokenClaims } from '../state/user-token-claims.ts';
import { onlyAdmin } from './propose-policy.ts';

export type ConfirmPolicy = { token: UserTokenClaims; changeId: string; code: string };

/** What is to be put in force, and the version that it was proposed on. */
export type ConfirmedChange = { policy: Policy; baseVersion: number };

type PendingChange = NonNullable<User['pendingPolicyChange']>;

/**
 * Spends the mailed code of a proposal and answers with what is to be made of it. The code counts against the admin's one
 * budget of failures. Refuses `forbidden`, `not_found`, `change_expired`, `policy_version_conflict`, and what
 * `spendMailedCode` refuses.
 */
export async function confirmPolicy(
  loaded: Loaded,
  command: ConfirmPolicy,
  ports: Pick<Ports, 'seal'>,
  context: Context,
): Promise<Decision<ConfirmedChange>> {
  const pending = pendingChange(loaded, command, context.nowMs);
  if (isRefusal(pending)) {
    return { answer: pending };
  }
  const { state, change } = pending;
  if (change.baseVersion !== state.account.policyVersion) {
    return { answer: versionConflict() };
  }
  const place = { challengeId: change.id };
  const spent = await spendMailedCode(state, place, command.code, ports, context);
  if (isRefused(spent)) {
    return spent;
  }
  const done = withMemory(spent.user, place, undefined, context.nowMs);
  const { policy, baseVersion } = change;
  return { save: without(done, 'pendingPolicyChange'), answer: { policy, baseVersion } };
}

function pendingChange(
  { user, account }: Loaded,
  { token, changeId }: ConfirmPolicy,
  nowMs: number,
): { state: State; change: PendingChange } | Refusal {
  const refusal = onlyAdmin(token);
  if (refusal) {
    return refusal;
  }
  const change = user?.pendingPolicyChange;
  if (!user || change?.id !== changeId) {
    return refuse('not_found', { reason: 'change', detail: 'No such change. Propose it again.' });
  }
  return change.expiresAtMs > nowMs
    ? { state: { user, account }, change }
    : refuse('change_expired', { detail: 'That took too long. Propose the change again.' });
}

/**
 * Puts a confirmed policy in force, with the next version, for everybody's next sign-in. Of two admins who edit at once
 * the second gets `policy_version_conflict`, and nothing of the first one's is lost.
 */
export function applyPolicy(
  account: Account,
  change: ConfirmedChange,
  context: Context,
): { save?: Account; answer: { policy: Policy; version: number } | Refusal } {
  if (change.baseVersion !== account.policyVersion) {
    return { answer: versionConflict() };
  }
  return applied(account, change.policy, { event: 'policy_changed', detail: {} }, context);
}

/** The account with this policy as its next version, with the event and the notices that follow from it. */
export function applied(
  account: Account,
  policy: Policy,
  { event, detail }: { event: 'policy_changed' | 'policy_set_by_operator'; detail: Record<string, string> },
  context: Context,
): { save: Account; answer: { policy: Policy; version: number } } {
  const version = account.policyVersion + 1;
  const fanOuts = plannedFanOuts(account, policy, version, context.nowMs);
  const ended = endsTrust(account.policy, policy) ? { trustEndedAtMs: context.nowMs } : {};
  const changed = { ...account, ...ended, policy, policyVersion: version, fanOuts };
  const { mode, methods } = policy;
  const said = { version: String(version), mode, methods: methods.join(' '), ...detail };
  return { save: withEvent(changed, event, context, { detail: said }), answer: { policy, version } };
}

/** Trusting devices less, or not at all, ends the trust of every one; trusting them again brings none of it back. */
function endsTrust({ rememberDevice: before }: Policy, { rememberDevice: after }: Policy): boolean {
  return before.allowed && (!after.allowed || after.days < before.days);
}

export const versionConflict = (): Refusal =>
  refuse('policy_version_conflict', {
    detail: 'Somebody changed the policy meanwhile. Read it and propose again.',
  });
