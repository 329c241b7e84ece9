/** The state of one's own two-factor authentication, as a settings page shows it. */
import type { Here } from '../decision.ts';
import { mailboxOf } from '../factors/email.ts';
import {
  allowedMethods,
  type OfferedMethod,
  offer,
  provableMethods,
  usableMethods,
} from '../factors/methods.ts';
import { passkeysOf } from '../factors/passkey.ts';
import { factors, isEnabled } from '../factors/table.ts';
import { mayEnrolUnproven } from '../factors/temporary-code.ts';
import { liveDevices } from '../sign-in/trusted-device.ts';
import type { State } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import type { FactorMethod, Method } from '../state/methods.ts';
import { isRequired, requiredFromOf } from '../state/policy.ts';
import type { UserTokenClaims } from '../state/user-token-claims.ts';
import { staleReauthentication } from './proof.ts';

type Listed = { id: string; label: string; createdAtMs: number; lastUsedAtMs: number | undefined };

export type TwoFactorStatus = {
  status: 'enabled' | 'disabled';
  required: boolean;
  canDisable: boolean;
  methods: OfferedMethod[];
  /** As the person set it; null where the one used last comes first. */
  defaultMethod: FactorMethod | null;
  /** What the account lets its users turn on, whether on or not. */
  availableMethods: FactorMethod[];
  authenticators: (Listed & { imported: boolean | undefined; weak: boolean | undefined })[];
  /** `synced`: its key is backed up, and may be on other devices too. `usable`: a page here can ask for it. */
  passkeys: (Listed & { synced: boolean; usable: boolean })[];
  recoveryCodes: { remaining: number; low: boolean; saved: boolean; generatedAtMs: number } | null;
  trustedDevices: number;
  /** A coming requirement that this person does not meet yet. */
  requiredFromMs: number | undefined;
  email: string;
  /** The address that codes go to, where it is another one. */
  codesTo: string | undefined;
  /**
   * What a sensitive act by this token asks for: `password` where it is not fresh. After a sign-in by a temporary code, one
   * factor `enrolsWithoutProof`.
   */
  proof: { password: boolean; factor: boolean; methods: OfferedMethod[]; enrolsWithoutProof?: true };
};

/** What is on, what may be turned off, and whether recovery codes run low. Never a secret or a code. */
export function twoFactorStatus(state: State, token: UserTokenClaims, here: Here): TwoFactorStatus {
  const { user, account } = state;
  const enabled = isEnabled(user);
  const { nowMs } = here;
  const required = isRequired(account.policy, nowMs);
  const mailbox = mailboxOf(user);
  return {
    status: enabled ? 'enabled' : 'disabled',
    required,
    canDisable: enabled && !required,
    methods: offer(user, usableMethods(state, here)),
    defaultMethod: user.defaultMethod ?? null,
    availableMethods: allowedMethods(account, here),
    authenticators: user.authenticators.map((one) => ({
      ...listed(one),
      imported: one.imported,
      weak: one.weak,
    })),
    passkeys: passkeysOf(user).map((one) => ({
      ...listed(one),
      synced: one.backup === 'synced',
      usable: one.rpId === here.passkeys?.rpId,
    })),
    recoveryCodes: recoveryCodesOf(state),
    trustedDevices: liveDevices(user, account, nowMs).length,
    requiredFromMs: enabled ? undefined : requiredFromOf(account.policy, nowMs),
    email: user.email,
    codesTo: mailbox === user.email ? undefined : mailbox,
    proof: proofOf(state, token, here),
  };
}

const listed = ({
  id,
  label,
  createdAtMs,
  lastUsedAtMs,
}: Omit<Listed, 'lastUsedAtMs'> & Partial<Listed>) => ({
  id,
  label,
  createdAtMs,
  lastUsedAtMs,
});

function recoveryCodesOf({ user: { recoveryCodes } }: State): TwoFactorStatus['recoveryCodes'] {
  if (!recoveryCodes) {
    return null;
  }
  const { hashes, generatedAtMs, unsaved } = recoveryCodes;
  const remaining = hashes.length;
  return { remaining, low: remaining <= limits.recovery.lowAt, saved: !unsaved, generatedAtMs };
}

/**
 * Nobody who has no factor on has one to give; with one on, the policy says whether the password alone will do, and the token
 * whether it is fresh.
 */
function proofOf(state: State, token: UserTokenClaims, here: Here): TwoFactorStatus['proof'] {
  const { user, account } = state;
  const password = staleReauthentication(user, token, here.nowMs) !== undefined;
  if (!isEnabled(user)) {
    return { password, factor: false, methods: [] };
  }
  const own: Method[] = provableMethods(state, here);
  return {
    password,
    factor: account.policy.sensitiveActions === 'password_and_factor',
    methods: offer(user, factors.recovery_code.isOn(user) ? [...own, 'recovery_code'] : own),
    ...(mayEnrolUnproven(user, token, here.nowMs) && { enrolsWithoutProof: true as const }),
  };
}
