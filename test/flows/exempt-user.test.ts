import { describe, expect, it } from 'vitest';
import { decodeToken, deploy } from '../support/deployment.ts';
import { anAdmin, atDesk, changePolicy, colleagueOf } from '../support/desk.ts';
import { day, minute, Person } from '../support/person.ts';
import { auditRows } from '../support/table.ts';

const deployment = await deploy();

const reason = 'the scanner in the warehouse';
const exempt = (admin: Person, user: Person, untilMs: number | null, more: object = {}) => {
  const until = untilMs === null ? null : new Date(untilMs).toISOString();
  return atDesk(admin, 'exempt-user', { path: { id: user.id }, body: { until, reason, ...more } });
};

async function required() {
  const admin = await anAdmin(deployment);
  await changePolicy(deployment, admin, { mode: 'required', methods: ['totp'] });
  const scanner = await colleagueOf(deployment, admin);
  return { admin, scanner };
}

describe('a temporary exemption', () => {
  it('R61 lets a client that cannot do two-factor in, says so in the token, and ends by itself', async () => {
    const { admin, scanner } = await required();
    expect((await scanner.signIn()).body.status).toBe('enrollment_required');
    const until = admin.at + 7 * day;
    const reply = await exempt(admin, scanner, until);
    expect([reply.status, reply.body]).toEqual([200, { exemptUntil: new Date(until).toISOString() }]);
    scanner.at = until - 1;
    const { body } = await scanner.signIn();
    expect(body).toMatchObject({ status: 'passed', secondFactor: 'exempt' });
    expect(decodeToken(body.token)).toMatchObject({ second_factor: 'exempt', amr: ['pwd'] });
    scanner.at = until;
    expect((await scanner.signIn()).body.status).toBe('enrollment_required');
  });

  it('R61 can be ended before its time', async () => {
    const { admin, scanner } = await required();
    await exempt(admin, scanner, admin.at + 7 * day);
    const ended = await exempt(admin, scanner, null);
    expect([ended.status, ended.body]).toEqual([200, { exemptUntil: null }]);
    expect((await scanner.signIn()).body.status).toBe('enrollment_required');
  });

  it('R61 is for that user alone', async () => {
    const { admin, scanner } = await required();
    const bob = await colleagueOf(deployment, admin);
    await exempt(admin, scanner, admin.at + 7 * day);
    expect((await bob.signIn()).body.status).toBe('enrollment_required');
  });

  it('R61 a user with two-factor on is asked again when it ends', async () => {
    const admin = await anAdmin(deployment);
    const ada = await new Person(deployment, { accountId: admin.accountId, at: admin.at }).enrol();
    await exempt(admin, ada, ada.at + day);
    expect((await ada.signIn()).body.secondFactor).toBe('exempt');
    ada.later(day);
    const { body } = await ada.signIn();
    expect((await ada.verify(body.challengeToken, 'totp', ada.code())).status).toBe(200);
  });

  it('R61 lies in the future, at most 90 days ahead, and a new one replaces the one before', async () => {
    const { admin, scanner } = await required();
    for (const untilMs of [admin.at, admin.at - 1, admin.at + 90 * day + 1]) {
      const reply = await exempt(admin, scanner, untilMs);
      expect([reply.status, reply.body.code]).toEqual([400, 'request_invalid']);
      expect(reply.body.errors).toEqual([expect.objectContaining({ pointer: '/until' })]);
    }
    for (const until of ['tomorrow', 5, undefined, '2026-13-01T00:00:00Z']) {
      const reply = await exempt(admin, scanner, null, { until });
      expect([until, reply.status]).toEqual([until, 400]);
    }
    expect((await exempt(admin, scanner, admin.at + 90 * day)).status).toBe(200);
    expect((await exempt(admin, scanner, admin.at + day)).status).toBe(200);
    scanner.at = admin.at + day;
    expect((await scanner.signIn()).body.status).toBe('enrollment_required');
  });

  it('R80 R77 is audited with its reason and its end, and the user is told by mail', async () => {
    const { admin, scanner } = await required();
    const until = admin.at + 7 * day;
    await exempt(admin, scanner, until);
    await exempt(admin.later(1000), scanner, null);
    await deployment.sweep(admin.at + minute);
    const rows = await auditRows(deployment, scanner.ref);
    const ofType = (type: string) => rows.find((row) => row.type === type);
    expect(ofType('exemption_granted')).toMatchObject({
      actor: { kind: 'admin', id: admin.id },
      detail: { reason, until: new Date(until).toISOString() },
    });
    expect(ofType('exemption_ended')).toMatchObject({ detail: { reason } });
    const subjects = deployment.mails(scanner.email).map(({ subject }) => subject);
    expect(subjects.filter((subject) => /exemption/i.test(subject))).toHaveLength(2);
  });

  it('R61 the app’s word of a new profile does not end or lengthen it', async () => {
    const { admin, scanner } = await required();
    await exempt(admin, scanner, admin.at + day);
    const reply = await scanner.signIn({ user: { email: 'new@example.com' } });
    expect(reply.body.secondFactor).toBe('exempt');
    scanner.later(day);
    scanner.at = admin.at + day;
    expect((await scanner.signIn()).body.status).toBe('enrollment_required');
  });
});
