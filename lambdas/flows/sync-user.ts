import { isRefusal } from '../core/refusal.ts';
import { decideSyncUser } from '../core/sync-user.ts';
import { decideAndSave } from '../edge/decide.ts';
import { handle } from '../edge/handler.ts';
import { store } from '../edge/wiring.ts';

/** PUT /v1/accounts/{accountId}/users/{userId}: makes a user known, or updates the profile. */
export const handler = handle('sync-user', async ({ body, path, contextOf }) => {
  const ref = { accountId: path.accountId as string, userId: path.userId as string };
  const context = contextOf({ kind: 'app' }, {});
  const user = await decideAndSave({ store: store() }, ref, (loaded) =>
    decideSyncUser(loaded, ref, body, context),
  );
  if (isRefusal(user)) {
    return user;
  }
  const { email, phone, displayName, locale, isAdmin } = user;
  return { accountId: ref.accountId, id: ref.userId, email, phone, displayName, locale, isAdmin };
});
