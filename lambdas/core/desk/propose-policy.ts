/** Proposing a change of an account's policy: nothing changes before the mailed code. */
import type { Context, Decision } from '../decision.ts';
import { isEnabled } from '../factors/table.ts';
import { userUnknown } from '../profile/user-unknown.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { staleReauthentication } from '../settings/proof.ts';
import { type CodeToSend, newCode, type SendPorts } from '../sign-in/send-code.ts';
import { type Loaded, type State, without } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import { isRequired, type Policy } from '../state/policy.ts';
import type { UserTokenClaims } from '../state/user-token-claims.ts';

export type Proposal = CodeToSend & { changeId: string; warning?: string | undefined };

/** `requiredFromMs: null` takes the date away; what is not named stays as it is. */
export type PolicyEdit = Partial<Omit<Policy, 'requiredFromMs'>> & { requiredFromMs?: number | null };

export type ProposePolicy = { token: UserTokenClaims; edit: PolicyEdit };

/**
 * Keeps a proposed policy with the admin who proposed it and sends the code that will confirm it. Refuses `forbidden` for
 * anybody but an admin and for a requirement that would lock that admin out, `reauthentication_required`,
 * `request_invalid` for methods that nobody could use, and the limits on codes.
 */
export async function proposePolicy(
  { user, account }: Loaded,
  { token, edit }: ProposePolicy,
  ports: SendPorts,
  context: Context,
): Promise<Decision<Proposal>> {
  const refusal = onlyAdmin(token) ?? staleReauthentication(token, context.nowMs);
  if (refusal) {
    return { answer: refusal };
  }
  if (!user) {
    return { answer: userUnknown() };
  }
  const policy = editedPolicy(account.policy, edit);
  const unusable = unusablePolicy(policy, { user, account });
  if (unusable) {
    return { answer: unusable };
  }
  const changeId = context.newId('chg');
  const expiresAtMs = context.nowMs + limits.challenge.lifetimeMs;
  const pendingPolicyChange = { id: changeId, policy, baseVersion: account.policyVersion, expiresAtMs };
  const proposer = { user: { ...user, pendingPolicyChange }, account };
  const sent = await newCode(proposer, { challengeId: changeId }, 'email', ports, context, expiresAtMs);
  const { answer } = sent;
  if (isRefusal(answer)) {
    return { answer };
  }
  const warning = warningOf(account.policy, policy, context.nowMs);
  return { ...sent, answer: { ...answer, changeId, warning } };
}

/** `forbidden` for support and users: seeing a policy is for both, changing it for admins. */
export function onlyAdmin(token: UserTokenClaims): Refusal | undefined {
  return token.role === 'admin'
    ? undefined
    : refuse('forbidden', { detail: 'Only an admin changes the policy.' });
}

function editedPolicy(current: Policy, edit: PolicyEdit): Policy {
  const { requiredFromMs = current.requiredFromMs, ...rest } = edit;
  const policy = { ...without(current, 'requiredFromMs'), ...rest };
  return policy.mode === 'required' && typeof requiredFromMs === 'number'
    ? { ...policy, requiredFromMs }
    : policy;
}

/** A policy that nobody could follow, or that would shut out the very admin who proposes it. */
function unusablePolicy(policy: Policy, { user, account }: State): Refusal | undefined {
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
