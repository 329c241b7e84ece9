/** Delivering one outbox, a user's or an account's: claim with a lease, hand over, remove. */
import { noticeMail } from '../../core/notices/mails.ts';
import { claimEvents, type Deliveries, settleEvents } from '../../core/notices/outbox.ts';
import {
  type Announcer,
  type AuditTrail,
  type Directory,
  type Ledger,
  type Mailer,
  type OutboxRef,
  Unavailable,
  type UserStore,
} from '../../core/ports.ts';
import { type Account, type OutboxEvent, type Outboxed, refOf, type User } from '../../core/state/item.ts';
import { changeAccount, decideAndSave } from '../run/decide.ts';
import { reportFailure, reportSetAside } from '../run/report.ts';
import { brandOf } from '../setup/brand.ts';
import { deviceOf } from './device-label.ts';

export type CourierPorts = {
  store: UserStore;
  audit: AuditTrail;
  mail: Mailer;
  books: Ledger;
  lookup: Directory;
  /** Undefined where the deployment has no event bus. */
  announcer: Announcer | undefined;
};

export type Claim = { claimed: OutboxEvent[]; user?: User | undefined; account?: Account };

/**
 * Delivers what is due in an outbox. The outbox is the truth: whoever claims an event first delivers it, an event whose
 * courier died is claimed again when its lease ends, and one that fails waits for its back-off. A courier that dies
 * between sending and removing costs a duplicate with the same event id, never a loss.
 */
export async function deliverOutbox(ports: CourierPorts, ref: OutboxRef, nowMs: number): Promise<void> {
  const claim = await changeOutbox<Claim>(ports, ref, (item, loaded) => {
    const { claimed, save } = claimEvents(item, nowMs);
    return { save: claimed.length > 0 ? save : undefined, answer: { ...loaded, claimed } };
  });
  if (!claim || claim.claimed.length === 0) {
    return;
  }
  await deliverClaim(ports, ref, claim, nowMs);
}

/** Delivers events that this courier has a lease on, and settles how each went. */
export async function deliverClaim(
  ports: CourierPorts,
  ref: OutboxRef,
  claim: Claim,
  nowMs: number,
): Promise<Deliveries> {
  const deliveries = await deliverEvents(ports, ref, claim);
  const settled = await changeOutbox<{ setAside: number }>(ports, ref, (item) => {
    const save = settleEvents(item, deliveries, nowMs);
    return { save, answer: { setAside: (save.setAside ?? []).length - (item.setAside ?? []).length } };
  });
  if (settled && settled.setAside > 0) {
    reportSetAside(settled.setAside);
  }
  const counted = claim.claimed.filter(({ id, counts }) => counts && deliveries[id] === 'delivered');
  // Unless they are out of the outbox they may be told again, and must not be counted twice.
  if (settled && counted.length > 0) {
    await ports.books.settle(
      ref.accountId,
      counted.map(({ id }) => id),
    );
  }
  return deliveries;
}

/** Loads, changes and saves the item that holds this outbox. Undefined where there is none, or others kept writing it. */
async function changeOutbox<A extends object>(
  { store }: CourierPorts,
  ref: OutboxRef,
  change: (
    item: Outboxed,
    loaded: { user?: User; account: Account },
  ) => { save: Outboxed | undefined; answer: A },
): Promise<A | undefined> {
  const { accountId, userId } = ref;
  const answer =
    userId === undefined
      ? await changeAccount<A>(store, accountId, (account) => {
          const { save, ...rest } = change(account, { account });
          return save ? { save: save as Account, ...rest } : rest;
        })
      : await decideAndSave<A | Record<string, never>>(
          { store },
          { accountId, userId },
          ({ user, account }) => {
            const { save, ...rest } = user
              ? change(user, { user, account })
              : { save: undefined, answer: {} };
            return save ? { save: save as User, ...rest } : rest;
          },
        );
  return 'refused' in answer || Object.keys(answer).length === 0 ? undefined : (answer as A);
}

async function deliverEvents(ports: CourierPorts, ref: OutboxRef, claim: Claim): Promise<Deliveries> {
  const deliveries: Deliveries = {};
  for (const event of claim.claimed) {
    try {
      await deliverEvent(ports, ref, claim, event);
      deliveries[event.id] = 'delivered';
    } catch (error) {
      const throttled = error instanceof Unavailable && error.throttled;
      deliveries[event.id] = throttled ? 'postponed' : 'failed';
      if (!throttled) {
        reportFailure('courier', event.id, error as Error);
      }
    }
  }
  return deliveries;
}

/** Each part is the same when it is done again: the row, the figures, the list of admins; a mail carries the event's id. */
async function deliverEvent(
  ports: CourierPorts,
  ref: OutboxRef,
  { user, account }: Claim,
  event: OutboxEvent,
) {
  await ports.audit.record(ref, event);
  if (event.counts) {
    await ports.books.add(ref.accountId, event.id, event.counts);
  }
  if (user && (event.type === 'admin_granted' || event.type === 'admin_revoked')) {
    await ports.books.setAdmin(user, user.isAdmin);
  }
  await ports.announcer?.announce(ref, event);
  for (const reader of user ? [user] : await adminsOf(ports, ref)) {
    const notice = noticeMail(event, brandOf(account), reader, deviceOf(event.userAgent));
    if (notice) {
      await ports.mail.send({ to: reader.email, ...notice }, event.id, refOf(reader));
    }
  }
}

async function adminsOf(ports: CourierPorts, { accountId }: OutboxRef): Promise<User[]> {
  const ids = await ports.lookup.admins(accountId);
  const loaded = await Promise.all(ids.map((userId) => ports.store.load({ accountId, userId })));
  return loaded.flatMap(({ user }) => user ?? []);
}
