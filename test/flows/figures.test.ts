/**
 * The maintained figures of an account, against a count of the table. Users come, turn two-factor on and off, are reset and
 * erased, in random order, while the courier works, fails and dies at random points.
 */
import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { figuresKey, userKey } from '../../lambdas/adapters/keys.ts';
import { isEnabled } from '../../lambdas/core/factors/table.ts';
import type { User } from '../../lambdas/core/state/item.ts';
import { deploy } from '../support/deployment.ts';
import { anAdmin, atDesk, known } from '../support/desk.ts';
import { minute, Person } from '../support/person.ts';
import { changeUserItem, setPolicy } from '../support/table.ts';
import { rawTable } from '../support/threat-table.ts';

const hour = 60 * minute;
const deployment = await deploy();
const table = rawTable(deployment);
const push = deployment.dynamodb.requests.push;

/** From the nth call on, DynamoDB takes nothing: whoever works then dies there. */
function dieAt(nth: number): void {
  let seen = 0;
  deployment.dynamodb.requests.push = (...requests) => {
    seen += 1;
    if (seen === nth) {
      deployment.dynamodb.fault({ operation: '*', kind: 'reject', times: Number.POSITIVE_INFINITY });
    }
    return push.apply(deployment.dynamodb.requests, requests);
  };
}

function heal(): void {
  deployment.dynamodb.requests.push = push;
  deployment.dynamodb.clearFaults();
  deployment.mailbox.clearFaults();
}
afterEach(heal);

type Step = { what: keyof typeof steps; who: number; dies: number | undefined; mailFails: boolean };

class Account {
  at: number;
  readonly admin: Person;
  readonly people: Person[];
  /** Whom the app has asked to erase and was not told that it is done: it asks again before anything else. */
  readonly leaving = new Set<Person>();

  constructor(admin: Person) {
    this.admin = admin;
    this.at = admin.at;
    this.people = [0, 1, 2, 3].map(
      (nth) => new Person(deployment, { accountId: admin.accountId, id: `u${nth}` }),
    );
  }

  async erase(person: Person): Promise<void> {
    const path = { accountId: person.accountId, userId: person.id };
    const { status } = await person.call('delete-user', { path });
    this.leaving[status === 204 ? 'delete' : 'add'](person);
  }
}

const steps = {
  come: (_account: Account, person: Person) => known(person),
  enable: async (_account: Account, person: Person) => {
    const started = await person.own('start-email-method', { body: {} });
    if (started.status === 202) {
      await person.own('confirm-email-method', { body: { code: person.mailedCode() } });
    }
  },
  disable: (_account: Account, person: Person) => person.own('disable-two-factor', { body: {} }),
  reset: ({ admin }: Account, person: Person) =>
    atDesk(admin, 'reset-two-factor', { path: { id: person.id }, body: { reason: 'random' } }),
  erase: (account: Account, person: Person) => account.erase(person),
  deliver: (account: Account) => deployment.sweep(account.at),
  eraseWhileDelivering: async (account: Account, person: Person) => {
    await Promise.all([deployment.sweep(account.at), account.erase(person)]);
  },
} satisfies Record<string, (account: Account, person: Person) => Promise<unknown>>;

async function take(account: Account, step: Step): Promise<void> {
  const person = account.people[step.who] as Person;
  account.at += 3 * hour;
  person.at = account.at;
  account.admin.at = account.at;
  if (account.leaving.has(person)) {
    await account.erase(person);
  }
  if (step.mailFails) {
    deployment.mailbox.fault({ operation: 'SendEmail', kind: 'reject', times: Number.POSITIVE_INFINITY });
  }
  if (step.dies !== undefined) {
    dieAt(step.dies);
  }
  await steps[step.what](account, person).catch(() => undefined);
  heal();
}

/** Nothing fails any more, and time goes on until nothing is due. */
async function settle(account: Account): Promise<void> {
  for (const person of [...account.leaving]) {
    await account.erase(person);
  }
  for (let round = 0; round < 4; round += 1) {
    account.at += 7 * hour;
    await deployment.sweep(account.at);
  }
}

const countOf = async (accountId: string) => {
  const users = (await table.items()).filter(
    (item) => item.sk === 'state' && String(item.pk).startsWith(`user#${accountId}#`),
  ) as unknown as User[];
  expect(users.flatMap(({ outbox }) => outbox ?? [])).toEqual([]);
  return { users: users.length, enrolled: users.filter(isEnabled).length };
};

const anyStep: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(...(Object.keys(steps) as Step['what'][])),
  who: fc.nat({ max: 3 }),
  dies: fc.option(fc.integer({ min: 1, max: 14 }), { nil: undefined, freq: 2 }),
  mailFails: fc.boolean(),
});

it('R78 S63 after any series of changes and deaths the figures equal a count of the table', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 10, maxLength: 40 }), async (series) => {
      const account = new Account(await anAdmin(deployment));
      const { accountId } = account.admin;
      await setPolicy(deployment, accountId, { sensitiveActions: 'password' });
      for (const step of series) {
        await take(account, step);
      }
      await settle(account);
      expect(await figuresOf(accountId)).toEqual(await countOf(accountId));
    }),
    { seed: 20261122, numRuns: 25, endOnFailure: true },
  );
}, 240_000);

const figuresOf = async (accountId: string) => {
  const { users, enrolled } = (await table.get(figuresKey(accountId))) ?? {};
  return { users, enrolled };
};

it('S63 others write the user three times while the news is on its way: it is told again, and counted once', async () => {
  const account = new Account(await anAdmin(deployment));
  const ada = account.people[0] as Person;
  await known(ada);
  await deployment.sweep(ada.at);
  await steps.enable(account, ada);
  deployment.mailbox.fault({ operation: 'SendEmail', kind: 'delay', delayMs: 400 });
  deployment.calls();
  const sweep = deployment.sweep(ada.at);
  await expect.poll(() => deployment.mailbox.requests.length, { timeout: 10_000 }).toBe(1);
  const conflict = { kind: 'reject', error: 'ConditionalCheckFailedException', times: 3 } as const;
  deployment.dynamodb.fault({ operation: 'PutItem', ...conflict });
  await sweep;
  heal();
  account.at = ada.at;
  await settle(account);
  expect(await figuresOf(ada.accountId)).toEqual({ users: 2, enrolled: 1 });
  expect(await countOf(ada.accountId)).toEqual({ users: 2, enrolled: 1 });
});

it('S63 S79 somebody is erased while a courier has their news in hand: counted in and out once, and no row stays', async () => {
  const account = new Account(await anAdmin(deployment));
  const ada = account.people[0] as Person;
  await deployment.sweep(ada.at);
  await known(ada);
  deployment.calls();
  deployment.dynamodb.fault({ operation: 'PutItem', kind: 'delay', delayMs: 500, times: 2 });
  const sweep = deployment.sweep(ada.at);
  const writes = () => deployment.dynamodb.requests.filter(({ operation }) => operation === 'PutItem').length;
  await expect.poll(writes, { timeout: 10_000 }).toBe(2);
  await account.erase(ada);
  expect(account.leaving.size).toBe(0);
  await sweep;
  const rows = (await table.items()).filter(({ pk }) => pk === userKey(ada.ref).pk);
  expect(rows).toEqual([]);
  account.at = ada.at;
  await settle(account);
  expect(await figuresOf(ada.accountId)).toEqual({ users: 1, enrolled: 0 });
});

it('R78 a reset of somebody without two-factor takes nobody out of the enrolled', async () => {
  const account = new Account(await anAdmin(deployment));
  const ada = account.people[0] as Person;
  await known(ada);
  await changeUserItem(deployment, ada.ref, { failures: { consecutive: 0, codesDisabledAtMs: ada.at } });
  expect((await steps.reset(account, ada)).status).toBe(200);
  account.at = ada.at;
  await settle(account);
  expect(await figuresOf(ada.accountId)).toEqual({ users: 2, enrolled: 0 });
});
