import { beforeAll, describe, expect, it } from 'vitest';
import { deploy } from '../support/deployment.ts';
import { anAdmin, atDesk, changePolicy, colleagueOf, everyPage } from '../support/desk.ts';
import { remember } from '../support/devices.ts';
import { wrongTotp } from '../support/guesses.ts';
import { day, minute, Person } from '../support/person.ts';
import { setPolicy } from '../support/table.ts';

const deployment = await deploy();

const reason = 'seen in person';
const events = async (admin: Person, query: Record<string, string> = {}) =>
  (await everyPage(admin, 'list-events', query)).data;
const typesOf = (data: { type: string }[]) => data.map(({ type }) => type);

/** Lets the courier work until nothing is due. */
async function delivered(at: number) {
  for (let round = 1; round <= 3; round += 1) {
    await deployment.sweep(at + round * minute);
  }
}

describe('the audit trail', () => {
  it('R80 lists every change, newest first, with who did it to whom and from where', async () => {
    const admin = await anAdmin(deployment);
    await setPolicy(deployment, admin.accountId, { rememberDevice: { allowed: true, days: 30 } });
    const ada = await new Person(deployment, { accountId: admin.accountId, at: admin.at }).enrol();
    const step = () => ada.later(30_000);
    await step().turnOnEmail(ada.totpProof());
    await step().own('regenerate-recovery-codes', { body: { proof: ada.totpProof() } });
    step();
    await remember(ada);
    await ada.own('revoke-trusted-devices');
    await step().own('remove-email-method', { body: { proof: ada.totpProof() } });
    await ada.verify(await ada.challengeToken(), 'totp', wrongTotp(ada));
    admin.at = ada.at;
    const act = (flow: 'exempt-user' | 'unlock-user' | 'reset-two-factor', body: object) =>
      atDesk(admin.later(minute), flow, { path: { id: ada.id }, body: { reason, ...body } });
    await act('exempt-user', { until: new Date(admin.at + day).toISOString() });
    await act('exempt-user', { until: null });
    await act('unlock-user', {});
    await act('reset-two-factor', {});
    await changePolicy(deployment, admin, { strictWindow: true });
    await delivered(admin.at);
    const data = await events(admin);
    expect(typesOf(data.slice(0, 10))).toEqual([
      'policy_changed',
      'two_factor_reset',
      'unlocked',
      'exemption_ended',
      'exemption_granted',
      'email_method_removed',
      'trusted_devices_ended',
      'trusted_device_added',
      'recovery_codes_regenerated',
      'email_method_added',
    ]);
    const atTheSameTime = typesOf(data.slice(10)).sort();
    expect(atTheSameTime).toEqual(['admin_granted', 'two_factor_enabled', 'user_added', 'user_added']);
    const times = data.map(({ at }) => at);
    expect(times).toEqual(times.toSorted().reverse());
    expect(data[4]).toMatchObject({
      id: expect.stringMatching(/^evt_/),
      actor: { kind: 'admin', id: admin.id },
      userId: ada.id,
      ip: '203.0.113.7',
      userAgent: 'vitest',
      detail: { reason },
    });
    const first = (type: string) => data.find((event) => event.type === type);
    expect(first('two_factor_enabled')).toMatchObject({
      actor: { kind: 'user', id: ada.id },
      userId: ada.id,
    });
    expect(first('admin_granted')).toMatchObject({ actor: { kind: 'app' }, ip: null, userAgent: null });
  });

  it('R80 of one user alone, newest first', async () => {
    const admin = await anAdmin(deployment);
    const ada = await new Person(deployment, { accountId: admin.accountId, at: admin.at }).enrol();
    await new Person(deployment, { accountId: admin.accountId, id: `${ada.id}2`, at: admin.at }).enrol();
    await ada.own('disable-two-factor', { body: { proof: ada.totpProof() } });
    await changePolicy(deployment, admin, { strictWindow: true });
    await delivered(admin.at);
    const data = await events(admin, { userId: ada.id });
    expect(data.every(({ userId }) => userId === ada.id)).toBe(true);
    expect(typesOf(data).slice(0, 1)).toEqual(['two_factor_disabled']);
    expect(typesOf(data).sort()).toEqual(['two_factor_disabled', 'two_factor_enabled', 'user_added']);
    expect(await events(admin, { userId: 'nobody' })).toEqual([]);
  });

  it('R80 holds no secret, code, token or address of anybody', async () => {
    const admin = await anAdmin(deployment);
    const ada = await new Person(deployment, { accountId: admin.accountId, at: admin.at }).enrol();
    await ada.verify(await ada.challengeToken(), 'recovery_code', ada.recoveryCodes[0]);
    await delivered(admin.at);
    const text = JSON.stringify(await events(admin));
    for (const secret of [ada.secret, ...ada.recoveryCodes, ada.email]) {
      expect(text).not.toContain(secret);
    }
  });
});

describe('page by page', () => {
  let admin: Person;
  let ada: Person;
  const users = Array.from({ length: 60 }, (_, nth) => ({ id: `u${nth}`, email: `u${nth}@example.com` }));
  beforeAll(async () => {
    admin = await anAdmin(deployment);
    const path = { accountId: admin.accountId };
    for (let from = 0; from < 60; from += 20) {
      await admin.later(1000).call('sync-users', { path, body: { users: users.slice(from, from + 20) } });
    }
    ada = await new Person(deployment, { ...path, id: 'u7', at: admin.at }).enrol();
    for (let nth = 0; nth < 8; nth += 1) {
      const until = new Date(admin.later(1000).at + day).toISOString();
      const body = { reason: `no ${nth}`, until };
      await atDesk(admin, 'exempt-user', { path: { id: ada.id }, body });
      await deployment.sweep(admin.at);
    }
    await changePolicy(deployment, admin, { strictWindow: true });
    await delivered(admin.at);
  }, 120_000);

  it.each(['1', '9', '100'])('R80 in pages of %s: every event exactly once, newest first', async (limit) => {
    const { data, pages } = await everyPage(admin, 'list-events', { limit });
    expect(data).toHaveLength(62 + 10);
    expect(new Set(data.map(({ id }) => id)).size).toBe(72);
    expect(data.map(({ at }) => at)).toEqual(
      data
        .map(({ at }) => at)
        .toSorted()
        .reverse(),
    );
    expect(pages).toBe(Math.ceil(72 / Number(limit)));
    expect(typesOf(data)[0]).toBe('policy_changed');
  });

  it('R80 of one user in pages of 3: every event of that user exactly once', async () => {
    const { data, pages } = await everyPage(admin, 'list-events', { userId: 'u7', limit: '3' });
    expect(data.map(({ detail }) => detail.reason).filter(Boolean)).toEqual(
      Array.from({ length: 8 }, (_, nth) => `no ${7 - nth}`),
    );
    expect([data.length, pages]).toEqual([10, 4]);
  });

  it('R80 by type and time, over pages, exactly what fits', async () => {
    const { data } = await everyPage(admin, 'list-events', { limit: '100' });
    const added = data.filter(({ type }) => type === 'user_added');
    const [from, to] = [added.at(-1).at, added[0].at];
    const idsOf = (rows: { id: string }[]) => rows.map(({ id }) => id).toSorted();
    const found = async (query: Record<string, string>) => idsOf(await events(admin, { limit: '7', ...query }));
    expect(await found({ type: 'user_added' })).toEqual(idsOf(added));
    expect(await found({ type: 'policy_changed' })).toHaveLength(1);
    const between = data.filter(({ at }) => at >= from && at < to);
    expect(await found({ from, to })).toEqual(idsOf(between));
    expect(between.length).toBeLessThan(data.length);
    const offset = from.replace('Z', '+00:00');
    expect(await found({ from: offset, to, type: 'user_added' })).toEqual(
      idsOf(between.filter(({ type }) => type === 'user_added')),
    );
    expect(await found({ type: 'no_such_event' })).toEqual([]);
  });

  it('S44 a cursor goes on in no list with another type or time', async () => {
    const query = { type: 'user_added', limit: '5' };
    const cursor = (await atDesk(admin, 'list-events', { query })).body.nextCursor;
    expect((await atDesk(admin, 'list-events', { query: { ...query, cursor } })).status).toBe(200);
    const others: Record<string, string>[] = [{ type: 'unlocked' }, { from: '2020-01-01T00:00:00Z' }];
    for (const other of others) {
      const reply = await atDesk(admin, 'list-events', { query: { ...query, ...other, cursor } });
      expect([other, reply.status, reply.body.errors[0].pointer]).toEqual([other, 400, '/cursor']);
    }
  });

  it("S44 a cursor shows another account's admin nothing, and what is no cursor is refused", async () => {
    const stranger = await anAdmin(deployment);
    await delivered(stranger.at);
    const { nextCursor } = (await atDesk(admin, 'list-events', { query: { limit: '9' } })).body;
    const theirs = await atDesk(stranger, 'list-events', { query: { cursor: nextCursor } });
    expect([200, 400]).toContain(theirs.status);
    const own = (theirs.body.data ?? []).map(({ userId }: { userId: string }) => userId);
    expect(own.filter((id: string) => id !== stranger.id)).toEqual([]);
    const made = (position: unknown) => Buffer.from(JSON.stringify(position)).toString('base64url');
    for (const cursor of ['x', made([]), made([null, '']), made(['u7']), made([1, 'x']), made(null)]) {
      const reply = await atDesk(admin, 'list-events', { query: { cursor } });
      expect([cursor, reply.status, reply.body.code]).toEqual([cursor, 400, 'request_invalid']);
    }
  });

  it('S44 a cursor of one user’s events is refused in those of another, and an account’s goes on in no user’s', async () => {
    const { nextCursor } = (await atDesk(admin, 'list-events', { query: { userId: 'u7', limit: '3' } })).body;
    const other = await atDesk(admin, 'list-events', { query: { userId: 'u8', cursor: nextCursor } });
    expect([other.status, other.body.code]).toEqual([400, 'request_invalid']);
  });
});

describe('who may look, and how it is asked', () => {
  it("R39 R52 admins and support, of this account's events only; a user may not", async () => {
    const admin = await anAdmin(deployment);
    const stranger = await anAdmin(deployment, { at: admin.at });
    await delivered(admin.at);
    expect((await atDesk(admin, 'list-events', { role: 'support' })).status).toBe(200);
    expect((await atDesk(admin, 'list-events', { role: 'user' })).body.code).toBe('forbidden');
    expect(await events(stranger, { userId: admin.id })).toEqual([]);
    expect((await events(stranger)).map(({ userId }) => userId)).not.toContain(admin.id);
    expect(await events(admin, { userId: admin.id })).toHaveLength(2);
  });

  it('an unknown query parameter is refused', async () => {
    const admin = await anAdmin(deployment);
    const wrong: Record<string, string>[] = [
      { accountId: 'x' },
      { limit: '0' },
      { userId: 'a b' },
      { status: 'x' },
    ];
    for (const query of wrong) {
      const reply = await atDesk(admin, 'list-events', { query });
      expect([query, reply.status, reply.body.code]).toEqual([query, 400, 'request_invalid']);
    }
  });

  it('a type or time of another form is refused', async () => {
    const admin = await anAdmin(deployment);
    const wrong: Record<string, string>[] = [{ type: 'Two factor' }, { from: 'yesterday' }, { to: '2026-11-25' }];
    for (const query of wrong) {
      const reply = await atDesk(admin, 'list-events', { query });
      expect([query, reply.status, reply.body.code]).toEqual([query, 400, 'request_invalid']);
    }
  });

  it("R80 an erased user's events are gone with the user", async () => {
    const admin = await anAdmin(deployment);
    const ada = await colleagueOf(deployment, admin);
    await delivered(admin.at);
    expect(await events(admin, { userId: ada.id })).toHaveLength(1);
    await ada.call('delete-user', { path: { accountId: ada.accountId, userId: ada.id } });
    expect(await events(admin, { userId: ada.id })).toEqual([]);
    expect((await events(admin)).map(({ userId }) => userId)).not.toContain(ada.id);
  });
});
