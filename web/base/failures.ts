/** What went wrong with a call, and which text of the catalogue says it. The API's own `detail` is never shown. */

import { CountersignError } from '../../client/error.ts';

/** An error of the client, as far as pages read it; `offline` is the elements' own code. */
export type Failure = {
  code: string;
  reason?: string | undefined;
  attemptsRemaining?: number | undefined;
  retryAfterSeconds?: number | undefined;
  requestId?: string | undefined;
  errors?: readonly { pointer: string; detail: string }[] | undefined;
};

/** Anything thrown as a failure: the client's error as it is, `offline` where the browser has no network. */
function failureOf(error: unknown): Failure {
  if (!navigator.onLine) {
    return { code: 'offline' };
  }
  return error instanceof CountersignError ? error : { code: 'unknown' };
}

/** Whether the same call may succeed a moment later. */
const isPassing = ({ code }: Failure): boolean => code === 'busy' || code === 'temporarily_unavailable';

/**
 * The keys under which a catalogue may say it, from the narrowest: `error.<code>.<reason>`, then `error.<code>.<place>`,
 * then `error.<code>`. `places` say where the person is, such as `totp`, `setup`, `sign_in`.
 */
export function errorKeys({ code, reason }: Failure, places: readonly string[]): string[] {
  return [reason, ...places, undefined]
    .filter((part, index, all) => part !== undefined || index === all.length - 1)
    .map((part) => (part === undefined ? `error.${code}` : `error.${code}.${part}`));
}

/** What `work` answers, or the failure. What is short of capacity is tried twice more by itself. */
export async function patiently<T>(
  work: () => Promise<T>,
  triesLeft = 2,
): Promise<{ answer: T } | { failure: Failure }> {
  try {
    return { answer: await work() };
  } catch (error) {
    const failure = failureOf(error);
    if (!isPassing(failure) || triesLeft === 0) {
      return { failure };
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(failure.retryAfterSeconds ?? 1, 3) * 1000));
    return patiently(work, triesLeft - 1);
  }
}
