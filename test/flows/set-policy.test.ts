import { describe, expect, it } from 'vitest';
import { deploy, type Reply } from '../support/deployment.ts';
import { anAdmin, atDesk, confirm, propose } from '../support/desk.ts';
import { day, minute, Person } from '../support/person.ts';
import { accountItem, auditRows } from '../support/table.ts';

const deployment = await deploy();
const said = ({ status, body }: Reply) => [status, body?.code];
const pathOf = ({ accountId }: Person) => ({ accountId });
const set = (by: Person, policy: object, more: object = {}, options: object = {}) =>
  by.call('set-policy', { path: pathOf(by), body: { policy, ...more }, ...options });
const read = (by: Person, options: object = {}) =>
  by.call('account-policy', { path: pathOf(by), ...options });

describe('R94 the operator', () => {
  it('sets a policy and reads it; what is not named stays', async () => {
    const ada = new Person(deployment);
    const before = (await read(ada)).body;
    const { status, body } = await set(ada, { mode: 'required', rememberDevice: { allowed: true, days: 7 } });
    expect([status, body.version]).toEqual([200, before.version + 1]);
    expect(body.policy).toEqual({
      ...before.policy,
      mode: 'required',
      rememberDevice: { allowed: true, days: 7 },
      federated: 'challenge_unless_mfa',
    });
    expect((await read(ada)).body).toEqual(body);
    expect((await ada.signIn()).body.status).not.toBe('passed');
  });

  it('gives a field back its default by null', async () => {
    const ada = new Person(deployment);
    await set(ada, { mode: 'required', bootstrap: 'none', federated: 'bypass' });
    const { body } = await set(ada, { bootstrap: null, federated: null });
    expect(body.policy).toMatchObject({ bootstrap: 'email', federated: 'challenge_unless_mfa' });
  });

  it('on a version that is not the current one changes nothing, and of two at once one wins', async () => {
    const ada = new Person(deployment);
    expect(said(await set(ada, { mode: 'required' }, { version: 7 }))).toEqual([
      409,
      'policy_version_conflict',
    ]);
    const both = await Promise.all([
      set(ada, { strictWindow: true }, { version: 1 }),
      set(ada, { bootstrap: 'none' }, { version: 1 }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect((await read(ada)).body.version).toBe(2);
  });

  it('who sets what holds already writes nothing and mails nobody', async () => {
    const ada = new Person(deployment);
    await set(ada, { strictWindow: true });
    const { rev } = (await accountItem(deployment, ada.accountId)) ?? {};
    const again = await set(ada, { strictWindow: true, methods: ['passkey', 'totp', 'email'] });
    expect([again.status, again.body.version]).toEqual([200, 2]);
    expect((await accountItem(deployment, ada.accountId))?.rev).toBe(rev);
  });

  it('ends the proposals that wait', async () => {
    const admin = await anAdmin(deployment);
    const { body } = await propose(admin, { strictWindow: true });
    await set(admin, { bootstrap: 'none' });
    const confirmed = await confirm(admin, body.changeId, admin.mailedCode());
    expect(said(confirmed)).toEqual([409, 'policy_version_conflict']);
  });

  it('mails every admin what was weakened, in sentences, and leaves a trace', async () => {
    const admin = await anAdmin(deployment);
    await set(admin, { mode: 'required' });
    await deployment.sweep(admin.at + minute);
    await set(admin.later(day), { mode: 'optional', sensitiveActions: 'password' });
    for (let sweep = 1; sweep <= 3; sweep += 1) {
      await deployment.sweep(admin.at + sweep * minute);
    }
    const mail = deployment.mails(admin.email).find(({ text }) => text.includes('password can change'));
    expect(mail?.text).toContain('sign in with their first factor alone.');
    const { data } = (await atDesk(admin, 'list-events')).body;
    expect(data).toContainEqual(
      expect.objectContaining({ type: 'policy_set_by_operator', actor: { kind: 'operator' } }),
    );
    expect(await auditRows(deployment, admin.ref)).toBeDefined();
  });

  it.each([
    [{ methods: [] }, '/policy/methods'],
    [{ methods: ['sms'] }, '/policy/methods'],
    [{ mode: 'sometimes' }, '/policy/mode'],
    [{ rememberDevice: { allowed: true, days: 91 } }, '/policy/rememberDevice/days'],
    [{ unheardOf: true }, '/policy/unheardOf'],
  ])('%j is refused, naming the field', async (policy, pointer) => {
    const reply = await set(new Person(deployment), policy);
    expect(said(reply)).toEqual([400, 'request_invalid']);
    expect(reply.body.errors[0].pointer).toBe(pointer);
  });

  it('is whom the gateway has let through, and nobody with a user token', async () => {
    const admin = await anAdmin(deployment);
    const bearer = await admin.token({ role: 'admin' });
    const unsigned = { signed: false, bearer };
    expect(said(await set(admin, { bootstrap: 'none' }, {}, unsigned))).toEqual([403, 'forbidden']);
    expect(said(await read(admin, unsigned))).toEqual([403, 'forbidden']);
    expect((await read(admin)).body.version).toBe(1);
  });
});
