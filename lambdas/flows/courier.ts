import { setTimeout as pause } from 'node:timers/promises';
import type { DynamoDBStreamEvent, ScheduledEvent } from 'aws-lambda';
import type { OutboxRef } from '../core/ports.ts';
import { limits } from '../core/state/limits.ts';
import { withBreaker } from '../edge/courier/breaker.ts';
import { deliverOutbox } from '../edge/courier/deliver.ts';
import { runErasure } from '../edge/courier/erase-account.ts';
import { type Pace, runFanOut } from '../edge/courier/fan-out.ts';
import { reportFailure } from '../edge/run/report.ts';
import { setting } from '../edge/setup/config.ts';
import {
  announcer,
  auditTrail,
  directory,
  ledger,
  mailer,
  outboxFinder,
  outboxRefOfKey,
  storeOfAll,
} from '../edge/setup/wiring.ts';

const outboxesPerSweep = 200;
const mailsPerSecond = setting('mailsPerSecond');

/**
 * Delivers what waits in the outboxes. The stream names the items that have something; the schedule's sweep finds by the
 * index what is left. Time comes from the event: a function's own clock can be stale after a freeze. Events have whole
 * seconds, so what became due within that second counts as due.
 */
export async function handler(event: DynamoDBStreamEvent | ScheduledEvent): Promise<void> {
  if (!('Records' in event)) {
    const nowMs = Date.parse(event.time) + 999;
    return deliverAll(await outboxFinder().findDue(nowMs, outboxesPerSweep), nowMs);
  }
  const written = event.Records.map(({ dynamodb }) => dynamodb?.ApproximateCreationDateTime ?? 0);
  const refs = event.Records.flatMap(({ dynamodb }) => outboxRefOfKey(dynamodb?.Keys?.pk?.S ?? '') ?? []);
  return deliverAll(refs, Math.max(...written) * 1000 + 999);
}

/**
 * One outbox's failure never keeps the others waiting. What there is no time for is the next sweep's, so that no run is cut
 * off between sending and settling. Fan-outs come last, and
 * with them the erasures of accounts.
 */
async function deliverAll(refs: OutboxRef[], nowMs: number): Promise<void> {
  const bus = announcer();
  const ports = {
    store: storeOfAll(),
    auditTrail: auditTrail(),
    mailer: mailer(),
    ledger: ledger(),
    directory: directory(),
    announcer: bus && withBreaker(bus),
  };
  const startedMs = performance.now();
  const pace: Pace = {
    elapsedMs: () => performance.now() - startedMs,
    pause: async (ms) => {
      await pause(ms);
    },
    ceilingPerSecond: mailsPerSecond,
  };
  const failed = (error: Error) => reportFailure('courier', '', error);
  for (const ref of refs) {
    if (pace.elapsedMs() > limits.fanOut.invocationMs) {
      break;
    }
    await deliverOutbox(ports, ref, nowMs).catch(failed);
  }
  const accounts = new Set(
    refs.filter(({ userId }) => userId === undefined).map(({ accountId }) => accountId),
  );
  for (const accountId of accounts) {
    await runFanOut(ports, accountId, nowMs, pace).catch(failed);
    await runErasure(ports, accountId, nowMs, pace).catch(failed);
  }
}
