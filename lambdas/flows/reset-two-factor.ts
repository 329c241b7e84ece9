import { isRefusal } from '../core/refusal.ts';
import { decideReset } from '../core/reset-two-factor.ts';
import { adminCaller } from '../edge/callers.ts';
import { decideAndSave } from '../edge/decide.ts';
import { handle } from '../edge/handler.ts';
import { store, verifier } from '../edge/wiring.ts';

/** POST /v1/account/users/{id}/reset: an admin or support person clears a user's factors, with a reason. */
export const handler = handle('reset-two-factor', async (request) => {
  const token = await adminCaller(request, verifier());
  if (isRefusal(token)) {
    return token;
  }
  const userId = request.path.id as string;
  const context = request.contextOf({
    kind: token.role === 'support' ? 'support' : 'admin',
    id: token.userId,
  });
  const command = { token, userId, reason: request.body.reason };
  return decideAndSave({ store: store() }, { accountId: token.accountId, userId }, (loaded) =>
    decideReset(loaded, command, context),
  );
});
