/** Proposing a change of an account's policy: nothing changes before the mailed code. */
import { type Context, type Decision, type Here, isRefused } from '../decision.ts';
import { choosableMethods } from '../factors/methods.ts';
import type { SpendPorts } from '../factors/spend.ts';
import { isEnabled } from '../factors/table.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { ownUser } from '../settings/own-user.ts';
import { proven, type Sensitive, staleReauthentication } from '../settings/proof.ts';
import { type CodeToSend, newCode, type SendPorts } from '../sign-in/send-code.ts';
import { type Account, type Loaded, type State, without } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import type { Policy } from '../state/policy.ts';
import type { UserTokenClaims } from '../state/user-token-claims.ts';
import { type Warning, warningsOf } from './policy-warnings.ts';

export type Proposal = CodeToSend & { changeId: string; warnings: Warning[] };

/** `null` is the default; what is not named stays as it is. */
export type PolicyEdit = { [K in keyof Policy]?: Policy[K] | null | undefined };

/** `defaults`: what `null` stands for. */
export type ProposePolicy = Sensitive & { edit: PolicyEdit; defaults: Policy };

/**
 * Keeps a proposed policy with the admin who proposed it and sends the code that will confirm it. Refuses `forbidden` for
 * anybody but an admin and for a requirement that would lock that admin out, `reauthentication_required`, what `proven`
 * refuses, `request_invalid` for methods that nobody could use, and the limits on codes.
 */
export async function proposePolicy(
  loaded: Loaded,
  command: ProposePolicy,
  ports: SpendPorts & SendPorts,
  context: Context,
): Promise<Decision<Proposal>> {
  const { account } = loaded;
  const refusal =
    onlyAdmin(command.token) ?? staleReauthentication(loaded.user, command.token, context.nowMs);
  if (refusal) {
    return { answer: refusal };
  }
  const user = ownUser(loaded, command.token);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const policy = editedPolicy(account.policy, command.edit, command.defaults);
  const unusable = unusablePolicy(policy, { user, account }, context);
  if (unusable) {
    return { answer: unusable };
  }
  const allowed = await proven({ user, account }, command, ports, context);
  if (isRefused(allowed)) {
    return allowed;
  }
  const changeId = context.newId('chg');
  const expiresAtMs = context.nowMs + limits.challenge.lifetimeMs;
  const pendingPolicyChange = { id: changeId, policy, baseVersion: account.policyVersion, expiresAtMs };
  const proposer = { user: { ...allowed.user, pendingPolicyChange }, account };
  const sent = await newCode(proposer, { challengeId: changeId }, 'email', ports, context, expiresAtMs);
  const { answer } = sent;
  if (isRefusal(answer)) {
    return { answer };
  }
  const warnings = warningsOf(account.policy, policy, context.nowMs);
  return { ...sent, answer: { ...answer, changeId, warnings } };
}

/** `forbidden` for support and users: seeing a policy is for both, changing it for admins. */
export function onlyAdmin(token: UserTokenClaims): Refusal | undefined {
  return token.role === 'admin'
    ? undefined
    : refuse('forbidden', { reason: 'role', detail: 'Only an admin changes the policy.' });
}

/** The policy with this edit; `null` takes the default. A date says something under a requirement only. */
export function editedPolicy(current: Policy, edit: PolicyEdit, defaults: Policy): Policy {
  const named = Object.entries(edit).filter(([, value]) => value !== undefined);
  const set = named.map(([name, value]) => [name, value ?? defaults[name]]);
  const policy: Policy = { ...current, ...Object.fromEntries(set) };
  const withoutUnset = Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== undefined));
  const edited = withoutUnset as Policy;
  return edited.mode === 'required' ? edited : without(edited, 'requiredFromMs');
}

/** A policy that nobody could follow, or that would shut out the very admin who proposes it. */
function unusablePolicy(policy: Policy, { user, account }: State, here: Here): Refusal | undefined {
  const refusal = unusableMethods(policy, account, here);
  if (refusal) {
    return refusal;
  }
  const canGetIn = isEnabled(user) || policy.methods.includes('email') || policy.bootstrap === 'email';
  return policy.mode === 'required' && !canGetIn
    ? refuse('forbidden', {
        reason: 'policy',
        detail: 'Set up two-factor authentication for yourself first.',
      })
    : undefined;
}

/**
 * `request_invalid` for SMS among the methods before the operator has activated it, and for methods that nobody could use:
 * passkeys alone where the deployment has none.
 */
export function unusableMethods(policy: Policy, account: Account, here: Here): Refusal | undefined {
  const refused = (detail: string) =>
    refuse('request_invalid', { detail, errors: [{ pointer: '/policy/methods', detail }] });
  if (policy.methods.includes('sms') && !account.smsEnabled) {
    return refused('sms is not activated for this account');
  }
  const usable = choosableMethods(account, here);
  return policy.methods.some((method) => usable.includes(method))
    ? undefined
    : refused('this deployment has no passkeys');
}
