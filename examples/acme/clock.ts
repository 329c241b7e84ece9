/** What time it is for Acme. */

export type Clock = {
  /** Milliseconds since 1970. */
  now(): number;
  /** Asks how far the service's clock was moved. */
  refresh(): Promise<void>;
};

/** The machine's clock; with `devUrl`, moved as far as the local service's, whose clock a developer may move. */
export function createClock(devUrl?: string): Clock {
  let offsetMs = 0;
  return {
    now: () => Date.now() + offsetMs,
    refresh: async () => {
      if (devUrl) {
        const { offsetSeconds } = (await (await fetch(`${devUrl}/_dev/clock`)).json()) as Moved;
        offsetMs = offsetSeconds * 1000;
      }
    },
  };
}

type Moved = { offsetSeconds: number };
