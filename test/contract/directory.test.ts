import { randomUUID } from 'node:crypto';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, it } from 'vitest';
import { auditTrail } from '../../lambdas/adapters/audit-trail.ts';
import { directory } from '../../lambdas/adapters/directory.ts';
import { userKey } from '../../lambdas/adapters/keys.ts';
import { userStore } from '../../lambdas/adapters/user-store.ts';
import type { Directory, Page } from '../../lambdas/core/ports.ts';
import type { User } from '../../lambdas/core/state/item.ts';
import { answerCall, recordCalls } from '../support/calls.ts';
import { startEngines } from '../support/engines.ts';
import { anEvent, aUser } from '../support/users.ts';

const engines = await startEngines();
const table = { client: engines.dynamodb, name: engines.table };
const store = userStore(table);
const trail = auditTrail(table);
const lookup = directory(table);
let accountId: string;
beforeEach(() => {
  accountId = `acct-${randomUUID()}`;
});

/** The indexes follow the table with a short delay on AWS. */
const soon = { timeout: 10_000 };
const usersWanted = (wanted: Partial<Parameters<Directory['users']>[1]> = {}) =>
  lookup.users(accountId, { limit: 50, ...wanted });
const idsOf = (page: Page<User> | undefined) => page?.items.map(({ userId }) => userId);
const enabled = { emailMethod: { enabledAtMs: 1 } };

const saved = async (userId: string, more: Partial<User> = {}, account = accountId) => {
  const ref = { accountId: account, userId };
  await store.save({ ...aUser(ref), email: `${userId}@example.com`, ...more });
  return (await store.load(ref)).user as User;
};

/** Every page of a list, by its cursors. */
async function walk<T>(next: (cursor: string | undefined) => Promise<Page<T> | undefined>): Promise<T[][]> {
  const pages: T[][] = [];
  let cursor: string | undefined;
  do {
    const page = await next(cursor);
    pages.push(page?.items ?? []);
    cursor = page?.nextCursor;
  } while (cursor !== undefined && pages.length < 100);
  return pages;
}

describe('the list of users', () => {
  it("R49 holds the account's users and nobody else's, with what is stored of them now", async () => {
    const ada = await saved('ada', enabled);
    await saved('eve', enabled, `${accountId}2`);
    await expect.poll(async () => (await usersWanted())?.items, soon).toEqual([ada]);
  });

  it('R49 by status: exactly those who have two-factor on, or exactly those who have not', async () => {
    await saved('ada', enabled);
    await saved('bob');
    await saved('cyd', enabled);
    const byStatus = async () => [
      idsOf(await usersWanted({ status: 'enabled' })),
      idsOf(await usersWanted({ status: 'disabled' })),
    ];
    await expect.poll(byStatus, soon).toEqual([['ada', 'cyd'], ['bob']]);
  });

  it('somebody who turned it on is in the other list, once', async () => {
    const ada = await saved('ada');
    await expect.poll(async () => idsOf(await usersWanted({ status: 'disabled' })), soon).toEqual(['ada']);
    await store.save({ ...ada, ...enabled });
    await expect.poll(async () => idsOf(await usersWanted({ status: 'enabled' })), soon).toEqual(['ada']);
    await expect.poll(async () => idsOf(await usersWanted()), soon).toEqual(['ada']);
  });

  it('by the beginning of an address, whatever case it was given in', async () => {
    await saved('ada', { email: 'Ada@Example.com' });
    await saved('bob', { email: 'bob@example.com', ...enabled });
    await saved('abe', { email: 'abe@example.com', ...enabled });
    const found = async (email: string) => idsOf(await usersWanted({ email }))?.toSorted();
    await expect.poll(() => found('a'), soon).toEqual(['abe', 'ada']);
    expect(await found('ada@example')).toEqual(['ada']);
    expect(await found('x')).toEqual([]);
  });

  it.each([1, 3, 4, 100])('in pages of %i every user comes once, over both statuses', async (limit) => {
    const ids = Array.from({ length: 9 }, (_, index) => `user-${index}`);
    for (const [index, id] of ids.entries()) {
      await saved(id, index % 2 ? enabled : {});
    }
    const pages = () => walk((cursor) => usersWanted({ limit, cursor }));
    const found = async () => (await pages()).flat().map(({ userId }) => userId);
    await expect.poll(async () => (await found()).toSorted(), soon).toEqual(ids);
    const sizes = (await pages()).map((page) => page.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(limit);
    expect(sizes).toHaveLength(Math.ceil(9 / limit));
  });

  it('an erased user is in it no more', async () => {
    const ada = await saved('ada');
    await expect.poll(async () => idsOf(await usersWanted()), soon).toEqual(['ada']);
    await store.remove(ada);
    await expect.poll(async () => idsOf(await usersWanted()), soon).toEqual([]);
  });

  it('what is no cursor of ours is told so', async () => {
    const none = [
      '',
      'x',
      'null',
      Buffer.from('[]').toString('base64url'),
      Buffer.from('[1,2,3]').toString('base64url'),
    ];
    for (const cursor of none) {
      expect(await usersWanted({ cursor })).toBeUndefined();
      expect(await lookup.events(accountId, { limit: 5, cursor })).toBeUndefined();
    }
  });

  it("S44 a cursor of another account's list shows nobody of that account", async () => {
    const other = `${accountId}2`;
    await saved('eve', {}, other);
    await saved('mal', {}, other);
    await saved('zoe', {}, other);
    await saved('zzz');
    const first = () => lookup.users(other, { limit: 1 });
    await expect.poll(async () => (await first())?.nextCursor, soon).toBeDefined();
    const { nextCursor: cursor } = (await first()) as Page<User>;
    await expect.poll(async () => idsOf(await usersWanted()), soon).toEqual(['zzz']);
    const shown = await usersWanted({ cursor }).catch(() => undefined);
    expect(shown?.items.every((user) => user.accountId === accountId) ?? true).toBe(true);
  });

  it('R49 while an index still has what a user was, the list of a status holds only who has it now', async () => {
    await saved('ada', enabled);
    const key = { pk: `user#${accountId}#ada`, sk: 'state', listKey: 'disabled#ada@example.com' };
    const late = answerCall(engines.dynamodb, 'QueryCommand', 1, () => ({ Items: [key] }));
    const page = await usersWanted({ status: 'disabled' }).finally(late);
    expect(idsOf(page)).toEqual([]);
  });

  it('S44 a cursor of another search is told so, and names no place outside the account', async () => {
    for (const user of ['ada', 'adam', 'eve']) {
      await saved(user);
    }
    await expect.poll(async () => idsOf(await usersWanted()), soon).toHaveLength(3);
    const { nextCursor: cursor } = (await usersWanted({ limit: 1, email: 'ada' })) as Page<User>;
    expect(idsOf(await usersWanted({ cursor }))).toEqual(['adam', 'eve']);
    expect(await usersWanted({ cursor, email: 'eve' })).toBeUndefined();
    expect(await usersWanted({ cursor, status: 'enabled' })).toBeUndefined();
    expect(Buffer.from(cursor ?? '', 'base64url').toString()).not.toContain(accountId);
  });

  it('S69 users that a batch read left out are asked again, not left out', async () => {
    await saved('ada');
    await expect.poll(async () => idsOf(await usersWanted()), soon).toEqual(['ada']);
    const stop = answerCall(engines.dynamodb, 'BatchGetItemCommand', 1, ({ input }) => ({
      Responses: {},
      UnprocessedKeys: input.RequestItems as object,
    }));
    expect(idsOf(await usersWanted())).toEqual(['ada']);
    stop();
  });

  it('S66 one with an unreadable user is refused as an integrity failure', async () => {
    const ada = await saved('ada');
    await expect.poll(async () => idsOf(await usersWanted()), soon).toEqual(['ada']);
    const listed = { listPartition: `users#${accountId}`, listKey: 'disabled#ada@example.com#ada' };
    const Item = { ...ada, ...listed, ...userKey(ada), schema: 2 };
    await engines.dynamodb.send(new PutCommand({ TableName: engines.table, Item }));
    await expect(usersWanted()).rejects.toMatchObject({ integrity: true });
  });
});

describe('all members of an account', () => {
  const members = (limit: number, onPage: () => Promise<unknown> = async () => undefined) =>
    walk(async (cursor) => {
      const page = await lookup.members(accountId, { limit, cursor });
      await onPage();
      return page;
    });

  it.each([1, 2, 50])('in pages of %i each comes once, of that account alone', async (limit) => {
    const ids = ['ada', 'bob', 'cyd', 'dan', 'eve'];
    for (const id of ids) {
      await saved(id);
    }
    await saved('zoe', {}, `${accountId}2`);
    const found = async () => (await members(limit)).flat();
    await expect.poll(found, soon).toEqual(ids.map((userId) => ({ accountId, userId })));
  });

  it('R43 S64 nobody is missed or met twice when somebody changes between two pages', async () => {
    const users = [await saved('ada'), await saved('bob'), await saved('cyd')];
    await expect.poll(async () => (await members(50)).flat(), soon).toHaveLength(3);
    const changed = async () => {
      const user = users.pop();
      await (user && store.save({ ...user, ...enabled, email: `a-${user.email}` }));
    };
    expect((await members(1, changed)).flat().map(({ userId }) => userId)).toEqual(['ada', 'bob', 'cyd']);
  });
});

describe('the list of users by what no index knows', () => {
  const atMs = 1_790_000_000_000;
  const marked = (as: 'locked' | 'exempt', wanted: Partial<Parameters<Directory['users']>[1]> = {}) =>
    usersWanted({ marked: { as, atMs }, ...wanted });
  const locked = { failures: { consecutive: 5, backoffUntilMs: atMs + 1 } } as Partial<User>;
  const exempt = { exemption: { untilMs: atMs + 1, reason: 'old scanner' } } as Partial<User>;

  it('R81 exactly those who are locked at that time, for a while or for good, or exempt, whatever is on', async () => {
    await saved('ada', { ...enabled, ...locked });
    await saved('bob', { failures: { consecutive: 0, codesDisabledAtMs: 1 } } as Partial<User>);
    await saved('cyd', exempt);
    await saved('dan', { failures: { consecutive: 5, backoffUntilMs: atMs } } as Partial<User>);
    await saved('eve', { exemption: { untilMs: atMs, reason: 'over' } } as Partial<User>);
    await expect.poll(async () => idsOf(await usersWanted()), soon).toHaveLength(5);
    expect(idsOf(await marked('locked'))?.toSorted()).toEqual(['ada', 'bob']);
    expect(idsOf(await marked('exempt'))).toEqual(['cyd']);
    expect(idsOf(await marked('locked', { email: 'ad' }))).toEqual(['ada']);
  });

  it.each([1, 2, 100])('in pages of %i each comes once, over both statuses', async (limit) => {
    for (let nth = 0; nth < 8; nth += 1) {
      await saved(`user-${nth}`, { ...(nth % 2 ? enabled : {}), ...(nth % 4 < 2 ? locked : {}) });
    }
    await expect.poll(async () => idsOf(await usersWanted()), soon).toHaveLength(8);
    const pages = await walk((cursor) => marked('locked', { limit, cursor }));
    const ids = ['user-0', 'user-1', 'user-4', 'user-5'];
    expect(
      pages
        .flat()
        .map(({ userId }) => userId)
        .toSorted(),
    ).toEqual(ids);
    expect(Math.max(...pages.map((page) => page.length))).toBeLessThanOrEqual(limit);
  });

  it('S44 a cursor of the list goes on in no other', async () => {
    await saved('ada', locked);
    await saved('bob', { ...locked, ...exempt });
    await expect.poll(async () => idsOf(await usersWanted()), soon).toHaveLength(2);
    const cursor = (await marked('locked', { limit: 1 }))?.nextCursor;
    expect(idsOf(await marked('locked', { cursor }))).toEqual(['bob']);
    expect(await marked('exempt', { cursor })).toBeUndefined();
    expect(await usersWanted({ cursor })).toBeUndefined();
  });

  it('a page reads at most 1,000 users, and the next one goes on where it stopped', async () => {
    for (let from = 0; from < 1050; from += 50) {
      const ids = Array.from({ length: 50 }, (_, nth) => `u${from + nth}`);
      await Promise.all(
        ids.map((userId) => store.save({ ...aUser({ accountId, userId }), email: `${userId}@example.com` })),
      );
    }
    await saved('zoe', locked);
    const found = async () => (await usersWanted({ limit: 100, email: 'zoe' }))?.items.length;
    await expect.poll(found, soon).toBe(1);
    const calls = recordCalls(engines.dynamodb);
    const first = await marked('locked');
    expect([first?.items, typeof first?.nextCursor]).toEqual([[], 'string']);
    expect(calls.filter(({ command }) => command.startsWith('BatchGet'))).toHaveLength(10);
    expect(idsOf(await marked('locked', { cursor: first?.nextCursor }))).toEqual(['zoe']);
  });
});

describe('the list of events', () => {
  const times = Array.from({ length: 7 }, (_, index) => 1_790_000_000_000 + index * 1000);
  const eventsWanted = (wanted: Partial<Parameters<Directory['events']>[1]> = {}) =>
    lookup.events(accountId, { limit: 50, ...wanted });
  const recorded = async (userId: string | undefined, atMs: number, account = accountId) => {
    const event = anEvent(atMs);
    await trail.record({ accountId: account, userId }, event);
    return event;
  };

  it('R80 holds the events of all users of the account and of the account itself, newest first, of nobody else', async () => {
    await recorded('ada', times[0] as number);
    await recorded(undefined, times[1] as number);
    const newest = await recorded('bob', times[2] as number);
    await recorded('eve', times[3] as number, `${accountId}2`);
    const listed = async () => (await eventsWanted())?.items.map(({ userId, atMs }) => [userId, atMs]);
    await expect.poll(listed, soon).toEqual([
      ['bob', times[2]],
      [undefined, times[1]],
      ['ada', times[0]],
    ]);
    const { tries: _tries, dueAtMs: _dueAtMs, ...said } = newest;
    expect((await eventsWanted())?.items[0]).toMatchObject(said);
  });

  it('R80 of one user, newest first, and nothing of the state', async () => {
    await saved('ada');
    await recorded('ada', times[0] as number);
    await recorded('ada2', times[1] as number);
    await recorded('ada', times[2] as number);
    const listed = async () => (await eventsWanted({ userId: 'ada' }))?.items.map(({ atMs }) => atMs);
    await expect.poll(listed, soon).toEqual([times[2], times[0]]);
  });

  it.each([1, 3, 7])('in pages of %i every event comes once, of one user or of all', async (limit) => {
    for (const at of times) {
      await recorded('ada', at);
    }
    const newestFirst = times.toReversed();
    for (const userId of [undefined, 'ada']) {
      const found = async () =>
        (await walk((cursor) => eventsWanted({ limit, cursor, userId }))).flat().map(({ atMs }) => atMs);
      await expect.poll(found, soon).toEqual(newestFirst);
    }
  });

  describe.each([undefined, 'ada'])('of user %s', (userId) => {
    const typed = async (type: string, atMs: number) => {
      const event = { ...anEvent(atMs), type } as ReturnType<typeof anEvent>;
      await trail.record({ accountId, userId: 'ada' }, event);
    };
    const found = async (wanted: Partial<Parameters<Directory['events']>[1]>) =>
      (await walk((cursor) => eventsWanted({ userId, cursor, ...wanted }))).flat().map(({ atMs }) => atMs);

    it.each([1, 2, 50])('R80 from a time on and before another, in pages of %i', async (limit) => {
      for (const at of times) {
        await recorded('ada', at);
      }
      const [, second, third, , , sixth] = times as [number, number, number, number, number, number];
      await expect.poll(() => found({ limit }), soon).toHaveLength(times.length);
      expect(await found({ limit, fromMs: second, toMs: sixth })).toEqual(times.slice(1, 5).reverse());
      expect(await found({ limit, fromMs: sixth })).toEqual(times.slice(5).reverse());
      expect(await found({ limit, toMs: third })).toEqual(times.slice(0, 2).reverse());
      expect(await found({ limit, fromMs: third, toMs: third })).toEqual([]);
      expect(await found({ limit, fromMs: sixth, toMs: second })).toEqual([]);
      const ends = { fromMs: -62_167_305_600_000, toMs: 253_402_387_139_000 };
      expect(await found({ limit, ...ends })).toEqual(times.toReversed());
    });

    it.each([1, 2, 50])('R80 of one type, in pages of %i', async (limit) => {
      for (const [nth, at] of times.entries()) {
        await typed(nth % 3 === 0 ? 'two_factor_reset' : 'unlocked', at);
      }
      await expect.poll(() => found({ limit }), soon).toHaveLength(times.length);
      const [first, , , fourth, , , seventh] = times;
      expect(await found({ limit, type: 'two_factor_reset' })).toEqual([seventh, fourth, first]);
      expect(await found({ limit, type: 'two_factor_reset', toMs: seventh })).toEqual([fourth, first]);
      expect(await found({ limit, type: 'policy_changed' })).toEqual([]);
    });

    it('S44 a cursor belongs to its filters', async () => {
      for (const at of times) {
        await typed('unlocked', at);
      }
      const filters = { type: 'unlocked', fromMs: times[0], toMs: times[6] };
      const first = () => eventsWanted({ userId, limit: 1, ...filters });
      await expect.poll(async () => (await first())?.nextCursor, soon).toBeDefined();
      const cursor = (await first())?.nextCursor;
      expect((await eventsWanted({ userId, cursor, ...filters }))?.items).toHaveLength(5);
      for (const other of [{ type: 'two_factor_reset' }, { fromMs: times[1] }, { toMs: undefined }]) {
        expect(await eventsWanted({ userId, cursor, ...filters, ...other })).toBeUndefined();
      }
    });

    it('of a rare type reads a bounded number of rows for a page, and the next page goes on', async () => {
      for (let nth = 0; nth < 230; nth += 1) {
        await typed(nth === 0 ? 'two_factor_reset' : 'unlocked', (times[0] as number) + nth);
      }
      const rare = async (cursor?: string) =>
        eventsWanted({ userId, type: 'two_factor_reset', limit: 1, cursor });
      await expect.poll(async () => (await rare())?.items.map(({ atMs }) => atMs), soon).toEqual([times[0]]);
      expect((await rare())?.nextCursor).toBeUndefined();
    });
  });

  it("S44 a cursor of another account's list shows nothing of that account", async () => {
    const other = `${accountId}2`;
    await recorded('eve', times[0] as number, other);
    await recorded('mal', times[1] as number, other);
    const first = () => lookup.events(other, { limit: 1 });
    await expect.poll(async () => (await first())?.nextCursor, soon).toBeDefined();
    const cursor = (await first())?.nextCursor;
    for (const userId of [undefined, 'eve', 'mal']) {
      const shown = await eventsWanted({ cursor, userId }).catch(() => undefined);
      expect(shown?.items ?? []).toEqual([]);
    }
  });
});
