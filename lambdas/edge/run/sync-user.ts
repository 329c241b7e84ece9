/** Keeping what the app says of a user, one at a time or many. */
import type { Context } from '../../core/decision.ts';
import type { UserStore } from '../../core/ports.ts';
import { syncUser as decideSyncUser } from '../../core/profile/sync-user.ts';
import { isRefusal } from '../../core/refusal.ts';
import type { Profile, UserRef } from '../../core/state/item.ts';
import { decideAndSave } from './decide.ts';

/** Makes the user known or updates the profile; answers with what is kept. */
export async function syncUser(store: UserStore, ref: UserRef, profile: Profile, context: Context) {
  const user = await decideAndSave({ store }, ref, (loaded) => decideSyncUser(loaded, ref, profile, context));
  if (isRefusal(user)) {
    return user;
  }
  const { email, phone, displayName, locale, timeZone, isAdmin } = user;
  return { accountId: ref.accountId, id: ref.userId, email, phone, displayName, locale, timeZone, isAdmin };
}
