/** The table's keys: every item's name, in one place. */
import type { UserRef } from '../core/state.ts';

export const stateKey = 'state';

export const userKey = ({ accountId, userId }: UserRef) => ({
  pk: `user#${accountId}#${userId}`,
  sk: stateKey,
});
export const accountKey = (accountId: string) => ({ pk: `account#${accountId}`, sk: stateKey });
export const keyringKey = { pk: 'keyring', sk: stateKey };
export const eventKey = (ref: UserRef, atMs: number, eventId: string) => ({
  pk: userKey(ref).pk,
  sk: `event#${new Date(atMs).toISOString()}#${eventId}`,
});

/** The index of outboxes with something due: spread over a few partitions so that none is hot. */
export const dueIndex = 'due';
const duePartitionCount = 8;
export const duePartitions = Array.from({ length: duePartitionCount }, (_, shard) => `due#${shard}`);
export function duePartitionOf(ref: UserRef): string {
  const sum = [...ref.userId].reduce((total, character) => total + (character.codePointAt(0) ?? 0), 0);
  return `due#${sum % duePartitionCount}`;
}

export function refOfKey(pk: string): UserRef | undefined {
  const [kind, accountId, userId] = pk.split('#');
  return kind === 'user' && accountId && userId ? { accountId, userId } : undefined;
}
