/** What keeps text messages from being abused: where they may go, and when an account's stop. */
import type { Context } from '../decision.ts';
import { withEvent } from '../notices/events.ts';
import { type Refusal, refuse } from '../refusal.ts';
import type { Account } from '../state/item.ts';
import { limits } from '../state/limits.ts';

/** Codes by text message in the last hour: how many were sent, how many came back. */
export type SmsHour = { sent: number; used: number };

/**
 * Whether a code may be texted to a number of this country now. Refuses `method_not_allowed` where the deployment sends no
 * text messages or the country is on no list (the account's own list stands for the deployment's; without a list nothing
 * is allowed), and `too_many_codes` while the account's text messages are stopped.
 */
export function smsRefusal(account: Account, country: string, { sms, nowMs }: Context): Refusal | undefined {
  if (!sms) {
    return refuse('method_not_allowed', {
      reason: 'policy',
      detail: 'Codes by text message are not available.',
    });
  }
  if (!(account.smsCountries ?? sms.countries).includes(country)) {
    return refuse('method_not_allowed', {
      reason: 'number',
      detail: 'Codes are not sent to numbers of this country.',
    });
  }
  const { smsStoppedUntilMs = 0 } = account;
  return smsStoppedUntilMs > nowMs ? stopped(smsStoppedUntilMs) : undefined;
}

/**
 * Whether so many codes were sent and so few came back that somebody seems to be paid for their being sent. `perAccountDay`
 * is what the account may send in a day: a large one has more codes on their way at any moment.
 */
export function looksPumped({ sent, used }: SmsHour, perAccountDay: number): boolean {
  const { stopFrom, stopFromShareOfDay, minUsedShare } = limits.sms;
  return sent >= Math.max(stopFrom, perAccountDay * stopFromShareOfDay) && used < sent * minUsedShare;
}

/** Stops an account's text messages for an hour, with an event of it; refuses as they are refused from then on. */
export function decideStopSms(
  account: Account,
  { sent, used }: SmsHour,
  context: Context,
): { save?: Account; answer: Refusal } {
  const { smsStoppedUntilMs = 0 } = account;
  if (smsStoppedUntilMs > context.nowMs) {
    return { answer: stopped(smsStoppedUntilMs) };
  }
  const untilMs = context.nowMs + limits.sms.stopMs;
  const detail = { sent: String(sent), used: String(used), until: new Date(untilMs).toISOString() };
  const system: Context = { nowMs: context.nowMs, newId: context.newId, actor: { kind: 'system' } };
  return {
    save: withEvent({ ...account, smsStoppedUntilMs: untilMs }, 'sms_stopped', system, { detail }),
    answer: stopped(untilMs),
  };
}

/** The refusal where the number or the account has had its codes of the day (UTC). */
export const smsDayIsFull = (nowMs: number): Refusal =>
  tooMany((Math.floor(nowMs / limits.sms.dayMs) + 1) * limits.sms.dayMs);

const stopped = (untilMs: number): Refusal => tooMany(untilMs);

/** In the same words: whoever pumps is not told what stopped it. */
const tooMany = (retryAtMs: number): Refusal =>
  refuse('too_many_codes', {
    reason: 'stopped',
    detail: 'No more codes by text message for now. Use another method, or a recovery code.',
    retryAtMs,
  });
