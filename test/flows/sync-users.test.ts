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
  it('makes 100 users known, in the order that they were given', async () => {
    const admin = await anAdmin(deployment);
    const { status, body } = await sync(admin, many(100));
    expect(status).toBe(200);
    expect(body).toEqual({ results: many(100).map(({ id }) => ({ id, status: 'created' })) });
    const { data } = await everyPage(admin, 'list-users', { email: 'u' });
    expect(data.filter(({ id }) => /^u\d+$/.test(id))).toHaveLength(100);
  });

  it('R78 judges each row alone, and says what is wrong with those that it refuses', async () => {
    const ada = new Person(deployment);
    const [one, two] = many(2);
    const rows = [
      one,
      { id: 'bad', email: 'nobody' },
      7,
      { email: 'a@example.com' },
      { ...two, phones: [] },
      two,
    ];
    const { status, body } = await sync(ada, rows);
    expect(status).toBe(200);
    expect(body.results).toEqual([
      { id: 'u0', status: 'created' },
      { id: 'bad', status: 'refused', errors: [{ pointer: '/email', detail: expect.any(String) }] },
      { id: null, status: 'refused', errors: [{ pointer: '', detail: expect.any(String) }] },
      { id: null, status: 'refused', errors: [{ pointer: '/id', detail: expect.any(String) }] },
      { id: 'u1', status: 'refused', errors: [{ pointer: '/phones', detail: expect.any(String) }] },
      { id: 'u1', status: 'created' },
    ]);
    const again = await sync(ada, [one, { ...two, displayName: 'Two' }]);
    expect(again.body.results.map((result: { status: string }) => result.status)).toEqual([
      'unchanged',
      'updated',
    ]);
  });

  it('R78 of a repeated id the last row holds', async () => {
    const ada = new Person(deployment);
    const rows = ['first', 'second', 'third'].map((displayName) => ({ ...many(1)[0], displayName }));
    await sync(ada, rows);
    const kept = await userItem(deployment, { accountId: ada.accountId, userId: 'u0' });
    expect(kept?.displayName).toBe('third');
  });

  it('updates those who are known, and leaves their two-factor alone', async () => {
    const ada = await new Person(deployment).enrol();
    const before = await userItem(deployment, ada.ref);
    const { body } = await sync(ada, [
      { id: ada.id, email: 'ada@example.org', displayName: 'Ada', locale: 'de-CH' },
    ]);
    expect(body.results).toEqual([{ id: ada.id, status: 'updated' }]);
    const after = await userItem(deployment, ada.ref);
    expect(after).toMatchObject({ email: 'ada@example.org', displayName: 'Ada', locale: 'de-CH' });
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

  it('1 to 100 of them, only what is known of a user, and only by the app', async () => {
    const ada = new Person(deployment);
    for (const row of [
      { id: 'a' },
      { id: 'a b', email: 'a@example.com' },
      { id: 'a', email: 'a@example.com', authenticators: [] },
    ]) {
      expect((await sync(ada, [row])).body.results[0].status).toBe('refused');
    }
    for (const users of [[], many(101), 'all']) {
      const reply = await sync(ada, users);
      expect([users, reply.status, reply.body.code]).toEqual([users, 400, 'request_invalid']);
    }
    expect((await sync(ada, many(1), { signed: false })).body.code).toBe('forbidden');
    expect(await userItem(deployment, { accountId: ada.accountId, userId: 'u0' })).toBeUndefined();
  });
});
