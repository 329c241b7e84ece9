/** Every way Countersign says no. The union is closed: a code without an HTTP status does not compile. */
export type RefusalCode =
  | 'request_invalid'
  | 'credentials_missing'
  | 'credentials_invalid'
  | 'challenge_invalid'
  | 'forbidden'
  | 'reauthentication_required'
  | 'proof_required'
  | 'method_not_allowed'
  | 'policy_forbids_disable'
  | 'codes_disabled'
  | 'not_found'
  | 'already_enabled'
  | 'not_enabled'
  | 'policy_version_conflict'
  | 'challenge_pending'
  | 'challenge_expired'
  | 'challenge_used'
  | 'enrollment_expired'
  | 'change_expired'
  | 'account_closed'
  | 'code_incorrect'
  | 'code_already_used'
  | 'too_many_attempts'
  | 'resend_too_soon'
  | 'too_many_codes'
  | 'busy'
  | 'delivery_unavailable'
  | 'temporarily_unavailable';

/** What a code means here, where it has several meanings. */
export type RefusalReason = {
  too_many_attempts: 'backoff' | 'spent';
  challenge_used: 'passed' | 'moved_on' | 'enrolled' | 'fetched';
  forbidden: 'signature' | 'role' | 'self' | 'five_apps' | 'five_passkeys' | 'sign_in' | 'policy';
  method_not_allowed: 'sign_in' | 'policy' | 'not_enabled' | 'number';
  too_many_codes: 'challenge' | 'hour' | 'day' | 'stopped';
  not_found: 'user' | 'authenticator' | 'passkey' | 'device' | 'change' | 'file';
};

/**
 * A refusal: what is answered instead of the happy path. It is a value, not an exception, because it may have
 * state to save (a failure that counts).
 */
export type Refusal = {
  refused: RefusalCode;
  /** From a closed list of its code. */
  reason?: RefusalReason[keyof RefusalReason];
  /** What the person or the program can do next. Never a secret, never an internal name. */
  detail?: string;
  /** When the same request can make sense again, for the `Retry-After` header. */
  retryAtMs?: number;
  /** Tries left on this challenge or pending authenticator, with `code_incorrect`. */
  attemptsRemaining?: number;
  /** Which part of the body is wrong, with `request_invalid`. */
  errors?: { pointer: string; detail: string }[];
};

type More<C extends RefusalCode> = Omit<Refusal, 'refused' | 'reason'> &
  (C extends keyof RefusalReason ? { reason: RefusalReason[C] } : { reason?: never });

/** A code with several meanings takes the reason that says which one it is. */
export const refuse = <C extends RefusalCode>(
  refused: C,
  ...[more]: C extends keyof RefusalReason ? [More<C>] : [More<C>?]
): Refusal => ({
  refused,
  ...more,
});

export const isRefusal = (answer: unknown): answer is Refusal =>
  typeof answer === 'object' && answer !== null && 'refused' in answer;
