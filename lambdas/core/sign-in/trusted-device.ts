/** Trusted devices: a browser that proved a second factor and may skip it for a while, where the policy allows. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { ask, type Context, type Decision, type Step } from '../decision.ts';
import { withEvent } from '../notices/events.ts';
import { userUnknown } from '../profile/user-unknown.ts';
import { refuse } from '../refusal.ts';
import type { Account, Loaded, User } from '../state/item.ts';
import { limits } from '../state/limits.ts';

export type TrustedDevice = User['trustedDevices'][number];

/** A token of 256 random bits needs no slow hash; a dump of the table reveals no token. */
export const deviceTokenHash = (token: string): Uint8Array =>
  new Uint8Array(createHash('sha256').update(token).digest());

/**
 * The live device behind a token, or undefined: forged, somebody else's, expired, or no longer allowed. The policy of now
 * counts, so that turning it off ends devices at once.
 */
export function trustedDeviceOf(
  { user, account }: { user: User; account: Account },
  token: string | undefined,
  nowMs: number,
): TrustedDevice | undefined {
  if (token === undefined) {
    return undefined;
  }
  const hash = deviceTokenHash(token);
  return liveDevices(user, account, nowMs).find((device) => timingSafeEqual(device.tokenHash, hash));
}

/** The devices that skip the second step today. */
export function liveDevices(user: User, account: Account, nowMs: number): TrustedDevice[] {
  const { allowed } = account.policy.rememberDevice;
  const endedAtMs = account.trustEndedAtMs ?? 0;
  const isLive = (device: TrustedDevice) =>
    device.createdAtMs > endedAtMs && expiryOf(device, account) > nowMs;
  return allowed ? user.trustedDevices.filter(isLive) : [];
}

/** When a device ends: what it was given, or what the policy gives today, whichever is sooner. */
export function expiryOf(device: TrustedDevice, account: Account): number {
  return Math.min(device.expiresAtMs, device.createdAtMs + lifetimeMs(account));
}

const lifetimeMs = (account: Account): number =>
  Math.min(account.policy.rememberDevice.days, limits.trustedDevice.maxDays) * limits.trustedDevice.dayMs;

/** The user with this device seen now, or the same user when it was seen a moment ago. It never lives longer by that. */
export function withSeenDevice(user: User, device: TrustedDevice, nowMs: number): User {
  if (nowMs - device.lastSeenAtMs < limits.trustedDevice.seenMs) {
    return user;
  }
  const seen = { ...device, lastSeenAtMs: nowMs };
  return { ...user, trustedDevices: user.trustedDevices.map((one) => (one.id === device.id ? seen : one)) };
}

/**
 * Goes on with the user who has one more trusted device, and its token; or without, where the policy does not allow it.
 * The longest unseen device makes room for the eleventh.
 */
export function rememberDevice<A>(
  { user, account }: { user: User; account: Account },
  context: Context,
  then: (user: User, deviceToken?: string) => Step<A>,
): Step<A> {
  if (!account.policy.rememberDevice.allowed) {
    return then(user);
  }
  return ask('new-device-token', {}, ({ token, hash }) => {
    const device = {
      id: context.newId('dev'),
      tokenHash: hash,
      userAgent: context.userAgent?.slice(0, limits.trustedDevice.userAgentLength),
      createdAtMs: context.nowMs,
      lastSeenAtMs: context.nowMs,
      expiresAtMs: context.nowMs + lifetimeMs(account),
    };
    const live = liveDevices(user, account, context.nowMs).sort(
      (one, other) => other.lastSeenAtMs - one.lastSeenAtMs,
    );
    const trustedDevices = [...live.slice(0, limits.trustedDevice.perUser - 1), device];
    return then(withEvent({ ...user, trustedDevices }, 'trusted_device_added', context), token);
  });
}

/**
 * Ends one trusted device, or all of them. Less trust is never asked for a proof. Refuses `not_found`.
 */
export function decideRevokeDevices(
  { user }: Loaded,
  deviceId: string | undefined,
  context: Context,
): Decision<Record<string, never>> {
  if (!user) {
    return { answer: userUnknown() };
  }
  const kept = deviceId === undefined ? [] : user.trustedDevices.filter(({ id }) => id !== deviceId);
  const ended = user.trustedDevices.length - kept.length;
  if (ended === 0) {
    return { answer: deviceId === undefined ? {} : refuse('not_found', { detail: 'No such device.' }) };
  }
  const news = deviceId === undefined ? 'trusted_devices_ended' : 'trusted_device_revoked';
  return { save: withEvent({ ...user, trustedDevices: kept }, news, context), answer: {} };
}
