import { describe, expect, it, vi } from 'vitest';
import { decodeToken, deploy } from '../support/deployment.ts';
import { day, Person } from '../support/person.ts';
import { changeUserItem, setPolicy, userItem } from '../support/table.ts';

const deployment = await deploy();

const methodsOf = (body: { methods: { method: string }[] }) => body.methods.map(({ method }) => method);
const federated = { method: 'federated', amr: ['pwd', 'mfa'] };

/** Somebody whose account requires two-factor. */
async function required(policy = {}): Promise<Person> {
  const person = new Person(deployment);
  await setPolicy(deployment, person.accountId, { mode: 'required', ...policy });
  return person;
}

describe('starting the second factor', () => {
  it('R12 required and nothing enrolled: a mailed code finishes the sign-in', async () => {
    const ada = await required();
    const { body } = await ada.signIn();
    expect(body.status).toBe('challenge');
    expect(body.methods).toEqual([{ method: 'email', sentTo: 'u***@example.com', default: true }]);
    const sent = await ada.call('send-code', {
      body: { challengeToken: body.challengeToken, method: 'email' },
    });
    expect(sent.status).toBe(202);
    const passed = await ada.verify(body.challengeToken, 'email', ada.mailedCode());
    expect(passed.body).toMatchObject({ status: 'passed', secondFactor: 'email' });
    expect(decodeToken(passed.body.token)).toMatchObject({ second_factor: 'email', amr: ['pwd'] });
  });

  it('R13 once enrolled the authenticator is the default, e-mail is no way around it, and no mail goes out', async () => {
    const ada = await (await required()).enrol();
    await ada.deliver();
    const before = deployment.mails(ada.email).length;
    const { body } = await ada.signIn();
    expect(body.methods).toEqual([
      { method: 'totp', default: true },
      { method: 'recovery_code', default: false },
    ]);
    const mail = await ada.call('send-code', {
      body: { challengeToken: body.challengeToken, method: 'email' },
    });
    expect(mail.body.code).toBe('method_not_allowed');
    expect((await ada.verify(body.challengeToken, 'totp', ada.code())).status).toBe(200);
    await ada.deliver();
    expect(deployment.mails(ada.email)).toHaveLength(before);
  });

  it('R13 with the e-mail method turned on as well, the authenticator stays the default and mail waits to be asked', async () => {
    const ada = await new Person(deployment).enrol();
    await ada.turnOnEmail(ada.totpProof());
    const { body } = await ada.later(30_000).signIn();
    expect(methodsOf(body)).toEqual(['totp', 'email', 'recovery_code']);
    expect(body.methods[0].default).toBe(true);
    await ada.deliver();
    const before = deployment.mails(ada.email).length;
    await ada.signIn();
    expect(deployment.mails(ada.email)).toHaveLength(before);
  });

  it('R15 a right password and no code: no token', async () => {
    const ada = await new Person(deployment).enrol();
    const { body } = await ada.signIn();
    expect(body.status).toBe('challenge');
    expect(body).not.toHaveProperty('token');
    expect(body.challengeToken.split('.')).toHaveLength(5);
  });

  it('R18 two sign-ins in a row are both challenged', async () => {
    const ada = await new Person(deployment).enrol();
    expect((await ada.verify(await ada.challengeToken(), 'totp', ada.code())).status).toBe(200);
    expect((await ada.later(1000).signIn()).body.status).toBe('challenge');
    expect((await ada.later(1000).signIn({ user: { displayName: 'Ada' } })).body.status).toBe('challenge');
  });

  it('R36 required, no mail allowed, nothing enrolled: the mailbox first, then an enrolment that completes the sign-in', async () => {
    const ada = await required({ methods: ['totp'] });
    const { body } = await ada.signIn();
    expect(body.status).toBe('enrollment_required');
    expect(body).not.toHaveProperty('token');
    expect(body.bootstrap).toEqual({ method: 'email', sentTo: 'u***@example.com' });
    const token = body.challengeToken;
    const early = await ada.call('start-authenticator', { bearer: token, body: {} });
    expect([early.status, early.body.code]).toEqual([401, 'credentials_invalid']);
    await ada.call('send-code', { body: { challengeToken: token, method: 'email' } });
    const proven = await ada.verify(token, 'email', ada.mailedCode());
    expect(proven.body).toMatchObject({ status: 'enrollment_required', methods: [{ method: 'totp' }] });
    expect(proven.body).not.toHaveProperty('token');
    const bearer = proven.body.challengeToken;
    const started = await ada.call('start-authenticator', { bearer, body: {} });
    ada.secret = started.body.secret;
    const path = { id: started.body.authenticatorId };
    const confirmed = await ada.call('confirm-authenticator', { bearer, path, body: { code: ada.code() } });
    expect(confirmed.body.recoveryCodes).toHaveLength(10);
    expect(decodeToken(confirmed.body.token)).toMatchObject({
      sub: ada.id,
      second_factor: 'totp',
      amr: ['pwd', 'otp', 'mfa'],
      nonce: body.challengeId,
    });
  });

  it('R55 whoever gets no code reads whom to contact: the account, or else the deployment', async () => {
    const ada = await required();
    const contact = 'help@ada.example';
    await setPolicy(deployment, ada.accountId, { mode: 'required' }, { supportContact: contact });
    expect((await ada.signIn()).body.supportContact).toBe(contact);
    await setPolicy(
      deployment,
      ada.accountId,
      { mode: 'required', methods: ['totp'] },
      { supportContact: contact },
    );
    expect((await ada.signIn()).body).toMatchObject({
      status: 'enrollment_required',
      supportContact: contact,
    });
    const bob = await required();
    expect((await bob.signIn()).body).not.toHaveProperty('supportContact');
    vi.stubEnv('SUPPORT_CONTACT', 'security@acme.example');
    vi.resetModules();
    expect((await bob.signIn()).body.supportContact).toBe('security@acme.example');
    vi.unstubAllEnvs();
    vi.resetModules();
  });

  it('R56 a password sign-in is asked', async () => {
    const ada = await new Person(deployment).enrol();
    expect((await ada.signIn({ firstFactor: { method: 'password' } })).body.status).toBe('challenge');
    expect((await ada.signIn({ firstFactor: { method: 'email_link' } })).body.status).toBe('challenge');
  });

  it('R57 an OAuth sign-in passes by design, and the token says that no second factor was checked', async () => {
    const ada = await new Person(deployment).enrol();
    const { body } = await ada.signIn({ firstFactor: federated });
    expect(body).toMatchObject({ status: 'passed', secondFactor: 'none' });
    const claims = decodeToken(body.token);
    expect(claims.second_factor).toBe('none');
    expect(claims.amr).not.toContain('mfa');
  });

  it('R57 where the policy says so, an OAuth sign-in is challenged', async () => {
    const ada = new Person(deployment);
    await setPolicy(deployment, ada.accountId, { federated: 'challenge' });
    await ada.enrol();
    expect((await ada.signIn({ firstFactor: federated })).body.status).toBe('challenge');
  });

  it('R58 with OAuth disconnected, the same user is challenged from then on', async () => {
    const ada = await new Person(deployment).enrol();
    expect((await ada.signIn({ firstFactor: federated })).body.status).toBe('passed');
    expect((await ada.signIn()).body.status).toBe('challenge');
  });

  it('R59 after a password change 2FA is still asked, and trusted devices are gone', async () => {
    const ada = await new Person(deployment).enrol();
    const device = {
      id: 'dev_1',
      tokenHash: new Uint8Array(32),
      createdAtMs: ada.at,
      lastSeenAtMs: ada.at,
      expiresAtMs: ada.at + 30 * day,
    };
    await changeUserItem(deployment, ada.ref, { trustedDevices: [device] });
    const path = { accountId: ada.accountId, userId: ada.id };
    expect((await ada.call('password-changed', { path })).status).toBe(204);
    expect((await userItem(deployment, ada.ref))?.trustedDevices).toEqual([]);
    expect(await ada.deliver()).toContain('Acme: Remembered devices were signed out');
    expect((await ada.signIn()).body.status).toBe('challenge');
    expect((await ada.status()).status).toBe('enabled');
  });

  it('R60 an API key passes, also where two-factor is required, and the token says so', async () => {
    const ada = await (await required()).enrol();
    const { body } = await ada.signIn({ firstFactor: { method: 'api_key' } });
    expect(body).toMatchObject({ status: 'passed', secondFactor: 'none' });
    const claims = decodeToken(body.token);
    expect(claims.second_factor).toBe('none');
    expect(claims.amr).not.toContain('pwd');
    expect(claims.amr).not.toContain('mfa');
  });

  it('a requirement that starts later asks nobody before, and everybody from that moment on', async () => {
    const ada = new Person(deployment);
    const requiredFromMs = ada.at + 7 * day;
    await setPolicy(deployment, ada.accountId, { mode: 'required', requiredFromMs });
    expect((await ada.signIn()).body.status).toBe('passed');
    ada.at = requiredFromMs - 1;
    expect((await ada.signIn()).body.status).toBe('passed');
    expect((await ada.later(1).signIn()).body.status).toBe('challenge');
  });

  it('the newest address is where codes go: a profile that the app changed is kept', async () => {
    const ada = await required();
    await ada.signIn();
    const moved = await ada.signIn({ user: { email: 'new@example.org' } });
    expect(moved.body.methods[0].sentTo).toBe('n***@example.org');
    expect((await userItem(deployment, ada.ref))?.email).toBe('new@example.org');
  });
});
