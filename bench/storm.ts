/**
 * A model of many people who sign in at once. People wait for their authenticator's next code when the one they see is about to
 * end, so their requests come in a comb of 30 seconds. Lambda starts as many environments at once as the account's limit
 * allows, and 1,000 more for each function every 10 seconds; a request that meets no free one waits for a cold start.
 */
export type Storm = {
  peakPerSecond: number;
  peakConcurrent: number;
  throttledByLambda: number;
  throttledByGateway: number;
};
export type StormOptions = {
  people: number;
  seconds: number;
  coldMs: number;
  warmMs: number;
  concurrency: number;
  /** Of the route: requests a second, and the burst. */
  throttle: { rate: number; burst: number };
};

const stepMs = 10;
const newPer10Seconds = 1000;

export function storm(options: StormOptions, random: () => number): Storm {
  const { people, seconds, coldMs, warmMs, concurrency, throttle } = options;
  const arrivals = new Map<number, number>();
  for (let n = 0; n < people; n += 1) {
    const step = Math.floor(arrivalMs(seconds * 1000, random) / stepMs);
    arrivals.set(step, (arrivals.get(step) ?? 0) + 1);
  }
  const result: Storm = { peakPerSecond: 0, peakConcurrent: 0, throttledByLambda: 0, throttledByGateway: 0 };
  const ends = new Map<number, number>();
  const perSecond = new Map<number, number>();
  let environments = 0;
  let busy = 0;
  let tokens = throttle.burst;
  let startable = newPer10Seconds;
  for (let step = 0; step <= ((seconds + 60) * 1000) / stepMs; step += 1) {
    busy -= ends.get(step) ?? 0;
    tokens = Math.min(throttle.burst, tokens + (throttle.rate * stepMs) / 1000);
    startable = Math.min(newPer10Seconds, startable + (newPer10Seconds * stepMs) / 10_000);
    for (let n = arrivals.get(step) ?? 0; n > 0; n -= 1) {
      const second = Math.floor((step * stepMs) / 1000);
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
      if (tokens < 1) {
        result.throttledByGateway += 1;
        continue;
      }
      tokens -= 1;
      const isCold = busy === environments;
      if (isCold && (environments === concurrency || startable < 1)) {
        result.throttledByLambda += 1;
        continue;
      }
      environments += isCold ? 1 : 0;
      startable -= isCold ? 1 : 0;
      busy += 1;
      const end = step + Math.ceil((warmMs + (isCold ? coldMs : 0)) / stepMs);
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    result.peakConcurrent = Math.max(result.peakConcurrent, busy);
  }
  return { ...result, peakPerSecond: Math.max(...perSecond.values()) };
}

/** Somebody begins at any time and types for 4 to 12 seconds; who sees a code with under 5 seconds left waits for the next. */
function arrivalMs(withinMs: number, random: () => number): number {
  const seenMs = random() * withinMs;
  const leftMs = 30_000 - (seenMs % 30_000);
  const typingMs = 4000 + random() * 8000;
  return leftMs < 5000 ? seenMs + leftMs + 1000 + random() * 2000 : seenMs + typingMs;
}
