/** Ending trusted devices. */
import type { Context, Decision } from '../decision.ts';
import { withEvent } from '../notices/events.ts';
import { isRefusal, refuse } from '../refusal.ts';
import type { Loaded } from '../state/item.ts';
import type { UserTokenClaims } from '../state/user-token-claims.ts';
import { ownUser } from './own-user.ts';

/**
 * Ends one trusted device, or all of them. Less trust is never asked for a proof. Refuses `not_found`.
 */
export function revokeTrustedDevices(
  loaded: Loaded,
  { token, deviceId }: { token: UserTokenClaims; deviceId?: string },
  context: Context,
): Decision<Record<string, never>> {
  const user = ownUser(loaded, token);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const kept = deviceId === undefined ? [] : user.trustedDevices.filter(({ id }) => id !== deviceId);
  const ended = user.trustedDevices.length - kept.length;
  if (ended === 0) {
    return {
      answer:
        deviceId === undefined ? {} : refuse('not_found', { reason: 'device', detail: 'No such device.' }),
    };
  }
  const event = deviceId === undefined ? 'trusted_devices_ended' : 'trusted_device_revoked';
  return { save: withEvent({ ...user, trustedDevices: kept }, event, context), answer: {} };
}
