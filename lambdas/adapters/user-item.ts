/** A user as it is stored: small, findable, and marked with whose it is. */
import { createHash } from 'node:crypto';
import { statusOf } from '../core/desk/list-users.ts';
import { Unavailable } from '../core/ports.ts';
import { refOf, type User, type UserRef, userSchema } from '../core/state/item.ts';
import { type Item, parseItem } from './dynamodb.ts';
import { userKey, usersListing } from './keys.ts';

/**
 * What is not stored while it says no more than this, so that a typical item stays under 1 KB. None of it opens anything:
 * nothing trusted, nothing sent, nobody an admin, no recovery code tried.
 */
const whenAbsent: Item = {
  isAdmin: false,
  trustedDevices: [],
  codesSentAtMs: [],
  outbox: [],
  challenges: {},
  recoveryFailures: { consecutive: 0 },
};

/** The item without what its key or its absence says already, but with a mark of whose it is. */
export function compact({ accountId, userId, ...user }: User): Item {
  const ref = { accountId, userId };
  const told = Object.entries(user).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(whenAbsent[name]),
  );
  return {
    ...Object.fromEntries(told),
    ...listingAttributes({ ...user, ...ref } as User),
    owner: ownerOf(ref),
  };
}

/** The user behind an item. Refuses one that was copied here from under somebody else's key. */
export function userFrom({ owner, ...item }: Item, ref: UserRef): User {
  if (!(owner instanceof Uint8Array) || Buffer.compare(owner, ownerOf(ref)) !== 0) {
    throw new Unavailable('an item lies under the key of somebody else', { integrity: true });
  }
  return parseItem(userSchema, { ...whenAbsent, ...item, ...refOf(ref) });
}

const ownerOf = (ref: UserRef): Uint8Array =>
  new Uint8Array(createHash('sha256').update(userKey(ref).pk).digest().subarray(0, 8));

/** How the admin's list finds a user: by status, then by address. */
const listingAttributes = (user: User) => ({
  listPartition: usersListing(user.accountId),
  listKey: `${statusOf(user)}#${user.email.toLowerCase()}`,
});
