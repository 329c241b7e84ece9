import { applyPolicy, confirmPolicy } from '../core/desk/confirm-policy.ts';
import { isRefusal } from '../core/refusal.ts';
import { asAdmin } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { writtenPolicy } from '../edge/http/policy.ts';
import { changeAccount, decideAndSave } from '../edge/run/decide.ts';
import { seal, store } from '../edge/setup/wiring.ts';

/**
 * POST /v1/account/policy/changes/{id}/confirm: spends the mailed code, then puts the policy in force. Two writes: a
 * confirm that breaks off between them has spent the code and changed nothing, and the change is proposed again.
 */
export const handler = handle('confirm-policy', asAdmin, async ({ body, path, context }, token) => {
  const wired = { store: store(), seal: seal() };
  const command = { token, changeId: path.id, code: body.code };
  const change = await decideAndSave(wired, token, (loaded, ports) =>
    confirmPolicy(loaded, command, ports, context),
  );
  if (isRefusal(change)) {
    return change;
  }
  const applied = await changeAccount(wired.store, token.accountId, (account) =>
    applyPolicy(account, change, context),
  );
  return isRefusal(applied)
    ? applied
    : { policy: writtenPolicy(applied.policy, context.nowMs), version: applied.version };
});
