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

/** The item without what its key, another attribute or its absence says already, but with a mark of whose it is. */
export function compact(user: User): Item {
  const listing = listingAttributes(user);
  const { accountId: _inKey, userId: _inKeyToo, ...rest } = withoutRepeatedTimes(user);
  const told = Object.entries(rest).filter(
    ([name, value]) =>
      JSON.stringify(value) !== JSON.stringify(whenAbsent[name]) &&
      !(name === 'email' && value === listedEmail(listing.listKey)),
  );
  return { ...Object.fromEntries(told), ...listing, owner: ownerOf(user) };
}

/** Turning two-factor on makes a factor and recovery codes at the same moment: it is stored once. */
function withoutRepeatedTimes(user: User): Item {
  const { enabledAtMs, authenticators, passkeys, recoveryCodes } = user;
  const unless = <T extends object>(name: keyof T, item: T) =>
    Object.fromEntries(Object.entries(item).filter(([key, at]) => key !== name || at !== enabledAtMs));
  return {
    ...user,
    authenticators: authenticators.map((one) => unless('createdAtMs', one)),
    ...(passkeys && { passkeys: passkeys.map((one) => unless('createdAtMs', one)) }),
    ...(recoveryCodes && { recoveryCodes: unless('generatedAtMs', recoveryCodes) }),
  };
}

/** What `withoutRepeatedTimes` and the listing's attributes say in place of attributes. */
function repeated({ enabledAtMs, authenticators, passkeys, recoveryCodes, listKey }: Item): Item {
  const dated = (all: unknown) =>
    Array.isArray(all) ? all.map((one) => ({ createdAtMs: enabledAtMs, ...one })) : all;
  return {
    ...(typeof listKey === 'string' && { email: listedEmail(listKey) }),
    authenticators: dated(authenticators),
    ...(passkeys ? { passkeys: dated(passkeys) } : {}),
    ...(recoveryCodes ? { recoveryCodes: { generatedAtMs: enabledAtMs, ...recoveryCodes } } : {}),
  };
}

/**
 * The user behind an item, without the attempt that its last write was made by: the next write is not that one. Refuses
 * an item that was copied here from under somebody else's key.
 */
export function userFrom({ owner, attempt: _onRecord, ...item }: Item, ref: UserRef): User {
  if (!(owner instanceof Uint8Array) || Buffer.compare(owner, ownerOf(ref)) !== 0) {
    throw new Unavailable('an item lies under the key of somebody else', { integrity: true });
  }
  const { email, ...times } = repeated(item);
  return parseItem(userSchema, { ...whenAbsent, email, ...item, ...times, ...refOf(ref) });
}

const ownerOf = (ref: UserRef): Uint8Array =>
  new Uint8Array(createHash('sha256').update(userKey(ref).pk).digest().subarray(0, 8));

const listedEmail = (listKey: string): string => listKey.slice(listKey.indexOf('#') + 1);

/** How the admin's list finds a user: by status, then by address. */
const listingAttributes = (user: User) => ({
  listPartition: usersListing(user.accountId),
  listKey: `${statusOf(user)}#${user.email.toLowerCase()}`,
});
