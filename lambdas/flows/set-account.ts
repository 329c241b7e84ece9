import { withSettings } from '../core/account-settings.ts';
import { isRefusal } from '../core/refusal.ts';
import { changeAccount } from '../edge/decide.ts';
import { handle } from '../edge/handler.ts';
import { store } from '../edge/wiring.ts';

/** PUT /v1/accounts/{accountId}/settings: what the operator sets; what is not named stays. */
export const handler = handle('set-account', async ({ body, path }) => {
  const account = await changeAccount(store(), path.accountId as string, (current) => {
    const changed = withSettings(current, body);
    return changed === current ? { answer: changed } : { save: changed, answer: changed };
  });
  if (isRefusal(account)) {
    return account;
  }
  const { issuer, supportContact, smsEnabled, smsCountries } = account;
  return { issuer, supportContact, smsEnabled, smsCountries };
});
