/** Delivering one outbox, a user's or an account's: claim with a lease, serve each sink, settle. */
import {
  claimEvents,
  type Deliveries,
  dueSinks,
  isLastTry,
  isPoisonous,
  type Outcome,
  settleEvents,
} from '../../core/notices/outbox.ts';
import { type OutboxRef, Unavailable } from '../../core/ports.ts';
import type { Account, Outboxed, User } from '../../core/state/item.ts';
import { changeAccount, decideAndSave } from '../run/decide.ts';
import { reportFailure, reportSetAside } from '../run/report.ts';
import { type Claim, type CourierPorts, type Delivery, type Sink, serve, sinksOf } from './sinks.ts';

/**
 * Delivers what is due in an outbox, a few events at a time. Whoever claims an event delivers it; an event whose courier
 * died is claimed again when its lease ends. A courier that dies between sending and settling costs a duplicate with the
 * same event id, never a loss.
 */
export async function deliverOutbox(ports: CourierPorts, ref: OutboxRef, nowMs: number): Promise<void> {
  for (;;) {
    const claim = await changeOutbox<Claim>(ports, ref, (item, loaded) => {
      const { claimed, save } = claimEvents(item, nowMs);
      return { save: claimed.length > 0 ? save : undefined, answer: { ref, claimed, ...loaded } };
    });
    if (!claim || claim.claimed.length === 0) {
      return;
    }
    await deliverClaim(ports, claim, nowMs);
  }
}

/** Delivers events that this courier has a lease on, and settles how each of their sinks went. */
export async function deliverClaim(ports: CourierPorts, claim: Claim, nowMs: number): Promise<Deliveries> {
  const deliveries: Deliveries = {};
  const handedOver: Claim[] = [];
  for (const event of claim.claimed) {
    deliveries[event.id] = await deliverEvent(ports, { event, claim, handedOver, nowMs });
  }
  const settled = await changeOutbox(ports, claim.ref, (item) => ({
    save: settleEvents(item, deliveries, nowMs),
    answer: { done: true },
  }));
  if (settled) {
    await report(ports, claim, deliveries);
  } else {
    await eraseRowsOfErased(ports, claim.ref);
  }
  for (const admins of handedOver) {
    await deliverClaim(ports, admins, nowMs);
  }
  return deliveries;
}

async function deliverEvent(ports: CourierPorts, delivery: Delivery): Promise<Record<string, Outcome>> {
  const { event, claim, nowMs } = delivery;
  const sinks = dueSinks(event, sinksOf(event, claim, ports), nowMs);
  const outcomes = sinks.map(async (sink) => [sink, await outcomeOf(ports, delivery, sink)] as const);
  return Object.fromEntries(await Promise.all(outcomes));
}

async function outcomeOf(ports: CourierPorts, delivery: Delivery, sink: Sink): Promise<Outcome> {
  const { event } = delivery;
  if (isPoisonous(event)) {
    return setAside(ports, delivery, sink);
  }
  try {
    await serve(ports, delivery, sink);
    return 'delivered';
  } catch (error) {
    if (error instanceof Unavailable && error.throttled) {
      return 'postponed';
    }
    reportFailure(flowOf(sink), event.id, error as Error);
    return isLastTry(event, sink) ? setAside(ports, delivery, sink) : 'failed';
  }
}

/** The row comes first: the sink is only taken out of the outbox once its event is kept elsewhere. */
async function setAside(
  { auditTrail }: CourierPorts,
  { event, claim }: Delivery,
  sink: Sink,
): Promise<Outcome> {
  try {
    await auditTrail.setAside(claim.ref, event, sink);
    return 'set_aside';
  } catch (error) {
    reportFailure(flowOf(sink), event.id, error as Error);
    return 'failed';
  }
}

/** An address does not belong into a log. */
const flowOf = (sink: Sink): string => `courier ${sink.split(':')[0]}`;

async function report(ports: CourierPorts, { ref, claimed }: Claim, deliveries: Deliveries): Promise<void> {
  const outcomes = Object.values(deliveries).flatMap((each) => Object.values(each));
  const setAside = outcomes.filter((outcome) => outcome === 'set_aside').length;
  if (setAside > 0) {
    reportSetAside(setAside);
  }
  // Only now: until it was settled, another courier could have counted the event a second time.
  const counted = claimed.filter(({ id }) => deliveries[id]?.figures === 'delivered').map(({ id }) => id);
  if (counted.length > 0) {
    await ports.ledger.settle(ref.accountId, counted);
  }
}

/** Somebody was erased while their news was under way: the rows that it wrote go too. */
async function eraseRowsOfErased({ store }: CourierPorts, { accountId, userId }: OutboxRef): Promise<void> {
  if (userId === undefined) {
    return;
  }
  const ref = { accountId, userId };
  const { user } = await store.load(ref);
  if (!user) {
    await store.eraseRows(ref);
  }
}

/** Loads, changes and saves the item that holds this outbox. Undefined where it does not exist, or where others kept writing it. */
async function changeOutbox<A extends object>(
  { store }: CourierPorts,
  { accountId, userId }: OutboxRef,
  change: (
    item: User | Account,
    loaded: { user?: User; account: Account },
  ) => { save: Outboxed | undefined; answer: A },
): Promise<A | undefined> {
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
