import { describe, expect, it } from 'vitest';
import { type Flow, type Route, routes } from '../../lambdas/routes.ts';
import { deploy } from '../support/deployment.ts';
import { anAdmin, atDesk, changePolicy } from '../support/desk.ts';
import { day } from '../support/person.ts';
import { accountItem, setPolicy } from '../support/table.ts';

const deployment = await deploy();

const defaults = {
  mode: 'optional',
  methods: ['passkey', 'totp', 'email'],
  rememberDevice: { allowed: false, days: 30 },
  federated: 'bypass',
  sensitiveActions: 'password_and_factor',
  resetRole: 'admin_or_support',
  bootstrap: 'email',
  strictWindow: false,
};

describe('the policy in force', () => {
  it('R1 of an account that never set one is the default: optional, SMS and remembered devices off', async () => {
    const admin = await anAdmin(deployment);
    expect((await atDesk(admin, 'get-policy')).body).toEqual({
      policy: defaults,
      version: 1,
      availableMethods: ['passkey', 'totp', 'email'],
    });
  });

  it('R23 it says what may be chosen: text messages only once they are activated', async () => {
    const admin = await anAdmin(deployment);
    await admin.call('set-account', { path: { accountId: admin.accountId }, body: { smsEnabled: true } });
    const { policy, availableMethods } = (await atDesk(admin, 'get-policy')).body;
    expect(availableMethods).toEqual(['passkey', 'totp', 'sms', 'email']);
    expect(policy.methods).toEqual(['passkey', 'totp', 'email']);
  });

  it('R39 admins and support may see it, a user may not', async () => {
    const admin = await anAdmin(deployment);
    expect((await atDesk(admin, 'get-policy', { role: 'support' })).status).toBe(200);
    const user = await atDesk(admin, 'get-policy', { role: 'user' });
    expect([user.status, user.body.code]).toEqual([403, 'forbidden']);
    expect((await admin.call('get-policy')).body.code).toBe('credentials_missing');
  });

  it("R52 it is the caller's own account's", async () => {
    const admin = await anAdmin(deployment);
    const other = await anAdmin(deployment);
    await changePolicy(deployment, admin, { mode: 'required' });
    expect((await atDesk(other, 'get-policy')).body.policy.mode).toBe('optional');
  });

  it('R78 it says from when it requires', async () => {
    const admin = await anAdmin(deployment);
    const requiredFromMs = admin.at + 9 * day;
    await setPolicy(deployment, admin.accountId, { mode: 'required', requiredFromMs });
    const { policy } = (await atDesk(admin, 'get-policy')).body;
    expect(policy).toEqual({
      ...defaults,
      mode: 'required',
      requiredFrom: new Date(requiredFromMs).toISOString(),
    });
  });

  it('S67 what a newer release keeps beside it is not told, and outlives a change by this one', async () => {
    const admin = await anAdmin(deployment);
    await setPolicy(deployment, admin.accountId, { hint: 'newer' } as object, { colour: 'teal' });
    expect((await atDesk(admin, 'get-policy')).body.policy).toEqual(defaults);
    await changePolicy(deployment, admin, { strictWindow: true });
    await admin.call('set-account', { path: { accountId: admin.accountId }, body: { issuer: 'Acme' } });
    const stored = await accountItem(deployment, admin.accountId);
    expect(stored).toMatchObject({ colour: 'teal', policy: { hint: 'newer', strictWindow: true } });
  });
});

describe('routes that read', () => {
  const queried = (Object.entries(routes) as [Flow, Route][]).filter(
    ([, { method, query }]) => method === 'GET' && query,
  );

  it.each(queried.map(([flow]) => flow))(
    '%s refuses a query parameter that it does not know',
    async (flow) => {
      const admin = await anAdmin(deployment);
      for (const unknown of ['debug', 'Limit', 'accountId', '__proto__']) {
        const query = Object.fromEntries([[unknown, 'x']]);
        const reply = await atDesk(admin, flow, { query });
        expect([unknown, reply.status, reply.body.code]).toEqual([unknown, 400, 'request_invalid']);
      }
    },
  );
});
