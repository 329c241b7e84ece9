/**
 * The desk: acts on others, and the policy. The attacker has an admin's password and mailbox, or sits in support. They act
 * without the second factor that the admin has, stretch one that was presented once, weaken the policy, and climb from
 * support to admin.
 */
import { describe, expect, it } from 'vitest';
import { deploy, type Reply, totpAt } from '../support/deployment.ts';
import { anAdmin, atDesk, colleagueOf, confirm } from '../support/desk.ts';
import { minute, Person } from '../support/person.ts';
import { setPolicy } from '../support/table.ts';

const deployment = await deploy();
const said = ({ status, body }: Reply) => [status, body?.code];
const proofRequired = [403, 'proof_required'];

const acts = ['reset-two-factor', 'unlock-user', 'exempt-user'] as const;
type Act = (typeof acts)[number];

/** An admin with an authenticator, and somebody of the same account who has one too. */
async function adminAndAda() {
  const admin = await (await anAdmin(deployment)).enrol();
  const ada = await (await colleagueOf(deployment, admin)).enrol();
  admin.at = ada.at;
  return { admin, ada };
}

const act = (by: Person, flow: Act, on: Person, more: object = {}, options: object = {}) => {
  const until = new Date(by.at + minute).toISOString();
  const body = { reason: 'asked on the phone', ...(flow === 'exempt-user' ? { until } : {}), ...more };
  return atDesk(by, flow, { path: { id: on.id }, body, ...options });
};

/** A sign-in by this method now: its result token. */
async function resultToken(person: Person, method = 'totp', code = person.code()): Promise<string> {
  const passed = await person.verify(await person.challengeToken(), method, code);
  expect(passed.status).toBe(200);
  return passed.body.token;
}

async function deskToken(by: Person, result: string, more: object = {}): Promise<Reply> {
  const reauthenticatedAt = new Date(by.at).toISOString();
  const body = {
    accountId: by.accountId,
    userId: by.id,
    role: 'admin',
    reauthenticatedAt,
    resultToken: result,
  };
  return by.call('mint-user-token', { body: { ...body, ...more } });
}

describe('S74 an admin who has two-factor on', () => {
  it.each(acts)(
    'does not %s without a proof, nor by a wrong one, and does by a right one, once',
    async (flow) => {
      const { admin, ada } = await adminAndAda();
      expect(said(await act(admin, flow, ada))).toEqual(proofRequired);
      const wrong = { method: 'totp', code: totpAt(ada.secret, admin.at + 3_600_000) };
      expect(said(await act(admin, flow, ada, { proof: wrong }))).toEqual([422, 'code_incorrect']);
      const before = (await ada.status()).status;
      expect(before).toBe('enabled');
      const proof = admin.totpProof();
      expect((await act(admin, flow, ada, { proof })).status).toBe(200);
      expect(said(await act(admin, flow, ada, { proof }))).toEqual([422, 'code_already_used']);
    },
  );

  it('weakens no policy by password and mailbox alone', async () => {
    const { admin } = await adminAndAda();
    const propose = (body: object) => atDesk(admin, 'propose-policy', { body });
    const policy = { mode: 'optional', sensitiveActions: 'password', bootstrap: 'none' };
    expect(said(await propose({ policy }))).toEqual(proofRequired);
    const mailed = { method: 'email', code: '123456' };
    expect(said(await propose({ policy, proof: mailed }))).toEqual([403, 'method_not_allowed']);
    const proposed = await propose({ policy, proof: admin.totpProof() });
    expect(proposed.status).toBe(202);
    const codes = proposed.body.warnings.map(({ code }: { code: string }) => code);
    expect(codes).toEqual(expect.arrayContaining(['password_alone', 'bootstrap_off']));
    expect((await confirm(admin, proposed.body.changeId, admin.mailedCode())).status).toBe(200);
  });

  it('may act by the code of somebody else as little as by none', async () => {
    const { admin, ada } = await adminAndAda();
    const bob = await (await colleagueOf(deployment, admin)).enrol();
    admin.at = bob.at;
    const proof = bob.totpProof();
    expect(said(await act(admin, 'unlock-user', ada, { proof }))).toEqual([422, 'code_incorrect']);
  });

  it('counts wrong proofs in the budget of the admin, not of the user', async () => {
    const { admin, ada } = await adminAndAda();
    const proof = { method: 'recovery_code', code: '0000000000000000' };
    expect(said(await act(admin, 'reset-two-factor', ada, { proof }))).toEqual([422, 'code_incorrect']);
    const challenge = await ada.challengeToken();
    expect((await ada.verify(challenge, 'totp', ada.code())).status).toBe(200);
  });
});

describe('S74 a second factor that was presented at sign-in', () => {
  it('stands for the proof of acts for 5 minutes from then, to the second', async () => {
    const { admin, ada } = await adminAndAda();
    const result = await resultToken(admin);
    const authTime = Math.floor(admin.at / 1000) * 1000;
    admin.at = authTime + 5 * minute - 1000;
    const bearer = (await deskToken(admin, result)).body.token;
    expect((await act(admin, 'unlock-user', ada, {}, { bearer })).status).toBe(200);
    admin.at = authTime + 5 * minute;
    expect((await act(admin, 'unlock-user', ada, {}, { bearer })).status).toBe(200);
    admin.at = authTime + 5 * minute + 1;
    expect(said(await act(admin, 'unlock-user', ada, {}, { bearer }))).toEqual(proofRequired);
  });

  it('stands for nothing else: neither the own factors nor the policy', async () => {
    const { admin } = await adminAndAda();
    const bearer = (await deskToken(admin, await resultToken(admin))).body.token;
    const policy = { bootstrap: 'none' };
    expect(said(await atDesk(admin, 'propose-policy', { bearer, body: { policy } }))).toEqual(proofRequired);
    expect(said(await admin.call('disable-two-factor', { bearer, body: {} }))).toEqual(proofRequired);
    const codes = await admin.call('regenerate-recovery-codes', { bearer, body: {} });
    expect(said(codes)).toEqual(proofRequired);
  });

  it('is one that says mfa: a recovery code or a mailed code is none', async () => {
    const { admin, ada } = await adminAndAda();
    const result = await resultToken(admin, 'recovery_code', admin.recoveryCodes[0]);
    const bearer = (await deskToken(admin, result)).body.token;
    expect(said(await act(admin, 'unlock-user', ada, {}, { bearer }))).toEqual(proofRequired);
  });

  it("is one's own: another person's or account's result token, a user token, a forged one are refused", async () => {
    const { admin, ada } = await adminAndAda();
    const theirs = await resultToken(ada);
    const stranger = await new Person(deployment, { id: admin.id, at: admin.at }).enrol();
    const elsewhere = await resultToken(stranger);
    const [head, claims, signature] = (await resultToken(admin)).split('.');
    const tampered = `${head}.${claims}.${signature?.split('').reverse().join('')}`;
    for (const result of [theirs, elsewhere, await admin.token({ role: 'admin' }), tampered, '', 'x.y.z']) {
      expect(said(await deskToken(admin, result))).toEqual([400, 'request_invalid']);
    }
  });

  it('ends with the password', async () => {
    const { admin, ada } = await adminAndAda();
    const result = await resultToken(admin);
    await admin.call('password-changed', { path: admin.later(2000).ref, body: {} });
    const bearer = (await deskToken(admin.later(1000), result)).body.token;
    expect(said(await act(admin, 'unlock-user', ada, {}, { bearer }))).toEqual(proofRequired);
  });

  it('ends when a factor is removed, and when two-factor is reset or turned off', async () => {
    const { admin, ada } = await adminAndAda();
    await admin.turnOnEmail(admin.totpProof());
    admin.later(30_000);
    const result = await resultToken(admin);
    admin.later(30_000);
    const removed = await admin.own('remove-email-method', { body: { proof: admin.totpProof() } });
    expect(removed.status).toBe(200);
    const bearer = (await deskToken(admin.later(1000), result)).body.token;
    expect(said(await act(admin, 'reset-two-factor', ada, {}, { bearer }))).toEqual(proofRequired);

    const off = await adminAndAda();
    const before = await resultToken(off.admin);
    off.admin.later(30_000);
    await off.admin.own('disable-two-factor', { body: { proof: off.admin.totpProof() } });
    await off.admin.enrol();
    const token = (await deskToken(off.admin, before)).body.token;
    expect(said(await act(off.admin, 'reset-two-factor', off.ada, {}, { bearer: token }))).toEqual(
      proofRequired,
    );
  });

  it('without a fresh password is not enough', async () => {
    const { admin, ada } = await adminAndAda();
    const minted = await deskToken(admin, await resultToken(admin), { reauthenticatedAt: undefined });
    const reply = await act(admin, 'unlock-user', ada, {}, { bearer: minted.body.token });
    expect(said(reply)).toEqual([403, 'reauthentication_required']);
  });
});

describe('S80 R90 support', () => {
  it('acts on users, never on admins, whatever the policy says of resets', async () => {
    const { admin, ada } = await adminAndAda();
    for (const resetRole of ['support', 'admin_or_support'] as const) {
      await setPolicy(deployment, admin.accountId, { resetRole });
      const helper = new Person(deployment, { accountId: admin.accountId, at: admin.at });
      for (const flow of ['reset-two-factor', 'unlock-user'] as const) {
        expect(said(await act(helper, flow, admin, {}, { role: 'support' }))).toEqual([403, 'forbidden']);
      }
    }
    expect((await admin.status()).status).toBe('enabled');
    const helper = new Person(deployment, { accountId: admin.accountId, at: admin.at });
    expect((await act(helper, 'reset-two-factor', ada, {}, { role: 'support' })).status).toBe(200);
  });

  it('exempts nobody, not even to end an exemption', async () => {
    const { admin, ada } = await adminAndAda();
    const helper = new Person(deployment, { accountId: admin.accountId, at: admin.at });
    for (const more of [{}, { until: null }]) {
      const reply = await act(helper, 'exempt-user', ada, more, { role: 'support' });
      expect(said(reply)).toEqual([403, 'forbidden']);
    }
    const { body } = await ada.signIn();
    expect(body.status).toBe('challenge');
  });

  it('who has two-factor on proves it too', async () => {
    const { admin, ada } = await adminAndAda();
    const helper = await (await colleagueOf(deployment, admin)).enrol();
    const reset = (more: object) => act(helper, 'reset-two-factor', ada, more, { role: 'support' });
    expect(said(await reset({}))).toEqual(proofRequired);
    expect((await reset({ proof: helper.totpProof() })).status).toBe(200);
  });

  it('neither admin nor support acts on themselves', async () => {
    const { admin } = await adminAndAda();
    for (const role of ['admin', 'support'] as const) {
      const reply = await act(admin, 'reset-two-factor', admin, { proof: admin.totpProof() }, { role });
      expect(said(reply)).toEqual([403, 'forbidden']);
    }
  });
});
