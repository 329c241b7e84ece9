/** Texting a code: counted before it is sent, so that no race and no outage lets more out than the caps. */
import type { Context, SmsRules } from '../../core/decision.ts';
import { decideStopSms, looksPumped, type SmsHour, smsDayIsFull } from '../../core/factors/sms-rules.ts';
import { codeSms, type SmsPurpose } from '../../core/notices/sms-texts.ts';
import type { SmsCounts, Texter, UserStore } from '../../core/ports.ts';
import type { Refusal } from '../../core/refusal.ts';
import type { Account, User } from '../../core/state/item.ts';
import { limits } from '../../core/state/limits.ts';
import { brandOf } from '../setup/brand.ts';
import { changeAccount } from './decide.ts';
import { reportSmsBreaker } from './report.ts';

export type SmsPorts = SmsRules & {
  texter: Texter;
  counts: SmsCounts;
  domain: string;
  perAccountDay: number;
};

type Text = { to: string; code: string; purpose: SmsPurpose };

/**
 * Counts and sends a code. Refuses `too_many_codes` where the number or the account has had its codes of the day, or where
 * the account's codes go unused: then its text messages stop. Throws `Unavailable` when it was not sent; it then counts for
 * nothing.
 */
export async function sendSms(
  { store, sms }: { store: UserStore; sms: SmsPorts },
  { user, account }: { user: User; account: Account },
  { to, code, purpose }: Text,
  context: Context,
): Promise<Refusal | undefined> {
  const { accountId } = account;
  const { nowMs } = context;
  const perDay = { number: limits.sms.perNumberDay, account: sms.perAccountDay };
  const hour = await sms.counts.count({ accountId, phone: to }, perDay, nowMs);
  if (!hour) {
    return smsDayIsFull(nowMs);
  }
  const before = { ...hour, sent: hour.sent - 1 };
  if (looksPumped(before, sms.perAccountDay)) {
    await sms.counts.uncount({ accountId, phone: to }, nowMs);
    return stopSms(store, accountId, before, context);
  }
  const { domain } = sms;
  const text = codeSms(purpose, code, {
    product: brandOf(account).product,
    domain,
    locale: user.locale,
  });
  try {
    await sms.texter.send(to, text, context.newId('evt'));
    return undefined;
  } catch (error) {
    await sms.counts.uncount({ accountId, phone: to }, nowMs);
    throw error;
  }
}

async function stopSms(store: UserStore, accountId: string, hour: SmsHour, context: Context) {
  let stopped = false;
  const refusal = await changeAccount<Refusal>(store, accountId, (account) => {
    const decision = decideStopSms(account, hour, context);
    stopped = decision.save !== undefined;
    return decision;
  });
  if (stopped) {
    reportSmsBreaker(accountId);
  }
  return refusal;
}
