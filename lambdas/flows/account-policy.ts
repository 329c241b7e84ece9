import { asOperator } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { writtenPolicy } from '../edge/http/policy.ts';
import { store } from '../edge/setup/wiring.ts';

/** GET /v1/accounts/{accountId}/policy: the policy in force, for the operator. */
export const handler = handle('account-policy', asOperator, async ({ path, nowMs }) => {
  const account = await store().loadAccount(path.accountId);
  return { policy: writtenPolicy(account.policy, nowMs), version: account.policyVersion };
});
