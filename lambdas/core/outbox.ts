/** The courier's decisions: what to take from an outbox, and what to leave in it. */
import { limits } from './limits.ts';
import type { OutboxEvent, User } from './state.ts';

/** The events that may be taken now, and the user with a lease on them: until it ends, no other courier takes them. */
export function claimEvents(user: User, nowMs: number): { claimed: OutboxEvent[]; save: User } {
  const claimed = user.outbox.filter((event) => event.dueAtMs <= nowMs);
  const outbox = user.outbox.map((event) =>
    event.dueAtMs <= nowMs
      ? { ...event, tries: event.tries + 1, dueAtMs: nowMs + limits.outbox.leaseMs }
      : event,
  );
  return { claimed, save: { ...user, outbox } };
}

/**
 * The user after a delivery: what arrived is gone, what failed waits for its back-off, and what failed too often is set
 * aside for a person to look at, so that it blocks nobody.
 */
export function settleEvents(user: User, delivered: string[], failed: string[], nowMs: number): User {
  const setAside: OutboxEvent[] = [];
  const outbox = user.outbox.flatMap((event) => {
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
    ? { ...user, outbox, setAside: [...(user.setAside ?? []), ...setAside] }
    : { ...user, outbox };
}

/** When the courier should look at this outbox next, or undefined when nothing waits. */
export function nextDueMs(user: User): number | undefined {
  return user.outbox.length > 0 ? Math.min(...user.outbox.map((event) => event.dueAtMs)) : undefined;
}

function backoffMs(tries: number): number {
  const waits = limits.outbox.retryAfterMs;
  return waits[Math.min(tries, waits.length) - 1] as number;
}
