/** What a changed password ends. */
import type { Context, Decision } from '../decision.ts';
import { withEvent } from '../notices/events.ts';
import { refuse } from '../refusal.ts';
import { type Loaded, type User, without } from '../state/item.ts';

/**
 * Ends what the old password vouched for: trusted devices, open challenges and enrolments, re-authentications, whatever is
 * pending. Two-factor itself stays. Refuses `not_found`.
 */
export function passwordChanged({ user }: Loaded, context: Context): Decision<Record<string, never>> {
  if (!user) {
    return { answer: refuse('not_found', { reason: 'user', detail: 'No such user.' }) };
  }
  const ended: User = {
    ...without(
      user,
      'pendingAuthenticator',
      'pendingEmailMethod',
      'pendingSmsMethod',
      'pendingPolicyChange',
      'proofs',
      'temporaryCode',
    ),
    passwordChangedAtMs: context.nowMs,
    trustedDevices: [],
  };
  const save = user.trustedDevices.length > 0 ? withEvent(ended, 'trusted_devices_ended', context) : ended;
  return { save, answer: {} };
}
