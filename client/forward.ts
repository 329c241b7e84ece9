/** Which of a browser's calls an app's back end passes on, and what of them. */
import { CountersignError } from './error.ts';
import type { TransportAnswer, TransportRequest } from './transport.ts';

const methods: readonly string[] = ['GET', 'POST', 'PUT', 'DELETE'];
/** The routes of browsers and user tokens. None of them is signed, so that a page never speaks as the app. */
const forwardable = /^\/v1\/(challenges\/(read|send|verify)$|me\/|account\/)/;
const kept = ['cache-control', 'content-type', 'retry-after', 'x-request-id'];

/**
 * The call as it goes on, without any header but the caller's token and its `Idempotency-Key`. `userToken` is added where
 * the browser sent no token. Throws `forbidden` for anything that is not a browser's route.
 */
export function forwarded(
  { method, path, body, headers = {} }: TransportRequest,
  userToken: string | undefined,
): TransportRequest {
  if (!methods.includes(method) || !isForwardable(path)) {
    throw new CountersignError('forbidden', { status: 403, detail: 'This call is not one of a browser.' });
  }
  const named = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const authorization = named.get('authorization') ?? (userToken && `Bearer ${userToken}`);
  const idempotencyKey = named.get('idempotency-key');
  return {
    method,
    path,
    ...(body === undefined || method === 'GET' || method === 'DELETE' ? {} : { body }),
    headers: {
      ...(authorization ? { authorization } : {}),
      ...(idempotencyKey ? { 'idempotency-key': idempotencyKey } : {}),
    },
  };
}

/** The answer for the browser: status, body and the headers that its client reads. */
export function answered({ status, body, headers = {} }: TransportAnswer): TransportAnswer {
  const passed = Object.entries(headers).filter(([name]) => kept.includes(name));
  return { status, ...(body === undefined ? {} : { body }), headers: Object.fromEntries(passed) };
}

/** A failure as the answer that the browser's client reads. */
export function problemAnswer({ code, status, detail, reason }: CountersignError): TransportAnswer {
  return {
    status: status || 503,
    body: { code, detail, reason },
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
  };
}

function isForwardable(path: unknown): boolean {
  if (typeof path !== 'string' || !URL.canParse(path, 'https://api.invalid')) {
    return false;
  }
  const { origin, pathname, search } = new URL(path, 'https://api.invalid');
  return origin === 'https://api.invalid' && pathname + search === path && forwardable.test(pathname);
}
