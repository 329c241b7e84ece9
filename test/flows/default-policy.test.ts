import { expect, it } from 'vitest';
import { deploy } from '../support/deployment.ts';
import { Person } from '../support/person.ts';

const stageDefaults = { mode: 'required', methods: ['totp'], rememberDevice: { allowed: true, days: 7 } };
const deployment = await deploy({ DEFAULT_POLICY: JSON.stringify(stageDefaults) });
const policyOf = async (ada: Person) =>
  (await ada.call('account-policy', { path: { accountId: ada.accountId } })).body;
const set = (ada: Person, policy: object) =>
  ada.call('set-policy', { path: { accountId: ada.accountId }, body: { policy } });

it('R94 an account that set no policy has the stage’s, and the documented default of what the stage leaves out', async () => {
  const ada = new Person(deployment);
  expect((await ada.signIn()).body.status).toBe('enrollment_required');
  expect((await policyOf(ada)).policy).toMatchObject({ ...stageDefaults, resetRole: 'admin_or_support' });
});

it('R94 what an account sets is its own, and null goes back to the stage’s default', async () => {
  const ada = new Person(deployment);
  expect((await set(ada, { mode: 'optional', rememberDevice: { allowed: false, days: 1 } })).status).toBe(
    200,
  );
  expect((await ada.signIn()).body.status).toBe('passed');
  await set(ada, { rememberDevice: null });
  expect((await policyOf(ada)).policy.rememberDevice).toEqual({ allowed: true, days: 7 });
  expect((await policyOf(ada)).policy.mode).toBe('optional');
});
