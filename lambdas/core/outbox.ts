/** The courier's decisions: what to take from an outbox, and what to leave in it. */
import { limits } from './limits.ts';
import type { OutboxEvent, Outboxed } from './state.ts';

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

/**
 * The item after a delivery: what arrived is gone, what failed waits for its back-off, and what failed too often is set
 * aside for a person to look at, so that it blocks nobody.
 */
export function settleEvents<T extends Outboxed>(
  item: T,
  delivered: string[],
  failed: string[],
  nowMs: number,
): T {
  const setAside: OutboxEvent[] = [];
  const outbox = (item.outbox ?? []).flatMap((event) => {
    if (delivered.includes(event.id)) {
      return [];
    }
    if (!failed.includes(event.id)) {
      return [event];
    }
    if (event.tries >= limits.outbox.triesBeforeSetAside) {
      setAside.push(event);
      return [];
    }
    return [{ ...event, dueAtMs: nowMs + backoffMs(event.tries) }];
  });
  return setAside.length > 0
    ? { ...item, outbox, setAside: [...(item.setAside ?? []), ...setAside] }
    : { ...item, outbox };
}

/** When the courier should look at this outbox next, or undefined when nothing waits. */
export function nextDueMs({ outbox = [] }: Outboxed): number | undefined {
  return outbox.length > 0 ? Math.min(...outbox.map((event) => event.dueAtMs)) : undefined;
}

function backoffMs(tries: number): number {
  const waits = limits.outbox.retryAfterMs;
  return waits[Math.min(tries, waits.length) - 1] as number;
}
