/** The claims of the result token: who, when, and honestly how. */
import { factors } from '../factors/table.ts';
import { actionHash } from '../state/action.ts';
import type { ChallengeClaims } from '../state/challenge-claims.ts';
import { limits } from '../state/limits.ts';
import type { Method } from '../state/methods.ts';

/** What stood for the second step: a factor, or what the policy takes in its place. */
export type SecondFactor = Method | 'trusted_device' | 'exempt' | 'none';

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
  /**
   * What an authorizer asks for: `second_factor` where one was presented, or a trusted device stands for one; `action` for a
   * step-up, whose token opens nothing but its act.
   */
  scope?: 'second_factor' | 'action';
  /** How strong the sign-in was, in private names (RFC 9470). */
  acr: 'mfa' | 'second_factor' | 'single_factor';
  /** The act that a step-up confirmed, and the hash over its name and details. */
  action?: string;
  action_hash?: string;
};

/**
 * The claims of a completed sign-in. `amr` (RFC 8176) never says more than happened: the first factor's own values, then
 * those of the second factor that was checked here and of the very attempt. An identity provider's own `mfa` is left out: the token speaks for
 * Countersign.
 */
export function resultClaims(
  challenge: Pick<ChallengeClaims, 'accountId' | 'userId' | 'challengeId' | 'firstFactor' | 'amr' | 'action'>,
  secondFactor: SecondFactor,
  jti: string,
  nowMs: number,
  attemptAmr: readonly string[] = [],
): ResultClaims {
  const seconds = Math.floor(nowMs / 1000);
  const second = isMethod(secondFactor) ? factors[secondFactor].amr : [];
  const acr = acrOf(secondFactor);
  return {
    sub: challenge.userId,
    account: challenge.accountId,
    jti,
    iat: seconds,
    exp: seconds + limits.resultTokenMs / 1000,
    auth_time: seconds,
    nonce: challenge.challengeId,
    amr: [...new Set([...firstAmr(challenge), ...second, ...attemptAmr])],
    second_factor: secondFactor,
    ...(acr === 'single_factor' ? {} : { scope: 'second_factor' as const }),
    acr,
    ...actionClaims(challenge),
  };
}

/** Somebody who is signed in already presented no first factor now. */
function firstAmr({ firstFactor, amr }: Pick<ChallengeClaims, 'firstFactor' | 'amr'>): string[] {
  if (firstFactor === 'session') {
    return [];
  }
  return firstFactor === 'password' ? ['pwd'] : amr.filter((value) => value !== 'mfa');
}

const actionClaims = ({ action }: Pick<ChallengeClaims, 'action'>): Partial<ResultClaims> =>
  action ? { scope: 'action', action: action.name, action_hash: actionHash(action) } : {};

function acrOf(secondFactor: SecondFactor): ResultClaims['acr'] {
  if (isMethod(secondFactor)) {
    return factors[secondFactor].amr.includes('mfa') ? 'mfa' : 'second_factor';
  }
  return secondFactor === 'trusted_device' ? 'second_factor' : 'single_factor';
}

const isMethod = (secondFactor: SecondFactor): secondFactor is Method => secondFactor in factors;
