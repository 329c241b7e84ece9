import { describe, expect, it } from 'vitest';
import { deploy } from '../support/deployment.ts';
import {
  anAdmin,
  atDesk,
  changePolicy,
  colleagueOf,
  confirm,
  everyPage,
  known,
  propose,
} from '../support/desk.ts';
import { day, minute, Person } from '../support/person.ts';
import { setPolicy, userItem } from '../support/table.ts';

const deployment = await deploy();

const policyOf = async (admin: Person) => (await atDesk(admin, 'get-policy')).body;
const at = (ms: number) => new Date(ms).toISOString();

describe('proposing a policy', () => {
  it('R42 changes nothing: it is pending, and a code goes to the admin who proposed it', async () => {
    const admin = await anAdmin(deployment);
    const before = await policyOf(admin);
    const proposed = await propose(admin, { mode: 'required' });
    expect(proposed.status).toBe(202);
    expect(proposed.body.changeId).toMatch(/^chg_/);
    expect(proposed.body.sentTo).toMatch(/^u\*\*\*@example\.com$/);
    expect(Date.parse(proposed.body.expiresAt)).toBe(admin.at + 10 * minute);
    expect(deployment.mails(admin.email)).toHaveLength(1);
    expect(admin.mailedCode()).toMatch(/^\d{6}$/);
    expect(await policyOf(admin)).toEqual(before);
    expect((await new Person(deployment, { accountId: admin.accountId }).signIn()).body.status).toBe(
      'passed',
    );
  });

  it('R14 a dialog that is left changes nothing, then or later', async () => {
    const admin = await anAdmin(deployment);
    const before = await policyOf(admin);
    await propose(admin, { mode: 'required', methods: ['totp'] });
    admin.later(400 * day);
    expect(await policyOf(admin)).toEqual(before);
    expect((await admin.signIn()).body.status).toBe('passed');
  });

  it('R35 R39 an admin may, a user and support may not', async () => {
    const admin = await anAdmin(deployment);
    for (const role of ['user', 'support'] as const) {
      const reply = await propose(admin, { mode: 'required' }, { role });
      expect([role, reply.status, reply.body.code]).toEqual([role, 403, 'forbidden']);
    }
    expect(deployment.mails(admin.email)).toEqual([]);
    expect((await propose(admin, { mode: 'required' })).status).toBe(202);
  });

  it('R42 wants a password that was just checked', async () => {
    const admin = await anAdmin(deployment);
    const stale = await propose(admin, { mode: 'required' }, { fresh: false });
    expect([stale.status, stale.body.code]).toEqual([403, 'reauthentication_required']);
    const bearer = await admin.token({ role: 'admin' });
    admin.later(5 * minute);
    expect((await propose(admin, { mode: 'required' }, { bearer })).status).toBe(202);
    admin.later(1);
    const late = await propose(admin, { mode: 'required' }, { bearer });
    expect([late.status, late.body.code]).toEqual([403, 'reauthentication_required']);
    expect(deployment.mails(admin.email)).toHaveLength(1);
  });

  it('R42 an admin whom nobody made known gets no code: there is no address to send it to', async () => {
    const admin = new Person(deployment);
    const reply = await propose(admin, { mode: 'required' });
    expect([reply.status, reply.body.code]).toEqual([404, 'not_found']);
  });

  it('R42 the mail system is down: nothing is pending, and the next proposal goes through', async () => {
    const admin = await anAdmin(deployment);
    deployment.mailbox.fault({ operation: 'SendEmail', kind: 'fail', times: Number.POSITIVE_INFINITY });
    const reply = await propose(admin, { mode: 'required' });
    deployment.mailbox.clearFaults();
    expect([reply.status, reply.body.code]).toEqual([503, 'delivery_unavailable']);
    expect((await propose(admin, { mode: 'required' })).status).toBe(202);
  });
});

describe('what may be proposed', () => {
  it('R40 an empty list of methods, an unknown one, and fields that are none are refused', async () => {
    const admin = await anAdmin(deployment);
    const wrong = [
      { methods: [] },
      { methods: ['totp', 'pigeon'] },
      { methods: 'totp' },
      { mode: 'off' },
      { version: 3 },
      { rememberDevice: { allowed: true } },
      { rememberDevice: { allowed: true, days: 91 } },
      { rememberDevice: { allowed: true, days: 0 } },
      { requiredFrom: 'tomorrow' },
      { requiredFromMs: 1 },
      { federated: 'maybe' },
    ];
    for (const policy of wrong) {
      const reply = await propose(admin, policy);
      expect([policy, reply.status, reply.body.code]).toEqual([policy, 400, 'request_invalid']);
    }
    expect(deployment.mails(admin.email)).toEqual([]);
  });

  it('R23 SMS is refused for a fresh account, and allowed once the operator has activated it', async () => {
    const admin = await anAdmin(deployment);
    const refused = await propose(admin, { methods: ['totp', 'sms'] });
    expect([refused.status, refused.body.code]).toEqual([400, 'request_invalid']);
    expect(refused.body.errors).toEqual([expect.objectContaining({ pointer: '/policy/methods' })]);
    await admin.call('set-account', { path: { accountId: admin.accountId }, body: { smsEnabled: true } });
    expect((await propose(admin, { methods: ['totp', 'sms'] })).status).toBe(202);
  });

  it('R40 what is left out of a proposal stays as it is', async () => {
    const admin = await anAdmin(deployment);
    const first = { mode: 'required', rememberDevice: { allowed: true, days: 7 }, federated: 'challenge' };
    await changePolicy(deployment, admin, first);
    const { body } = await changePolicy(deployment, admin, { strictWindow: true });
    expect(body.policy).toMatchObject({
      ...first,
      methods: ['passkey', 'totp', 'email'],
      strictWindow: true,
    });
  });

  it('R78 requiredFrom goes with null, and with the requirement', async () => {
    const admin = await anAdmin(deployment);
    const requiredFrom = at(admin.at + 30 * day);
    const one = await changePolicy(deployment, admin, { mode: 'required', requiredFrom });
    expect(Date.parse(one.body.policy.requiredFrom)).toBe(Date.parse(requiredFrom));
    const kept = await changePolicy(deployment, admin, { strictWindow: true });
    expect(kept.body.policy.requiredFrom).toBe(one.body.policy.requiredFrom);
    const now = await changePolicy(deployment, admin, { requiredFrom: null });
    expect(now.body.policy).not.toHaveProperty('requiredFrom');
    await changePolicy(deployment, admin, { requiredFrom: at(admin.at + 90 * day) });
    const off = await changePolicy(deployment, admin, { mode: 'optional' });
    expect(off.body.policy).not.toHaveProperty('requiredFrom');
  });

  it('R35 nobody requires what shuts themselves out: enrolled, or able to prove the mailbox', async () => {
    const admin = await anAdmin(deployment);
    const shut = { mode: 'required', methods: ['totp'], bootstrap: 'none' };
    expect((await propose(admin, shut)).body.code).toBe('forbidden');
    expect((await propose(admin, { ...shut, bootstrap: 'email' })).status).toBe(202);
    await admin.later(30_000).enrol();
    expect((await propose(admin, shut)).status).toBe(202);
  });
});

describe('a warning before a policy is weakened', () => {
  const warningOf = async (admin: Person, policy: object) => {
    const { status, body } = await propose(admin.later(day), policy);
    expect(status).toBe(202);
    const details = body.warnings.map(({ detail }: { detail: string }) => detail);
    return details.length > 0 ? (details.join('\n') as string) : undefined;
  };

  it('R44 turning a requirement off is warned of', async () => {
    const admin = await anAdmin(deployment);
    await setPolicy(deployment, admin.accountId, { mode: 'required' });
    expect(await warningOf(admin, { mode: 'optional' })).toContain('first factor alone');
  });

  it('R44 so is putting a requirement off to a later day', async () => {
    const admin = await anAdmin(deployment);
    await setPolicy(deployment, admin.accountId, { mode: 'required' });
    expect(await warningOf(admin, { requiredFrom: at(admin.at + 60 * day) })).toContain('first factor alone');
  });

  it('R45 so is taking a method away, by its name', async () => {
    const admin = await anAdmin(deployment);
    await setPolicy(deployment, admin.accountId, { mode: 'required' });
    expect(await warningOf(admin, { methods: ['totp'] })).toContain('email');
    expect(await warningOf(admin, { methods: ['email'] })).toContain('totp');
  });

  it('R44 nothing is warned of when a policy only becomes stronger', async () => {
    const admin = await anAdmin(deployment);
    await setPolicy(deployment, admin.accountId, { methods: ['totp'] });
    expect(await warningOf(admin, { mode: 'required' })).toBeUndefined();
    expect(await warningOf(admin, { methods: ['email', 'totp'] })).toBeUndefined();
    expect(
      await warningOf(admin, { mode: 'required', requiredFrom: at(admin.at + 9 * day) }),
    ).toBeUndefined();
  });
});

describe('the impact', () => {
  it('R78 tells how many users are and are not enrolled, and who is not, of this account alone', async () => {
    const admin = await anAdmin(deployment);
    const ada = await new Person(deployment, { accountId: admin.accountId }).enrol();
    const bob = await colleagueOf(deployment, admin);
    await known(new Person(deployment));
    await deployment.sweep(admin.at + minute);
    const { body } = await propose(admin, { mode: 'required' });
    expect(body.impact).toMatchObject({ users: 3, enrolled: 1, notEnrolled: 2, nextCursor: null });
    const ids = body.impact.data.map(({ id }: { id: string }) => id);
    expect(ids.sort()).toEqual([admin.id, bob.id].sort());
    expect(ids).not.toContain(ada.id);
    expect(body.impact.data[0]).toMatchObject({ status: 'disabled', methods: [], enabledAt: null });
  });

  it('R78 lists who would be asked page by page, going on in the list of users', async () => {
    const admin = await anAdmin(deployment);
    const users = Array.from({ length: 60 }, (_, n) => ({ id: `u${n}`, email: `user${n}@example.com` }));
    for (let from = 0; from < 60; from += 25) {
      const body = { users: users.slice(from, from + 25) };
      await admin.call('sync-users', { path: { accountId: admin.accountId }, body });
    }
    const { impact } = (await propose(admin, { mode: 'required' })).body;
    expect(impact.data).toHaveLength(25);
    const query = { status: 'disabled', cursor: impact.nextCursor };
    const rest = await everyPage(admin, 'list-users', query);
    const all = [...impact.data, ...rest.data].map(({ id }) => id);
    expect(all.sort()).toEqual([admin.id, ...users.map(({ id }) => id)].sort());
  });
});

describe('how often', () => {
  it('R42 proposals are mailed within the limits on codes, and a refused one is not kept', async () => {
    const admin = await anAdmin(deployment);
    const proposed = [];
    for (let nth = 0; nth < 5; nth += 1) {
      proposed.push(await propose(admin.later(minute), { strictWindow: true }));
    }
    expect(proposed.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
    const refused = await propose(admin.later(minute), { strictWindow: false });
    expect([refused.status, refused.body.code]).toEqual([429, 'too_many_codes']);
    expect(deployment.mails(admin.email)).toHaveLength(5);
    const last = proposed[4]?.body.changeId as string;
    expect((await userItem(deployment, admin.ref))?.pendingPolicyChange?.id).toBe(last);
  });

  it('R42 a newer proposal replaces the one before, and the earlier code confirms neither', async () => {
    const admin = await anAdmin(deployment);
    const first = await propose(admin, { strictWindow: true });
    const firstCode = admin.mailedCode();
    const second = await propose(admin.later(minute), { federated: 'challenge' });
    expect((await confirm(admin, first.body.changeId, firstCode)).body.code).toBe('not_found');
    if (firstCode !== admin.mailedCode()) {
      expect((await confirm(admin, second.body.changeId, firstCode)).body.code).toBe('code_incorrect');
    }
    const { body } = await confirm(admin, second.body.changeId, admin.mailedCode());
    expect(body.policy).toMatchObject({ federated: 'challenge', strictWindow: false });
  });
});
