/** The claims of the result token: who, when, and honestly how. */
import type { ChallengeClaims } from './challenge-claims.ts';
import { limits } from './limits.ts';

export type SecondFactor = 'totp' | 'email' | 'sms' | 'recovery_code' | 'trusted_device' | 'exempt' | 'none';

export type ResultClaims = {
  sub: string;
  account: string;
  jti: string;
  iat: number;
  exp: number;
  auth_time: number;
  nonce: string;
  amr: string[];
  second_factor: SecondFactor;
};

const secondFactorAmr: Partial<Record<SecondFactor, string[]>> = {
  totp: ['otp', 'mfa'],
  sms: ['sms', 'mfa'],
};

/**
 * The claims of a completed sign-in. `amr` (RFC 8176) never says more than happened: the first factor's own values,
 * then `otp` or `sms` with `mfa` where a second factor of that strength was checked here. An identity provider's own
 * `mfa` is left out: the token speaks for Countersign.
 */
export function resultClaims(
  challenge: Pick<ChallengeClaims, 'accountId' | 'userId' | 'challengeId' | 'firstFactor' | 'amr'>,
  secondFactor: SecondFactor,
  jti: string,
  nowMs: number,
): ResultClaims {
  const seconds = Math.floor(nowMs / 1000);
  const first =
    challenge.firstFactor === 'password' ? ['pwd'] : challenge.amr.filter((value) => value !== 'mfa');
  return {
    sub: challenge.userId,
    account: challenge.accountId,
    jti,
    iat: seconds,
    exp: seconds + limits.resultTokenMs / 1000,
    auth_time: seconds,
    nonce: challenge.challengeId,
    amr: [...new Set([...first, ...(secondFactorAmr[secondFactor] ?? [])])],
    second_factor: secondFactor,
  };
}
