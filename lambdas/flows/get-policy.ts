import { choosableMethods } from '../core/factors/methods.ts';
import { ofErased } from '../core/settings/own-user.ts';
import { asAdmin } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { writtenPolicy } from '../edge/http/policy.ts';
import { store } from '../edge/setup/wiring.ts';

/** GET /v1/account/policy: the policy in force, and its version. */
export const handler = handle('get-policy', asAdmin, async ({ context, nowMs }, token) => {
  const loaded = await store().load(token);
  const refusal = ofErased(loaded, token);
  if (refusal) {
    return refusal;
  }
  const { account } = loaded;
  return {
    policy: writtenPolicy(account.policy, nowMs),
    version: account.policyVersion,
    availableMethods: choosableMethods(account, context),
  };
});
