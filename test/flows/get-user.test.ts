import { describe, expect, it } from 'vitest';
import { deploy } from '../support/deployment.ts';
import { anAdmin, atDesk, colleagueOf, known } from '../support/desk.ts';
import { remember } from '../support/devices.ts';
import { wrongTotp } from '../support/guesses.ts';
import { day, Person } from '../support/person.ts';
import { setPolicy } from '../support/table.ts';

const deployment = await deploy();
const read = (person: Person, options: object = {}) =>
  person.call('get-user', { path: { accountId: person.accountId, userId: person.id }, ...options });

describe('R100 what is held about a person', () => {
  it('is all there: profile, factors, devices, exemption, failures', async () => {
    const admin = await anAdmin(deployment);
    await setPolicy(deployment, admin.accountId, { rememberDevice: { allowed: true, days: 30 } });
    const ada = await (await colleagueOf(deployment, admin)).enrol();
    await ada.turnOnEmail(ada.totpProof());
    await remember(ada.later(30_000));
    const profile = { displayName: 'Ada', locale: 'de-CH', timeZone: 'Europe/Zurich', phone: '+41791234567' };
    await known(ada, profile);
    const until = new Date(ada.at + day).toISOString();
    admin.at = ada.at;
    const path = { id: ada.id };
    await atDesk(admin, 'exempt-user', { path, body: { reason: 'new phone on its way', until } });
    await known(ada, { email: `new-${ada.email}` });
    const { status, body } = await read(ada);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...profile,
      accountId: ada.accountId,
      id: ada.id,
      email: `new-${ada.email}`,
      provenEmail: ada.email,
      emailChangedAt: new Date(ada.at).toISOString(),
      status: 'enabled',
      exemption: { until, reason: 'new phone on its way' },
      recoveryCodes: { remaining: 10 },
      isAdmin: false,
    });
    expect(body.methods.map(({ method }: { method: string }) => method)).toEqual(['totp', 'email']);
    expect([body.authenticators.length, body.trustedDevices.length]).toEqual([1, 1]);
  });

  it('counts wrong codes', async () => {
    const ada = await new Person(deployment).enrol();
    await ada.verify(await ada.challengeToken(), 'totp', wrongTotp(ada));
    expect((await read(ada)).body.failures).toEqual({ consecutive: 1, in30Days: 1 });
  });

  it('holds no secret, code or hash', async () => {
    const ada = await new Person(deployment).enrol();
    const text = JSON.stringify((await read(ada)).body);
    for (const secret of [ada.secret, ...ada.recoveryCodes, 'hash', 'salt', 'mac', 'secret', 'writeId']) {
      expect(text).not.toContain(secret);
    }
  });

  it('is for the app alone, of its own account, and nothing once the person is erased', async () => {
    const ada = await new Person(deployment).enrol();
    const elsewhere = new Person(deployment, { id: ada.id });
    expect((await read(elsewhere)).status).toBe(404);
    const unsigned = await read(ada, { signed: false, bearer: await ada.token() });
    expect([unsigned.status, unsigned.body.code]).toEqual([403, 'forbidden']);
    expect((await ada.call('delete-user', { path: ada.ref })).status).toBe(204);
    expect((await read(ada)).status).toBe(404);
  });
});
