/** Handing an event of the account to one of its admins: from there it is a notice like any other of that admin's. */
import type { Context, Decision } from '../decision.ts';
import type { OutboxEvent, User } from '../state/item.ts';
import { addressesOf, withPending } from './events.ts';
import { leased } from './outbox.ts';

/**
 * Puts the account's event into the admin's own outbox, for mail alone and already leased to the courier that delivers it.
 * The mark in the same write makes it idempotent: `event` is undefined for an admin who has it already.
 */
export function decideNotifyAdmin(
  admin: User,
  event: OutboxEvent,
  context: Context,
): Decision<{ event?: OutboxEvent; user: User }> {
  if (admin.toldEvent === event.id) {
    return { answer: { user: admin } };
  }
  const { nowMs } = context;
  const { counts: _counts, waiting: _waiting, ...told } = event;
  const to = addressesOf(admin);
  const copy = leased(
    {
      ...told,
      to,
      waiting: to.map((address) => ({ sink: `mail:${address}`, tries: 0, dueAtMs: nowMs })),
      tries: 0,
      dueAtMs: nowMs,
    },
    nowMs,
  );
  const save = withPending({ ...admin, toldEvent: event.id }, copy, context);
  return { save, answer: { event: copy, user: save } };
}
