/** Keeping what the app says of a user. */
import type { Context, Decision } from '../decision.ts';
import { mailboxOf } from '../factors/email.ts';
import { withEvent } from '../notices/events.ts';
import { type Loaded, newUser, type Profile, type User, type UserRef, without } from '../state/item.ts';

export type Synced = { user: User; status: 'created' | 'updated' | 'unchanged' };

/** Makes a user known, or updates the profile. Refuses nothing; an unchanged profile is not written. */
export function syncUser(loaded: Loaded, ref: UserRef, profile: Profile, context: Context): Decision<Synced> {
  const user = syncedUser(loaded, ref, profile, context);
  return user === loaded.user
    ? { answer: { user, status: 'unchanged' } }
    : { save: user, answer: { user, status: loaded.user ? 'updated' : 'created' } };
}

/** The user with what the app says of them now. The same object when nothing changed, so that nothing is written. */
export function syncedUser({ user }: Loaded, ref: UserRef, profile: Profile, context: Context): User {
  const known = user ?? newUser(ref, profile.email, context.nowMs);
  const described = withDescription(known, profile);
  const moved = withAddress(known, described, profile, context);
  if (user && moved === known) {
    return user;
  }
  const added = user ? moved : withEvent(moved, 'user_added', context, { counts: { users: 1 } });
  if (added.isAdmin === known.isAdmin) {
    return added;
  }
  return withEvent(added, added.isAdmin ? 'admin_granted' : 'admin_revoked', context);
}

/** `null` takes an attribute away; what is not named stays. The same object when nothing changed. */
function withDescription(user: User, { phone, displayName, locale, timeZone, isAdmin }: Profile): User {
  const said = Object.entries({ phone, displayName, locale, timeZone, isAdmin: isAdmin ?? undefined }).filter(
    ([name, value]) => value !== undefined && (value ?? undefined) !== user[name],
  );
  if (said.length === 0) {
    return user;
  }
  const gone = said.filter(([, value]) => value === null).map(([name]) => name as Optional);
  const set = Object.fromEntries(said.filter(([, value]) => value !== null));
  return { ...without(user, ...gone), ...set };
}

type Optional = 'phone' | 'displayName' | 'locale' | 'timeZone';

/**
 * The user with this address in the profile. Factors stay with the mailbox that was proven: both addresses are notified,
 * and codes move only where the app answers for it; trusted devices and the mark of a
 * bounce end with that. `emailVerified` counts as the proof while no address is proven.
 */
function withAddress(known: User, user: User, profile: Profile, context: Context): User {
  const { email, emailVerified, moveCodes } = profile;
  const changes = email.toLowerCase() !== known.email.toLowerCase();
  const vouched = moveCodes === true || (emailVerified === true && known.provenEmail === undefined);
  const changed = changes
    ? withEvent({ ...user, email, emailChangedAtMs: context.nowMs }, 'email_changed', context, {
        detail: { before: known.email, after: email, ...(vouched ? { codes: 'moved' } : {}) },
        alsoTo: [known.email, email],
      })
    : user;
  const moved = vouched && changed.provenEmail !== email ? { ...changed, provenEmail: email } : changed;
  return mailboxOf(moved) === mailboxOf(known)
    ? moved
    : { ...without(moved, 'mailBounced'), trustedDevices: [] };
}
