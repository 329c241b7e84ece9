/** Ending trusted devices. */
import type { Context, Decision } from '../decision.ts';
import { withEvent } from '../notices/events.ts';
import { userUnknown } from '../profile/user-unknown.ts';
import { refuse } from '../refusal.ts';
import type { Loaded } from '../state/item.ts';

/**
 * Ends one trusted device, or all of them. Less trust is never asked for a proof. Refuses `not_found`.
 */
export function revokeTrustedDevices(
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
  const event = deviceId === undefined ? 'trusted_devices_ended' : 'trusted_device_revoked';
  return { save: withEvent({ ...user, trustedDevices: kept }, event, context), answer: {} };
}
