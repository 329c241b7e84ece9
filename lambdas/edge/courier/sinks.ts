/** The sinks of an event: where it goes, each one on its own. */
import { treatmentOf } from '../../core/notices/event-types.ts';
import { addressesOf } from '../../core/notices/events.ts';
import { currentNotice } from '../../core/notices/fan-out.ts';
import { noticeMail } from '../../core/notices/mails.ts';
import { decideNotifyAdmin } from '../../core/notices/notify-admin.ts';
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
import { isRefusal } from '../../core/refusal.ts';
import { type Account, type OutboxEvent, refOf, type User } from '../../core/state/item.ts';
import { decideAndSave, newId } from '../run/decide.ts';
import { brandOf } from '../setup/brand.ts';
import { deviceOf } from './device-label.ts';

export type CourierPorts = {
  store: UserStore;
  auditTrail: AuditTrail;
  mailer: Mailer;
  ledger: Ledger;
  directory: Directory;
  /** Undefined where the deployment has no event bus. */
  announcer: Announcer | undefined;
};

/** Events that a courier has a lease on, and the state that they were claimed from. */
export type Claim = { ref: OutboxRef; claimed: OutboxEvent[]; user?: User | undefined; account: Account };

/** `admins`: the outboxes of the account's admins. `mail:` goes on with an address. */
export type Sink = 'audit' | 'figures' | 'admin_list' | 'event_bus' | 'admins' | `mail:${string}`;

/** `handedOver` collects what the sink `admins` puts into other outboxes, leased to this courier. */
export type Delivery = { event: OutboxEvent; claim: Claim; handedOver: Claim[]; nowMs: number };

/** Every sink of an event. One that was raised by an older release names no address: it goes to the present one. */
export function sinksOf(event: OutboxEvent, { user }: Claim, { announcer }: CourierPorts): Sink[] {
  const { type, counts, to } = event;
  const { mailed } = treatmentOf(type);
  const isAboutAdmins = type === 'admin_granted' || type === 'admin_revoked';
  return [
    'audit',
    ...(counts ? (['figures'] as const) : []),
    ...(user && isAboutAdmins ? (['admin_list'] as const) : []),
    ...(announcer ? (['event_bus'] as const) : []),
    ...(mailed && !user ? (['admins'] as const) : []),
    ...(mailed && user ? (to ?? addressesOf(user)).map((address) => `mail:${address}` as const) : []),
  ];
}

/** Serves one sink. Each is idempotent but for a mail and the event bus, which carry the event's id. */
export async function serve(ports: CourierPorts, delivery: Delivery, sink: Sink): Promise<void> {
  const { event, claim } = delivery;
  const { ref, user } = claim;
  switch (sink) {
    case 'audit':
      return ports.auditTrail.record(ref, event);
    case 'figures':
      return ports.ledger.add(ref.accountId, event.id, event.counts ?? {});
    case 'admin_list':
      return user && ports.ledger.setAdmin(user, user.isAdmin);
    case 'event_bus':
      return ports.announcer?.announce(ref, event);
    case 'admins':
      return notifyAdmins(ports, delivery);
    default:
      return mailNotice(ports, delivery, sink);
  }
}

async function mailNotice({ mailer }: CourierPorts, delivery: Delivery, sink: Sink): Promise<void> {
  const { event, claim, nowMs } = delivery;
  const { user, account } = claim;
  if (!user || !sink.startsWith('mail:')) {
    throw new Error('this release does not know the sink');
  }
  const current = currentNotice(event, { user, account }, nowMs);
  const to = sink.slice('mail:'.length);
  const notice =
    current && noticeMail(current, brandOf(account), { ...user, email: to }, deviceOf(event.userAgent));
  if (notice) {
    await mailer.send({ to, ...notice }, event.id, refOf(user));
  }
}

/** Puts the event into the outbox of each admin, once. One who cannot be reached keeps none of the others waiting. */
async function notifyAdmins(ports: CourierPorts, delivery: Delivery): Promise<void> {
  const { event, claim, handedOver, nowMs } = delivery;
  const { accountId } = claim.ref;
  let failure: unknown;
  for (const userId of await ports.directory.admins(accountId)) {
    const ref = { accountId, userId };
    try {
      const handed = await notifyAdmin(ports, ref, event, nowMs);
      handedOver.push(...handed.map((each) => ({ ref, account: claim.account, ...each })));
    } catch (error) {
      failure = error;
    }
  }
  if (failure !== undefined) {
    throw failure;
  }
}

async function notifyAdmin(
  ports: CourierPorts,
  ref: { accountId: string; userId: string },
  event: OutboxEvent,
  nowMs: number,
): Promise<{ claimed: OutboxEvent[]; user: User }[]> {
  const context = { nowMs, newId, actor: { kind: 'system' as const } };
  const decided = await decideAndSave<{ event?: OutboxEvent; user?: User }>(ports, ref, ({ user }) =>
    user ? decideNotifyAdmin(user, event, context) : { answer: {} },
  );
  if (isRefusal(decided)) {
    throw new Unavailable('an admin is busy');
  }
  return decided.event && decided.user ? [{ claimed: [decided.event], user: decided.user }] : [];
}
