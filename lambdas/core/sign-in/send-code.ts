/** Sending a 6-digit code: to whom, how often, and what is kept of it. */

import { ask, type Context, type Step } from '../decision.ts';
import { type AttemptsKey, attemptsOf, codeScope, outOfTries, withAttempts } from '../factors/attempts.ts';
import { lockOf } from '../factors/budget.ts';
import { maskedEmail, maskedPhone } from '../factors/methods.ts';
import { smsRefusal } from '../factors/sms-rules.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import type { ChallengeClaims } from '../state/challenge-claims.ts';
import type { Account, Attempts, Loaded, User } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import { userOfChallenge } from './challenge.ts';
import { signInMethods } from './create-challenge.ts';

export type CodeMethod = 'email' | 'sms';

/** A code on its way: `code` and `to` are for the mail alone, the rest is for the answer. */
export type CodeToSend = {
  code: string;
  to: string;
  method: CodeMethod;
  key: AttemptsKey;
  sentTo: string;
  resendAvailableAtMs: number;
  expiresAtMs: number;
};

/**
 * Sends a code in a sign-in. Only to the stored address, only by a method of this sign-in. Refuses `challenge_invalid`,
 * `challenge_expired`, `challenge_used`, `method_not_allowed`, the locks of the user's budget, and the limits on codes.
 */
export function decideSendCode(
  loaded: Loaded,
  challenge: ChallengeClaims,
  method: CodeMethod,
  context: Context,
): Step<CodeToSend> {
  const user = userOfChallenge(loaded, challenge, context.nowMs);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const state = { user, account: loaded.account };
  const methods = challenge.stage === 'verify' ? signInMethods(state, challenge, context.nowMs) : ['email'];
  if (challenge.stage === 'enroll' || !methods?.includes(method)) {
    return {
      answer: refuse('method_not_allowed', {
        detail: 'Choose one of the methods of this sign-in.',
      }),
    };
  }
  return sendCode(state, challenge, method, context, challenge.expiresAtMs);
}

/**
 * The shared part of every flow that sends a code: locks and limits, then a fresh code whose MAC is kept beside the
 * earlier ones of the same place, which stay valid. The destination is the stored one, or while a number is being enrolled
 * that number. Refuses `too_many_attempts`, `codes_disabled`, `resend_too_soon`, `too_many_codes`, and what `smsRefusal`
 * refuses.
 */
export function sendCode(
  { user, account }: { user: User; account: Account },
  key: AttemptsKey,
  method: CodeMethod,
  context: Context,
  placeExpiresAtMs = Number.POSITIVE_INFINITY,
): Step<CodeToSend> {
  const { nowMs } = context;
  const attempts = attemptsOf(user, key, nowMs);
  const { to, sentTo, country } = destination(user, key, method);
  const refusal =
    (method === 'sms' ? smsRefusal(account, country, context) : undefined) ??
    outOfTries(attempts) ??
    lockOf(user, method, nowMs) ??
    tooManyCodes(user, attempts, nowMs);
  if (refusal) {
    return { answer: refusal };
  }
  return ask('new-code', { scope: codeScope(user, key) }, ({ code, mac }) => {
    const expiresAtMs = Math.min(nowMs + limits.mailedCode.lifetimeMs, placeExpiresAtMs);
    const codes = [...(attempts.codes ?? []), { method, mac, sentAtMs: nowMs, expiresAtMs }];
    const kept = {
      ...attempts,
      codes,
      expiresAtMs: Math.max(attempts.expiresAtMs, expiresAtMs),
    };
    const codesSentAtMs = [...sentSince(user, nowMs - limits.mailedCode.dayMs), nowMs];
    const save = { ...withAttempts(user, key, kept, nowMs), codesSentAtMs };
    return {
      save,
      answer: {
        code,
        to,
        method,
        key,
        sentTo,
        // What the next one would be told: after the last code of a place, no wait within it is promised.
        resendAvailableAtMs: tooManyCodes(save, kept, nowMs)?.retryAtMs ?? nowMs,
        expiresAtMs,
      },
    };
  });
}

function destination(user: User, key: AttemptsKey, method: CodeMethod) {
  if (method === 'email') {
    return { to: user.email, sentTo: maskedEmail(user.email), country: '' };
  }
  const { phone = '', country = '' } =
    (key === 'pendingSmsMethod' ? user.pendingSmsMethod : user.smsMethod) ?? {};
  return { to: phone, sentTo: maskedPhone(phone), country };
}

/**
 * Takes a code back that could not be handed to the mail system: it was never sent, so it neither counts nor delays the
 * next one. The tries stay as they are.
 */
export function withoutUnsentCode(user: User, key: AttemptsKey, sentAtMs: number, nowMs: number): User {
  const attempts = attemptsOf(user, key, nowMs);
  const codes = (attempts.codes ?? []).filter((code) => code.sentAtMs !== sentAtMs);
  const codesSentAtMs = user.codesSentAtMs.filter((at) => at !== sentAtMs);
  return {
    ...withAttempts(user, key, { ...attempts, codes }, nowMs),
    codesSentAtMs,
  };
}

function tooManyCodes(user: User, attempts: Attempts, nowMs: number): Refusal | undefined {
  const { perChallenge, perHour, perDay, hourMs, dayMs } = limits.mailedCode;
  const codes = attempts.codes ?? [];
  const last = codes.at(-1);
  if (codes.length >= perChallenge) {
    return tooMany('No more codes in this sign-in.', attempts.expiresAtMs);
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
    return tooMany('Too many codes in an hour.', (inHour[inHour.length - perHour] as number) + hourMs);
  }
  const inDay = sentSince(user, nowMs - dayMs);
  return inDay.length >= perDay
    ? tooMany('Too many codes in a day.', (inDay[inDay.length - perDay] as number) + dayMs)
    : undefined;
}

const tooMany = (reason: string, retryAtMs: number): Refusal =>
  refuse('too_many_codes', {
    detail: `${reason} Use another method, or a recovery code.`,
    retryAtMs,
  });

const sentSince = (user: User, sinceMs: number): number[] => user.codesSentAtMs.filter((at) => at > sinceMs);

/** How long after the nth code of a place the next one may be asked for. */
function resendAfterMs(sent: number): number {
  const waits = limits.mailedCode.resendAfterMs;
  return waits[Math.min(sent, waits.length) - 1] as number;
}
