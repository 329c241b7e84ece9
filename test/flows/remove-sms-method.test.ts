import { describe, expect, it } from 'vitest';
import { deploy } from '../support/deployment.ts';
import { Mobile } from '../support/mobile.ts';
import { minute } from '../support/person.ts';
import { setPolicy, userItem } from '../support/table.ts';

const deployment = await deploy();

const withSms = async () => (await new Mobile(deployment).inAccount()).withSms();
const remove = (ada: Mobile, body: object, more = {}) => ada.own('remove-sms-method', { body, ...more });

describe('turning codes by text message off', () => {
  it('R22 another factor proves it; no code goes to the number any more, and a mail tells', async () => {
    const ada = await withSms();
    await ada.own('mail-proof-code', { body: { method: 'sms' } });
    const proof = { method: 'sms', code: ada.textedCode() };
    const started = await ada.start({ proof });
    ada.secret = started.body.secret;
    await ada.confirm(started.body.authenticatorId, ada.code());
    ada.later(5 * minute);
    const open = await ada.challengeToken();
    await ada.sendSms(open);
    const code = ada.textedCode();
    expect((await remove(ada, { proof: ada.totpProof() })).body).toEqual({ status: 'enabled' });
    expect((await userItem(deployment, ada.ref))?.smsMethod).toBeUndefined();
    expect((await ada.verify(open, 'sms', code)).body.code).toBe('method_not_allowed');
    deployment.mailbox.clear();
    expect((await ada.sendSms(await ada.challengeToken())).body.code).toBe('method_not_allowed');
    expect(ada.texts()).toEqual([]);
    expect((await ada.deliver()).length).toBeGreaterThan(0);
  });

  it('R29 wants the password and a proof', async () => {
    const ada = await withSms();
    const proof = { method: 'recovery_code', code: ada.recoveryCodes[0] };
    expect((await remove(ada, { proof }, { fresh: false })).body.code).toBe('reauthentication_required');
    expect((await remove(ada, {})).body.code).toBe('proof_required');
    expect((await userItem(deployment, ada.ref))?.smsMethod?.phone).toBe(ada.phone);
  });

  it('R31 as the last factor to go it turns two-factor off', async () => {
    const ada = await withSms();
    const proof = { method: 'recovery_code', code: ada.recoveryCodes[0] };
    expect((await remove(ada, { proof })).body).toEqual({ status: 'disabled' });
    expect((await userItem(deployment, ada.ref))?.recoveryCodes).toBeUndefined();
    expect((await ada.signIn()).body.status).toBe('passed');
    expect((await remove(ada, {})).body.code).toBe('not_enabled');
  });

  it('R34 the last factor stays while the account requires one', async () => {
    const ada = await withSms();
    await setPolicy(
      deployment,
      ada.accountId,
      { mode: 'required', methods: ['totp', 'sms'] },
      { smsEnabled: true },
    );
    const proof = { method: 'recovery_code', code: ada.recoveryCodes[0] };
    const refused = await remove(ada, { proof });
    expect([refused.status, refused.body.code]).toEqual([403, 'policy_forbids_disable']);
  });
});
