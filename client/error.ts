/** Everything that goes wrong, as one class. */
import type { ErrorCode, FieldError } from './contract.ts';

/** Codes of the client's own: a token that does not complete this sign-in, for a `reason`. */
export type ClientCode = ErrorCode | 'token_invalid';

type Details = {
  status: number;
  detail?: string | undefined;
  requestId?: string | undefined;
  reason?: string | undefined;
  attemptsRemaining?: number | undefined;
  retryAfterSeconds?: number | undefined;
  errors?: FieldError[] | undefined;
  cause?: unknown;
};

/** A refusal or a failure. `code` is the contract; `detail` says in a sentence what to do next. */
export class CountersignError extends Error {
  override readonly name = 'CountersignError';
  readonly code: ClientCode;
  /** The HTTP status; 0 where no answer came. */
  readonly status: number;
  readonly detail: string | undefined;
  /** What to look for in the logs. */
  readonly requestId: string | undefined;
  /**
   * Where a code has several meanings. The client's own: `timeout`, `network`, `gateway` (API Gateway answered, not
   * Countersign), and with `token_invalid` the claim that does not fit.
   */
  readonly reason: string | undefined;
  /** Tries left, with `code_incorrect`. */
  readonly attemptsRemaining: number | undefined;
  readonly retryAfterSeconds: number | undefined;
  /** What is wrong with the request, with `request_invalid`. */
  readonly errors: FieldError[] | undefined;

  constructor(code: ClientCode, details: Details) {
    super(details.detail ? `${code}: ${details.detail}` : code, { cause: details.cause });
    this.code = code;
    this.status = details.status;
    this.detail = details.detail;
    this.requestId = details.requestId;
    this.reason = details.reason;
    this.attemptsRemaining = details.attemptsRemaining;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.errors = details.errors;
  }
}
