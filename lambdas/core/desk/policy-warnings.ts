/** What a page says before somebody weakens a policy: who will then pass by what. */
import { federatedOf, isRequired, type Policy } from '../state/policy.ts';

export type Warning = {
  code:
    | 'enforcement_off'
    | 'enforcement_postponed'
    | 'method_off'
    | 'passkey_alone'
    | 'devices_on'
    | 'bypass_on'
    | 'password_alone'
    | 'bootstrap_off';
  detail: string;
};

/** Every way in which `after` is weaker than `before`, in the order of how many people it concerns. */
export function warningsOf(before: Policy, after: Policy, nowMs: number): Warning[] {
  return [
    requirementEnds(before, after, nowMs),
    methodRemoved(before, after),
    passkeyAlone(before, after),
    devicesAllowed(before, after),
    federatedBypass(before, after, nowMs),
    passwordAlone(before, after),
    bootstrapEnds(before, after),
  ].flatMap((warning) => warning ?? []);
}

function requirementEnds(before: Policy, after: Policy, nowMs: number): Warning | undefined {
  const putOff = isRequired(before, nowMs) && !isRequired(after, nowMs);
  const given = before.mode === 'required' && after.mode === 'optional';
  return putOff || given
    ? {
        code: given ? 'enforcement_off' : 'enforcement_postponed',
        detail:
          'People who have not turned two-factor authentication on themselves will sign in with their first factor alone.',
      }
    : undefined;
}

function methodRemoved(before: Policy, after: Policy): Warning | undefined {
  const gone = before.methods.filter((method) => !after.methods.includes(method));
  return gone.length > 0
    ? {
        code: 'method_off',
        detail: `People who have only ${gone.join(' or ')} prove it once more at their next sign-in and then set up another method.`,
      }
    : undefined;
}

function passkeyAlone(before: Policy, after: Policy): Warning | undefined {
  const isAlone = ({ methods }: Policy) => methods.every((method) => method === 'passkey');
  return isAlone(after) && !isAlone(before)
    ? {
        code: 'passkey_alone',
        detail:
          'Everybody needs a device or a security key that holds passkeys: whoever has none, for example in Firefox on Linux, cannot set one up.',
      }
    : undefined;
}

function devicesAllowed({ rememberDevice: before }: Policy, { rememberDevice: after }: Policy) {
  const longer = after.allowed && (!before.allowed || after.days > before.days);
  return longer
    ? ({
        code: 'devices_on',
        detail: `Whoever uses a remembered device passes without a second factor for ${after.days} days.`,
      } as const)
    : undefined;
}

function federatedBypass(before: Policy, after: Policy, nowMs: number): Warning | undefined {
  // What a coming requirement means is what it will mean once it holds.
  const inForce = (policy: Policy) => federatedOf(policy, Math.max(nowMs, policy.requiredFromMs ?? 0));
  const bypasses = inForce(after) === 'bypass';
  const isNew = inForce(before) !== 'bypass' || (before.mode !== 'required' && after.mode === 'required');
  return bypasses && isNew && (after.mode === 'required' || after.federated !== undefined)
    ? {
        code: 'bypass_on',
        detail: 'People who sign in with another provider pass without a second factor here.',
      }
    : undefined;
}

function passwordAlone(before: Policy, after: Policy): Warning | undefined {
  return before.sensitiveActions !== 'password' && after.sensitiveActions === 'password'
    ? {
        code: 'password_alone',
        detail: 'Whoever knows a password can change or turn off two-factor authentication with it alone.',
      }
    : undefined;
}

function bootstrapEnds(before: Policy, after: Policy): Warning | undefined {
  return before.bootstrap !== 'none' && after.bootstrap === 'none'
    ? {
        code: 'bootstrap_off',
        detail: 'Whoever knows a password can set up the first second factor without access to the mailbox.',
      }
    : undefined;
}
