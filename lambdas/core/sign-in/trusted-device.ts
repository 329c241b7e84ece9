/** Trusted devices: a browser that proved a second factor and may skip it for a while, where the policy allows. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context, Ports } from '../decision.ts';
import { withEvent } from '../notices/events.ts';
import type { Account, State, User } from '../state/item.ts';
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
  { user, account }: State,
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
 * The user with one more trusted device, and its token; without, where the policy does not allow it. The longest unseen
 * device makes room for the eleventh.
 */
export function rememberDevice(
  { user, account }: State,
  { fresh }: Pick<Ports, 'fresh'>,
  context: Context,
): { user: User; deviceToken?: string } {
  if (!account.policy.rememberDevice.allowed) {
    return { user };
  }
  const deviceToken = fresh.deviceToken();
  const device = {
    id: context.newId('dev'),
    tokenHash: deviceTokenHash(deviceToken),
    userAgent: context.userAgent?.slice(0, limits.trustedDevice.userAgentLength),
    createdAtMs: context.nowMs,
    lastSeenAtMs: context.nowMs,
    expiresAtMs: context.nowMs + lifetimeMs(account),
  };
  const live = liveDevices(user, account, context.nowMs).sort(
    (one, other) => other.lastSeenAtMs - one.lastSeenAtMs,
  );
  const trustedDevices = [...live.slice(0, limits.trustedDevice.perUser - 1), device];
  return { user: withEvent({ ...user, trustedDevices }, 'trusted_device_added', context), deviceToken };
}
