/** Raising events: written with the change into the outbox, mailed and recorded by the courier. */
import type { Context } from '../decision.ts';
import type { OutboxEvent, Outboxed } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import { type EventType, eventTypes } from './event-types.ts';
import { boundedOutbox } from './folding.ts';

export type { EventType } from './event-types.ts';

type More = {
  detail?: Record<string, string>;
  /** What the change adds to the account's figures. */
  counts?: OutboxEvent['counts'];
  /** Further addresses that are notified, such as the one that was replaced. */
  alsoTo?: readonly string[];
  /** False: for the audit trail alone, although events of this kind are mailed. */
  isMailed?: false;
};

/**
 * The item with one more event in its outbox, due at once. Its mail goes to the user's address of this moment, whatever the
 * profile says by the time it is delivered. `detail` never holds a secret or a code. The outbox stays within its limits:
 * see `boundedOutbox`.
 */
export function withEvent<T extends Outboxed>(
  item: T,
  type: EventType,
  context: Context,
  more: More = {},
): T {
  const { alsoTo = [], detail, isMailed = true, counts } = more;
  const to = isMailed ? [...new Set([...addressesOf(item), ...alsoTo])] : [];
  const event: OutboxEvent = {
    id: context.newId('evt'),
    type,
    atMs: context.nowMs,
    actor: context.actor,
    ip: context.ip,
    userAgent: context.userAgent?.slice(0, limits.outbox.userAgentLength),
    ...(counts && { counts }),
    ...((detail || context.via) && { detail: { ...shortened(detail ?? {}), ...viaOf(context) } }),
    ...(eventTypes[type].mailed && 'email' in item && { to }),
    tries: 0,
    dueAtMs: context.nowMs,
  };
  return withPending(item, event, context);
}

/** The item with this event in its outbox, which stays within its limits. */
export function withPending<T extends Outboxed>(item: T, event: OutboxEvent, context: Context): T {
  return { ...item, outbox: boundedOutbox([...(item.outbox ?? []), event], context) };
}

/** Where notices to a user go: the one place that decides it. An account's own events go to its admins. */
export function addressesOf(item: Outboxed & { email?: unknown; provenEmail?: unknown }): string[] {
  const address = item.provenEmail ?? item.email;
  return typeof address === 'string' ? [address] : [];
}

/** The connection's own address and agent, where they are not the person's. */
const viaOf = ({ via = {} }: Context): Record<string, string> =>
  shortened({
    ...(via.ip === undefined ? {} : { viaIp: via.ip }),
    ...(via.userAgent === undefined ? {} : { viaUserAgent: via.userAgent }),
  });

const shortened = (detail: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(detail).map(([name, value]) => [name, value.slice(0, limits.outbox.detailLength)]),
  );
