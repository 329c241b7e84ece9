/** A table's stream and Lambda's reading of it: in order, filtered, in batches, at least once. In memory, so not over a restart. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Change, Item } from '../engines/changes.ts';
import { region } from '../stack/place.ts';
import type { StreamMapping } from './deployment.ts';
import type { Environments } from './environments.ts';

type Image = Item | undefined;
export type StreamRecord = {
  eventID: string;
  eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  eventVersion: '1.1';
  eventSource: 'aws:dynamodb';
  awsRegion: string;
  eventSourceARN: string;
  dynamodb: {
    ApproximateCreationDateTime: number;
    Keys: Item;
    NewImage?: Item;
    OldImage?: Item;
    SequenceNumber: string;
    SizeBytes: number;
    StreamViewType: StreamMapping['viewType'];
  };
};
type Entry = { record: StreamRecord; writtenMs: number };
type Piece = { entries: Entry[]; attempts: number };

export type StreamReader = {
  /** Takes what a write changed, in any table. Changes are delivered in the order in which they are pushed. */
  push(change: Change): void;
  close(): void;
};

export type StreamOptions = {
  environments: Pick<Environments, 'invoke'>;
  /** The movable clock. */
  now(): number;
  log(functionName: string, line: string): void;
};

const longestBackoffMs = 5000;

export type Streams = StreamReader;

/** Reads the streams of all mappings. */
export function startStreams(mappings: readonly StreamMapping[], options: StreamOptions): Streams {
  const readers = mappings.map((mapping) => readStream(mapping, options));
  return {
    push: (change) => {
      for (const reader of readers) {
        reader.push(change);
      }
    },
    close: () => {
      for (const reader of readers) {
        reader.close();
      }
    },
  };
}

/**
 * Reads one table's stream for one function. A batch whose invocation fails is tried again, in halves if the mapping says
 * so; a function that reports its failed items gets the batch again from the first of them on. What follows waits.
 */
function readStream(mapping: StreamMapping, options: StreamOptions): StreamReader {
  const closing = new AbortController();
  const queue: Entry[] = [];
  let isReading = false;
  let written = 0;

  const read = async (): Promise<void> => {
    isReading = true;
    while (queue.length > 0) {
      await pause(mapping.windowMs, undefined, { signal: closing.signal });
      await deliver(
        { entries: queue.splice(0, mapping.batchSize), attempts: 0 },
        mapping,
        options,
        closing.signal,
      );
    }
    isReading = false;
  };
  return {
    push: (change) => {
      if (change.table !== mapping.table) {
        return;
      }
      written += 1;
      const record = recordOf(change, mapping, written, options.now());
      if (mapping.filters.length > 0 && !mapping.filters.some((matches) => matches(record))) {
        return;
      }
      queue.push({ record, writtenMs: Date.now() });
      if (!isReading) {
        read().catch((error) => closing.signal.aborted || options.log(mapping.functionName, String(error)));
      }
    },
    close: () => closing.abort(),
  };
}

async function deliver(
  batch: Piece,
  mapping: StreamMapping,
  { environments, log }: StreamOptions,
  signal: AbortSignal,
): Promise<void> {
  const gaveUp = (count: number) =>
    count > 0 && log(mapping.functionName, `stream: gave up on records, ${count} of them`);
  const pieces = [batch];
  for (let piece = pieces.shift(); piece && !signal.aborted; piece = pieces.shift()) {
    const { attempts } = piece;
    const young = piece.entries.filter(({ writtenMs }) => Date.now() - writtenMs <= mapping.maxRecordAgeMs);
    gaveUp(piece.entries.length - young.length);
    const failed = young.slice(await firstFailure(young, mapping, environments));
    if (failed.length === 0) {
      continue;
    }
    const isWhole = failed.length === young.length;
    const next =
      mapping.bisect && isWhole && failed.length > 1
        ? halvesOf(failed, attempts)
        : retryOf(failed, attempts, mapping);
    gaveUp(next.length === 0 ? failed.length : 0);
    pieces.unshift(...next);
    if (next.length > 0) {
      await pause(Math.min(100 * 2 ** attempts, longestBackoffMs), undefined, { signal });
    }
  }
}

/** Invokes the function; the place of the first entry that it failed on, past the last one for none. */
async function firstFailure(
  entries: Entry[],
  mapping: StreamMapping,
  environments: StreamOptions['environments'],
): Promise<number> {
  if (entries.length === 0) {
    return 0;
  }
  const records = entries.map(({ record }) => record);
  const outcome = await environments.invoke(mapping.functionName, { Records: records });
  return 'error' in outcome ? 0 : firstReported(outcome.result, records, mapping);
}

/** Half a batch does not count as another attempt. */
function halvesOf(entries: Entry[], attempts: number): Piece[] {
  const middle = Math.ceil(entries.length / 2);
  return [
    { entries: entries.slice(0, middle), attempts },
    { entries: entries.slice(middle), attempts },
  ];
}

const retryOf = (entries: Entry[], attempts: number, { maxRetries }: StreamMapping): Piece[] =>
  attempts < maxRetries ? [{ entries, attempts: attempts + 1 }] : [];

/** From where a function that reports its failures asks for the batch again; an unknown identifier fails all of it. */
function firstReported(result: unknown, records: StreamRecord[], { reportsFailures }: StreamMapping): number {
  const failures = (result as { batchItemFailures?: unknown } | null)?.batchItemFailures ?? [];
  if (!reportsFailures) {
    return records.length;
  }
  if (!Array.isArray(failures)) {
    return 0;
  }
  const places = failures.map((failure) =>
    records.findIndex(({ dynamodb }) => dynamodb.SequenceNumber === failure?.itemIdentifier),
  );
  return Math.max(0, Math.min(records.length, ...places));
}

function recordOf(
  { keys, before, after }: Change,
  { streamArn, viewType }: StreamMapping,
  nth: number,
  atMs: number,
): StreamRecord {
  const withNew = after && /^NEW/.test(viewType);
  const withOld = before && /OLD/.test(viewType);
  return {
    eventID: randomUUID().replaceAll('-', ''),
    eventName: eventNameOf(before, after),
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: region,
    eventSourceARN: streamArn,
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(atMs / 1000),
      Keys: keys,
      ...(withNew && { NewImage: after }),
      ...(withOld && { OldImage: before }),
      SequenceNumber: String(nth).padStart(21, '0'),
      SizeBytes: JSON.stringify([keys, withNew && after, withOld && before]).length,
      StreamViewType: viewType,
    },
  };
}

function eventNameOf(before: Image, after: Image): StreamRecord['eventName'] {
  if (!after) {
    return 'REMOVE';
  }
  return before ? 'MODIFY' : 'INSERT';
}
