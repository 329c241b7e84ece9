import { setPolicy } from '../core/desk/set-policy.ts';
import { isRefusal } from '../core/refusal.ts';
import { asOperator } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { policyEdit, writtenPolicy } from '../edge/http/policy.ts';
import { changeAccount } from '../edge/run/decide.ts';
import { policyDefaults, store } from '../edge/setup/wiring.ts';

/** PUT /v1/accounts/{accountId}/policy: sets a policy, to roll a plan out over many accounts. */
export const handler = handle('set-policy', asOperator, async ({ body, path, context }) => {
  const command = { edit: policyEdit(body.policy), version: body.version, defaults: policyDefaults };
  const set = await changeAccount(store(), path.accountId, (account) => setPolicy(account, command, context));
  return isRefusal(set) ? set : { policy: writtenPolicy(set.policy, context.nowMs), version: set.version };
});
