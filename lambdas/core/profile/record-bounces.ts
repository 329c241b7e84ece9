/** A mail that bounced, or that its reader complained about: the address is marked, and no longer offered where there is another way. */
import type { Context, Decision } from '../decision.ts';
import { withEvent } from '../notices/events.ts';
import type { Loaded } from '../state/item.ts';

/** Marks the user's address, if it is still the one that bounced. Idempotent. */
export function recordBounce(
  { user }: Loaded,
  bounce: { email: string; reason: 'bounce' | 'complaint' },
  context: Context,
): Decision<Record<string, never>> {
  const isTheirs = user?.email.toLowerCase() === bounce.email.toLowerCase();
  if (!user || !isTheirs || user.mailBounced?.email === user.email) {
    return { answer: {} };
  }
  const mailBounced = { email: user.email, atMs: context.nowMs, reason: bounce.reason };
  const detail = { reason: bounce.reason };
  return { save: withEvent({ ...user, mailBounced }, 'mail_bounced', context, { detail }), answer: {} };
}
