import { beforeAll, describe, expect, it } from 'vitest';
import { deploy } from '../support/deployment.ts';
import { anAdmin, atDesk, colleagueOf, everyPage, known } from '../support/desk.ts';
import { day, minute, Person } from '../support/person.ts';
import { changeUserItem } from '../support/table.ts';

const deployment = await deploy();

const list = async (admin: Person, query: Record<string, string> = {}) =>
  (await atDesk(admin, 'list-users', { query })).body.data;
const idsOf = (data: { id: string }[]) => data.map(({ id }) => id).sort();

/** Users of one account in one write per 25. */
async function syncMany(admin: Person, users: { id: string; email: string }[]): Promise<void> {
  for (let from = 0; from < users.length; from += 25) {
    const body = { users: users.slice(from, from + 25) };
    const reply = await admin.call('sync-users', { path: { accountId: admin.accountId }, body });
    expect(reply.status).toBe(200);
  }
}

describe("the list of the account's users", () => {
  it('R49 the addresses of exactly the users with two-factor, of that account', async () => {
    const admin = await anAdmin(deployment);
    const ada = await new Person(deployment, { accountId: admin.accountId }).enrol();
    const bob = new Person(deployment, { accountId: admin.accountId });
    await known(bob);
    await bob.turnOnEmail();
    await colleagueOf(deployment, admin);
    await new Person(deployment).enrol();
    const data = await list(admin, { status: 'enabled' });
    expect(data.map(({ email }: { email: string }) => email).sort()).toEqual([ada.email, bob.email].sort());
    expect(data.every(({ status }: { status: string }) => status === 'enabled')).toBe(true);
  });

  it('R49 says of each user what is on, since when, and nothing that is secret', async () => {
    const admin = await anAdmin(deployment);
    const ada = new Person(deployment, { accountId: admin.accountId });
    await known(ada, { displayName: 'Ada Lovelace' });
    const since = ada.at;
    await ada.enrol();
    await ada.turnOnEmail(ada.totpProof());
    expect(await list(admin, { status: 'enabled' })).toEqual([
      {
        id: ada.id,
        email: ada.email,
        displayName: 'Ada Lovelace',
        status: 'enabled',
        methods: ['totp', 'email'],
        enabledAt: new Date(since).toISOString(),
      },
    ]);
    expect(await list(admin, { status: 'disabled' })).toEqual([
      {
        id: admin.id,
        email: admin.email,
        displayName: null,
        status: 'disabled',
        methods: [],
        enabledAt: null,
      },
    ]);
  });

  it('R81 says who is locked and until when, who is locked for good, and who is exempt', async () => {
    const admin = await anAdmin(deployment);
    const locked = await colleagueOf(deployment, admin);
    const off = await colleagueOf(deployment, admin);
    const exempt = await colleagueOf(deployment, admin);
    const until = admin.at + 5 * minute;
    await changeUserItem(deployment, locked.ref, { failures: { consecutive: 12, backoffUntilMs: until } });
    await changeUserItem(deployment, off.ref, { failures: { consecutive: 0, codesDisabledAtMs: admin.at } });
    const exemption = { until: new Date(admin.at + day).toISOString(), reason: 'old scanner' };
    await atDesk(admin, 'exempt-user', { path: { id: exempt.id }, body: exemption });
    const found = async (person: Person) => (await list(admin, { email: person.email }))[0];
    expect(idsOf(await list(admin, { status: 'locked' }))).toEqual([locked.id, off.id].sort());
    expect(idsOf(await list(admin, { status: 'exempt' }))).toEqual([exempt.id]);
    expect(await list(admin, { status: 'exempt', email: locked.email })).toEqual([]);
    expect((await found(locked)).lockedUntil).toBe(new Date(until).toISOString());
    expect(await found(off)).toMatchObject({ codesDisabled: true });
    expect((await found(exempt)).exemptUntil).toBe(exemption.until);
    admin.later(2 * day);
    expect(idsOf(await list(admin, { status: 'locked' }))).toEqual([off.id]);
    expect(await list(admin, { status: 'exempt' })).toEqual([]);
    for (const person of [locked, exempt]) {
      expect(await found(person)).not.toHaveProperty('lockedUntil');
      expect(await found(person)).not.toHaveProperty('exemptUntil');
    }
  });

  it('R49 by the beginning of an address, whatever its case', async () => {
    const admin = await anAdmin(deployment);
    const emails = [
      'Ada.Byron@example.com',
      'ada.lovelace@example.com',
      'bob@example.com',
      'cada@example.com',
    ];
    await syncMany(
      admin,
      emails.map((email, nth) => ({ id: `u${nth}`, email })),
    );
    const found = async (email: string, more = {}) => idsOf(await list(admin, { email, ...more }));
    expect(await found('ada.')).toEqual(['u0', 'u1']);
    expect(await found('ADA.BY')).toEqual(['u0']);
    expect(await found('bob@example.com', { status: 'disabled' })).toEqual(['u2']);
    expect(await found('bob@example.com', { status: 'enabled' })).toEqual([]);
    expect(await found('xyz')).toEqual([]);
    expect(await found('%')).toEqual([]);
  });

  it('R49 a user who turned it on, off, or was renamed is in the right list, once, at once', async () => {
    const admin = await anAdmin(deployment);
    const ada = await colleagueOf(deployment, admin);
    const lists = async () => [
      idsOf(await list(admin, { status: 'enabled' })),
      idsOf(await list(admin, { status: 'disabled' })),
    ];
    const both = [admin.id, ada.id].sort();
    expect(await lists()).toEqual([[], both]);
    await ada.enrol();
    expect(await lists()).toEqual([[ada.id], [admin.id]]);
    await known(ada, { email: 'renamed@example.org' });
    expect(idsOf(await list(admin, { email: 'renamed@' }))).toEqual([ada.id]);
    expect(await list(admin, { email: ada.email })).toEqual([]);
    await ada.own('disable-two-factor', { body: { proof: ada.totpProof() } });
    expect(await lists()).toEqual([[], both]);
    await ada.call('delete-user', { path: { accountId: ada.accountId, userId: ada.id } });
    expect(await lists()).toEqual([[], [admin.id]]);
  });
});

describe('page by page', () => {
  const users = Array.from({ length: 250 }, (_, nth) => ({
    id: `user-${nth}`,
    email: `person${(nth * 37) % 250}@example.com`,
  }));
  let admin: Person;
  beforeAll(async () => {
    admin = await anAdmin(deployment);
    await syncMany(admin, users);
    const now = admin.at;
    for (const { id } of users.filter((_, nth) => nth % 3 === 0)) {
      const ada = new Person(deployment, { accountId: admin.accountId, id, at: now });
      await ada.start();
      await changeUserItem(deployment, ada.ref, {});
    }
    for (let nth = 0; nth < 250; nth += 10) {
      const { id, email } = users[nth] as { id: string; email: string };
      await new Person(deployment, { accountId: admin.accountId, id, email, at: now }).turnOnEmail();
    }
  }, 120_000);

  it.each(['1', '7', '50', '100'])('R49 250 users in pages of %s: every user exactly once', async (limit) => {
    const { data, pages } = await everyPage(admin, 'list-users', { limit });
    expect(idsOf(data)).toEqual([admin.id, ...users.map(({ id }) => id)].sort());
    expect(pages).toBe(Math.ceil(251 / Number(limit)));
  });

  it('R49 each status exactly once, and pages of 50 unless told otherwise', async () => {
    const enabled = await everyPage(admin, 'list-users', { status: 'enabled', limit: '10' });
    const disabled = await everyPage(admin, 'list-users', { status: 'disabled' });
    const expected = users.filter((_, nth) => nth % 10 === 0).map(({ id }) => id);
    expect(idsOf(enabled.data)).toEqual(expected.sort());
    expect(disabled.data).toHaveLength(251 - 25);
    expect((await list(admin)).length).toBe(50);
  });

  it('R49 a search goes on over pages too', async () => {
    const { data } = await everyPage(admin, 'list-users', { email: 'person1', limit: '9' });
    const expected = users.filter(({ email }) => email.startsWith('person1')).map(({ id }) => id);
    expect(idsOf(data)).toEqual(expected.sort());
  });

  it('S44 no cursor of this account shows another account’s admin anything of it', async () => {
    const stranger = await anAdmin(deployment);
    const own = new Set([stranger.id]);
    let cursor: string | null = null;
    for (let page = 0; page < 4; page += 1) {
      const query: Record<string, string> = { limit: '60', ...(cursor ? { cursor } : {}) };
      cursor = (await atDesk(admin, 'list-users', { query })).body.nextCursor;
      const reply = await atDesk(stranger, 'list-users', { query: { cursor: cursor as string } });
      expect([200, 400]).toContain(reply.status);
      expect((reply.body.data ?? []).every(({ id }: { id: string }) => own.has(id))).toBe(true);
    }
  });

  it('S44 a cursor that no list has given out, or one of another list, is refused, not an outage', async () => {
    const { nextCursor } = (await atDesk(admin, 'list-users', { query: { limit: '2', email: 'person2' } }))
      .body;
    const made = (position: unknown) => Buffer.from(JSON.stringify(position)).toString('base64url');
    const cursors = [
      'x',
      made([]),
      made(['', '']),
      made(['user-1', 'disabled']),
      made(['user-1', 'nonsense#x']),
      made(['user-1', 'state', 'disabled#person2@example.com']),
      made(['user-1', null]),
      made({ 0: 'user-1', 1: 'disabled#' }),
      made(null),
    ];
    for (const cursor of cursors) {
      const reply = await atDesk(admin, 'list-users', { query: { cursor } });
      expect([cursor, reply.status, reply.body.code]).toEqual([cursor, 400, 'request_invalid']);
    }
    for (const [name, value] of [
      ['email', 'person1'],
      ['status', 'enabled'],
    ] as const) {
      const reply = await atDesk(admin, 'list-users', { query: { [name]: value, cursor: nextCursor } });
      expect([name, reply.status, reply.body.code]).toEqual([name, 400, 'request_invalid']);
    }
  });
});

describe('who may look, and how it is asked', () => {
  it('R39 R52 admins and support of the account; a user may not', async () => {
    const admin = await anAdmin(deployment);
    expect((await atDesk(admin, 'list-users', { role: 'support' })).status).toBe(200);
    expect((await atDesk(admin, 'list-users', { role: 'user' })).body.code).toBe('forbidden');
    expect((await admin.call('list-users')).body.code).toBe('credentials_missing');
  });

  it('an unknown query parameter, or a value that does not fit, is refused', async () => {
    const admin = await anAdmin(deployment);
    const wrong: Record<string, string>[] = [
      { accountId: 'other' },
      { status: 'all' },
      { limit: '0' },
      { limit: '101' },
      { limit: '1e2' },
      { cursor: 'x'.repeat(1025) },
      { status: 'enabled,disabled' },
    ];
    for (const query of wrong) {
      const reply = await atDesk(admin, 'list-users', { query });
      expect([query, reply.status, reply.body.code]).toEqual([query, 400, 'request_invalid']);
    }
  });
});
