/** Delivering one user's outbox: claim with a lease, hand over, remove. */
import { noticeMail } from '../core/mails.ts';
import { claimEvents, settleEvents } from '../core/outbox.ts';
import type { AuditTrail, Mailer, UserStore } from '../core/ports.ts';
import type { Account, OutboxEvent, User, UserRef } from '../core/state.ts';
import { brandOf } from './brand.ts';
import { decideAndSave } from './decide.ts';
import { reportFailure } from './report.ts';

export type CourierPorts = { store: UserStore; audit: AuditTrail; mail: Mailer };

type Claim = { claimed: OutboxEvent[]; user?: User; account?: Account };

/**
 * Delivers what is due in a user's outbox. The outbox is the truth: whoever claims an event first delivers it, an event
 * whose courier died is claimed again when its lease ends, and one that fails waits for its back-off. A courier that dies
 * between sending and removing costs a duplicate with the same event id, never a loss.
 */
export async function deliverOutbox(ports: CourierPorts, ref: UserRef, nowMs: number): Promise<void> {
  const claim = await decideAndSave<Claim>(ports, ref, ({ user, account }) => {
    const { claimed, save } = user ? claimEvents(user, nowMs) : { claimed: [], save: undefined };
    return claimed.length > 0 ? { save, answer: { claimed, user, account } } : { answer: { claimed } };
  });
  if ('refused' in claim || !claim.user) {
    return;
  }
  const delivered: string[] = [];
  const failed: string[] = [];
  for (const event of claim.claimed) {
    try {
      await deliverEvent(ports, claim.user, claim.account, event);
      delivered.push(event.id);
    } catch (error) {
      reportFailure('courier', event.id, error as Error);
      failed.push(event.id);
    }
  }
  await decideAndSave(ports, ref, ({ user }) =>
    user ? { save: settleEvents(user, delivered, failed, nowMs), answer: {} } : { answer: {} },
  );
}

async function deliverEvent(
  ports: CourierPorts,
  user: User,
  account: Account | undefined,
  event: OutboxEvent,
) {
  await ports.audit.record(user, event);
  const notice = noticeMail(event, brandOf(account));
  if (notice) {
    await ports.mail.send({ to: user.email, ...notice }, event.id);
  }
}
