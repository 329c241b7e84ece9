import { describe, expect, it } from 'vitest';
import { type RefusalCode, refuse } from '../../../lambdas/core/refusal.ts';
import { problem, problemTypes } from '../../../lambdas/edge/http/problems.ts';

/** The contract's table, written out a second time. */
const contract: Record<number, RefusalCode[]> = {
  400: ['request_invalid'],
  401: ['credentials_missing', 'credentials_invalid', 'challenge_invalid'],
  403: [
    'forbidden',
    'reauthentication_required',
    'proof_required',
    'method_not_allowed',
    'policy_forbids_disable',
    'codes_disabled',
  ],
  404: ['not_found'],
  409: ['already_enabled', 'not_enabled', 'policy_version_conflict', 'challenge_pending'],
  410: ['challenge_expired', 'challenge_used', 'enrollment_expired', 'change_expired', 'account_closed'],
  422: ['code_incorrect', 'code_already_used'],
  429: ['too_many_attempts', 'resend_too_soon', 'too_many_codes'],
  503: ['busy', 'delivery_unavailable', 'temporarily_unavailable'],
};
const byCode = Object.entries(contract).flatMap(([status, codes]) =>
  codes.map((code) => [code, Number(status)] as const),
);
const now = 1_790_000_000_000;
const bodyOf = (answer: { body?: string }) => JSON.parse(answer.body ?? '');

describe('refusals as problems', () => {
  it('the table holds the codes of the contract, all of them and no other', () => {
    expect(Object.keys(problemTypes).sort()).toEqual(byCode.map(([code]) => code).sort());
  });

  it.each(byCode)('%s is answered %i', (code, status) => {
    const answer = problem(refuse(code, { detail: 'What to do.' }), 'req-1', now);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(bodyOf(answer)).toEqual({
      type: `urn:countersign:problem:${code}`,
      title: problemTypes[code].title,
      status,
      detail: 'What to do.',
      code,
      requestId: 'req-1',
    });
  });

  it.each(byCode.filter(([, status]) => status === 429 || status === 503))(
    '%s says in Retry-After when it makes sense again, in whole seconds and never too early',
    (code) => {
      const retryAfter = (retryAtMs: number) =>
        problem(refuse(code, { retryAtMs }), 'r', now).headers['retry-after'];
      expect(retryAfter(now + 60_000)).toBe('60');
      expect(retryAfter(now + 59_001)).toBe('60');
      expect(retryAfter(now)).toBe('1');
      expect(retryAfter(now - 5000)).toBe('1');
    },
  );

  it.each(contract[503] as RefusalCode[])('%s says Retry-After also when nobody knows the time', (code) => {
    expect(Number(problem(refuse(code), 'r', now).headers['retry-after'])).toBeGreaterThan(0);
  });

  it.each(byCode.filter(([, status]) => status === 401))('%s names the scheme, as HTTP wants it', (code) => {
    expect(problem(refuse(code), 'r', now).headers['www-authenticate']).toMatch(/^Bearer /);
  });

  it('tries left and what is wrong with the body go along', () => {
    const errors = [{ pointer: '/code', detail: 'must be 6 digits' }];
    expect(bodyOf(problem(refuse('request_invalid', { errors }), 'r', now)).errors).toEqual(errors);
    const incorrect = problem(refuse('code_incorrect', { attemptsRemaining: 0 }), 'r', now);
    expect(bodyOf(incorrect).attemptsRemaining).toBe(0);
  });
});
