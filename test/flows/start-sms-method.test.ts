import { afterEach, describe, expect, it, vi } from 'vitest';
import { deploy, originationArn } from '../support/deployment.ts';
import { Mobile, someNumber } from '../support/mobile.ts';
import { minute, Person } from '../support/person.ts';
import { userItem } from '../support/table.ts';

const deployment = await deploy();
afterEach(() => {
  deployment.mailbox.clearFaults();
  vi.unstubAllEnvs();
});

const mobile = () => new Mobile(deployment).inAccount();

describe('starting codes by text message', () => {
  it('R22 a code goes to the number, bound to the domain by its last line, and the answer masks the number', async () => {
    const ada = await mobile();
    const started = await ada.startSms();
    expect(started.status).toBe(202);
    expect(started.body.sentTo).toBe(`+4 *** ${ada.phone.slice(-2)}`);
    expect(Date.parse(started.body.expiresAt) - ada.at).toBe(10 * minute);
    const [text, ...more] = ada.texts();
    expect(more).toEqual([]);
    expect(text).toMatchObject({ channel: 'sms', from: originationArn });
    expect(text?.text).toMatch(/^Acme: \d{6} .*\n\n@app\.acme\.example #\d{6}$/);
    expect(text?.tags.eventId).toMatch(/^evt_/);
    expect(JSON.stringify(started.body)).not.toContain(ada.textedCode());
  });

  it('R84 the text is in the language of the user', async () => {
    const ada = await mobile();
    await ada.signIn({ user: { locale: 'de-CH' } });
    await ada.startSms();
    expect(ada.texts()[0]?.text).toMatch(/schaltet Anmeldecodes/);
  });

  it('R23 a fresh account cannot select it, nor one whose policy does not name it', async () => {
    const bob = new Mobile(deployment);
    await bob.signIn();
    expect((await bob.startSms()).body.code).toBe('method_not_allowed');
    await bob.inAccount({}, { smsEnabled: false });
    expect((await bob.startSms()).body.code).toBe('method_not_allowed');
    await bob.inAccount({ methods: ['totp'] });
    expect((await bob.startSms()).body.code).toBe('method_not_allowed');
    expect(bob.texts()).toEqual([]);
  });

  it('R23 the operator activates it, where the deployment sends text messages at all', async () => {
    const ada = new Person(deployment);
    const path = { accountId: ada.accountId };
    const activate = () => ada.call('set-account', { path, body: { smsEnabled: true } });
    vi.stubEnv('SMS_DOMAIN', undefined);
    vi.resetModules();
    const refused = await activate();
    expect([refused.status, refused.body.code]).toEqual([400, 'request_invalid']);
    expect(refused.body.errors).toMatchObject([{ pointer: '/smsEnabled' }]);
    vi.unstubAllEnvs();
    vi.resetModules();
    expect((await activate()).body).toMatchObject({ smsEnabled: true });
  });

  it('R23 a deployment that stopped sending text messages refuses them, and sends nothing', async () => {
    const ada = await (await mobile()).withSms();
    deployment.mailbox.clear();
    const challenge = await ada.challengeToken();
    vi.stubEnv('SMS_DOMAIN', undefined);
    vi.resetModules();
    const refused = await ada.sendSms(challenge);
    expect([refused.status, refused.body.code]).toEqual([403, 'method_not_allowed']);
    const number = await ada.startSms({ phone: someNumber(), proof: { method: 'sms', code: '000000' } });
    expect(number.body.code).toMatch(/^code_incorrect|method_not_allowed$/);
    expect(deployment.mailbox.messages()).toEqual([]);
    vi.unstubAllEnvs();
    vi.resetModules();
  });

  it('R29 once two-factor is on, it wants the password and a proof', async () => {
    const ada = await mobile();
    await ada.enrol();
    const stale = await ada.own('start-sms-method', { body: { phone: ada.phone }, fresh: false });
    expect(stale.body.code).toBe('reauthentication_required');
    expect((await ada.startSms()).body.code).toBe('proof_required');
    expect((await ada.startSms({ proof: { method: 'totp', code: ada.code(20) } })).status).toBe(422);
    expect(ada.texts()).toEqual([]);
    expect((await ada.startSms({ proof: ada.totpProof() })).status).toBe(202);
  });

  it('R70 the live number keeps working until the new one is proven', async () => {
    const ada = await (await mobile()).withSms();
    const old = ada.phone;
    const again = await ada.startSms();
    expect([again.status, again.body.code]).toEqual([409, 'already_enabled']);
    await ada.own('mail-proof-code', { body: { method: 'sms' } });
    const proof = { method: 'sms', code: ada.textedCode() };
    ada.phone = someNumber();
    expect((await ada.later(minute).startSms({ proof })).status).toBe(202);
    expect((await userItem(deployment, ada.ref))?.smsMethod?.phone).toBe(old);
    const challenge = await ada.later(5 * minute).challengeToken();
    expect((await ada.sendSms(challenge)).status).toBe(202);
    expect((await ada.verify(challenge, 'sms', ada.textedCode(old))).status).toBe(200);
    expect((await ada.confirmSms()).status).toBe(200);
    expect((await userItem(deployment, ada.ref))?.smsMethod?.phone).toBe(ada.phone);
  });

  it('after a reset no session starts it: the mailbox is proven first, in a sign-in', async () => {
    const ada = await (await mobile()).withSms();
    const admin = new Person(deployment, { accountId: ada.accountId, at: ada.at });
    await admin.signIn();
    await admin.call('reset-two-factor', {
      path: { id: ada.id },
      body: { reason: 'lost the phone' },
      bearer: await admin.token({ role: 'admin' }),
    });
    ada.phone = someNumber();
    const refused = await ada.startSms();
    expect([refused.status, refused.body.code]).toEqual([403, 'forbidden']);
    expect(ada.texts()).toEqual([]);
  });

  it.each([
    ['a land line', '+41445556677', 403, 'method_not_allowed'],
    ['a premium number', '+4990012345678', 403, 'method_not_allowed'],
    ['a North American premium number', '+19005550100', 403, 'method_not_allowed'],
    ['an international service', '+882161234567', 403, 'method_not_allowed'],
    ['a mobile number of a country that is on no list', '+4915112345678', 403, 'method_not_allowed'],
    ['a country code that nobody has', '+999123456789', 400, 'request_invalid'],
    ['too few digits', '+4179123', 400, 'request_invalid'],
    ['a number without its country', '0791234567', 400, 'request_invalid'],
  ])('S32 %s is refused and gets nothing', async (_, phone, status, code) => {
    const ada = await mobile();
    const refused = await ada.startSms({ phone });
    expect([refused.status, refused.body.code]).toEqual([status, code]);
    expect(ada.texts(phone)).toEqual([]);
  });

  it('a message that was not taken refuses delivery_unavailable, leaves no code, and counts for nothing', async () => {
    const ada = await mobile();
    for (let nth = 0; nth < 8; nth += 1) {
      deployment.mailbox.fault({ operation: 'SendTextMessage', kind: 'reject' });
      const failed = await ada.startSms();
      expect([failed.status, failed.body.code]).toEqual([503, 'delivery_unavailable']);
    }
    const { pendingSmsMethod, codesSentAtMs } = (await userItem(deployment, ada.ref)) ?? {};
    expect(pendingSmsMethod).toMatchObject({ failures: 0, codes: [] });
    expect(codesSentAtMs).toEqual([]);
    expect((await ada.startSms()).status).toBe(202);
    expect((await ada.confirmSms()).status).toBe(200);
  });
});
