/** The table's stream as the function that records attempts gets it: with the template's own filters, in batches, again after a failure. */
import { setTimeout as pause } from 'node:timers/promises';
import { attemptFilters } from '../../lib/attempt-log.ts';
import type { Change } from '../../local/engines/changes.ts';
import type { StreamMapping } from '../../local/lambda/deployment.ts';
import { type StreamRecord, startStreams } from '../../local/lambda/stream.ts';
import { readFilter } from '../../local/lambda/stream-filter.ts';
import { tableName } from './deployment.ts';

const mapping: StreamMapping = {
  functionName: 'record-attempts',
  table: tableName,
  streamArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/test/stream/test',
  viewType: 'NEW_IMAGE',
  filters: attemptFilters.map((filter) => readFilter(JSON.stringify(filter))),
  batchSize: 25,
  windowMs: 5,
  bisect: true,
  reportsFailures: true,
  maxRetries: 3,
  maxRecordAgeMs: Number.POSITIVE_INFINITY,
};

/** What becomes of one invocation: it works, dies before, or dies after its work. */
export type Fate = 'works' | 'dies before' | 'dies after';

export class AttemptStream {
  /** The fates of the invocations to come; all works once they are through. */
  readonly fates: Fate[] = [];
  /** Every batch that was handed over. */
  readonly batches: StreamRecord[][] = [];
  readonly #streams = startStreams([mapping], {
    environments: {
      invoke: async (_name: string, event: unknown) => this.#invoke((event as Event).Records),
    },
    now: () => Date.now(),
    log: () => {},
  });
  #busy = 0;

  readonly push = (change: Change): void => this.#streams.push(change);
  close = (): void => this.#streams.close();

  /** Until nothing was handed over for a while. */
  async settled(): Promise<void> {
    let quiet = 0;
    let seen = -1;
    while (quiet < 5) {
      await pause(60);
      quiet = seen === this.batches.length && this.#busy === 0 ? quiet + 1 : 0;
      seen = this.batches.length;
    }
  }

  /** Drives records again, much later, as somebody does by hand. */
  async drive(records: StreamRecord[]): Promise<unknown> {
    const { handler } = await import('../../lambdas/flows/record-attempts.ts');
    return handler({ Records: records } as never);
  }

  async #invoke(records: StreamRecord[]): Promise<{ result: unknown } | { error: string }> {
    this.batches.push(records);
    const fate = this.fates.shift() ?? 'works';
    if (fate === 'dies before') {
      return { error: 'died' };
    }
    this.#busy += 1;
    try {
      const result = await this.drive(records);
      return fate === 'works' ? { result } : { error: 'died' };
    } catch (error) {
      return { error: (error as Error).message };
    } finally {
      this.#busy -= 1;
    }
  }
}
type Event = { Records: StreamRecord[] };
