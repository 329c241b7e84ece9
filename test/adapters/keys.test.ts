import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { duePartitionOf, duePartitions, eventKey, refOfKey, userKey } from '../../lambdas/adapters/keys.ts';
import { externalId } from '../../lambdas/fields.ts';

const id = fc
  .string({ minLength: 1, maxLength: 32, unit: 'grapheme' })
  .filter((text) => externalId.safeParse(text).success);
const ref = fc.record({ accountId: id, userId: id });

describe("the table's keys", () => {
  it("a user's key names that user, whatever ids the company uses", () => {
    fc.assert(
      fc.property(ref, (user) => {
        expect(refOfKey(userKey(user).pk)).toEqual(user);
      }),
    );
  });

  it('two users never share a key', () => {
    fc.assert(
      fc.property(ref, ref, (one, other) => {
        const same = one.accountId === other.accountId && one.userId === other.userId;
        expect(userKey(one).pk === userKey(other).pk).toBe(same);
      }),
    );
    expect(userKey({ accountId: 'a#b', userId: 'c' })).not.toEqual(
      userKey({ accountId: 'a', userId: 'b#c' }),
    );
    expect(userKey({ accountId: 'a%23b', userId: 'c' })).not.toEqual(
      userKey({ accountId: 'a#b', userId: 'c' }),
    );
    expect(userKey({ accountId: 'a', userId: 'bc' })).not.toEqual(userKey({ accountId: 'ab', userId: 'c' }));
  });

  it('what cannot stand in a path is no id', () => {
    for (const text of ['a b', 'a\nb', '', '.', '..', '\ud800', 'a'.repeat(129)]) {
      expect(externalId.safeParse(text).success).toBe(false);
    }
  });

  it('every user is in one of the partitions that the courier asks', () => {
    fc.assert(
      fc.property(ref, (user) => {
        expect(duePartitions).toContain(duePartitionOf(user));
      }),
    );
  });

  it('audit rows stand before the state, in the order of time', () => {
    const user = { accountId: 'a', userId: 'u' };
    const rows = [eventKey(user, 1_790_000_000_000, 'evt_1'), eventKey(user, 1_790_000_000_001, 'evt_0')];
    expect(rows.map(({ sk }) => sk).toSorted()).toEqual(rows.map(({ sk }) => sk));
    expect(rows.every(({ pk, sk }) => pk === userKey(user).pk && sk < userKey(user).sk)).toBe(true);
  });
});
