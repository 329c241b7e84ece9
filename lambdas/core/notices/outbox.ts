/** The courier's decisions: what to take from an outbox, and what to leave in it. */

import type { OutboxEvent, Outboxed } from '../state/item.ts';
import { limits } from '../state/limits.ts';

/** The events that may be taken now, and the item with a lease on them: until it ends, no other courier takes them. */
export function claimEvents<T extends Outboxed>(item: T, nowMs: number): { claimed: OutboxEvent[]; save: T } {
  const waiting = item.outbox ?? [];
  const claimed = waiting.filter((event) => event.dueAtMs <= nowMs);
  const outbox = waiting.map((event) =>
    event.dueAtMs <= nowMs
      ? { ...event, tries: event.tries + 1, dueAtMs: nowMs + limits.outbox.leaseMs }
      : event,
  );
  return { claimed, save: { ...item, outbox } };
}

/** How each claimed event went. `postponed`: the mail system asked for patience, which is no failure of the event. */
export type Deliveries = Record<string, 'delivered' | 'failed' | 'postponed'>;

/**
 * The item after a delivery: what arrived is gone, what failed waits for its back-off, what was postponed waits a minute
 * and has the try back, and what failed too often is set aside for a person to look at, so that it blocks nobody.
 */
export function settleEvents<T extends Outboxed>(item: T, deliveries: Deliveries, nowMs: number): T {
  const setAside: OutboxEvent[] = [];
  const outbox = (item.outbox ?? []).flatMap((event) => {
    switch (deliveries[event.id]) {
      case 'delivered':
        return [];
      case 'postponed':
        return [{ ...event, tries: event.tries - 1, dueAtMs: nowMs + limits.outbox.postponeMs }];
      case 'failed':
        if (event.tries < limits.outbox.triesBeforeSetAside) {
          return [{ ...event, dueAtMs: nowMs + backoffMs(event.tries) }];
        }
        setAside.push(event);
        return [];
      default:
        return [event];
    }
  });
  return setAside.length > 0
    ? { ...item, outbox, setAside: [...(item.setAside ?? []), ...setAside] }
    : { ...item, outbox };
}

/** When the courier should look at this outbox next, or undefined when nothing waits. */
export function nextDueMs({ outbox = [], fanOuts = [] }: Outboxed): number | undefined {
  const running = fanOuts.slice(0, 1).filter((fanOut) => fanOut.pausedAtMs === undefined);
  const due = [...outbox, ...running].map(({ dueAtMs }) => dueAtMs);
  return due.length > 0 ? Math.min(...due) : undefined;
}

function backoffMs(tries: number): number {
  const waits = limits.outbox.retryAfterMs;
  return waits[Math.min(tries, waits.length) - 1] as number;
}
