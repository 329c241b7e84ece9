/** Audit rows, listed by account or user, newest first, and the events that were set aside. */
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { AuditTrail } from '../core/ports.ts';
import type { OutboxEvent } from '../core/state/item.ts';
import { limits } from '../core/state/limits.ts';
import { type Item, type Table, unlessDown } from './dynamodb.ts';
import { eventKey, eventsListing, setAsideKey, setAsideListing } from './keys.ts';

/** Rows lie beside their user, so that erasing the user finds them; DynamoDB deletes them after `days`. */
export function auditTrail({ client, name }: Table, days: number = limits.auditDays.changes): AuditTrail {
  const put = (Item: Item) =>
    unlessDown(client.send(new PutCommand({ TableName: name, Item })), 'the audit row could not be written');
  return {
    record: async (ref, event) => {
      await put({
        ...eventKey(ref, event.atMs, event.id),
        ...rowOf(event, days),
        userId: ref.userId,
        listPartition: eventsListing(ref.accountId),
        listKey: listKeyOf(event),
      });
    },
    setAside: async (ref, event, sink) => {
      await put({
        ...setAsideKey(ref, event.atMs, event.id, sink),
        ...rowOf(event, days),
        accountId: ref.accountId,
        userId: ref.userId,
        sink,
        to: event.to,
        counts: event.counts,
        listPartition: setAsideListing,
        listKey: listKeyOf(event),
      });
    },
  };
}

/** What happened, without where the outbox stands with it and without addresses. */
export function rowOf(event: OutboxEvent, days: number): Item {
  const {
    tries: _tries,
    dueAtMs: _due,
    counts: _counts,
    waiting: _waiting,
    to: _to,
    times: _times,
    ...row
  } = event;
  return { ...row, expiresAtSeconds: Math.floor(event.atMs / 1000) + days * 86_400 };
}

export const listKeyOf = ({ atMs, id }: OutboxEvent): string => `${new Date(atMs).toISOString()}#${id}`;

/** An audit row as it is read back. */
export const auditRowSchema = z.looseObject({
  id: z.string(),
  type: z.string(),
  atMs: z.int(),
  actor: z.looseObject({ kind: z.string(), id: z.optional(z.string()) }),
  userId: z.optional(z.string()),
  ip: z.optional(z.string()),
  userAgent: z.optional(z.string()),
  detail: z.optional(z.record(z.string(), z.string())),
});
