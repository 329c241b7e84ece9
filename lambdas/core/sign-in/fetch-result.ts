/** The app fetches the result of a sign-in that went through the hosted prompt, or whose token its browser never held. */
import { timingSafeEqual } from 'node:crypto';
import type { Context, Decided, Ports } from '../decision.ts';
import { withMemory } from '../factors/places.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import type { ChallengeClaims } from '../state/challenge-claims.ts';
import type { Loaded, PlaceMemory, State } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import { challengeExpired, vouchedUser } from './challenge.ts';
import { resultCodeHash } from './pass.ts';
import { resultClaims, type SecondFactor } from './result-claims.ts';
import { rememberDevice } from './trusted-device.ts';

export type FetchResult = { challenge: ChallengeClaims; resultCode?: string | undefined };

export type FetchedResult = {
  status: 'passed';
  token: string;
  expiresAtMs: number;
  secondFactor: SecondFactor;
  deviceToken?: string | undefined;
};

type Passed = { memory: PlaceMemory; result: NonNullable<PlaceMemory['result']>; passedAtMs: number };

/**
 * Answers the claims of a challenge that has passed, within 5 minutes of the pass; repeated within a minute, the same
 * claims. Refuses `challenge_pending` before the pass, `challenge_expired` when the challenge ended without one or the 5
 * minutes are over, `challenge_used` for a later repeat, and `challenge_invalid` for a person who is gone and, where the
 * browser went back to the app, without the code that only the browser that passed holds.
 */
export async function fetchResult(
  loaded: Loaded,
  command: FetchResult,
  ports: Pick<Ports, 'signer' | 'fresh'>,
  context: Context,
): Promise<Decided<FetchedResult>> {
  const { challenge } = command;
  const { account } = loaded;
  const user = vouchedUser(loaded, challenge);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const passed = passedOf({ user, account }, command, context.nowMs);
  if (isRefusal(passed)) {
    return { answer: passed };
  }
  const { memory, result, passedAtMs } = passed;
  const secondFactor = result.secondFactor as SecondFactor;
  const claims = resultClaims(challenge, secondFactor, result.jti, passedAtMs, result.amr);
  const answer = async (deviceToken?: string) => {
    const token = await ports.signer.signResult(claims, context.nowMs);
    return { status: 'passed' as const, token, expiresAtMs: claims.exp * 1000, secondFactor, deviceToken };
  };
  if (result.fetchedAtMs !== undefined) {
    return { answer: await answer() };
  }
  const fetched = { ...memory, result: { ...result, fetchedAtMs: context.nowMs } };
  const kept = withMemory(user, challenge, fetched, context.nowMs);
  const { user: save, deviceToken } = result.remember
    ? rememberDevice({ user: kept, account }, ports, context)
    : { user: kept };
  return { save, afterSave: () => answer(deviceToken) };
}

function passedOf({ user }: State, { challenge, resultCode }: FetchResult, nowMs: number): Passed | Refusal {
  const memory = user.challenges[challenge.challengeId];
  const live = memory && memory.expiresAtMs > nowMs;
  if (!live || memory.passedAtMs === undefined) {
    const ended = !live && challenge.expiresAtMs <= nowMs;
    return ended
      ? challengeExpired()
      : refuse('challenge_pending', { detail: 'The sign-in is not complete yet.' });
  }
  const { result, passedAtMs } = memory;
  if (!result) {
    return refuse('challenge_used', {
      reason: 'fetched',
      detail: 'The result was fetched already. Start a new sign-in.',
    });
  }
  if (result.codeHash && !isCode(resultCode, result.codeHash)) {
    return refuse('challenge_invalid', { detail: 'Send the resultCode that the browser came back with.' });
  }
  if (nowMs - passedAtMs > limits.resultTokenMs) {
    return challengeExpired();
  }
  return result.fetchedAtMs !== undefined && nowMs - result.fetchedAtMs > limits.challenge.repeatMs
    ? refuse('challenge_used', {
        reason: 'fetched',
        detail: 'The result was fetched already. Start a new sign-in.',
      })
    : { memory, result, passedAtMs };
}

const isCode = (code: string | undefined, hash: Uint8Array): boolean =>
  code !== undefined && timingSafeEqual(resultCodeHash(code), hash);
