/** The courier's decisions: which events and sinks to take, and what to leave in the outbox. */
import type { OutboxEvent, Outboxed } from '../state/item.ts';
import { limits } from '../state/limits.ts';

/**
 * The oldest events that may be taken now, as many as one courier surely delivers within its lease, and the item with a
 * lease on them: until it ends, no other courier takes them.
 */
export function claimEvents<T extends Outboxed>(item: T, nowMs: number): { claimed: OutboxEvent[]; save: T } {
  const waiting = item.outbox ?? [];
  const claimed = waiting.filter(({ dueAtMs }) => dueAtMs <= nowMs).slice(0, limits.outbox.perClaim);
  const outbox = waiting.map((event) => (claimed.includes(event) ? leased(event, nowMs) : event));
  return { claimed, save: { ...item, outbox } };
}

/** The event in the hands of one courier, longer than that courier may run. */
export const leased = (event: OutboxEvent, nowMs: number): OutboxEvent => ({
  ...event,
  tries: event.tries + 1,
  dueAtMs: nowMs + limits.outbox.leaseMs,
});

/** Whether as many couriers died on this event as a sink is tried: it is set aside without another delivery. */
export const isPoisonous = ({ tries }: OutboxEvent): boolean => tries >= limits.outbox.triesBeforeSetAside;

/** The sinks of a claimed event that are due: of those named by `all`, or after the first delivery of those left. */
export function dueSinks<S extends string>(event: OutboxEvent, all: readonly S[], nowMs: number): S[] {
  const { waiting } = event;
  return waiting ? waiting.filter(({ dueAtMs }) => dueAtMs <= nowMs).map(({ sink }) => sink as S) : [...all];
}

/** Whether this sink's next failure is its last one. */
export const isLastTry = ({ waiting }: OutboxEvent, sink: string): boolean =>
  triesOf(waiting, sink) + 1 >= limits.outbox.triesBeforeSetAside;

const triesOf = (waiting: OutboxEvent['waiting'], sink: string): number =>
  waiting?.find((each) => each.sink === sink)?.tries ?? 0;

/**
 * How a sink of an event went. `postponed`: it asked for patience, which is no failure. `set_aside`: it failed too often,
 * and a row of its own keeps the event for a person to look at.
 */
export type Outcome = 'delivered' | 'failed' | 'postponed' | 'set_aside';
/** The outcomes of a delivery, by event and sink. */
export type Deliveries = Record<string, Record<string, Outcome>>;

/**
 * The item after a delivery. An event whose sinks are all through is gone; of another one those sinks stay that are not,
 * each with its own tries and back-off.
 */
export function settleEvents<T extends Outboxed>(item: T, deliveries: Deliveries, nowMs: number): T {
  const outbox = (item.outbox ?? []).flatMap((event) => {
    const outcomes = deliveries[event.id];
    return outcomes ? settled(event, outcomes, nowMs) : [event];
  });
  return { ...item, outbox };
}

function settled(event: OutboxEvent, outcomes: Record<string, Outcome>, nowMs: number): OutboxEvent[] {
  const tried = Object.entries(outcomes)
    .filter(([, outcome]) => outcome === 'failed' || outcome === 'postponed')
    .map(([sink, outcome]) => {
      const tries = triesOf(event.waiting, sink) + (outcome === 'failed' ? 1 : 0);
      const waitMs = outcome === 'failed' ? backoffMs(tries) : limits.outbox.postponeMs;
      return { sink, tries, dueAtMs: nowMs + waitMs };
    });
  const untouched = (event.waiting ?? []).filter(({ sink }) => outcomes[sink] === undefined);
  const waiting = [...untouched, ...tried];
  if (waiting.length === 0) {
    return [];
  }
  const { counts, ...rest } = event;
  const uncounted = counts && waiting.some(({ sink }) => sink === 'figures') ? { counts } : {};
  return [
    { ...rest, ...uncounted, waiting, tries: 0, dueAtMs: Math.min(...waiting.map(({ dueAtMs }) => dueAtMs)) },
  ];
}

function backoffMs(tries: number): number {
  const waits = limits.outbox.retryAfterMs;
  return waits[Math.min(tries, waits.length) - 1] as number;
}

/** When the courier should look at this outbox next, or undefined when nothing waits. */
export function nextDueMs({ outbox = [], fanOuts = [], erasure }: Outboxed): number | undefined {
  const running = fanOuts.slice(0, 1).filter((fanOut) => fanOut.pausedAtMs === undefined);
  const due = [...outbox, ...running, ...(erasure ? [erasure] : [])].map(({ dueAtMs }) => dueAtMs);
  return due.length > 0 ? Math.min(...due) : undefined;
}
