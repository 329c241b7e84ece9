import { withNoticesPaused } from '../core/notices/fan-out.ts';
import { withSettings } from '../core/profile/set-account.ts';
import { isRefusal, refuse } from '../core/refusal.ts';
import { asOperator } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { changeAccount } from '../edge/run/decide.ts';
import { setting } from '../edge/setup/config.ts';
import { store } from '../edge/setup/wiring.ts';

const sendsTexts = setting('smsDomain') !== undefined;

/** PUT /v1/accounts/{accountId}/settings: what the operator sets; what is not named stays. */
export const handler = handle('set-account', asOperator, async ({ body, path, nowMs, context }) => {
  if (body.smsEnabled && !sendsTexts) {
    const detail = 'this deployment sends no text messages';
    return refuse('request_invalid', { detail, errors: [{ pointer: '/smsEnabled', detail }] });
  }
  const { noticesPaused, ...settings } = body;
  const account = await changeAccount(store(), path.accountId, (current) => {
    const set = withSettings(current, settings, context);
    const changed = noticesPaused === undefined ? set : withNoticesPaused(set, noticesPaused, nowMs);
    return changed === current ? { answer: changed } : { save: changed, answer: changed };
  });
  if (isRefusal(account)) {
    return account;
  }
  const { issuer, supportContact, smsEnabled, smsCountries } = account;
  return { issuer, supportContact, smsEnabled, smsCountries };
});
