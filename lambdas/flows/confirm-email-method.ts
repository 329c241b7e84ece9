import { decideConfirmEmailMethod } from '../core/email-method.ts';
import { isRefusal } from '../core/refusal.ts';
import { userCaller } from '../edge/callers.ts';
import { decideAndSave } from '../edge/decide.ts';
import { handle } from '../edge/handler.ts';
import { hasher, seal, store, verifier } from '../edge/wiring.ts';

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
