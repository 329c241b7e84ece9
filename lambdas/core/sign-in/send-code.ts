/** Sending a 6-digit code: to whom, how often, and what is kept of it. */

import type { Context, Decision, Ports } from '../decision.ts';
import { maskedEmail } from '../factors/email.ts';
import { lockedOut } from '../factors/locked-out.ts';
import { codeScope, codeText, destinationOf, memoryOf, type Place, withMemory } from '../factors/places.ts';
import { maskedPhone } from '../factors/sms.ts';
import { smsRefusal } from '../factors/sms-rules.ts';
import { factors } from '../factors/table.ts';
import { withAttempt } from '../notices/attempts.ts';
import { isRefusal, type Refusal, type RefusalReason, refuse } from '../refusal.ts';
import type { ChallengeClaims } from '../state/challenge-claims.ts';
import type { Loaded, PlaceMemory, State, User } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import type { SentMethod } from '../state/methods.ts';
import { methodsOfChallenge, userOfChallenge } from './challenge.ts';

/** What sending a code takes. */
export type SendPorts = Pick<Ports, 'seal' | 'fresh'>;

/** A code on its way: `code` and `to` are for the mail alone, the rest is for the answer. */
export type CodeToSend = {
  code: string;
  to: string;
  method: SentMethod;
  place: Place;
  sentTo: string;
  resendAvailableAtMs: number;
  expiresAtMs: number;
};

/**
 * Sends a code in a sign-in. Only to the stored address, only by a method of this sign-in. Refuses `challenge_invalid`,
 * `challenge_expired`, `challenge_used`, `method_not_allowed`, the locks of the user's budget, and the limits on codes.
 */
export async function sendCode(
  loaded: Loaded,
  { challenge, method }: { challenge: ChallengeClaims; method: SentMethod },
  ports: SendPorts,
  context: Context,
): Promise<Decision<CodeToSend>> {
  const user = userOfChallenge(loaded, challenge, context.nowMs);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const state = { user, account: loaded.account };
  if (!methodsOfChallenge(state, challenge, context).includes(method)) {
    return {
      answer: refuse('method_not_allowed', {
        reason: 'sign_in',
        detail: 'Choose one of the methods of this sign-in.',
      }),
    };
  }
  return newCode(state, challenge, method, ports, context, challenge.expiresAtMs);
}

/**
 * The shared part of every flow that sends a code: locks and limits, then a fresh code whose MAC is kept beside the
 * earlier ones of the same place, which stay valid. The destination is the stored one, or while a number is being enrolled
 * that number. Refuses `too_many_attempts`, `codes_disabled`, `resend_too_soon`, `too_many_codes`, and what `smsRefusal`
 * refuses.
 */
export async function newCode(
  { user, account }: State,
  place: Place,
  method: SentMethod,
  { seal, fresh }: SendPorts,
  context: Context,
  placeExpiresAtMs = Number.POSITIVE_INFINITY,
): Promise<Decision<CodeToSend>> {
  const { nowMs } = context;
  const memory = memoryOf(user, place, nowMs);
  const to = destinationOf(user, place, method);
  const sentTo = method === 'email' ? maskedEmail(to) : maskedPhone(to);
  const refusal = method === 'sms' ? smsRefusal(account, countryOf(user, place), context) : undefined;
  const locked = refusal ? undefined : lockedOut(user, place, factors[method], context);
  const answer = refusal ?? locked?.answer ?? tooManyCodes(user, memory, nowMs);
  if (answer) {
    return locked ?? { answer };
  }
  const code = fresh.sixDigits();
  const [mac] = await seal.macs(codeText(codeScope(user, place, method), code));
  const expiresAtMs = Math.min(nowMs + limits.mailedCode.lifetimeMs, placeExpiresAtMs);
  const codes = [...(memory.codes ?? []), { method, mac: mac as Uint8Array, sentAtMs: nowMs, expiresAtMs }];
  const kept = { ...memory, codes, expiresAtMs: Math.max(memory.expiresAtMs, expiresAtMs) };
  const codesSentAtMs = [...sentSince(user, nowMs - limits.mailedCode.dayMs), nowMs];
  const sent = { ...withMemory(user, place, kept, nowMs), codesSentAtMs };
  const save = withAttempt(sent, 'sent', { method, place }, context);
  // What the next request would be answered: after the last code of a place no wait within it is promised.
  const resendAvailableAtMs = tooManyCodes(save, kept, nowMs)?.retryAtMs ?? nowMs;
  return { save, answer: { code, to, method, place, sentTo, resendAvailableAtMs, expiresAtMs } };
}

const countryOf = (user: User, place: Place): string =>
  (place === 'pendingSmsMethod' ? user.pendingSmsMethod : user.smsMethod)?.country ?? '';

/**
 * Takes a code back that could not be handed to the mail system: it was never sent, so it neither counts nor delays the
 * next one. The tries stay as they are.
 */
export function withoutUnsentCode(
  user: User,
  { place, method }: Pick<CodeToSend, 'place' | 'method'>,
  sentAtMs: number,
  context: Context,
): User {
  const { nowMs } = context;
  const memory = memoryOf(user, place, nowMs);
  const codes = (memory.codes ?? []).filter((code) => code.sentAtMs !== sentAtMs);
  const codesSentAtMs = user.codesSentAtMs.filter((at) => at !== sentAtMs);
  const unsent = { ...withMemory(user, place, { ...memory, codes }, nowMs), codesSentAtMs };
  return withAttempt(unsent, 'not_sent', { method, place }, context);
}

function tooManyCodes(user: User, memory: PlaceMemory, nowMs: number): Refusal | undefined {
  const { perChallenge, perHour, perDay, hourMs, dayMs } = limits.mailedCode;
  const codes = memory.codes ?? [];
  const last = codes.at(-1);
  if (codes.length >= perChallenge) {
    return tooMany('challenge', 'No more codes in this sign-in.', memory.expiresAtMs);
  }
  const resendAtMs = last ? last.sentAtMs + resendAfterMs(codes.length) : 0;
  if (resendAtMs > nowMs) {
    return refuse('resend_too_soon', {
      detail: 'A code is on its way. Look in the spam folder before you ask for another.',
      retryAtMs: resendAtMs,
    });
  }
  const inHour = sentSince(user, nowMs - hourMs);
  if (inHour.length >= perHour) {
    return tooMany(
      'hour',
      'Too many codes in an hour.',
      (inHour[inHour.length - perHour] as number) + hourMs,
    );
  }
  const inDay = sentSince(user, nowMs - dayMs);
  return inDay.length >= perDay
    ? tooMany('day', 'Too many codes in a day.', (inDay[inDay.length - perDay] as number) + dayMs)
    : undefined;
}

const tooMany = (reason: RefusalReason['too_many_codes'], sentence: string, retryAtMs: number): Refusal =>
  refuse('too_many_codes', {
    reason,
    detail: `${sentence} Use another method, or a recovery code.`,
    retryAtMs,
  });

const sentSince = (user: User, sinceMs: number): number[] => user.codesSentAtMs.filter((at) => at > sinceMs);

/** How long after the nth code of a place the next one may be asked for. */
function resendAfterMs(sent: number): number {
  const waits = limits.mailedCode.resendAfterMs;
  return waits[Math.min(sent, waits.length) - 1] as number;
}
