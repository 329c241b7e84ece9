/**
 * Evidence has a date. What was vouched for before the password changed, or before the person was made known (somebody of
 * the same id may have been erased since), is worth nothing.
 */
import type { ChallengeClaims } from './challenge-claims.ts';
import type { User } from './item.ts';
import { limits } from './limits.ts';
import type { UserTokenClaims } from './user-token-claims.ts';

/** The password has changed, or the table was restored, since the first factor of this sign-in passed. */
export const isBeforePasswordChange = (user: User, atMs: number): boolean =>
  atMs < passwordEvidenceFrom(user);

/** From when on a first factor vouches for somebody. */
const passwordEvidenceFrom = ({ passwordChangedAtMs = 0, evidenceFromMs = 0 }: User): number =>
  Math.max(passwordChangedAtMs, evidenceFromMs);

/** It was made for somebody who was erased since. */
export const isOfSomebodyErased = (user: User, atMs: number): boolean => atMs < (user.createdAtMs ?? 0);

/** When the sign-in began; enrolments inside it go on with its evidence. */
export const startOf = ({ startedAtMs, expiresAtMs }: ChallengeClaims): number =>
  startedAtMs ?? expiresAtMs - limits.challenge.lifetimeMs;

/**
 * Whether the second factor of a token was presented in the last 5 minutes, and neither the password nor a factor has ended
 * since.
 */
export function isSecondFactorFresh(
  user: User,
  { secondFactorAtMs }: UserTokenClaims,
  nowMs: number,
): boolean {
  const endedAtMs = Math.max(passwordEvidenceFrom(user), user.factorsEndedAtMs ?? 0);
  return (
    secondFactorAtMs !== undefined &&
    secondFactorAtMs > endedAtMs &&
    nowMs - secondFactorAtMs <= limits.reauthenticationMs
  );
}

/**
 * Whether the re-authentication of a token still counts. Apps write it in whole seconds, so that one of the second of the
 * change counts as after it, unless its token was minted before.
 */
export function isReauthenticationStale(
  user: User,
  { reauthenticatedAtMs = 0, mintedAtMs = Number.POSITIVE_INFINITY }: UserTokenClaims,
): boolean {
  const changedAtMs = passwordEvidenceFrom(user);
  const inSeconds = (ms: number) => Math.floor(ms / 1000);
  return inSeconds(reauthenticatedAtMs) < inSeconds(changedAtMs) || mintedAtMs < changedAtMs;
}
