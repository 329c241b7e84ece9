import { describe, expect, it } from 'vitest';
import { deploy } from '../support/deployment.ts';
import { minute, Person } from '../support/person.ts';
import { setPolicy } from '../support/table.ts';

const deployment = await deploy();

const codeStatuses = async (person: Person, codes: string[]) => {
  const statuses: number[] = [];
  for (const code of codes) {
    statuses.push((await person.verify(await person.challengeToken(), 'recovery_code', code)).status);
  }
  return statuses;
};

describe('regenerating the recovery codes', () => {
  it('R28 10 new ones replace all: the old ones stop at once, the new ones work', async () => {
    const ada = await new Person(deployment).enrol();
    const reply = await ada.own('regenerate-recovery-codes', { body: { proof: ada.totpProof() } });
    expect(reply.status).toBe(201);
    expect(reply.headers['cache-control']).toBe('no-store');
    const fresh: string[] = reply.body.recoveryCodes;
    expect(new Set([...fresh, ...ada.recoveryCodes]).size).toBe(20);
    expect(await codeStatuses(ada, ada.recoveryCodes.slice(0, 3))).toEqual([422, 422, 422]);
    expect(await codeStatuses(ada, fresh)).toEqual(Array(10).fill(200));
    expect(await ada.deliver()).toContain('Acme: New recovery codes');
  });

  it('R28 without a fresh password it is refused and the old codes still work', async () => {
    const ada = await new Person(deployment).enrol();
    const body = { proof: ada.totpProof() };
    const never = await ada.own('regenerate-recovery-codes', { body, fresh: false });
    expect([never.status, never.body.code]).toEqual([403, 'reauthentication_required']);
    const bearer = await ada.token();
    ada.later(5 * minute + 1000);
    const stale = await ada.call('regenerate-recovery-codes', { bearer, body: { proof: ada.totpProof() } });
    expect(stale.body.code).toBe('reauthentication_required');
    expect(await codeStatuses(ada, ada.recoveryCodes.slice(0, 1))).toEqual([200]);
  });

  it('R28 five minutes after the password it is still fresh', async () => {
    const ada = await new Person(deployment).enrol();
    ada.at = Math.ceil(ada.at / 1000) * 1000;
    const bearer = await ada.token();
    ada.later(5 * minute);
    const reply = await ada.call('regenerate-recovery-codes', { bearer, body: { proof: ada.totpProof() } });
    expect(reply.status).toBe(201);
  });

  it('R28 without a second factor as proof it is refused, unless the account asks for the password alone', async () => {
    const ada = await new Person(deployment).enrol();
    const reply = await ada.own('regenerate-recovery-codes', { body: {} });
    expect([reply.status, reply.body.code]).toEqual([403, 'proof_required']);
    await setPolicy(deployment, ada.accountId, { sensitiveActions: 'password' });
    expect((await ada.own('regenerate-recovery-codes', { body: {} })).status).toBe(201);
    const stale = await ada.own('regenerate-recovery-codes', { body: {}, fresh: false });
    expect(stale.body.code).toBe('reauthentication_required');
  });

  it('R28 a wrong proof changes nothing and counts as a failure', async () => {
    const ada = await new Person(deployment).enrol();
    const proof = { method: 'totp', code: ada.code(20) };
    const wrong = await ada.own('regenerate-recovery-codes', { body: { proof } });
    expect(wrong.body).toMatchObject({ code: 'code_incorrect', attemptsRemaining: 4 });
    expect(await codeStatuses(ada, ada.recoveryCodes.slice(0, 1))).toEqual([200]);
  });

  it('with two-factor off there are none to regenerate', async () => {
    const ada = new Person(deployment);
    await ada.signIn();
    const reply = await ada.own('regenerate-recovery-codes', { body: {} });
    expect([reply.status, reply.body.code]).toEqual([409, 'not_enabled']);
  });
});
