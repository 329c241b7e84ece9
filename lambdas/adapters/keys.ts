/** The table's keys: every item's name, in one place. */
import type { OutboxRef } from '../core/ports.ts';
import type { UserRef } from '../core/state/item.ts';

export const stateKey = 'state';

/** An id as a part of a key, whatever it holds: `#` separates the parts. */
const part = (id: string): string => id.replaceAll('%', '%25').replaceAll('#', '%23');
const idOf = (written: string): string => written.replaceAll('%23', '#').replaceAll('%25', '%');

export const userKey = ({ accountId, userId }: UserRef) => ({
  pk: `user#${part(accountId)}#${part(userId)}`,
  sk: stateKey,
});
export const accountKey = (accountId: string) => ({ pk: `account#${part(accountId)}`, sk: stateKey });
export const keyringKey = { pk: 'keyring', sk: stateKey };
/** The wrapped keys of the custody `cached`: those for secrets by shard, and those for tokens. */
export const dataKeysKey = (shard: number) => ({ pk: `datakeys#${shard}`, sk: stateKey });
export const tokenKeysKey = { pk: 'tokenkeys', sk: stateKey };
export const outboxKey = ({ accountId, userId }: OutboxRef) =>
  userId === undefined ? accountKey(accountId) : userKey({ accountId, userId });

export const eventRows = 'event#';
export const eventKey = (ref: OutboxRef, atMs: number, eventId: string) => ({
  pk: outboxKey(ref).pk,
  sk: `${eventRows}${new Date(atMs).toISOString()}#${eventId}`,
});

/** The rows of a person's attempts, in a partition of their own. */
export const attemptsPk = ({ accountId, userId }: UserRef) => `log#${part(accountId)}#${part(userId)}`;
export const attemptKey = (ref: UserRef, atMs: number, eventId: string) => ({
  ...eventKey(ref, atMs, eventId),
  pk: attemptsPk(ref),
});

/** An event that a sink refused too often: beside its user, so that erasing the user finds it. */
export const setAsideKey = (ref: OutboxRef, atMs: number, eventId: string, sink: string) => ({
  pk: outboxKey(ref).pk,
  sk: `setaside#${new Date(atMs).toISOString()}#${eventId}#${sink}`,
});

/**
 * The account's maintained figures, and a row for each of its admins. They lie apart from the account's item, so that who
 * may keep them may not touch its policy.
 */
const ledgerPk = (accountId: string) => `ledger#${part(accountId)}`;
export const figuresKey = (accountId: string) => ({ pk: ledgerPk(accountId), sk: 'figures' });
export const adminRows = 'admin#';
export const adminKey = ({ accountId, userId }: UserRef) => ({
  pk: ledgerPk(accountId),
  sk: `${adminRows}${userId}`,
});

/** How many text messages went to a number, and out of an account, on a day such as `2027-01-31`. */
export const smsNumberKey = (numberHash: string, day: string) => ({
  pk: `sms#number#${numberHash}`,
  sk: `day#${day}`,
});
export const smsAccountKey = (accountId: string, day: string) => ({
  pk: `sms#account#${part(accountId)}`,
  sk: `day#${day}`,
});

/** The index of what an admin lists: an account's users by status and address, its events by time. */
export const listingIndex = 'listing';
/** An account's users in the order of their keys. */
export const membersIndex = 'members';
export const usersListing = (accountId: string) => `users#${part(accountId)}`;
export const eventsListing = (accountId: string) => `events#${part(accountId)}`;
/** Its sign-ins, apart from its changes: whoever looks for one kind reads nothing of the other. */
export const attemptsListing = (accountId: string) => `signins#${part(accountId)}`;
/** Every event that was set aside, of all accounts, by time. */
export const setAsideListing = 'setaside';

/** The index of outboxes with something due: spread over a few partitions so that none is hot. */
export const dueIndex = 'due';
const duePartitionCount = 8;
export const duePartitions = Array.from({ length: duePartitionCount }, (_, shard) => `due#${shard}`);
export function duePartitionOf(ref: OutboxRef): string {
  const name = ref.userId ?? ref.accountId;
  const sum = [...name].reduce((total, character) => total + (character.codePointAt(0) ?? 0), 0);
  return `due#${sum % duePartitionCount}`;
}

/** Whose outbox a table key names, if it names one. */
export function refOfKey(pk: string): OutboxRef | undefined {
  const [kind, accountId, userId] = pk.split('#');
  if (kind === 'account' && accountId) {
    return { accountId: idOf(accountId) };
  }
  return (kind === 'user' || kind === 'log') && accountId && userId
    ? { accountId: idOf(accountId), userId: idOf(userId) }
    : undefined;
}
