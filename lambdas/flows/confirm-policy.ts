import { decideApplyPolicy, decideConfirmPolicy } from '../core/desk/account-policy.ts';
import { isRefusal } from '../core/refusal.ts';
import { adminCaller } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { writtenPolicy } from '../edge/http/policy.ts';
import { changeAccount, decideAndSave } from '../edge/run/decide.ts';
import { seal, store, verifier } from '../edge/setup/wiring.ts';

/**
 * POST /v1/account/policy/changes/{id}/confirm: spends the mailed code, then puts the policy in force. Two writes: a
 * confirm that breaks off between them has spent the code and changed nothing, and the change is proposed again.
 */
export const handler = handle('confirm-policy', async (request) => {
  const token = await adminCaller(request, verifier());
  if (isRefusal(token)) {
    return token;
  }
  const ports = { store: store(), seal: seal() };
  const context = request.contextOf({ kind: 'admin', id: token.userId });
  const command = { token, changeId: request.path.id as string, code: request.body.code };
  const change = await decideAndSave(ports, token, (loaded) => decideConfirmPolicy(loaded, command, context));
  if (isRefusal(change)) {
    return change;
  }
  const applied = await changeAccount(ports.store, token.accountId, (account) =>
    decideApplyPolicy(account, change, context),
  );
  return isRefusal(applied) ? applied : { policy: writtenPolicy(applied.policy), version: applied.version };
});
