/** All that is held about a person, without secrets. */
import { passkeysOf } from '../factors/passkey.ts';
import { factors, isEnabled, turnedOn } from '../factors/table.ts';
import { isTemporaryCodeLive } from '../factors/temporary-code.ts';
import { expiryOf } from '../sign-in/trusted-device.ts';
import type { State, User } from '../state/item.ts';

/** What an access request answers. Times end in `Ms`; the audit trail is listed apart. */
export function heldAbout({ user, account }: State, nowMs: number) {
  const { recoveryCodes, exemption } = user;
  return {
    accountId: user.accountId,
    id: user.userId,
    email: user.email,
    provenEmail: user.provenEmail,
    emailChangedAtMs: user.emailChangedAtMs,
    phone: user.phone,
    displayName: user.displayName,
    locale: user.locale,
    timeZone: user.timeZone,
    isAdmin: user.isAdmin,
    createdAtMs: user.createdAtMs,
    passwordChangedAtMs: user.passwordChangedAtMs,
    mailBounced: user.mailBounced ? true : undefined,
    status: isEnabled(user) ? ('enabled' as const) : ('disabled' as const),
    enabledAtMs: user.enabledAtMs,
    methods: turnedOn(user).map((method) => ({ method, sentTo: factors[method].sentTo(user) })),
    authenticators: user.authenticators.map(named),
    passkeys: passkeysOf(user).map((one) => ({
      ...named(one),
      synced: one.backup === 'synced',
      rpId: one.rpId,
    })),
    defaultMethod: user.defaultMethod,
    recoveryCodes: recoveryCodes
      ? { remaining: recoveryCodes.hashes.length, generatedAtMs: recoveryCodes.generatedAtMs }
      : null,
    trustedDevices: user.trustedDevices.map((device) => ({
      id: device.id,
      userAgent: device.userAgent ?? null,
      createdAtMs: device.createdAtMs,
      lastSeenAtMs: device.lastSeenAtMs,
      expiresAtMs: expiryOf(device, account),
    })),
    exemption: exemption ? { untilMs: exemption.untilMs, reason: exemption.reason } : null,
    temporaryCodeUntilMs: isTemporaryCodeLive(user, nowMs) ? user.temporaryCode?.expiresAtMs : undefined,
    enrollmentRequired: user.enrollmentRequired,
    ...locksOf(user, nowMs),
    pendingNotices: user.outbox.length,
  };
}

function locksOf({ failures }: User, nowMs: number) {
  const { backoffUntilMs = 0, codesDisabledAtMs, consecutive, atMs = [] } = failures;
  return {
    lockedUntilMs: backoffUntilMs > nowMs ? backoffUntilMs : undefined,
    codesDisabledAtMs,
    failures: { consecutive, in30Days: atMs.length },
  };
}

type Named = { id: string; label: string; createdAtMs: number; lastUsedAtMs?: number | undefined };

const named = ({ id, label, createdAtMs, lastUsedAtMs }: Named) => ({
  id,
  label,
  createdAtMs,
  lastUsedAtMs: lastUsedAtMs ?? null,
});
