import { describe, expect, it } from 'vitest';
import { deploy } from '../support/deployment.ts';
import { Person } from '../support/person.ts';
import { rawUserItem, setPolicy } from '../support/table.ts';

const deployment = await deploy();

describe("the state of one's own two-factor", () => {
  it('R1 off by default: nothing is on, nothing is offered', async () => {
    const ada = new Person(deployment);
    await ada.signIn();
    expect(await ada.status()).toEqual({
      status: 'disabled',
      required: false,
      canDisable: false,
      methods: [],
      defaultMethod: null,
      availableMethods: ['passkey', 'totp', 'email'],
      authenticators: [],
      passkeys: [],
      recoveryCodes: null,
      trustedDevices: 0,
      product: 'Acme',
      email: ada.email,
      proof: { password: false, factor: false, methods: [] },
    });
  });

  it('R41 it says what the account lets its users turn on', async () => {
    const ada = new Person(deployment);
    await ada.signIn();
    await setPolicy(deployment, ada.accountId, { methods: ['email', 'sms'] });
    expect((await ada.status()).availableMethods).toEqual(['email']);
    await setPolicy(deployment, ada.accountId, { methods: ['email', 'sms'] }, { smsEnabled: true });
    expect((await ada.status()).availableMethods).toEqual(['sms', 'email']);
  });

  it('R71 authenticators are listed by name, with when they were made and last used', async () => {
    const ada = new Person(deployment);
    await ada.signIn();
    ada.secret = (await ada.start({ label: ' My \n phone\u0000 ' })).body.secret;
    await ada.confirm(ada.authenticatorId, ada.code());
    const createdAt = new Date(ada.at).toISOString();
    const unused = { id: ada.authenticatorId, label: 'My phone', createdAt, lastUsedAt: null };
    expect((await ada.status()).authenticators).toEqual([unused]);
    await ada.later(30_000).verify(await ada.challengeToken(), 'totp', ada.code());
    const lastUsedAt = new Date(ada.at).toISOString();
    expect((await ada.status()).authenticators).toEqual([{ ...unused, lastUsedAt }]);
  });

  it('R71 a label of 500 characters is cut, and an empty one gets a name', async () => {
    const ada = new Person(deployment);
    await ada.signIn();
    ada.secret = (await ada.start({ label: '🔐'.repeat(500) })).body.secret;
    await ada.confirm(ada.authenticatorId, ada.code());
    expect((await ada.status()).authenticators[0].label).toBe('🔐'.repeat(64));
  });

  it('it says what a sensitive act asks for, and where a code would go', async () => {
    const ada = await new Person(deployment).enrol();
    const methods = [
      { method: 'totp', default: true },
      { method: 'recovery_code', default: false },
    ];
    expect((await ada.status()).proof).toEqual({ password: false, factor: true, methods });
    const stale = await ada.own('get-two-factor', { fresh: false });
    expect(stale.body.proof).toEqual({ password: true, factor: true, methods });
    await setPolicy(deployment, ada.accountId, { sensitiveActions: 'password' });
    expect((await ada.status()).proof).toEqual({ password: false, factor: false, methods });
  });

  it('R7 it holds no secret and no code', async () => {
    const ada = await new Person(deployment).enrol();
    const said = JSON.stringify(await ada.status());
    expect(said).not.toContain(ada.secret);
    for (const code of ada.recoveryCodes) {
      expect(said).not.toContain(code);
    }
    expect(JSON.parse(said).recoveryCodes).toMatchObject({ remaining: 10, low: false });
  });

  it('R12 under a requirement a user with nothing sees that mailed codes stand in', async () => {
    const ada = new Person(deployment);
    await setPolicy(deployment, ada.accountId, { mode: 'required' });
    await ada.signIn();
    expect(await ada.status()).toMatchObject({
      status: 'disabled',
      required: true,
      methods: [{ method: 'email', sentTo: 'u***@example.com', default: true }],
    });
  });
});

describe('users as the app knows them', () => {
  it('are made known, updated and erased with all that is held about them', async () => {
    const ada = new Person(deployment);
    const path = { accountId: ada.accountId, userId: ada.id };
    const body = { email: 'ada@example.com', displayName: 'Ada', locale: 'en-GB', phone: '+14155550100' };
    const made = await ada.call('sync-user', { path, body });
    expect(made.body).toEqual({ ...body, accountId: ada.accountId, id: ada.id, isAdmin: false });
    await ada.enrol();
    await ada.deliver();
    expect((await ada.call('delete-user', { path })).status).toBe(204);
    expect(await rawUserItem(deployment, ada.ref)).toEqual({});
    expect((await ada.call('delete-user', { path })).status).toBe(204);
    expect((await ada.own('get-two-factor')).body.code).toBe('not_found');
    expect((await ada.signIn()).body.status).toBe('passed');
  });

  it("a sign-in's challenge of somebody erased meanwhile is invalid, not a pass", async () => {
    const ada = await new Person(deployment).enrol();
    const token = await ada.challengeToken();
    await ada.call('delete-user', { path: { accountId: ada.accountId, userId: ada.id } });
    const reply = await ada.verify(token, 'totp', ada.code());
    expect([reply.status, reply.body.code]).toEqual([401, 'challenge_invalid']);
  });
});
