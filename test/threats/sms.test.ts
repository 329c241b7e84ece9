/**
 * Codes by text message. The attacker is paid for each message to numbers of theirs, and holds accounts, passwords and
 * sessions to have them sent. Or they know a password, and guess.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { deploy } from '../support/deployment.ts';
import { countOf, nextTo } from '../support/guesses.ts';
import { Mobile, someNumber } from '../support/mobile.ts';
import { day, minute, type Person } from '../support/person.ts';
import { type Item, rawTable } from '../support/threat-table.ts';

const hour = 60 * minute;

const deployment = await deploy();
const table = rawTable(deployment);
afterEach(() => deployment.mailbox.clear());

const noon = Math.floor(Date.now() / day) * day + day / 2;
const mobile = (who: ConstructorParameters<typeof Person>[1] = {}) =>
  new Mobile(deployment, { at: noon, ...who }).inAccount();
const withSms = async () => {
  const ada = await (await mobile()).withSms();
  deployment.mailbox.clear();
  return ada;
};
const sent = () => deployment.mailbox.messages().filter(({ channel }) => channel === 'sms').length;
const counters = async (accountId: string): Promise<Item[]> =>
  (await table.items()).filter(({ pk }) => pk === `sms#account#${accountId}`);
/** Users of one account, each with a pending number. */
const crowd = (accountId: string, size: number, at = noon) =>
  Promise.all(
    Array.from({ length: size }, async () => {
      const one = new Mobile(deployment, { accountId, at });
      await one.signIn();
      return one;
    }),
  );

describe('where codes go', () => {
  it.each([{ phone: '+41790000000' }, { to: '+41790000000' }, { sentTo: '+41790000000' }])(
    'S31 to the stored number, never %o of the request',
    async (more) => {
      const ada = await withSms();
      const challengeToken = await ada.challengeToken();
      const body = { challengeToken, method: 'sms', ...more };
      expect((await ada.call('send-code', { body })).status).toBe(400);
      await ada.sendSms(challengeToken);
      expect(deployment.mailbox.messages().map(({ to }) => to)).toEqual([ada.phone]);
    },
  );

  it('S32 to no number that was not proven: not to the profile, not to a pending one', async () => {
    const ada = await mobile();
    await ada.enrol();
    await ada.signIn({ user: { phone: ada.phone } });
    await ada.startSms({ proof: ada.totpProof() });
    deployment.mailbox.clear();
    ada.later(5 * minute);
    expect((await ada.sendSms(await ada.challengeToken())).body.code).toBe('method_not_allowed');
    expect((await ada.own('mail-proof-code', { body: { method: 'sms' } })).body.code).toBe(
      'method_not_allowed',
    );
    expect(sent()).toBe(0);
  });

  it('S32 to allowed countries: the account’s list stands for the deployment’s, for live numbers too', async () => {
    const german = await mobile();
    german.phone = '+4915112345678';
    expect((await german.startSms()).body.code).toBe('method_not_allowed');
    const policy = { methods: ['totp', 'email', 'sms'] as ('totp' | 'email' | 'sms')[] };
    await table.setPolicy(german.accountId, policy, { smsEnabled: true, smsCountries: ['DE'] });
    expect((await german.startSms()).status).toBe(202);

    const swiss = await withSms();
    await table.setPolicy(swiss.accountId, policy, { smsEnabled: true, smsCountries: ['DE'] });
    const refused = await swiss.sendSms(await swiss.challengeToken());
    expect([refused.status, refused.body.code]).toEqual([403, 'method_not_allowed']);
    await table.setPolicy(swiss.accountId, policy, { smsEnabled: true, smsCountries: [] });
    expect((await swiss.sendSms(await swiss.challengeToken())).body.code).toBe('method_not_allowed');
    expect(deployment.mailbox.messages(swiss.phone)).toEqual([]);
  });
});

describe('how many', () => {
  it('S31 twenty resends at once: one message', async () => {
    const ada = await withSms();
    const challenge = await ada.challengeToken();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ada.sendSms(challenge)));
    expect(countOf(answers, ({ status }) => status === 202)).toBe(1);
    expect(sent()).toBe(1);
  });

  it('S32 five an hour for a user, mails and texts together', async () => {
    const ada = await withSms();
    await ada.own('mail-proof-code', { body: { method: 'sms' } });
    await ada.turnOnEmail({ method: 'sms', code: ada.textedCode() });
    for (let nth = 0; nth < 6; nth += 1) {
      const challengeToken = await ada.challengeToken();
      const method = nth % 2 ? 'sms' : 'email';
      await ada.call('send-code', { body: { challengeToken, method } });
    }
    expect(sent() + deployment.mails(ada.email).length).toBe(5);
  });

  it('S32 six a day to one number, over users and accounts, and at once', async () => {
    const phone = someNumber();
    const people = await Promise.all(Array.from({ length: 12 }, () => mobile()));
    const answers = await Promise.all(people.map((one) => one.startSms({ phone })));
    expect(countOf(answers, ({ status }) => status === 202)).toBe(6);
    expect(deployment.mailbox.messages(phone)).toHaveLength(6);
    const refused = answers.find(({ status }) => status !== 202);
    expect([refused?.status, refused?.body.code]).toEqual([429, 'too_many_codes']);
    expect(refused?.headers['retry-after']).toBe(String(day / 2 / 1000));
    const tomorrow = await mobile({ at: noon + day / 2 });
    expect((await tomorrow.startSms({ phone })).status).toBe(202);
  });

  it('S32 one refused for that leaves no code behind, and costs the user and the account nothing', async () => {
    const phone = someNumber();
    for (const one of await Promise.all(Array.from({ length: 6 }, () => mobile()))) {
      await one.startSms({ phone });
    }
    const ada = await mobile();
    await ada.startSms({ phone });
    const stored = await table.user(ada.ref);
    expect([stored.codesSentAtMs, stored.pendingSmsMethod.codes]).toEqual([[], []]);
    expect((await counters(ada.accountId)).reduce((sum, { sent = 0 }) => sum + sent, 0)).toBe(0);
    expect((await ada.startSms()).status).toBe(202);
  });

  it('S32 as many a day in one account as the deployment says, and at once', async () => {
    const { accountId } = await mobile();
    const sk = `day#${new Date(noon).toISOString().slice(0, 10)}`;
    await table.put({ pk: `sms#account#${accountId}`, sk, sent: 497 });
    const people = await crowd(accountId, 8);
    const answers = await Promise.all(people.map((one) => one.startSms()));
    expect(countOf(answers, ({ status }) => status === 202)).toBe(3);
    expect(sent()).toBe(3);
    const refused = people[answers.findIndex(({ status }) => status !== 202)] as Mobile;
    const again = await refused.startSms();
    expect([again.status, again.body.code]).toEqual([429, 'too_many_codes']);
    refused.at += day;
    expect((await refused.startSms()).status).toBe(202);
  });

  it('no counter names a number, and each says when it may go', async () => {
    const ada = await mobile();
    await ada.startSms();
    const counted = (await table.items()).filter(({ pk }) => pk.startsWith('sms#'));
    expect(JSON.stringify(counted)).not.toContain(ada.phone.slice(1));
    for (const { expiresAtSeconds } of counted.filter(({ expiresAtSeconds: at }) => at !== undefined)) {
      expect(expiresAtSeconds).toBeGreaterThan(noon / 1000 + 86_400);
    }
  });
});

describe('codes that nobody uses', () => {
  let printed = '';
  beforeEach(() => {
    printed = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
      printed += String(chunk);
      return true;
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** An account of which `size` users have asked for a code. */
  async function asked(size: number) {
    const { accountId } = await mobile();
    const people = await crowd(accountId, size);
    for (const one of people) {
      expect((await one.startSms()).status).toBe(202);
    }
    return { accountId, people };
  }
  const another = async (accountId: string, at = noon) => {
    const [one] = await crowd(accountId, 1, at);
    return (one as Mobile).startSms();
  };

  it('S32 after twenty in an hour the account’s text messages stop for an hour, with an event of it', async () => {
    const { accountId, people } = await asked(20);
    const refused = await another(accountId);
    expect([refused.status, refused.body.code]).toEqual([429, 'too_many_codes']);
    expect(refused.headers['retry-after']).toBe('3600');
    expect(sent()).toBe(20);
    const live = people[0] as Mobile;
    expect((await live.confirmSms()).status).toBe(200);
    live.later(hour - 1);
    expect((await live.sendSms(await live.challengeToken())).body.code).toBe('too_many_codes');
    expect(sent()).toBe(20);
    expect((await live.later(1).sendSms(await live.challengeToken())).status).toBe(202);

    await deployment.sweep(live.at);
    const rows = (await table.items()).filter(({ listPartition }) => listPartition === `events#${accountId}`);
    const [event, ...more] = rows.filter(({ type }) => type === 'sms_stopped');
    expect(more).toEqual([]);
    expect(event).toMatchObject({ actor: { kind: 'system' }, detail: { sent: '20', used: '0' } });
    expect(printed.match(/"SmsBreaker":1/g)).toHaveLength(1);
  });

  it('S32 a hundred requests at once send not one more, and stop it once', async () => {
    const { accountId } = await mobile();
    const people = await crowd(accountId, 60);
    const answers = await Promise.all(people.map((one) => one.startSms()));
    expect(countOf(answers, ({ status }) => status === 202)).toBeLessThanOrEqual(20);
    expect(sent()).toBeLessThanOrEqual(20);
    expect((await table.item(`account#${accountId}`)).outbox).toHaveLength(1);
  });

  it('S32 it goes on where every fifth is used: confirmed, signed in with, or given as proof', async () => {
    const { accountId, people } = await asked(18);
    const [ada, bob] = people as [Mobile, Mobile];
    await ada.confirmSms();
    await bob.confirmSms();
    ada.later(minute);
    const challenge = await ada.challengeToken();
    await ada.sendSms(challenge);
    expect((await ada.verify(challenge, 'sms', ada.textedCode())).status).toBe(200);
    bob.later(minute);
    await bob.own('mail-proof-code', { body: { method: 'sms' } });
    const proof = { method: 'sms', code: bob.textedCode() };
    expect((await bob.own('regenerate-recovery-codes', { body: { proof } })).status).toBe(201);
    expect((await another(accountId, noon + 2 * minute)).status).toBe(202);
    expect((await another(accountId, noon + 2 * minute)).body.code).toBe('too_many_codes');
  });

  it('S32 a used code that could not be counted still signs in', async () => {
    const ada = await withSms();
    const challenge = await ada.challengeToken();
    await ada.sendSms(challenge);
    deployment.dynamodb.fault({ operation: 'UpdateItem', kind: 'fail', times: 10 });
    expect((await ada.verify(challenge, 'sms', ada.textedCode())).status).toBe(200);
    deployment.dynamodb.clearFaults();
  });

  it('S32 codes of other accounts and of an hour ago count for nothing', async () => {
    const { accountId } = await asked(20);
    expect((await (await mobile()).startSms()).status).toBe(202);
    expect((await another(accountId, noon + hour)).status).toBe(202);
  });

  it('S32 what cannot be counted is not sent', async () => {
    const ada = await mobile();
    deployment.dynamodb.fault({ operation: 'UpdateItem', kind: 'fail', times: 10 });
    expect((await ada.startSms()).body.code).toBe('delivery_unavailable');
    deployment.dynamodb.clearFaults();
    expect(sent()).toBe(0);
  });
});

describe('guessing', () => {
  it('S14 a texted code is worth nothing elsewhere: another sign-in, another user, as proof, as a mailed one', async () => {
    const ada = await withSms();
    const bob = await withSms();
    const challenge = await ada.challengeToken();
    await ada.sendSms(challenge);
    const code = ada.textedCode();
    expect((await ada.verify(await ada.challengeToken(), 'sms', code)).body.code).toBe('code_incorrect');
    expect((await bob.verify(await bob.challengeToken(), 'sms', code)).body.code).toBe('code_incorrect');
    const proof = { method: 'sms', code };
    expect((await ada.own('remove-sms-method', { body: { proof } })).body.code).toBe('code_incorrect');
    expect((await ada.confirmSms(code)).body.code).toBe('enrollment_expired');
    expect((await ada.verify(challenge, 'email', code)).body.code).toBe('method_not_allowed');
    expect((await ada.verify(challenge, 'sms', code)).status).toBe(200);
  });

  it('S24 wrong texted codes count in the one budget, in a sign-in and in an enrolment', async () => {
    const ada = await mobile();
    await ada.enrol();
    await ada.startSms({ proof: ada.totpProof() });
    const pending = ada.textedCode();
    for (let nth = 0; nth < 4; nth += 1) {
      await ada.confirmSms(nextTo(pending));
    }
    await ada.later(30_000).verify(await ada.challengeToken(), 'totp', ada.code(20));
    expect((await table.user(ada.ref)).failures.consecutive).toBe(5);
    expect((await ada.confirmSms(pending)).status).toBe(200);
    ada.later(hour);
    const challenge = await ada.challengeToken();
    await ada.sendSms(challenge);
    const code = ada.textedCode();
    await ada.verify(challenge, 'sms', nextTo(code));
    const { failures } = await table.user(ada.ref);
    expect([failures.consecutive, failures.atMs.length]).toEqual([1, 6]);
  });

  it('S24 the lock shuts the doors of texted codes too: sending, signing in, enrolling', async () => {
    const ada = await withSms();
    const challenge = await ada.challengeToken();
    await ada.sendSms(challenge);
    const code = ada.textedCode();
    await table.changeUser(ada.ref, (user) => ({
      ...user,
      failures: { consecutive: 10, backoffUntilMs: ada.at + hour },
    }));
    expect((await ada.verify(challenge, 'sms', code)).body.code).toBe('too_many_attempts');
    expect((await ada.sendSms(await ada.challengeToken())).body.code).toBe('too_many_attempts');
    expect((await ada.own('mail-proof-code', { body: { method: 'sms' } })).body.code).toBe(
      'too_many_attempts',
    );
  });

  it('S30 twenty right answers at once: one passes', async () => {
    const ada = await withSms();
    const challenge = await ada.challengeToken();
    await ada.sendSms(challenge);
    const code = ada.textedCode();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ada.verify(challenge, 'sms', code)));
    expect(countOf(answers, ({ status }) => status === 200)).toBe(1);
  });
});
