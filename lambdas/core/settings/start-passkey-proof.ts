/** A passkey to use as proof: what it is to sign. */
import type { Context, Decision, Ports } from '../decision.ts';
import { lockOf } from '../factors/budget.ts';
import { base64url, passkey } from '../factors/passkey.ts';
import { type RequestOptions, requestOptions } from '../factors/passkey-options.ts';
import { memoryOf, outOfTries, withMemory } from '../factors/places.ts';
import { isRefusal } from '../refusal.ts';
import type { Loaded } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import type { UserTokenClaims } from '../state/user-token-claims.ts';
import { provingUser } from './mail-proof-code.ts';

export type StartedPasskeyProof = { options: RequestOptions; expiresAtMs: number };

/**
 * Keeps a random challenge for 5 minutes: one live, a new one in its place, and spent by its first answer. Refuses what
 * `provingUser` refuses, `too_many_attempts`.
 */
export function startPasskeyProof(
  loaded: Loaded,
  { token }: { token: UserTokenClaims },
  { fresh }: Pick<Ports, 'fresh'>,
  context: Context,
): Decision<StartedPasskeyProof> {
  const { nowMs } = context;
  const user = provingUser(loaded, token, 'passkey', context);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const memory = memoryOf(user, 'proofs', nowMs);
  const refusal = outOfTries(memory) ?? lockOf(user, passkey, nowMs);
  if (refusal) {
    return { answer: refusal };
  }
  const challenge = fresh.passkeyChallenge();
  const expiresAtMs = nowMs + limits.passkey.proofMs;
  const kept = {
    ...memory,
    assertion: { challenge, expiresAtMs },
    expiresAtMs: Math.max(memory.expiresAtMs, expiresAtMs),
  };
  return {
    save: withMemory(user, 'proofs', kept, nowMs),
    answer: { options: requestOptions(user, base64url(challenge), context), expiresAtMs },
  };
}
