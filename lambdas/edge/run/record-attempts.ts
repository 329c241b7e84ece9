/** Putting attempts on record, from the table's stream: in its order for each person, and one person never waits for another. */
import { attemptEvent, isFailure, isPass } from '../../core/notices/attempts.ts';
import type { Announcer, AttemptLog, AuditTrail } from '../../core/ports.ts';
import type { OutboxEvent, StoredAttempt, UserRef } from '../../core/state/item.ts';
import { reportFailure, reportSetAside, reportSignIns, reportUnrecorded } from './report.ts';

export type AttemptPorts = {
  attemptLog: AttemptLog;
  auditTrail: AuditTrail;
  /** Undefined where the deployment has no event bus. */
  announcer: Announcer | undefined;
};

/** What a record of the stream tells: an attempt, or that the item is gone. */
export type Told = { ref: UserRef } & ({ attempt: StoredAttempt } | { gone: true });

/** `told` is undefined for a record that nobody can read. */
export type StreamRecord = { sequenceNumber: string; told: Told | undefined };

/**
 * Writes a row for each attempt, and once a person's item is gone erases their rows. Idempotent, so that a batch may come
 * twice. Answers with the first record that could not be done, from which on the stream hands the batch over again; those of
 * other people behind it are done all the same. An attempt of somebody who was erased since is not written: a record that
 * is driven again much later finds nobody, or somebody new.
 */
export async function recordAttempts(ports: AttemptPorts, records: StreamRecord[]): Promise<string[]> {
  const refs = records.flatMap(({ told }) => told?.ref ?? []);
  const since = await ports.attemptLog.knownSince(refs);
  const knownSince = new Map(refs.map((ref, n) => [idOf(ref), since[n]]));
  const failed = new Set<string>();
  const recorded = await Promise.all(
    [...byPerson(records)].map(([id, own]) => recordInOrder(ports, own, knownSince.get(id), failed)),
  );
  const events = recorded.flat();
  const signIns = { passed: events.filter(isPass).length, failed: events.filter(isFailure).length };
  if (signIns.passed + signIns.failed > 0) {
    reportSignIns(signIns);
  }
  if (failed.size > 0) {
    reportUnrecorded(failed.size);
  }
  const first = records.find(({ sequenceNumber }) => failed.has(sequenceNumber));
  return first ? [first.sequenceNumber] : [];
}

const idOf = ({ accountId, userId }: UserRef): string => JSON.stringify([accountId, userId]);

/** An unreadable record stands alone. */
function byPerson(records: StreamRecord[]): Map<string, StreamRecord[]> {
  const ofEach = new Map<string, StreamRecord[]>();
  for (const record of records) {
    const id = record.told ? idOf(record.told.ref) : record.sequenceNumber;
    ofEach.set(id, [...(ofEach.get(id) ?? []), record]);
  }
  return ofEach;
}

/** One person's records, up to the first that fails. */
async function recordInOrder(
  ports: AttemptPorts,
  records: StreamRecord[],
  knownSinceMs: number | undefined,
  failed: Set<string>,
): Promise<OutboxEvent[]> {
  const recorded: OutboxEvent[] = [];
  for (const { sequenceNumber, told } of records) {
    try {
      recorded.push(...(await record(ports, told, knownSinceMs)));
    } catch (error) {
      reportFailure('record-attempts', sequenceNumber, error as Error);
      failed.add(sequenceNumber);
      break;
    }
  }
  return recorded;
}

async function record(
  ports: AttemptPorts,
  told: Told | undefined,
  knownSinceMs: number | undefined,
): Promise<OutboxEvent[]> {
  if (!told) {
    throw new Error('a record of the stream is unreadable');
  }
  const { ref } = told;
  if ('gone' in told) {
    await ports.attemptLog.erase(ref, knownSinceMs ?? Number.POSITIVE_INFINITY);
    return [];
  }
  if (knownSinceMs === undefined || told.attempt.atMs < knownSinceMs) {
    return [];
  }
  const event = attemptEvent(ref, told.attempt);
  await ports.attemptLog.record(ref, event);
  await announce(ports, ref, event);
  return [event];
}

/** A bus that is down holds up no record: what it did not take is set aside, for a person to look at. */
async function announce(
  { announcer, auditTrail }: AttemptPorts,
  ref: UserRef,
  event: OutboxEvent,
): Promise<void> {
  try {
    await announcer?.announce(ref, event);
  } catch (error) {
    reportFailure('record-attempts', event.id, error as Error);
    await auditTrail.setAside(ref, event, 'event_bus');
    reportSetAside(1);
  }
}
