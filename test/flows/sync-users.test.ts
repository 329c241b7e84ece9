import { describe, expect, it } from 'vitest';
import { deploy } from '../support/deployment.ts';
import { anAdmin, atDesk, everyPage } from '../support/desk.ts';
import { minute, Person } from '../support/person.ts';
import { userItem } from '../support/table.ts';

const deployment = await deploy();

const sync = (by: Person, users: unknown, options: object = {}) =>
  by.call('sync-users', { path: { accountId: by.accountId }, body: { users }, ...options });
const many = (count: number) =>
  Array.from({ length: count }, (_, nth) => ({ id: `u${nth}`, email: `u${nth}@example.com` }));

describe('many users at once', () => {
  it('makes 25 users known, in the order that they were given', async () => {
    const admin = await anAdmin(deployment);
    const { status, body } = await sync(admin, many(25));
    expect(status).toBe(200);
    const { accountId } = admin;
    expect(body.data).toEqual(many(25).map((user) => ({ accountId, ...user, isAdmin: false })));
    const { data } = await everyPage(admin, 'list-users', { email: 'u' });
    expect(data.filter(({ id }) => /^u\d+$/.test(id))).toHaveLength(25);
  });

  it('updates those who are known, and leaves their two-factor alone', async () => {
    const ada = await new Person(deployment).enrol();
    const before = await userItem(deployment, ada.ref);
    const { body } = await sync(ada, [
      { id: ada.id, email: 'ada@example.org', displayName: 'Ada', locale: 'de-CH' },
    ]);
    expect(body.data[0]).toMatchObject({ email: 'ada@example.org', displayName: 'Ada', locale: 'de-CH' });
    const after = await userItem(deployment, ada.ref);
    expect(after?.authenticators).toEqual(before?.authenticators);
    expect((await ada.signIn({ user: { email: 'ada@example.org' } })).body.status).toBe('challenge');
  });

  it('asked again, nothing is written', async () => {
    const ada = new Person(deployment);
    await sync(ada, many(10));
    deployment.calls();
    await sync(ada, many(10));
    expect(deployment.calls()).toEqual({ BatchGetItem: 10 });
  });

  it('somebody named twice in one request is one user', async () => {
    const admin = await anAdmin(deployment);
    const twice = { id: 'twin', email: 'twin@example.com' };
    expect((await sync(admin, [twice, twice])).status).toBe(200);
    await deployment.sweep(admin.at + minute);
    const { body } = await atDesk(admin, 'propose-policy', { body: { policy: { mode: 'required' } } });
    expect(body.impact.users).toBe(2);
  });

  it('some writes fail: the request is refused, and asking again makes it whole', async () => {
    const admin = await anAdmin(deployment);
    deployment.dynamodb.fault({
      operation: 'PutItem',
      kind: 'reject',
      error: 'ValidationException',
      times: 3,
    });
    const failed = await sync(admin, many(12));
    deployment.dynamodb.clearFaults();
    expect(failed.status).toBe(503);
    expect((await sync(admin, many(12))).status).toBe(200);
    expect((await everyPage(admin, 'list-users')).data).toHaveLength(13);
    await deployment.sweep(admin.at + minute);
    const { body } = await atDesk(admin, 'propose-policy', { body: { policy: { mode: 'required' } } });
    expect(body.impact).toMatchObject({ users: 13, enrolled: 0 });
  });

  it('R42 who is made an admin is told of a policy change, who is unmade is not', async () => {
    const { changePolicy } = await import('../support/desk.ts');
    const admin = await anAdmin(deployment);
    const [bob, eve] = [0, 1].map(() => new Person(deployment, { accountId: admin.accountId, at: admin.at }));
    const as = (isAdmin: boolean) =>
      [bob, eve].map((person) => ({ id: person?.id, email: person?.email, isAdmin }));
    await sync(admin, as(true));
    await deployment.sweep(admin.at + minute);
    await sync(admin, [as(false)[1]]);
    await changePolicy(deployment, admin, { strictWindow: true });
    await deployment.sweep(admin.at + minute);
    await deployment.sweep(admin.at + 2 * minute);
    const told = (person: Person | undefined) =>
      deployment.mails(person?.email ?? '').filter(({ subject }) => subject.includes('policy was changed'));
    expect([told(admin).length, told(bob).length, told(eve).length]).toEqual([1, 1, 0]);
  });

  it('1 to 25 of them, only what is known of a user, and only by the app', async () => {
    const ada = new Person(deployment);
    const wrong = [[], many(26), [{ id: 'a' }], [{ id: 'a#b', email: 'a@example.com' }], 'all'];
    wrong.push([{ id: 'a', email: 'a@example.com', authenticators: [] } as never]);
    for (const users of wrong) {
      const reply = await sync(ada, users);
      expect([users, reply.status, reply.body.code]).toEqual([users, 400, 'request_invalid']);
    }
    expect((await sync(ada, many(1), { signed: false })).body.code).toBe('forbidden');
    expect(await userItem(deployment, { accountId: ada.accountId, userId: 'u0' })).toBeUndefined();
  });
});
