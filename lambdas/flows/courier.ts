import type { DynamoDBStreamEvent, ScheduledEvent } from 'aws-lambda';
import type { OutboxRef } from '../core/ports.ts';
import { deliverOutbox } from '../edge/deliver.ts';
import { reportFailure } from '../edge/report.ts';
import { audit, books, finder, lookup, mail, outboxRefOfKey, store } from '../edge/wiring.ts';

const outboxesPerSweep = 200;

/**
 * Delivers what waits in the outboxes. The stream only wakes it, naming the items; the schedule's sweep finds, by the
 * index, what is left. Time comes from the event: a function's own clock can be stale after a freeze. Events tell whole
 * seconds, so what became due within that second counts as due.
 */
export async function handler(event: DynamoDBStreamEvent | ScheduledEvent): Promise<void> {
  if (!('Records' in event)) {
    const nowMs = Date.parse(event.time) + 999;
    return deliverAll(await finder().findDue(nowMs, outboxesPerSweep), nowMs);
  }
  const written = event.Records.map(({ dynamodb }) => dynamodb?.ApproximateCreationDateTime ?? 0);
  const refs = event.Records.flatMap(({ dynamodb }) => outboxRefOfKey(dynamodb?.Keys?.pk?.S ?? '') ?? []);
  return deliverAll(refs, Math.max(...written) * 1000 + 999);
}

/** One outbox's trouble never keeps the others waiting; the sweep comes back to what is left. */
async function deliverAll(refs: OutboxRef[], nowMs: number): Promise<void> {
  const ports = { store: store(), audit: audit(), mail: mail(), books: books(), lookup: lookup() };
  for (const ref of refs) {
    await deliverOutbox(ports, ref, nowMs).catch((error) => reportFailure('courier', '', error));
  }
}
