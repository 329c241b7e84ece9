/** Audit rows: written once per event, listed by account or user, newest first. */
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { AuditTrail } from '../core/ports.ts';
import { limits } from '../core/state/limits.ts';
import { type Table, unlessDown } from './dynamodb.ts';
import { eventKey, eventsListing } from './keys.ts';

/** Rows live beside their user, so that erasing the user finds them; DynamoDB deletes them after 400 days. */
export function auditTrail({ client, name }: Table): AuditTrail {
  return {
    record: async (ref, event) => {
      const { tries: _tries, dueAtMs: _dueAtMs, counts: _counts, ...row } = event;
      const Item = {
        ...eventKey(ref, event.atMs, event.id),
        ...row,
        userId: ref.userId,
        listPartition: eventsListing(ref.accountId),
        listKey: `${new Date(event.atMs).toISOString()}#${event.id}`,
        expiresAtSeconds: Math.floor(event.atMs / 1000) + limits.auditDays * 86_400,
      };
      await unlessDown(
        client.send(new PutCommand({ TableName: name, Item })),
        'the audit row could not be written',
      );
    },
  };
}

/** A row, read back. */
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
