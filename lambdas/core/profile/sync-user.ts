/** Keeping what the app says of a user. */
import type { Context, Decision } from '../decision.ts';
import { withEvent } from '../notices/events.ts';
import { type Loaded, newUser, type Profile, type User, type UserRef, without } from '../state/item.ts';

/** Makes a user known, or updates the profile. Refuses nothing; an unchanged profile is not written. */
export function syncUser(loaded: Loaded, ref: UserRef, profile: Profile, context: Context): Decision<User> {
  const user = syncedUser(loaded, ref, profile, context);
  return user === loaded.user ? { answer: user } : { save: user, answer: user };
}

/** The user with what the app says of them now. The same object when nothing changed, so that nothing is written. */
export function syncedUser({ user }: Loaded, ref: UserRef, profile: Profile, context: Context): User {
  const { email, phone, displayName, locale, timeZone, isAdmin } = profile;
  const said = Object.entries({ email, phone, displayName, locale, timeZone, isAdmin }).filter(
    ([, value]) => value !== undefined,
  );
  if (user && said.every(([key, value]) => user[key] === value)) {
    return user;
  }
  const known = user ?? newUser(ref, email, context.nowMs);
  const synced = withoutOldBounce({ ...known, ...Object.fromEntries(said) } as User);
  const added = user ? synced : withEvent(synced, 'user_added', context, { counts: { users: 1 } });
  if (synced.isAdmin === known.isAdmin) {
    return added;
  }
  return withEvent(added, synced.isAdmin ? 'admin_granted' : 'admin_revoked', context);
}

/** A bounce is of an address, not of a person. */
function withoutOldBounce(user: User): User {
  return user.mailBounced && user.mailBounced.email !== user.email ? without(user, 'mailBounced') : user;
}
