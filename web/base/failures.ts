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
export function failureOf(error: unknown): Failure {
  if (!navigator.onLine) {
    return { code: 'offline' };
  }
  return error instanceof CountersignError ? error : { code: 'unknown' };
}

/** Whether the same call may succeed a moment later. */
export const isPassing = ({ code }: Failure): boolean =>
  code === 'busy' || code === 'temporarily_unavailable';

/**
 * The keys under which a catalogue may say it, from the narrowest: `error.<code>.<reason>`, then `error.<code>.<place>`,
 * then `error.<code>`. `places` say where the person is, such as `totp`, `setup`, `sign_in`.
 */
export function errorKeys({ code, reason }: Failure, places: readonly string[]): string[] {
  return [reason, ...places, undefined]
    .filter((part, index, all) => part !== undefined || index === all.length - 1)
    .map((part) => (part === undefined ? `error.${code}` : `error.${code}.${part}`));
}
