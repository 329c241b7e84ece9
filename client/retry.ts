/** Asking again after a failure that may pass. */
import { setTimeout as delay } from 'node:timers/promises';
import type { CountersignError } from './error.ts';

/** Whoever waits for a sign-in waits no longer than this for one more try. */
const longestWaitMs = 5_000;

/**
 * Calls `attempt` again, at most `retries` times, after `busy` and `temporarily_unavailable`: after `Retry-After` where
 * the answer says one, else after 100 ms, 200 ms, ..., each with up to as much again at random, so that callers who
 * failed together do not return together. For calls that may be repeated.
 */
export async function retrying<Answer>(attempt: () => Promise<Answer>, retries: number): Promise<Answer> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      const waitMs = waitAfter(error as CountersignError, failures);
      if (failures >= retries || waitMs === undefined) {
        throw error;
      }
      await delay(waitMs);
    }
  }
}

function waitAfter({ code, retryAfterSeconds }: CountersignError, failures: number): number | undefined {
  if (code !== 'busy' && code !== 'temporarily_unavailable') {
    return undefined;
  }
  const backOffMs = 100 * 2 ** failures * (1 + Math.random());
  const waitMs = retryAfterSeconds === undefined ? backOffMs : retryAfterSeconds * 1000 + backOffMs;
  return waitMs > longestWaitMs ? undefined : waitMs;
}
