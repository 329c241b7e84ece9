/** The state of one's own two-factor authentication, as a settings page shows it. */

import { type OfferedMethod, offer, usableMethods } from '../factors/methods.ts';
import { isEnabled } from '../factors/table.ts';
import { liveDevices } from '../sign-in/trusted-device.ts';
import type { Account, User } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import { isRequired } from '../state/policy.ts';

export type TwoFactorStatus = {
  status: 'enabled' | 'disabled';
  required: boolean;
  canDisable: boolean;
  methods: OfferedMethod[];
  authenticators: { id: string; label: string; createdAtMs: number; lastUsedAtMs: number | undefined }[];
  recoveryCodes: { remaining: number; low: boolean; generatedAtMs: number } | null;
  trustedDevices: number;
};

/** What is on, what may be turned off, and whether recovery codes run low. Never a secret or a code. */
export function twoFactorStatus(user: User, account: Account, nowMs: number): TwoFactorStatus {
  const enabled = isEnabled(user);
  const required = isRequired(account.policy, nowMs);
  const batch = user.recoveryCodes;
  const remaining = batch?.hashes.length ?? 0;
  return {
    status: enabled ? 'enabled' : 'disabled',
    required,
    canDisable: enabled && !required,
    methods: offer(user, usableMethods({ user, account }, nowMs)),
    authenticators: user.authenticators.map(({ id, label, createdAtMs, lastUsedAtMs }) => ({
      id,
      label,
      createdAtMs,
      lastUsedAtMs,
    })),
    recoveryCodes: batch
      ? { remaining, low: remaining <= limits.recovery.lowAt, generatedAtMs: batch.generatedAtMs }
      : null,
    trustedDevices: liveDevices(user, account, nowMs).length,
  };
}
