/** How an outbox stays small while nothing is delivered: waiting events fold into one another. */
import type { Context } from '../decision.ts';
import type { OutboxEvent } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import { type Treatment, treatmentOf } from './event-types.ts';

type Pair = { older: OutboxEvent; newer: OutboxEvent };

/**
 * The outbox within its limits, whatever waits in it and for how long. Events of which only the latest holds fold at once,
 * those that repeat once more than a few wait. At the limit of events or bytes, events of one kind fold, the least
 * important first; where all kinds differ, the least important ones become one `several_changes`. An event that a courier
 * has in hand is left alone.
 */
export function boundedOutbox(outbox: OutboxEvent[], context: Context): OutboxEvent[] {
  const isCrowded = outbox.length > limits.outbox.foldFrom;
  const foldsNow = ({ folds }: Treatment) => folds === 'at_once' || (folds === 'when_crowded' && isCrowded);
  let kept = outbox;
  for (;;) {
    const resting = kept.filter((event) => isResting(event, context.nowMs));
    const pair =
      sameKind(resting, foldsNow) ??
      (isTooMuch(kept) ? (sameKind(resting, () => true) ?? leastImportant(resting)) : undefined);
    if (!pair) {
      return kept;
    }
    const folded = foldedInto(pair, context);
    kept = kept.flatMap((event) => (event === pair.older ? [] : event === pair.newer ? [folded] : [event]));
  }
}

/** No courier has it: never taken, settled, or its courier's lease has ended. */
const isResting = ({ tries, dueAtMs }: OutboxEvent, nowMs: number): boolean =>
  tries === 0 || dueAtMs <= nowMs;

function isTooMuch(outbox: OutboxEvent[]): boolean {
  const { events, bytes } = limits.outbox;
  return outbox.length > events || new TextEncoder().encode(JSON.stringify(outbox)).length > bytes;
}

/** The two oldest events of one kind, of the least important such kind. */
function sameKind(resting: OutboxEvent[], folds: (treatment: Treatment) => boolean): Pair | undefined {
  for (const older of byImportance(resting.filter(({ type }) => folds(treatmentOf(type))))) {
    const newer = resting.find((event) => event.type === older.type && event !== older);
    if (newer) {
      return { older, newer };
    }
  }
  return undefined;
}

/** The least important event and what it can fold into: a `several_changes` that waits already, else the next one. */
function leastImportant(resting: OutboxEvent[]): Pair | undefined {
  const [first, second] = byImportance(resting.filter(({ type }) => type !== 'several_changes'));
  const other = resting.find(({ type }) => type === 'several_changes') ?? second;
  if (!first || !other) {
    return undefined;
  }
  return resting.indexOf(first) < resting.indexOf(other)
    ? { older: first, newer: other }
    : { older: other, newer: first };
}

/** The least important first; of equal importance, the older first. */
const byImportance = (events: OutboxEvent[]): OutboxEvent[] =>
  [...events].sort((one, other) => importanceOf(one) - importanceOf(other));

function importanceOf({ type }: OutboxEvent): number {
  const { mailed, folds } = treatmentOf(type);
  return (mailed ? 1 : 0) + (folds === 'when_full' ? 1 : 0);
}

/** One event for both: the newer one, with what the older one still owes. Of different kinds, a `several_changes`. */
function foldedInto({ older, newer }: Pair, context: Context): OutboxEvent {
  const alike = older.type === newer.type;
  const kinds =
    alike && newer.type !== 'several_changes' ? undefined : [...kindsOf(older), ...kindsOf(newer)];
  const onlyLatest = alike && treatmentOf(newer.type).folds === 'at_once';
  const counts = sumOf(older.counts, newer.counts);
  const waiting = remainingOf(older.waiting, newer.waiting);
  const to = onlyLatest ? newer.to : unionOf(older.to, newer.to);
  const { counts: _counts, waiting: _waiting, to: _to, ...kept } = newer;
  return {
    ...kept,
    ...(alike ? {} : { id: context.newId('evt'), type: 'several_changes' }),
    detail: {
      ...(kinds ? { types: [...new Set(kinds)].join(' ') } : newer.detail),
      ...withoutRow(older, newer),
    },
    ...(onlyLatest ? {} : { times: (older.times ?? 1) + (newer.times ?? 1) }),
    ...(to && { to }),
    ...(counts && { counts }),
    ...(waiting && { waiting }),
    tries: 0,
    dueAtMs: Math.min(older.dueAtMs, newer.dueAtMs),
  };
}

const kindsOf = ({ type, detail }: OutboxEvent): string[] =>
  type === 'several_changes' ? (detail?.types ?? '').split(' ') : [type];

/** How many events the audit trail will have no row of their own for. */
function withoutRow(older: OutboxEvent, newer: OutboxEvent): { folded?: string } {
  const isOpen = !older.waiting || older.waiting.some(({ sink }) => sink === 'audit');
  const before = Number(newer.detail?.folded ?? 0);
  const folded = before + (isOpen ? 1 + Number(older.detail?.folded ?? 0) : 0);
  return folded > 0 ? { folded: String(folded) } : {};
}

/** The first addresses matter as much as the last: whoever changed them often would hide the owner's otherwise. */
function unionOf(older: string[] | undefined, newer: string[] | undefined): string[] | undefined {
  if (!older && !newer) {
    return undefined;
  }
  const all = [...new Set([...(older ?? []), ...(newer ?? [])])];
  const half = limits.outbox.addresses / 2;
  return [...new Set([...all.slice(0, half), ...all.slice(-half)])];
}

/** Without a first delivery every sink is open. A sink that both wait for has the tries of the newer event. */
function remainingOf(older: OutboxEvent['waiting'], newer: OutboxEvent['waiting']): OutboxEvent['waiting'] {
  if (!older || !newer) {
    return undefined;
  }
  return [...older.filter(({ sink }) => !newer.some((each) => each.sink === sink)), ...newer];
}

function sumOf(older: OutboxEvent['counts'], newer: OutboxEvent['counts']): OutboxEvent['counts'] {
  return older && newer
    ? {
        users: (older.users ?? 0) + (newer.users ?? 0),
        enrolled: (older.enrolled ?? 0) + (newer.enrolled ?? 0),
      }
    : (older ?? newer);
}
