/** Changing an account's policy, in two steps: propose, then confirm by a code mailed to that admin. */

import type { Context, Question, Step } from '../decision.ts';
import { withAttempts } from '../factors/attempts.ts';
import { spendFactor } from '../factors/factor.ts';
import { isEnabled } from '../factors/methods.ts';
import { withEvent } from '../notices/events.ts';
import { plannedFanOuts } from '../notices/fan-out.ts';
import { userUnknown } from '../profile/user-unknown.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { staleReauthentication, type UserTokenClaims } from '../settings/proof.ts';
import { type CodeToSend, sendCode } from '../sign-in/send-code.ts';
import type { Account, Loaded, User } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import { isRequired, type Policy } from '../state/policy.ts';

export type Proposal = CodeToSend & { changeId: string; warning?: string };

/** `requiredFromMs: null` takes the date away; what is not named stays as it is. */
export type PolicyEdit = Partial<Omit<Policy, 'requiredFromMs'>> & { requiredFromMs?: number | null };

/**
 * Keeps a proposed policy with the admin who proposed it and sends the code that will confirm it. Nothing changes yet.
 * Refuses `forbidden` for anybody but an admin and for a requirement that would lock that admin out,
 * `reauthentication_required`, `request_invalid` for methods that nobody could use, and the limits on codes.
 */
export function decideProposePolicy(
  loaded: Loaded,
  command: { token: UserTokenClaims; edit: PolicyEdit },
  context: Context,
): Step<Proposal> {
  const { account, user } = loaded;
  const refusal = onlyAdmin(command.token) ?? staleReauthentication(command.token, context.nowMs);
  if (refusal) {
    return { answer: refusal };
  }
  if (!user) {
    return { answer: userUnknown() };
  }
  const policy = editedPolicy(account.policy, command.edit);
  const unusable = unusablePolicy(policy, { user, account });
  if (unusable) {
    return { answer: unusable };
  }
  const changeId = context.newId('chg');
  const expiresAtMs = context.nowMs + limits.challenge.lifetimeMs;
  const pendingPolicyChange = { id: changeId, policy, baseVersion: account.policyVersion, expiresAtMs };
  const sending = sendCode(
    { user: { ...user, pendingPolicyChange }, account },
    { challengeId: changeId },
    'email',
    context,
    expiresAtMs,
  );
  return withMore(sending, { changeId, warning: warningOf(account.policy, policy, context.nowMs) });
}

/**
 * Spends the mailed code of a proposal and answers with what is to be made of it. The code counts against the admin's one
 * budget of failures. Refuses `forbidden`, `not_found`, `change_expired`, `policy_version_conflict`, and what `spendFactor`
 * refuses.
 */
export function decideConfirmPolicy(
  loaded: Loaded,
  command: { token: UserTokenClaims; changeId: string; code: string },
  context: Context,
): Step<{ policy: Policy; baseVersion: number }> {
  const change = pendingChange(loaded, command, context.nowMs);
  if (isRefusal(change)) {
    return { answer: change };
  }
  const { user, account } = loaded as { user: User; account: Account };
  if (change.baseVersion !== account.policyVersion) {
    return { answer: versionConflict() };
  }
  const key = { challengeId: command.changeId };
  return spendFactor({ user, account }, key, { method: 'email', code: command.code }, context, (spent) => {
    const { pendingPolicyChange: _done, ...rest } = withAttempts(spent, key, undefined, context.nowMs);
    return { save: rest as User, answer: { policy: change.policy, baseVersion: change.baseVersion } };
  });
}

/**
 * Puts a confirmed policy in force, with the next version, for everybody's next sign-in. Of two admins who edit at once
 * the second gets `policy_version_conflict`, and nothing of the first one's is lost.
 */
export function decideApplyPolicy(
  account: Account,
  change: { policy: Policy; baseVersion: number },
  context: Context,
): { save?: Account; answer: { policy: Policy; version: number } | Refusal } {
  if (change.baseVersion !== account.policyVersion) {
    return { answer: versionConflict() };
  }
  const version = account.policyVersion + 1;
  const fanOuts = plannedFanOuts(account, change.policy, version, context.nowMs);
  const ended = endsTrust(account.policy, change.policy) ? { trustEndedAtMs: context.nowMs } : {};
  const changed = { ...account, ...ended, policy: change.policy, policyVersion: version, fanOuts };
  const { mode, methods } = change.policy;
  const detail = { version: String(version), mode, methods: methods.join(' ') };
  return {
    save: withEvent(changed, 'policy_changed', context, { detail }),
    answer: { policy: change.policy, version },
  };
}

/** Trusting devices less, or not at all, ends the trust of every one; trusting them again brings none of it back. */
function endsTrust({ rememberDevice: before }: Policy, { rememberDevice: after }: Policy): boolean {
  return before.allowed && (!after.allowed || after.days < before.days);
}

/** `forbidden` for support and users: seeing a policy is for both, changing it for admins. */
function onlyAdmin(token: UserTokenClaims): Refusal | undefined {
  return token.role === 'admin'
    ? undefined
    : refuse('forbidden', { detail: 'Only an admin changes the policy.' });
}

function editedPolicy(current: Policy, edit: PolicyEdit): Policy {
  const { requiredFromMs = current.requiredFromMs, ...rest } = edit;
  const { requiredFromMs: _before, ...kept } = current;
  const policy = { ...kept, ...rest } as Policy;
  return policy.mode === 'required' && typeof requiredFromMs === 'number'
    ? { ...policy, requiredFromMs }
    : policy;
}

/** A policy that nobody could follow, or that would shut out the very admin who proposes it. */
function unusablePolicy(
  policy: Policy,
  { user, account }: { user: User; account: Account },
): Refusal | undefined {
  if (policy.methods.includes('sms') && !account.smsEnabled) {
    const detail = 'sms is not activated for this account';
    return refuse('request_invalid', { detail, errors: [{ pointer: '/policy/methods', detail }] });
  }
  const canGetIn = isEnabled(user) || policy.methods.includes('email') || policy.bootstrap === 'email';
  return policy.mode === 'required' && !canGetIn
    ? refuse('forbidden', { detail: 'Set up two-factor authentication for yourself first.' })
    : undefined;
}

/** What a page should say before somebody weakens the policy, or undefined. */
function warningOf(before: Policy, after: Policy, nowMs: number): string | undefined {
  const putOff = isRequired(before, nowMs) && !isRequired(after, nowMs);
  if (putOff || (before.mode === 'required' && after.mode === 'optional')) {
    return 'Users who have not turned two-factor authentication on themselves will sign in with their first factor alone.';
  }
  const gone = before.methods.filter((method) => !after.methods.includes(method));
  return gone.length > 0
    ? `Users who rely on ${gone.join(' or ')} will have to set up another method at their next sign-in.`
    : undefined;
}

function pendingChange(
  { user }: Loaded,
  command: { token: UserTokenClaims; changeId: string },
  nowMs: number,
) {
  const refusal = onlyAdmin(command.token);
  if (refusal) {
    return refusal;
  }
  const pending = user?.pendingPolicyChange;
  if (pending?.id !== command.changeId) {
    return refuse('not_found', { detail: 'No such change. Propose it again.' });
  }
  return pending.expiresAtMs > nowMs
    ? pending
    : refuse('change_expired', { detail: 'That took too long. Propose the change again.' });
}

const versionConflict = (): Refusal =>
  refuse('policy_version_conflict', {
    detail: 'Somebody changed the policy meanwhile. Read it and propose again.',
  });

/** The same step, with more said in its answer. */
function withMore<A extends object, M extends object>(step: Step<A>, more: M): Step<A & M> {
  if ('ask' in step) {
    return { ...step, next: (answered: never) => withMore(step.next(answered), more) } as Step<A & M>;
  }
  if ('afterSave' in step) {
    return { ...step, afterSave: withMore(step.afterSave, more) as Question<A & M> };
  }
  const { answer } = step;
  return { ...step, answer: isRefusal(answer) ? answer : { ...answer, ...more } };
}
