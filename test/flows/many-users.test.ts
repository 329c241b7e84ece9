/** An account of many users against one of a hundred, in one run: the same AWS calls, and about the same time. */
import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeIn, type Deployment, deploy, type Reply, tableName } from './deployment.ts';
import { anAdmin, atDesk, colleagueOf, confirm, known, propose } from './desk.ts';
import { day, minute, Person } from './person.ts';
import { rawUserItem } from './table.ts';

/** Writing them takes most of a minute; MANY_USERS=20000 is for the impatient. */
const many = Number(process.env.MANY_USERS ?? 100_000);
const few = 100;
const generous = 5;

let deployment: Deployment;
let large: Person;
let small: Person;
beforeAll(async () => {
  deployment = await deploy();
  large = await accountOf(many);
  small = await accountOf(few);
}, 600_000);
afterAll(() => deployment.close());

type Item = Awaited<ReturnType<typeof rawUserItem>>;

/** An admin whose account has so many users more: copies of one that the functions wrote. */
async function accountOf(count: number): Promise<Person> {
  const admin = await anAdmin(deployment);
  const pattern = await colleagueOf(deployment, admin);
  await deployment.sweep(admin.at);
  await deployment.sweep(admin.at + minute);
  const item = await rawUserItem(deployment, pattern.ref);
  const client = new DynamoDBClient({ endpoint: deployment.dynamodb.endpoint });
  const copies = Array.from({ length: count - 2 }, (_, nth) => copyOf(item, pattern, `user-${nth}`));
  const batches = Array.from({ length: Math.ceil(copies.length / 25) }, (_, nth) =>
    copies.slice(nth * 25, nth * 25 + 25),
  );
  await Promise.all(
    [0, 1, 2, 3].map((lane) =>
      write(
        client,
        batches.filter((_, nth) => nth % 4 === lane),
      ),
    ),
  );
  return admin;
}

function copyOf(item: Item, { id, email }: Person, userId: string): Item {
  const text = JSON.stringify(item).replaceAll(email, `${userId}@example.com`).replaceAll(id, userId);
  return JSON.parse(text);
}

async function write(client: DynamoDBClient, batches: Item[][]): Promise<void> {
  for (const batch of batches) {
    const RequestItems = { [tableName]: batch.map((Item) => ({ PutRequest: { Item } })) };
    await client.send(new BatchWriteItemCommand({ RequestItems }));
  }
}

/** The calls and the median time of five goes. */
async function costOf(action: () => Promise<Reply>) {
  const times: number[] = [];
  let calls: Record<string, number> = {};
  for (let go = 0; go < 5; go += 1) {
    deployment.calls();
    const startedMs = performance.now();
    const { status } = await action();
    times.push(performance.now() - startedMs);
    calls = deployment.calls();
    expect(status).toBeLessThan(300);
  }
  return { calls, medianMs: times.sort((one, other) => one - other)[2] as number };
}

async function mustCostTheSame(
  action: (admin: Person) => () => Promise<Reply>,
  calls: Record<string, number>,
) {
  const [inSmall, inLarge] = [await costOf(action(small)), await costOf(action(large))];
  expect(inSmall.calls).toEqual(calls);
  expect(inLarge.calls).toEqual(calls);
  expect(inLarge.medianMs).toBeLessThan(Math.max(10, inSmall.medianMs) * generous);
}

describe(`an account of ${many} users costs what one of ${few} costs`, () => {
  it('R78 the impact of a proposal: the figures, one page, no scan', async () => {
    const proposal = (admin: Person) => async () => {
      const bearer = await admin.later(day).token({ role: 'admin' });
      deployment.calls();
      return propose(admin, { mode: 'required' }, { bearer });
    };
    const calls = { GetItem: 1, Query: 1, BatchGetItem: 2, PutItem: 1, SendEmail: 1 };
    await mustCostTheSame(proposal, calls);
  });

  it('R49 a page of the list, the first and one further on', async () => {
    const page = (query: Record<string, string>) => (admin: Person) => async () => {
      const bearer = await admin.token({ role: 'admin' });
      deployment.calls();
      return atDesk(admin, 'list-users', { bearer, query });
    };
    await mustCostTheSame(page({ status: 'disabled' }), { Query: 1, BatchGetItem: 1 });
    await mustCostTheSame(page({ status: 'disabled', email: 'user-9' }), { Query: 1, BatchGetItem: 1 });
    const { body } = await atDesk(large, 'list-users', { query: { status: 'disabled', limit: '100' } });
    expect(body.data).toHaveLength(100);
    const next = page({ status: 'disabled', cursor: body.nextCursor });
    expect((await costOf(next(large))).calls).toEqual({ Query: 1, BatchGetItem: 1 });
  });

  it('R35 the confirmation', async () => {
    const confirmation = (admin: Person) => async () => {
      const { body } = await propose(admin.later(day), { strictWindow: true });
      const bearer = await admin.token({ role: 'admin' });
      const code = codeIn(deployment.mails(admin.email)[0]);
      deployment.calls();
      return confirm(admin, body.changeId, code, { bearer });
    };
    await mustCostTheSame(confirmation, { BatchGetItem: 2, PutItem: 2 });
  });

  it('R36 a challenge is still one batch read', async () => {
    for (const admin of [small, large]) {
      const ada = new Person(deployment, { accountId: admin.accountId });
      await known(ada);
      await ada.enrol();
      expect((await costOf(() => ada.signIn())).calls).toEqual({ BatchGetItem: 1 });
    }
  });
});
