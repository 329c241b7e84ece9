/** The end of a sign-in: the challenge is spent, and the result token follows or waits for the app. */
import { createHash } from 'node:crypto';
import type { Context, Ports } from '../decision.ts';
import { withLastUsed } from '../factors/methods.ts';
import { withMemory } from '../factors/places.ts';
import { withoutTemporaryCode, withTemporarySignIn } from '../factors/temporary-code.ts';
import type { ChallengeClaims } from '../state/challenge-claims.ts';
import type { PlaceMemory, User } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import type { Method } from '../state/methods.ts';
import { type ResultClaims, resultClaims } from './result-claims.ts';

/** What the browser gets: the token, or where to go back to while the app fetches the token itself. */
export type Handed = { token: string; expiresAtMs: number } | { redirectTo: string };

/** A passed challenge: its claims, and what its memory keeps for the app. */
export type Passing = {
  claims: ResultClaims;
  result: NonNullable<PlaceMemory['result']>;
  resultCode?: string;
};

/**
 * `remember`: a device is to be trusted once the app fetches the result, for then it can keep the token. `amr`: what the
 * attempt itself adds to its factor's.
 */
export function passing(
  challenge: ChallengeClaims,
  secondFactor: Method,
  { fresh }: Pick<Ports, 'fresh'>,
  context: Context,
  { remember = false, amr = [] }: { remember?: boolean; amr?: readonly string[] | undefined } = {},
): Passing {
  const claims = resultClaims(challenge, secondFactor, context.newId('jti'), context.nowMs, amr);
  const result = { jti: claims.jti, secondFactor, ...(amr.length > 0 ? { amr: [...amr] } : {}) };
  if (challenge.returnTo === undefined) {
    return { claims, result };
  }
  const resultCode = fresh.resultCode();
  const kept = { ...result, codeHash: resultCodeHash(resultCode), ...(remember ? { remember } : {}) };
  return { claims, result: kept, resultCode };
}

/** A code of 256 random bits needs no slow hash. */
export const resultCodeHash = (code: string): Uint8Array =>
  new Uint8Array(createHash('sha256').update(code).digest());

/**
 * The user with the challenge spent, for as long as it could come back or its result can be fetched. Whoever passes by
 * another factor needs no temporary code any more, and is offered that factor first the next time.
 */
export function withPassedChallenge(
  user: User,
  challenge: ChallengeClaims,
  { result }: Pick<Passing, 'result'>,
  { nowMs }: Context,
  more: Pick<PlaceMemory, 'repeat'> = {},
): User {
  const expiresAtMs = Math.max(challenge.expiresAtMs, nowMs + limits.resultTokenMs);
  const left =
    result.secondFactor === 'temporary_code'
      ? withTemporarySignIn(user, result.jti, nowMs)
      : withLastUsed(withoutTemporaryCode(user), result.secondFactor);
  return withMemory(left, challenge, { failures: 0, passedAtMs: nowMs, result, ...more, expiresAtMs }, nowMs);
}

/** What the browser is handed; a challenge that goes back to the app gives it no token. */
export async function handOver(
  { returnTo, challengeId }: ChallengeClaims,
  { claims, resultCode }: Passing,
  { signer }: Pick<Ports, 'signer'>,
  { nowMs }: Context,
): Promise<Handed> {
  if (returnTo !== undefined && resultCode !== undefined) {
    const redirectTo = new URL(returnTo);
    redirectTo.searchParams.set('challengeId', challengeId);
    redirectTo.searchParams.set('resultCode', resultCode);
    return { redirectTo: redirectTo.href };
  }
  return { token: await signer.signResult(claims, nowMs), expiresAtMs: claims.exp * 1000 };
}
