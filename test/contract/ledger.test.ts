import { randomUUID } from 'node:crypto';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, it } from 'vitest';
import { directory } from '../../lambdas/adapters/directory.ts';
import { ledger } from '../../lambdas/adapters/ledger.ts';
import { Unavailable } from '../../lambdas/core/ports.ts';
import type { DynamoDb } from '../../local/engines/dynamodb.ts';
import { answerCall } from '../support/calls.ts';
import { given, startEngines } from '../support/engines.ts';

const engines = await startEngines();
const table = { client: engines.dynamodb, name: engines.table };
const books = ledger(table);
const lookup = directory(table);
let accountId: string;
beforeEach(() => {
  accountId = `acct-${randomUUID()}`;
});

const soon = { timeout: 10_000 };
const figures = () => lookup.figures(accountId);

describe('the figures of an account', () => {
  it('one that was never told of has none', async () => {
    expect(await figures()).toEqual({ users: 0, enrolled: 0 });
  });

  it('what events say adds up, downwards too', async () => {
    await books.add(accountId, 'evt_1', { users: 1 });
    await books.add(accountId, 'evt_2', { users: 1, enrolled: 1 });
    await books.add(accountId, 'evt_3', { enrolled: -1, users: -1 });
    await expect.poll(figures, soon).toEqual({ users: 1, enrolled: 0 });
  });

  it('S63 an event that is told twice, or by two couriers at once, counts once', async () => {
    await Promise.all(Array.from({ length: 10 }, () => books.add(accountId, 'evt_1', { users: 1 })));
    await books.add(accountId, 'evt_1', { users: 1 });
    await expect.poll(figures, soon).toEqual({ users: 1, enrolled: 0 });
  });

  it('many events at once are all counted', async () => {
    const events = Array.from({ length: 40 }, (_, index) => `evt_${index}`);
    await Promise.all(events.map((id) => books.add(accountId, id, { users: 1, enrolled: 1 })));
    await expect.poll(figures, soon).toEqual({ users: 40, enrolled: 40 });
  });

  it('settling events leaves the figures as they are, and forgets only those events', async () => {
    await books.add(accountId, 'evt_1', { users: 1 });
    await books.add(accountId, 'evt_2', { users: 1 });
    await books.settle(accountId, ['evt_1']);
    await books.add(accountId, 'evt_2', { users: 1 });
    await expect.poll(figures, soon).toEqual({ users: 2, enrolled: 0 });
  });

  describe('when a user is erased', () => {
    const news = [
      { id: 'evt_1', counts: { users: 1 }, claimed: false },
      { id: 'evt_2', counts: { enrolled: 1 }, claimed: true },
    ];
    const leaving = { id: '7_w', users: -1, enrolled: -1, news };
    const ref = () => ({ accountId, userId: 'ada' });

    it('a note alone changes nothing; settled, the user is out once, however often it is settled', async () => {
      await books.add(accountId, 'evt_0', { users: 5, enrolled: 5 });
      await books.add(accountId, 'evt_1', { users: 1 });
      await books.noteLeaving(ref(), leaving);
      expect(await figures()).toEqual({ users: 6, enrolled: 5 });
      await books.settleLeaving(ref());
      await books.settleLeaving(ref());
      await expect.poll(figures, soon).toEqual({ users: 5, enrolled: 5 });
    });

    it('news that a courier may still bring counts no second time', async () => {
      await books.noteLeaving(ref(), leaving);
      await books.settleLeaving(ref());
      await books.add(accountId, 'evt_2', { enrolled: 1 });
      await expect.poll(figures, soon).toEqual({ users: 0, enrolled: 0 });
    });

    it('two erasures that read the same note take the user out once', async () => {
      await books.noteLeaving(ref(), leaving);
      const Key = { pk: `ledger#${accountId}`, sk: 'figures' };
      const noted = await engines.dynamodb.send(new GetCommand({ TableName: engines.table, Key }));
      expect(noted.Item).toBeDefined();
      await books.settleLeaving(ref());
      const forget = answerCall(engines.dynamodb, 'GetItemCommand', 1, () => ({ Item: noted.Item }));
      await books.settleLeaving(ref()).finally(forget);
      await expect.poll(figures, soon).toEqual({ users: 0, enrolled: 0 });
    });

    it('the newest note holds, and one user’s note is not another’s', async () => {
      await books.noteLeaving(ref(), { ...leaving, id: '6_v', users: -100 });
      await books.noteLeaving(ref(), { ...leaving, news: [] });
      await books.settleLeaving({ accountId, userId: 'bob' });
      expect(await figures()).toEqual({ users: 0, enrolled: 0 });
      await books.settleLeaving(ref());
      await expect.poll(figures, soon).toEqual({ users: -1, enrolled: -1 });
    });
  });

  it("one account's figures are not another's", async () => {
    await books.add(accountId, 'evt_1', { users: 1 });
    expect(await lookup.figures(`${accountId}2`)).toEqual({ users: 0, enrolled: 0 });
  });

  it('S58 a failure is unavailable, so that the event is told again', async () => {
    const stop = answerCall(engines.dynamodb, 'UpdateItemCommand', 1, () => {
      throw new Error('the connection is gone');
    });
    await expect(books.add(accountId, 'evt_1', { users: 1 })).rejects.toBeInstanceOf(Unavailable);
    stop();
  });

  it.skipIf(given.dynamodb)(
    'S59 an addition whose answer was lost counts once (local engine: its faults are on demand)',
    async () => {
      (engines.local.dynamodb as DynamoDb).fault({ operation: 'UpdateItem', kind: 'applied_but_lost' });
      await books.add(accountId, 'evt_1', { users: 1 });
      expect(await figures()).toEqual({ users: 1, enrolled: 0 });
    },
  );
});

describe('the admins of an account', () => {
  const admins = async () => (await lookup.admins(accountId)).toSorted();

  it('are those who were made one and not unmade since, of that account alone', async () => {
    await books.setAdmin({ accountId, userId: 'ada' }, true);
    await books.setAdmin({ accountId, userId: 'ada' }, true);
    await books.setAdmin({ accountId, userId: 'bob' }, true);
    await books.setAdmin({ accountId, userId: 'eve' }, false);
    await books.setAdmin({ accountId: `${accountId}2`, userId: 'zoe' }, true);
    await expect.poll(admins, soon).toEqual(['ada', 'bob']);
    await books.setAdmin({ accountId, userId: 'ada' }, false);
    await expect.poll(admins, soon).toEqual(['bob']);
  });
});
