import { asAdmin } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { writtenPolicy } from '../edge/http/policy.ts';
import { store } from '../edge/setup/wiring.ts';

/** GET /v1/account/policy: the policy in force, and its version. */
export const handler = handle('get-policy', asAdmin, async (_request, { accountId }) => {
  const account = await store().loadAccount(accountId);
  return { policy: writtenPolicy(account.policy), version: account.policyVersion };
});
