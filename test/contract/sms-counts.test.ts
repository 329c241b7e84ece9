import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { smsCounts } from '../../lambdas/adapters/sms-counts.ts';
import { Unavailable } from '../../lambdas/core/ports.ts';
import { given, startEngines } from '../support/engines.ts';

const minute = 60_000;
const day = 1440 * minute;
const noon = 20_000 * day + day / 2;
const perDay = { number: 3, account: 5 };

const engines = await startEngines();
const counts = smsCounts({ client: engines.dynamodb, name: engines.table });
let accountId: string;
let phone: string;
beforeEach(() => {
  accountId = `acct-${randomUUID()}`;
  phone = `+41-${randomUUID()}`;
});

const count = (at = noon, to = phone, account = accountId) =>
  counts.count({ accountId: account, phone: to }, perDay, at);

describe('the counters of text messages', () => {
  it('S32 each code counts, until the number has had its share of the day', async () => {
    expect(await count()).toEqual({ sent: 1, used: 0 });
    expect(await count()).toEqual({ sent: 2, used: 0 });
    expect(await count()).toEqual({ sent: 3, used: 0 });
    expect(await count()).toBeUndefined();
    expect(await count(noon, `${phone}1`)).toEqual({ sent: 4, used: 0 });
    expect(await count(noon + day / 2 - 1)).toBeUndefined();
    expect(await count(noon + day / 2)).toEqual({ sent: 1, used: 0 });
  });

  it('S32 twenty at once get what the caps leave, and not one more', async () => {
    const oneNumber = await Promise.all(Array.from({ length: 20 }, () => count()));
    expect(oneNumber.filter(Boolean)).toHaveLength(3);
    const manyNumbers = await Promise.all(
      Array.from({ length: 20 }, (_, nth) => count(noon, `${phone}${nth}`)),
    );
    expect(manyNumbers.filter(Boolean)).toHaveLength(2);
  });

  it('S32 what the account’s cap refused is not counted against the number', async () => {
    for (let nth = 0; nth < 5; nth += 1) {
      await count(noon, `${phone}${nth}`);
    }
    expect(await count()).toBeUndefined();
    const other = `acct-${randomUUID()}`;
    for (let nth = 0; nth < 3; nth += 1) {
      expect(await count(noon, phone, other)).toBeDefined();
    }
  });

  it('S32 a code that was not sent after all is taken back everywhere', async () => {
    for (let nth = 0; nth < 10; nth += 1) {
      expect(await count()).toEqual({ sent: 1, used: 0 });
      await counts.uncount({ accountId, phone }, noon);
    }
  });

  it('S32 a full account’s used codes still count', async () => {
    for (let nth = 0; nth < 5; nth += 1) {
      await count(noon, `${phone}${nth}`);
    }
    await counts.countUse(accountId, noon);
    await counts.uncount({ accountId, phone: `${phone}0` }, noon);
    expect(await count(noon, `${phone}0`)).toEqual({ sent: 5, used: 1 });
  });

  it('S32 the hour is the last one: what is an hour old is out of it', async () => {
    await count();
    await counts.countUse(accountId, noon + 1);
    expect(await count(noon + 50 * minute)).toEqual({ sent: 2, used: 1 });
    expect(await count(noon + 60 * minute)).toEqual({ sent: 2, used: 0 });
  });

  it.skipIf(given.dynamodb)('a table that does not answer is unavailable, and no cap', async () => {
    engines.local.dynamodb?.fault({ operation: 'UpdateItem', kind: 'reject' });
    await expect(count()).rejects.toBeInstanceOf(Unavailable);
  });
});
