/** What a changed password ends. */
import type { Context, Decision } from '../decision.ts';
import { withEvent } from '../notices/events.ts';
import { refuse } from '../refusal.ts';
import type { Loaded } from '../state/item.ts';

/** Ends the trusted devices, which the old password vouched for; two-factor itself stays. Refuses `not_found`. */
export function passwordChanged({ user }: Loaded, context: Context): Decision<Record<string, never>> {
  if (!user) {
    return { answer: refuse('not_found', { detail: 'No such user.' }) };
  }
  if (user.trustedDevices.length === 0) {
    return { answer: {} };
  }
  return { save: withEvent({ ...user, trustedDevices: [] }, 'trusted_devices_ended', context), answer: {} };
}
