/** An account of many users against one of a hundred, in one run: the same AWS calls, and about the same time. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchWriteCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { userKey } from '../../lambdas/adapters/keys.ts';
import { compact } from '../../lambdas/adapters/user-item.ts';
import { newUser } from '../../lambdas/core/state/item.ts';
import { codeIn, deploy, type Reply, tableName } from '../support/deployment.ts';
import { anAdmin, atDesk, confirm, known, propose } from '../support/desk.ts';
import { full } from '../support/full.ts';
import { day, Person } from '../support/person.ts';

/** Writing them takes most of the time. */
const many = full ? 100_000 : 20_000;
const few = 100;
const generous = 5;

const deployment = await deploy();
let large: Person;
let small: Person;
beforeAll(async () => {
  large = await accountOf(many);
  small = await accountOf(few);
}, 600_000);

/** An admin whose account has so many users more, as the functions write a user without two-factor. */
async function accountOf(count: number): Promise<Person> {
  const admin = await anAdmin(deployment);
  const users = Array.from({ length: count - 1 }, (_, nth) => {
    const ref = { accountId: admin.accountId, userId: `user-${nth}` };
    const user = { ...newUser(ref, `user-${nth}@example.com`, admin.at), writeId: 'test' };
    return { PutRequest: { Item: { ...compact(user), ...userKey(ref) } } };
  });
  const batches = Array.from({ length: Math.ceil(users.length / 25) }, (_, nth) =>
    users.slice(nth * 25, nth * 25 + 25),
  );
  const client = new DynamoDBClient({ endpoint: deployment.dynamodb.endpoint });
  const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  const lane = async (first: number) => {
    for (let nth = first; nth < batches.length; nth += 4) {
      await documents.send(new BatchWriteCommand({ RequestItems: { [tableName]: batches[nth] ?? [] } }));
    }
  };
  await Promise.all([0, 1, 2, 3].map(lane));
  return admin;
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
    await mustCostTheSame(page({ status: 'disabled' }), { Query: 1, BatchGetItem: 2 });
    await mustCostTheSame(page({ status: 'disabled', email: 'user-9' }), { Query: 1, BatchGetItem: 2 });
    const { body } = await atDesk(large, 'list-users', { query: { status: 'disabled', limit: '100' } });
    expect(body.data).toHaveLength(100);
    const next = page({ status: 'disabled', cursor: body.nextCursor });
    expect((await costOf(next(large))).calls).toEqual({ Query: 1, BatchGetItem: 2 });
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
