/** A mail that bounced, or that its reader complained about: the address is marked, and no longer offered where there is another way. */
import type { Context, Decision } from '../decision.ts';
import { mailboxOf } from '../factors/email.ts';
import { withEvent } from '../notices/events.ts';
import type { Loaded } from '../state/item.ts';

/** Marks the mailbox that codes and notices go to, if it is still the one that bounced. Idempotent. */
export function recordBounce(
  { user }: Loaded,
  bounce: { email: string; reason: 'bounce' | 'complaint' },
  context: Context,
): Decision<Record<string, never>> {
  const mailbox = user && mailboxOf(user);
  const isTheirs = mailbox?.toLowerCase() === bounce.email.toLowerCase();
  if (!user || !mailbox || !isTheirs || user.mailBounced?.email === mailbox) {
    return { answer: {} };
  }
  const mailBounced = { email: mailbox, atMs: context.nowMs, reason: bounce.reason };
  const detail = { reason: bounce.reason };
  return { save: withEvent({ ...user, mailBounced }, 'mail_bounced', context, { detail }), answer: {} };
}
