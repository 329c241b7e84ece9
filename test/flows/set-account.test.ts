import { describe, expect, it } from 'vitest';
import { codeIn, deploy } from '../support/deployment.ts';
import { anAdmin, atDesk, changePolicy, propose } from '../support/desk.ts';
import { day, Person } from '../support/person.ts';
import { accountItem, setPolicy } from '../support/table.ts';

const deployment = await deploy();

const set = (person: Person, body: object, options: object = {}) =>
  person.call('set-account', { path: { accountId: person.accountId }, body, ...options });

describe('what the operator sets for an account', () => {
  it('answers with everything that is set; what is not named stays', async () => {
    const ada = new Person(deployment);
    expect((await set(ada, { issuer: 'Acme EU' })).body).toEqual({ issuer: 'Acme EU', smsEnabled: false });
    const both = { issuer: 'Acme EU', supportContact: 'help@acme.example', smsEnabled: false };
    expect((await set(ada, { supportContact: 'help@acme.example' })).body).toEqual(both);
    expect((await set(ada, {})).body).toEqual(both);
    const sms = { smsEnabled: true, smsCountries: ['DE', 'CH'] };
    expect((await set(ada, sms)).body).toEqual({ ...both, ...sms });
  });

  it('setting the same again writes nothing', async () => {
    const ada = new Person(deployment);
    await set(ada, { issuer: 'Acme EU', smsCountries: ['DE'] });
    const before = await accountItem(deployment, ada.accountId);
    await set(ada, { issuer: 'Acme EU', smsCountries: ['DE'] });
    expect(await accountItem(deployment, ada.accountId)).toEqual(before);
  });

  it('R94 what changed is in the audit trail, and nobody is mailed about it', async () => {
    const admin = await anAdmin(deployment);
    await set(admin, { issuer: 'Acme EU', supportContact: 'help@acme.example' });
    expect(await admin.deliver()).toEqual([]);
    const { data } = (await atDesk(admin, 'list-events')).body;
    expect(data).toContainEqual(
      expect.objectContaining({
        type: 'settings_changed',
        actor: { kind: 'operator' },
        detail: { settings: 'issuer supportContact' },
      }),
    );
  });

  it('R24 R55 the support contact is on the prompt, and in the mails', async () => {
    const ada = await new Person(deployment).enrol();
    await set(ada, { supportContact: 'help@acme.example, +41 44 123 45 67' });
    expect((await ada.signIn()).body.supportContact).toBe('help@acme.example, +41 44 123 45 67');
    await ada.deliver();
    expect(deployment.mails(ada.email)[0]?.text).toContain('help@acme.example, +41 44 123 45 67');
  });

  it('R2 the issuer names the account in authenticator apps and mails', async () => {
    const ada = new Person(deployment);
    await set(ada, { issuer: 'Müller & Söhne' });
    await ada.signIn();
    const uri = new URL((await ada.start()).body.otpauthUri);
    expect(uri.searchParams.get('issuer')).toBe('Müller & Söhne');
  });

  it('R23 SMS that is deactivated again cannot be proposed any more', async () => {
    const admin = await anAdmin(deployment);
    await set(admin, { smsEnabled: true });
    expect((await propose(admin, { methods: ['totp', 'sms'] })).status).toBe(202);
    await set(admin, { smsEnabled: false });
    expect((await propose(admin.later(day), { methods: ['totp', 'sms'] })).body.code).toBe('request_invalid');
  });

  it('it does not touch the policy, and the policy does not touch it', async () => {
    const admin = await anAdmin(deployment);
    await changePolicy(deployment, admin, { mode: 'required' });
    await set(admin, { issuer: 'Acme EU' });
    await changePolicy(deployment, admin, { strictWindow: true });
    const stored = await accountItem(deployment, admin.accountId);
    expect(stored).toMatchObject({ issuer: 'Acme EU', policyVersion: 3, policy: { mode: 'required' } });
  });

  it("one account's settings are not another's", async () => {
    const [ada, bob] = [new Person(deployment), new Person(deployment)];
    await set(ada, { smsEnabled: true, issuer: 'Acme EU' });
    expect((await set(bob, {})).body).toEqual({ smsEnabled: false });
  });

  it('ten at once, each another setting: none is lost, whoever is told busy may ask again', async () => {
    const ada = new Person(deployment);
    await setPolicy(deployment, ada.accountId, {});
    const all = [
      { issuer: 'Acme EU' },
      { supportContact: 'help' },
      { smsEnabled: true },
      { smsCountries: ['DE'] },
    ];
    await Promise.all(
      all.map(async (body) => {
        while ((await set(ada, body)).status !== 200) {}
      }),
    );
    expect(await accountItem(deployment, ada.accountId)).toMatchObject(Object.assign({}, ...all));
  });

  it('only the app may, and only what is known', async () => {
    const ada = new Person(deployment);
    expect((await set(ada, { issuer: 'x' }, { signed: false })).body.code).toBe('forbidden');
    for (const body of [{ policy: {} }, { issuer: '' }, { smsEnabled: 'yes' }, { smsCountries: ['de'] }]) {
      const reply = await set(ada, body);
      expect([body, reply.status, reply.body.code]).toEqual([body, 400, 'request_invalid']);
    }
    expect(await accountItem(deployment, ada.accountId)).toBeUndefined();
  });

  it('R84 a code mail comes in the name of the account', async () => {
    const admin = await anAdmin(deployment);
    await set(admin, { issuer: 'Acme EU' });
    await propose(admin, { strictWindow: true });
    const [mail] = deployment.mails(admin.email);
    expect(mail?.subject).toContain('Acme EU');
    expect(codeIn(mail)).toMatch(/^\d{6}$/);
  });
});
