/**
 * Step-up. The attacker sits at somebody's open session and wants a payout confirmed. They bring whatever spares people the
 * second step elsewhere: a remembered device, an exemption, a federated sign-in that the policy lets pass. Or they take what
 * the person did confirm (a sign-in, another act, the same act with other details) and present it for their own.
 */
import { createLocalJWKSet } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { verifyResultToken } from '../../client/result-token.ts';
import { decodeToken, deploy, issuerUrl } from '../support/deployment.ts';
import { anAdmin, atDesk } from '../support/desk.ts';
import { remember } from '../support/devices.ts';
import { day, Person } from '../support/person.ts';
import { rawTable } from '../support/threat-table.ts';

const deployment = await deploy();
const table = rawTable(deployment);

const session = { method: 'session' };
const transfer = { name: 'transfer.create', details: { Amount: '5.00 EUR', To: 'Grace' } };
const stepUp = (person: Person, more: object = {}) =>
  person.signIn({ firstFactor: session, action: transfer, ...more });

async function enrolled(policy: object = {}) {
  const admin = await anAdmin(deployment);
  await table.setPolicy(admin.accountId, { rememberDevice: { allowed: true, days: 30 }, ...policy });
  const ada = await new Person(deployment, { accountId: admin.accountId, at: admin.at }).enrol();
  return { admin, ada };
}

describe('what spares a second step elsewhere', () => {
  it('S84 a remembered device confirms nothing, and none is left behind by a step-up', async () => {
    const { ada } = await enrolled();
    const deviceToken = await remember(ada);
    expect((await ada.signIn({ deviceToken })).body.secondFactor).toBe('trusted_device');
    const { body } = await stepUp(ada, { deviceToken });
    expect([body.status, body.rememberDevice.allowed]).toEqual(['challenge', false]);
    const verification = { challengeToken: body.challengeToken, method: 'totp', code: ada.code() };
    const passed = await ada.call('verify-challenge', { body: { ...verification, rememberDevice: true } });
    expect([passed.status, passed.body.deviceToken]).toEqual([200, undefined]);
    expect((await table.user(ada.ref)).trustedDevices).toHaveLength(1);
  });

  it('S84 nor does an exemption', async () => {
    const { admin, ada } = await enrolled();
    const until = new Date(admin.at + day).toISOString();
    await atDesk(admin, 'exempt-user', { path: { id: ada.id }, body: { until, reason: 'an old client' } });
    expect((await ada.signIn()).body.secondFactor).toBe('exempt');
    expect((await stepUp(ada)).body.status).toBe('challenge');
    expect((await stepUp(ada, { firstFactor: { method: 'password' } })).body.status).toBe('challenge');
  });

  it.each([
    ['bypass', { method: 'federated' }],
    ['challenge_unless_mfa', { method: 'federated', amr: ['mfa'] }],
  ])('S84 nor does a federated sign-in under %s', async (federated, firstFactor) => {
    const { ada } = await enrolled({ federated });
    expect((await ada.signIn({ firstFactor })).body.status).toBe('passed');
    expect((await stepUp(ada, { firstFactor })).body.status).toBe('challenge');
  });

  it('S84 nor does having no factor: one is enrolled first, from a proven mailbox', async () => {
    const ada = new Person(deployment);
    expect((await ada.signIn()).body.secondFactor).toBe('none');
    const { body } = await stepUp(ada);
    expect([body.status, body.bootstrap?.method, body.token]).toEqual([
      'enrollment_required',
      'email',
      undefined,
    ]);
    const started = await ada.call('start-authenticator', { bearer: body.challengeToken, body: {} });
    expect(started.status).toBe(401);
  });
});

describe('what was confirmed', () => {
  let keys: ReturnType<typeof createLocalJWKSet>;
  beforeAll(async () => {
    keys = createLocalJWKSet((await deployment.call('jwks')).body);
  });
  const finish = async (token: string, ada: Person, action?: object) =>
    verifyResultToken(token, keys, issuerUrl, 'acme', {
      accountId: ada.accountId,
      userId: ada.id,
      challengeId: decodeToken(token).nonce,
      ...(action ? { action: action as typeof transfer } : {}),
    }).then(
      () => 'completes',
      (error) => error.reason,
    );

  it('S84 the token of another act, of other details, of a sign-in, and of a step-up as a sign-in: refused', async () => {
    const { ada } = await enrolled();
    const { body } = await stepUp(ada);
    const { token } = (await ada.verify(body.challengeToken, 'totp', ada.code())).body;
    const { name, details } = transfer;
    expect(await finish(token, ada, transfer)).toBe('completes');
    expect(await finish(token, ada, { name, details: { To: 'Grace', Amount: '5.00 EUR' } })).toBe(
      'completes',
    );
    expect(await finish(token, ada, { name: 'transfer.delete', details })).toBe('action');
    expect(await finish(token, ada, { name, details: { ...details, To: 'Eve' } })).toBe('action_hash');
    expect(await finish(token, ada, { name, details: { ...details, Fee: '0' } })).toBe('action_hash');
    expect(await finish(token, ada, { name })).toBe('action_hash');
    expect(await finish(token, ada)).toBe('action');
    ada.later(30_000);
    const signedIn = await ada.verify(await ada.challengeToken(), 'totp', ada.code());
    expect(await finish(signedIn.body.token, ada)).toBe('completes');
    expect(await finish(signedIn.body.token, ada, transfer)).toBe('action');
  });

  it('S84 a code of one act confirms no other: each asks anew, and the code is spent', async () => {
    const { ada } = await enrolled();
    const [one, other] = [await stepUp(ada), await stepUp(ada, { action: { name: 'transfer.delete' } })];
    const code = ada.code();
    expect((await ada.verify(one.body.challengeToken, 'totp', code)).status).toBe(200);
    const again = await ada.verify(other.body.challengeToken, 'totp', code);
    expect([again.status, again.body.code]).toEqual([422, 'code_already_used']);
  });

  it('S84 a step-up from before the password changed confirms nothing', async () => {
    const { ada } = await enrolled();
    const { body } = await stepUp(ada);
    await ada.later(1000).call('password-changed', { path: ada.ref, body: {} });
    const passed = await ada.verify(body.challengeToken, 'totp', ada.code());
    expect([passed.status, passed.body.code]).toEqual([410, 'challenge_expired']);
  });
});
