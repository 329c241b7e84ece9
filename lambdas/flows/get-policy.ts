import { choosableMethods } from '../core/factors/methods.ts';
import { isRefusal } from '../core/refusal.ts';
import { adminCaller } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { writtenPolicy } from '../edge/http/policy.ts';
import { store, verifier } from '../edge/setup/wiring.ts';

/** GET /v1/account/policy: the policy in force, and its version. */
export const handler = handle('get-policy', async (request) => {
  const caller = await adminCaller(request, verifier());
  if (isRefusal(caller)) {
    return caller;
  }
  const account = await store().loadAccount(caller.accountId);
  return {
    policy: writtenPolicy(account.policy),
    version: account.policyVersion,
    availableMethods: choosableMethods(account),
  };
});
