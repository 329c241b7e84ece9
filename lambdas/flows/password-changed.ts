import { decidePasswordChanged } from '../core/profile/password-changed.ts';
import { handle } from '../edge/http/handler.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { store } from '../edge/setup/wiring.ts';

/** POST /v1/accounts/{accountId}/users/{userId}/password-changed: trusted devices end, two-factor stays. */
export const handler = handle('password-changed', async ({ path, contextOf }) => {
  const ref = { accountId: path.accountId as string, userId: path.userId as string };
  const context = contextOf({ kind: 'app' }, {});
  return decideAndSave({ store: store() }, ref, (loaded) => decidePasswordChanged(loaded, context));
});
