import { describe, expect, it } from 'vitest';
import { deploy } from '../support/deployment.ts';
import { minute, Person } from '../support/person.ts';
import { changeUserItem, setPolicy, userItem } from '../support/table.ts';

const deployment = await deploy();

const enrolled = () => new Person(deployment).enrol();
const disable = (person: Person, body: object = { proof: person.totpProof() }, more = {}) =>
  person.own('disable-two-factor', { body, ...more });

describe('turning two-factor off', () => {
  it('R29 needs the password: without a fresh one nothing changes', async () => {
    const ada = await enrolled();
    const refused = await disable(ada, { proof: ada.totpProof() }, { fresh: false });
    expect([refused.status, refused.body.code]).toEqual([403, 'reauthentication_required']);
    const bearer = await ada.token();
    ada.later(5 * minute + 1000);
    const stale = await ada.call('disable-two-factor', { bearer, body: { proof: ada.totpProof() } });
    expect(stale.body.code).toBe('reauthentication_required');
    expect((await ada.status()).status).toBe('enabled');
    expect((await ada.signIn()).body.status).toBe('challenge');
  });

  it('R29 wants a second factor as proof too, where the account does not waive it', async () => {
    const ada = await enrolled();
    expect((await disable(ada, {})).body.code).toBe('proof_required');
    expect((await disable(ada, { proof: { method: 'totp', code: ada.code(20) } })).body.code).toBe(
      'code_incorrect',
    );
    expect((await disable(ada, { proof: { method: 'email', code: '123456' } })).body.code).toBe(
      'method_not_allowed',
    );
    expect((await ada.status()).status).toBe('enabled');
    await setPolicy(deployment, ada.accountId, { sensitiveActions: 'password' });
    expect((await disable(ada, {})).body).toEqual({ status: 'disabled' });
  });

  it('R30 the secret is cleared: an old authenticator code never passes again', async () => {
    const ada = await enrolled();
    const open = await ada.challengeToken();
    expect((await disable(ada)).body).toEqual({ status: 'disabled' });
    const stored = await userItem(deployment, ada.ref);
    expect(stored?.authenticators).toEqual([]);
    expect(stored?.pendingAuthenticator).toBeUndefined();
    const old = ada.secret;
    expect((await ada.later(30_000).verify(open, 'totp', ada.code())).status).not.toBe(200);
    await ada.enrol();
    const token = await ada.challengeToken();
    const fresh = ada.secret;
    ada.secret = old;
    expect((await ada.verify(token, 'totp', ada.code())).body.code).toBe('code_incorrect');
    ada.secret = fresh;
    expect((await ada.verify(token, 'totp', ada.code())).status).toBe(200);
  });

  it('R30 a pending authenticator goes too: its code turns nothing on again', async () => {
    const ada = await enrolled();
    const pending = await ada.start({ proof: ada.totpProof() });
    await disable(ada.later(30_000));
    ada.secret = pending.body.secret;
    expect((await ada.confirm(pending.body.authenticatorId, ada.code())).body.code).toBe('not_found');
  });

  it('R31 the recovery codes are deleted: they fail now and after enabling again', async () => {
    const ada = await enrolled();
    const [old] = ada.recoveryCodes;
    const open = await ada.challengeToken();
    await disable(ada);
    expect((await userItem(deployment, ada.ref))?.recoveryCodes).toBeUndefined();
    expect((await ada.verify(open, 'recovery_code', old)).status).not.toBe(200);
    await ada.enrol();
    const reply = await ada.verify(await ada.challengeToken(), 'recovery_code', old);
    expect(reply.body.code).toBe('code_incorrect');
  });

  it('R32 a mail tells the user, "even if it was someone else"', async () => {
    const ada = await enrolled();
    await ada.deliver();
    const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
    await disable(ada, undefined, { ip: '198.51.100.23', userAgent });
    const subjects = await ada.deliver();
    expect(subjects[0]).toBe('Acme: Two-factor authentication is off');
    const [mail] = deployment.mails(ada.email);
    expect(mail?.text).toContain('198.51.100.23');
    expect(mail?.text).toMatch(/Firefox.*Linux/);
    expect(mail?.text).toMatch(/If it was not, change your password/);
  });

  it('R33 enabling again makes a fresh secret and 10 fresh codes', async () => {
    const ada = await enrolled();
    const before = { secret: ada.secret, codes: ada.recoveryCodes };
    await disable(ada);
    await ada.enrol();
    expect(ada.secret).not.toBe(before.secret);
    expect(new Set([...before.codes, ...ada.recoveryCodes]).size).toBe(20);
  });

  it('R34 a user cannot disable what the account requires: 403, and the status says so', async () => {
    const ada = await enrolled();
    expect(await ada.status()).toMatchObject({ required: false, canDisable: true });
    await setPolicy(deployment, ada.accountId, { mode: 'required' });
    expect(await ada.status()).toMatchObject({ required: true, canDisable: false });
    const refused = await disable(ada);
    expect([refused.status, refused.body.code]).toEqual([403, 'policy_forbids_disable']);
    const path = { id: ada.authenticatorId };
    const last = await ada.own('remove-authenticator', { path, body: { proof: ada.totpProof() } });
    expect(last.body.code).toBe('policy_forbids_disable');
    expect((await ada.status()).status).toBe('enabled');
  });

  it('R34 under a requirement one of two factors may go, the last may not', async () => {
    const ada = await enrolled();
    await ada.turnOnEmail(ada.totpProof());
    await setPolicy(deployment, ada.accountId, { mode: 'required' });
    ada.later(30_000);
    const removed = await ada.own('remove-email-method', { body: { proof: ada.totpProof() } });
    expect(removed.body).toEqual({ status: 'enabled' });
    ada.later(30_000);
    const path = { id: ada.authenticatorId };
    const last = await ada.own('remove-authenticator', { path, body: { proof: ada.totpProof() } });
    expect(last.body.code).toBe('policy_forbids_disable');
  });

  it('R34 during the grace period of a requirement a user still may', async () => {
    const ada = await enrolled();
    await setPolicy(deployment, ada.accountId, { mode: 'required', requiredFromMs: ada.at + minute });
    expect(await ada.status()).toMatchObject({ required: false, canDisable: true });
    expect((await disable(ada)).status).toBe(200);
  });

  it('R76 turning it off ends every trusted device', async () => {
    const ada = await enrolled();
    const times = { createdAtMs: ada.at, lastSeenAtMs: ada.at, expiresAtMs: ada.at + minute };
    await changeUserItem(deployment, ada.ref, {
      trustedDevices: [{ id: 'dev_1', tokenHash: new Uint8Array(32), ...times }],
    });
    await disable(ada);
    expect((await userItem(deployment, ada.ref))?.trustedDevices).toEqual([]);
  });

  it('what is off cannot be turned off', async () => {
    const ada = new Person(deployment);
    await ada.signIn();
    const reply = await disable(ada, {});
    expect([reply.status, reply.body.code]).toEqual([409, 'not_enabled']);
  });

  it('turning it off and on again lowers no count of failures', async () => {
    const ada = await enrolled();
    await ada.verify(await ada.challengeToken(), 'totp', ada.code(20));
    await disable(ada);
    await ada.enrol();
    expect((await userItem(deployment, ada.ref))?.failures.atMs).toHaveLength(1);
  });
});

describe('removing one factor', () => {
  it('R71 the removed authenticator fails, the others go on, and a mail tells', async () => {
    const ada = await enrolled();
    const first = { id: ada.authenticatorId, secret: ada.secret };
    const started = await ada.start({ label: 'Tablet', proof: ada.totpProof() });
    ada.secret = started.body.secret;
    await ada.confirm(started.body.authenticatorId, ada.code());
    ada.later(30_000);
    const removed = await ada.own('remove-authenticator', {
      path: { id: first.id },
      body: { proof: ada.totpProof() },
    });
    expect(removed.body).toEqual({ status: 'enabled' });
    ada.later(30_000);
    const token = await ada.challengeToken();
    const remaining = ada.secret;
    ada.secret = first.secret;
    expect((await ada.verify(token, 'totp', ada.code())).body.code).toBe('code_incorrect');
    ada.secret = remaining;
    expect((await ada.verify(token, 'totp', ada.code())).status).toBe(200);
    expect(await ada.deliver()).toContain('Acme: An authenticator was removed');
  });

  it('R29 removing wants the password and a proof', async () => {
    const ada = await enrolled();
    const path = { id: ada.authenticatorId };
    const body = { proof: ada.totpProof() };
    const stale = await ada.own('remove-authenticator', { path, body, fresh: false });
    expect(stale.body.code).toBe('reauthentication_required');
    expect((await ada.own('remove-authenticator', { path, body: {} })).body.code).toBe('proof_required');
    expect((await ada.own('remove-authenticator', { path: { id: 'aut_other' }, body })).body.code).toBe(
      'not_found',
    );
    expect((await ada.own('remove-email-method', { body })).body.code).toBe('not_enabled');
    expect((await ada.status()).authenticators).toHaveLength(1);
  });

  it('R31 the last factor to go takes the recovery codes with it', async () => {
    const ada = await enrolled();
    const path = { id: ada.authenticatorId };
    const reply = await ada.own('remove-authenticator', { path, body: { proof: ada.totpProof() } });
    expect(reply.body).toEqual({ status: 'disabled' });
    expect((await userItem(deployment, ada.ref))?.recoveryCodes).toBeUndefined();
    expect((await ada.signIn()).body.status).toBe('passed');
    expect(await ada.deliver()).toContain('Acme: Two-factor authentication is off');
  });
});
