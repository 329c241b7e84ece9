/** How a call leaves and an answer is read: the same in a browser and in a back end. */
import type { ErrorCode, FieldError } from './contract.ts';
import { CountersignError } from './error.ts';

export type TransportRequest = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With its query, such as `/v1/account/users?limit=20`. */
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
};

export type TransportAnswer = {
  status: number;
  /** The parsed JSON; absent for an answer without content. */
  body?: unknown;
  /** Names in lower case. Only `retry-after` and `x-request-id` are read. */
  headers?: Record<string, string>;
};

/** Carries a call to the API, for example by way of the app's own back end. Rejects only where no answer came. */
export type Transport = (request: TransportRequest) => Promise<TransportAnswer>;

/** One `fetch`, given up after `timeoutMs`. Throws `temporarily_unavailable` where no answer came. */
export async function fetchOnce(
  baseUrl: string,
  { method, path, body, headers }: TransportRequest,
  timeoutMs: number,
): Promise<TransportAnswer> {
  try {
    const answer = await fetch(baseUrl + path, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      // Neither cookies nor other addresses have a part in this.
      credentials: 'omit',
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      ...(text === '' ? {} : { body: parsed(text) }),
    };
  } catch (cause) {
    throw noAnswer(cause);
  }
}

/** The body of a success. Throws a `CountersignError` for anything else. */
export function readAnswer<Answer>(answer: TransportAnswer): Answer {
  if (answer.status >= 200 && answer.status < 300) {
    return answer.body as Answer;
  }
  throw errorOf(answer);
}

/** `/v1/account/users` with `query`, absent values left out. */
export function withQuery(path: string, query: Record<string, string | number | undefined>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(
    given.map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  return text === '' ? path : `${path}?${text}`;
}

/** An error for a call that nobody answered. */
export function noAnswer(cause: unknown): CountersignError {
  // By its name: a transport may come from another bundle, with a class of its own.
  if ((cause as Error | undefined)?.name === 'CountersignError') {
    return cause as CountersignError;
  }
  const isTimeout = (cause as Error | undefined)?.name === 'TimeoutError';
  return new CountersignError('temporarily_unavailable', {
    status: 0,
    reason: isTimeout ? 'timeout' : 'network',
    detail: isTimeout ? 'Countersign did not answer in time.' : 'Countersign could not be reached.',
    cause,
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Problem = {
  code?: ErrorCode;
  detail?: string;
  /** API Gateway's own word for `detail`. */
  message?: string;
  requestId?: string;
  reason?: string;
  attemptsRemaining?: number;
  errors?: FieldError[];
};

/** Answers of API Gateway itself carry no code: it did not let the call through, or no function ran. */
const gatewayCodes: Record<number, ErrorCode> = {
  401: 'credentials_invalid',
  403: 'forbidden',
  404: 'not_found',
  429: 'busy',
};

function errorOf({ status, body, headers = {} }: TransportAnswer): CountersignError {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Problem;
  const fallback = gatewayCodes[status] ?? (status >= 500 ? 'temporarily_unavailable' : 'request_invalid');
  const retryAfter = Number(headers['retry-after'] ?? Number.NaN);
  return new CountersignError(problem.code ?? fallback, {
    status,
    detail: problem.detail ?? problem.message,
    requestId: problem.requestId ?? headers['x-request-id'] ?? headers['apigw-requestid'],
    reason: problem.code ? problem.reason : 'gateway',
    attemptsRemaining: problem.attemptsRemaining,
    retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : undefined,
    errors: problem.errors,
  });
}
