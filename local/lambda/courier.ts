/** The stand-in for EventBridge's schedule: starts the scheduled functions every few seconds, and when the clock was moved. */
import { randomUUID } from 'node:crypto';
import { account, arnOf, region } from '../stack/place.ts';
import type { Environments } from './environments.ts';

const debounceMs = 50;
const intervalMs = 3000;

export type Courier = {
  /** The clock was moved: a run is due. */
  wake(): void;
  close(): void;
};

/** Starts the functions in `scheduled`, never one twice at once; `now` is the movable clock. */
export function startCourier(
  scheduled: readonly string[],
  environments: Pick<Environments, 'invoke'>,
  now: () => number,
): Courier {
  let due: NodeJS.Timeout | undefined;
  let isRunning = false;
  let isQueued = false;

  const run = async (): Promise<void> => {
    due = undefined;
    isQueued = isRunning;
    if (isRunning) {
      return;
    }
    isRunning = true;
    await Promise.all(scheduled.map((name) => environments.invoke(name, scheduledEvent(now()))));
    isRunning = false;
    if (isQueued) {
      wake();
    }
  };
  const wake = (): void => {
    due ??= setTimeout(() => void run(), debounceMs);
  };
  const interval = setInterval(wake, intervalMs);
  return {
    wake,
    close: () => {
      clearInterval(interval);
      clearTimeout(due);
    },
  };
}

/** What EventBridge sends on a schedule. */
function scheduledEvent(atMs: number): object {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account,
    time: new Date(atMs).toISOString(),
    region,
    resources: [arnOf('events', 'rule/local')],
    detail: {},
  };
}
