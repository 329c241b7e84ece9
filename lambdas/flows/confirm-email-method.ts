import { isRefusal } from '../core/refusal.ts';
import { decideConfirmEmailMethod } from '../core/settings/email-method.ts';
import { userCaller } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { hasher, seal, store, verifier } from '../edge/setup/wiring.ts';

/** POST /v1/me/methods/email/confirm: codes by e-mail are on. */
export const handler = handle('confirm-email-method', async (request) => {
  const token = await userCaller(request, verifier());
  if (isRefusal(token)) {
    return token;
  }
  const ports = { store: store(), seal: seal(), hasher: hasher() };
  const context = request.contextOf({ kind: 'user', id: token.userId });
  return decideAndSave(ports, token, (loaded) => decideConfirmEmailMethod(loaded, request.body, context));
});
