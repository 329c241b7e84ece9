import { withProfile } from '../core/create-challenge.ts';
import { isRefusal } from '../core/refusal.ts';
import { newUser, type User } from '../core/state.ts';
import { decideAndSave } from '../edge/decide.ts';
import { handle } from '../edge/handler.ts';
import { store } from '../edge/wiring.ts';

/** PUT /v1/accounts/{accountId}/users/{userId}: makes a user known, or updates the profile. */
export const handler = handle('sync-user', async ({ body, path, nowMs }) => {
  const ref = { accountId: path.accountId as string, userId: path.userId as string };
  const user = await decideAndSave<User>({ store: store() }, ref, (loaded) => {
    const synced = withProfile(loaded.user ?? newUser(ref, body.email, nowMs), body);
    return synced === loaded.user ? { answer: synced } : { save: synced, answer: synced };
  });
  if (isRefusal(user)) {
    return user;
  }
  const { email, phone, displayName, locale, isAdmin } = user;
  return { accountId: ref.accountId, id: ref.userId, email, phone, displayName, locale, isAdmin };
});
