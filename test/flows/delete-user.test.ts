import { describe, expect, it } from 'vitest';
import { deploy } from '../support/deployment.ts';
import { anAdmin, atDesk, changePolicy, colleagueOf, known } from '../support/desk.ts';
import { remember } from '../support/devices.ts';
import { minute, Person } from '../support/person.ts';
import { setPolicy } from '../support/table.ts';
import { rawTable } from '../support/threat-table.ts';

const deployment = await deploy();

const erase = (person: Person, options: object = {}) =>
  person.call('delete-user', { path: { accountId: person.accountId, userId: person.id }, ...options });
const impactOf = async (admin: Person) =>
  (await atDesk(admin.later(minute), 'propose-policy', { body: { policy: { mode: 'required' } } })).body
    .impact;

describe('erasing a user', () => {
  it('leaves nothing that names them anywhere in the table', async () => {
    const admin = await anAdmin(deployment);
    await setPolicy(deployment, admin.accountId, { rememberDevice: { allowed: true, days: 30 } });
    const ada = new Person(deployment, { accountId: admin.accountId, at: admin.at });
    await known(ada, { displayName: 'Ada Lovelace', phone: '+41791234567', isAdmin: true });
    await ada.enrol();
    await remember(ada);
    await ada.own('regenerate-recovery-codes', { body: { proof: ada.totpProof() } });
    await deployment.sweep(ada.at + minute);
    await deployment.sweep(ada.at + 2 * minute);
    expect((await erase(ada)).status).toBe(204);
    const items = await rawTable(deployment).items();
    expect(items.length).toBeGreaterThan(0);
    const left = items.filter((item) => JSON.stringify(item).includes(ada.id));
    expect(left).toEqual([]);
  });

  it('again is the same, and so is erasing nobody', async () => {
    const ada = await new Person(deployment).enrol();
    for (const _again of [1, 2]) {
      expect((await erase(ada)).status).toBe(204);
    }
    expect((await erase(new Person(deployment))).status).toBe(204);
  });

  it('takes exactly one user out of the figures, whether or not the courier has counted them', async () => {
    const admin = await anAdmin(deployment);
    const enrolled = () => new Person(deployment, { accountId: admin.accountId, at: admin.at }).enrol();
    const [ada, bob, eve] = [await enrolled(), await enrolled(), await enrolled()];
    await colleagueOf(deployment, admin);
    await erase(ada);
    await deployment.sweep(admin.at + minute);
    await erase(bob);
    await erase(bob);
    await deployment.sweep(admin.at + 2 * minute);
    expect(await impactOf(admin)).toMatchObject({ users: 3, enrolled: 1, notEnrolled: 2 });
    expect((await eve.status()).status).toBe('enabled');
  });

  it('the figures cannot be kept at that moment: asked again, exactly one user is taken out', async () => {
    const admin = await anAdmin(deployment);
    const ada = await new Person(deployment, { accountId: admin.accountId, at: admin.at }).enrol();
    await deployment.sweep(admin.at + minute);
    deployment.dynamodb.fault({ operation: 'UpdateItem', kind: 'fail', times: Number.POSITIVE_INFINITY });
    expect((await erase(ada)).status).toBe(503);
    deployment.dynamodb.clearFaults();
    expect((await erase(ada)).status).toBe(204);
    expect(await impactOf(admin)).toMatchObject({ users: 1, enrolled: 0, notEnrolled: 1 });
  });

  it('an admin who is erased is told of no policy change any more', async () => {
    const admin = await anAdmin(deployment);
    const other = await anAdmin(deployment, { accountId: admin.accountId, at: admin.at });
    await deployment.sweep(admin.at + minute);
    await erase(other);
    const before = deployment.mails(other.email).length;
    await changePolicy(deployment, admin, { strictWindow: true });
    await deployment.sweep(admin.at + minute);
    expect(deployment.mails(other.email)).toHaveLength(before);
  });

  it('somebody made again under the same id starts from nothing, and a courier with old news does not mind', async () => {
    const ada = await new Person(deployment).enrol();
    await erase(ada);
    expect((await ada.later(minute).signIn()).body.status).toBe('passed');
    await deployment.sweep(ada.at + minute);
    expect((await ada.status()).status).toBe('disabled');
    expect((await ada.own('get-two-factor')).body.authenticators).toEqual([]);
  });

  it('only the app may, and only in the account that it names', async () => {
    const ada = await new Person(deployment).enrol();
    expect((await erase(ada, { signed: false })).body.code).toBe('forbidden');
    await erase(new Person(deployment, { id: ada.id }));
    expect((await ada.status()).status).toBe('enabled');
  });
});
