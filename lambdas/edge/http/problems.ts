/** Refusals as HTTP: RFC 9457 problem details, one table from code to status. */
import type { Refusal, RefusalCode } from '../../core/refusal.ts';

/** A code without a status does not compile. */
export const problemTypes: Record<RefusalCode, { status: number; title: string }> = {
  request_invalid: { status: 400, title: 'The request is not valid' },
  credentials_missing: { status: 401, title: 'Credentials are missing' },
  credentials_invalid: { status: 401, title: 'The credentials are not valid' },
  challenge_invalid: { status: 401, title: 'The challenge token is not valid' },
  forbidden: { status: 403, title: 'Not allowed' },
  reauthentication_required: { status: 403, title: 'The first factor must be checked again' },
  proof_required: { status: 403, title: 'A current second factor is required' },
  method_not_allowed: { status: 403, title: 'This method cannot be used here' },
  policy_forbids_disable: { status: 403, title: 'The account requires two-factor authentication' },
  codes_disabled: { status: 403, title: 'Codes are disabled after too many failures' },
  not_found: { status: 404, title: 'Not found' },
  already_enabled: { status: 409, title: 'Already turned on' },
  not_enabled: { status: 409, title: 'Not turned on' },
  policy_version_conflict: { status: 409, title: 'The policy has changed meanwhile' },
  challenge_pending: { status: 409, title: 'The sign-in is not complete yet' },
  challenge_expired: { status: 410, title: 'The challenge has expired' },
  challenge_used: { status: 410, title: 'The challenge is used up' },
  enrollment_expired: { status: 410, title: 'The enrolment has expired' },
  change_expired: { status: 410, title: 'The change has expired' },
  account_closed: { status: 410, title: 'The account is closed' },
  code_incorrect: { status: 422, title: 'The code is not right' },
  code_already_used: { status: 422, title: 'The code was used already' },
  too_many_attempts: { status: 429, title: 'Too many wrong codes' },
  resend_too_soon: { status: 429, title: 'Too soon for another code' },
  too_many_codes: { status: 429, title: 'Too many codes' },
  busy: { status: 503, title: 'Busy' },
  delivery_unavailable: { status: 503, title: 'The code could not be sent' },
  temporarily_unavailable: { status: 503, title: 'Temporarily unavailable' },
};

const outageRetrySeconds = 2;

export type HttpAnswer = { statusCode: number; headers: Record<string, string>; body?: string };

/** A refusal as problem+json. `type` is a name, not an address: the code is the contract, and documented in the API. */
export function problem(refusal: Refusal, requestId: string, nowMs: number): HttpAnswer {
  const { refused: code, reason, detail, retryAtMs, attemptsRemaining, errors } = refusal;
  const { status, title } = problemTypes[code];
  const body = {
    type: `urn:countersign:problem:${code}`,
    title,
    status,
    detail,
    code,
    reason,
    requestId,
    attemptsRemaining,
    errors,
  };
  const retryAfter = retryAfterSeconds(status, retryAtMs, nowMs);
  return {
    statusCode: status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      ...(status === 401 ? { 'www-authenticate': 'Bearer realm="countersign"' } : {}),
    },
    body: JSON.stringify(body),
  };
}

function retryAfterSeconds(status: number, retryAtMs: number | undefined, nowMs: number): number | undefined {
  if (retryAtMs !== undefined) {
    return Math.max(1, Math.ceil((retryAtMs - nowMs) / 1000));
  }
  return status === 503 ? outageRetrySeconds : undefined;
}
