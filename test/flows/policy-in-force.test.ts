/** What a confirmed policy means for everybody's next sign-in. */
import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { codeIn, decodeToken, deploy, issuerUrl, type Reply } from '../support/deployment.ts';
import { anAdmin, atDesk, changePolicy, colleagueOf, enrolInside, known } from '../support/desk.ts';
import { day, minute, Person } from '../support/person.ts';
import { setPolicy } from '../support/table.ts';

const deployment = await deploy();

const methodsOf = ({ body }: Reply) => body.methods.map(({ method }: { method: string }) => method);
const sendMail = (person: Person, challengeToken: string) =>
  person.call('send-code', { body: { challengeToken, method: 'email' } });

describe('a policy in force', () => {
  it('R36 everyone sets it up at the next sign-in, and no token comes before', async () => {
    const admin = await anAdmin(deployment);
    const bob = await colleagueOf(deployment, admin);
    expect((await bob.signIn()).body.status).toBe('passed');
    await changePolicy(deployment, admin, { mode: 'required', methods: ['totp'] });
    bob.at = admin.at;
    const { body } = await bob.signIn();
    expect(body).toMatchObject({ status: 'enrollment_required', bootstrap: { method: 'email' } });
    expect(body.methods.map(({ method }: { method: string }) => method)).toEqual(['totp']);
    expect(body).not.toHaveProperty('token');
    const done = await enrolInside(bob, body);
    expect(decodeToken(done.body.token)).toMatchObject({ sub: bob.id, second_factor: 'totp' });
    expect((await bob.verify(await bob.challengeToken(), 'totp', bob.code())).status).toBe(200);
  });

  it('R36 with bootstrap "none" the enrolment starts at once', async () => {
    const admin = await (await anAdmin(deployment)).enrol();
    const bob = await colleagueOf(deployment, admin);
    await changePolicy(deployment, admin, { mode: 'required', methods: ['totp'], bootstrap: 'none' });
    bob.at = admin.at;
    const { body } = await bob.signIn();
    expect(body).toMatchObject({ status: 'enrollment_required', bootstrap: null });
    expect((await sendMail(bob, body.challengeToken)).body.code).toBe('method_not_allowed');
    expect(decodeToken((await enrolInside(bob, body)).body.token).second_factor).toBe('totp');
  });

  it('R37 turned off again, users without two-factor sign in unchallenged', async () => {
    const admin = await anAdmin(deployment);
    await changePolicy(deployment, admin, { mode: 'required' });
    expect((await admin.signIn()).body.status).toBe('challenge');
    await changePolicy(deployment, admin, { mode: 'optional' });
    expect((await admin.signIn()).body).toMatchObject({ status: 'passed', secondFactor: 'none' });
  });

  it("R38 the account's mode wins over the user's own switch, which counts again once it is off", async () => {
    const admin = await anAdmin(deployment);
    const ada = await new Person(deployment, { accountId: admin.accountId, at: admin.at }).enrol();
    const bob = await colleagueOf(deployment, admin);
    await changePolicy(deployment, admin, { mode: 'required' });
    ada.at = admin.at;
    bob.at = admin.at;
    expect((await ada.status()).canDisable).toBe(false);
    expect((await bob.status()).required).toBe(true);
    const refused = await ada.own('disable-two-factor', { body: { proof: ada.totpProof() } });
    expect([refused.status, refused.body.code]).toEqual([403, 'policy_forbids_disable']);
    await changePolicy(deployment, admin, { mode: 'optional' });
    ada.at = admin.at;
    bob.at = admin.at;
    expect((await bob.signIn()).body.status).toBe('passed');
    expect((await ada.signIn()).body.status).toBe('challenge');
    expect((await ada.status()).canDisable).toBe(true);
    expect((await ada.own('disable-two-factor', { body: { proof: ada.totpProof() } })).status).toBe(200);
    expect((await ada.signIn()).body.status).toBe('passed');
  });

  it('R46 a token given out before stays valid to its end; the next sign-in asks', async () => {
    const admin = await anAdmin(deployment);
    const bob = await colleagueOf(deployment, admin);
    admin.later(-day);
    const before = (await bob.signIn()).body.token;
    await changePolicy(deployment, admin, { mode: 'required' });
    const keys = createLocalJWKSet((await bob.call('jwks')).body);
    const options = { issuer: issuerUrl, audience: 'acme', currentDate: new Date(bob.at + 4 * minute) };
    expect((await jwtVerify(before, keys, options)).payload.sub).toBe(bob.id);
    expect((await bob.later(minute).signIn()).body.status).toBe('challenge');
  });

  it('R78 requiredFrom is a grace period: nobody is asked before, everybody from that moment on', async () => {
    const admin = await anAdmin(deployment);
    const bob = await colleagueOf(deployment, admin);
    const from = admin.at + 30 * day;
    await changePolicy(deployment, admin, { mode: 'required', requiredFrom: new Date(from).toISOString() });
    bob.at = from - 1;
    expect((await bob.signIn()).body.status).toBe('passed');
    bob.at = from;
    expect((await bob.signIn()).body.status).toBe('challenge');
  });

  it('R62 required means every member, admins and support and people seen for the first time', async () => {
    const admin = await anAdmin(deployment);
    await changePolicy(deployment, admin, { mode: 'required', federated: 'challenge' });
    const fresh = new Person(deployment, { accountId: admin.accountId, at: admin.at });
    for (const person of [admin, fresh]) {
      for (const method of ['password', 'federated', 'email_link']) {
        const { body } = await person.signIn({ firstFactor: { method } });
        expect([method, body.status]).not.toEqual([method, 'passed']);
        expect(body).not.toHaveProperty('token');
      }
    }
  });
});

describe('each subset of the methods', () => {
  const subsets = [['totp'], ['email'], ['totp', 'email'], ['totp', 'sms'], ['email', 'sms']];
  subsets.push(['totp', 'email', 'sms']);
  /** Where nobody has to enrol a phone number inside the sign-in. */
  const withoutNumbers = subsets.filter((methods) => methods.join() !== 'email,sms');

  async function requiring(methods: string[]) {
    const admin = await anAdmin(deployment);
    const settings = { path: { accountId: admin.accountId }, body: { smsEnabled: true } };
    await admin.call('set-account', settings);
    const ada = await new Person(deployment, { accountId: admin.accountId, at: admin.at }).enrol();
    await changePolicy(deployment, admin, { mode: 'required', methods });
    const bob = await colleagueOf(deployment, admin);
    ada.at = admin.at;
    return { admin, ada, bob };
  }

  /** Signs in by what is offered, and answers with how. */
  async function getsIn(person: Person): Promise<string> {
    const reply = await person.signIn();
    if (reply.body.status === 'enrollment_required') {
      return decodeToken((await enrolInside(person, reply.body)).body.token).second_factor;
    }
    const passed = await presents(person, reply);
    // A factor that the policy has ruled out is proven first, then the one that takes its place.
    const { body } = passed.body.status === 'passed' ? passed : await replaces(person, passed);
    return decodeToken(body.token).second_factor;
  }

  async function replaces(person: Person, reply: Reply): Promise<Reply> {
    if (methodsOf(reply)[0] !== 'sms') {
      return presents(person, reply);
    }
    const bearer = reply.body.challengeToken;
    const phone = '+14155550123';
    await person.call('start-sms-method', { bearer, body: { phone } });
    const code = codeIn(deployment.mails(phone)[0]);
    return person.call('confirm-sms-method', { bearer, body: { code } });
  }

  async function presents(person: Person, reply: Reply): Promise<Reply> {
    const [method] = methodsOf(reply);
    const { challengeToken } = reply.body;
    if (method === 'email') {
      await sendMail(person, challengeToken);
    }
    return person.verify(challengeToken, method, method === 'email' ? person.mailedCode() : person.code());
  }

  it.each(subsets.map((methods) => [methods.join(' '), methods] as const))(
    'R40 R41 %s: everybody gets in by one of them, and by no other',
    async (_name, methods) => {
      const { ada, bob } = await requiring([...methods]);
      for (const person of [ada, bob]) {
        expect(methods).toContain(await getsIn(person));
        const offered = methodsOf(await person.later(minute).signIn());
        expect(methods).toEqual(
          expect.arrayContaining(offered.filter((method: string) => method !== 'recovery_code')),
        );
      }
    },
  );

  it.each(withoutNumbers.map((methods) => [methods.join(' '), methods] as const))(
    'R51 %s: after a reset the mailbox is proven, and everybody gets in again',
    async (_name, methods) => {
      const { admin, ada } = await requiring([...methods]);
      const path = { id: ada.id };
      expect((await atDesk(admin, 'reset-two-factor', { path, body: { reason: 'lost' } })).status).toBe(200);
      const before = deployment.mails(ada.email).length;
      expect(methods).toContain(await getsIn(ada));
      expect(deployment.mails(ada.email).length).toBe(before + 1);
      expect((await ada.status()).status).toBe('enabled');
    },
  );

  it('R40 S74 email alone, and the mode is optional: who relied on an authenticator proves it, then the mailbox', async () => {
    const { admin, ada } = await requiring(['totp', 'email']);
    await changePolicy(deployment, admin, { mode: 'optional', methods: ['email'] });
    ada.at = admin.at;
    expect(methodsOf(await ada.signIn())).toEqual(['totp', 'recovery_code']);
    expect(await getsIn(ada)).toBe('email');
  });

  it('R41 a method that is not allowed is refused at challenge, at enrolment and as proof', async () => {
    const { admin, ada, bob } = await requiring(['totp']);
    expect((await bob.own('start-email-method', { body: {} })).body.code).toBe('method_not_allowed');
    const token = await ada.challengeToken();
    expect((await ada.verify(token, 'email', '123456')).body.code).toBe('method_not_allowed');
    expect((await sendMail(ada, token)).body.code).toBe('method_not_allowed');
    expect((await ada.own('mail-proof-code', { body: { method: 'email' } })).body.code).toBe(
      'method_not_allowed',
    );
    await changePolicy(deployment, admin, { methods: ['email'] });
    ada.at = admin.at;
    // The only factor that she has still proves, so that another can take its place.
    expect((await ada.turnOnEmail(ada.totpProof())).status).toBe(200);
    const proof = ada.later(minute).totpProof();
    expect((await ada.own('regenerate-recovery-codes', { body: { proof } })).body.code).toBe(
      'method_not_allowed',
    );
    expect((await bob.own('start-authenticator', { body: {} })).body.code).toBe('method_not_allowed');
  });
});

describe('who passes without being asked', () => {
  it('R57 R79 federated sign-ins in three ways, with the token saying what happened', async () => {
    const admin = await (await anAdmin(deployment)).enrol();
    const federated = async (amr?: string[]) => {
      const firstFactor = { method: 'federated', ...(amr ? { amr } : {}) };
      return (await admin.signIn({ firstFactor })).body;
    };
    expect(await federated()).toMatchObject({ status: 'passed', secondFactor: 'none' });
    await changePolicy(deployment, admin, { federated: 'challenge' });
    expect((await federated(['mfa'])).status).toBe('challenge');
    await changePolicy(deployment, admin, { federated: 'challenge_unless_mfa' });
    expect((await federated()).status).toBe('challenge');
    expect((await federated(['pwd', 'otp'])).status).toBe('challenge');
    const proven = await federated(['pwd', 'mfa']);
    expect(proven).toMatchObject({ status: 'passed', secondFactor: 'none' });
    expect(decodeToken(proven.token).amr).not.toContain('mfa');
  });

  it('R79 a password sign-in that says "mfa" is challenged all the same', async () => {
    const admin = await (await anAdmin(deployment)).enrol();
    await changePolicy(deployment, admin, { federated: 'challenge_unless_mfa' });
    const { body } = await admin.signIn({ firstFactor: { method: 'password', amr: ['mfa'] } });
    expect(body.status).toBe('challenge');
  });

  it('R60 an API key always passes, also under a requirement and with two-factor on', async () => {
    const admin = await (await anAdmin(deployment)).enrol();
    const bob = await colleagueOf(deployment, admin);
    await changePolicy(deployment, admin, { mode: 'required', methods: ['totp'], federated: 'challenge' });
    for (const person of [admin, bob]) {
      const { body } = await person.signIn({ firstFactor: { method: 'api_key' } });
      expect(body).toMatchObject({ status: 'passed', secondFactor: 'none' });
      expect(decodeToken(body.token)).toMatchObject({ second_factor: 'none', amr: [] });
    }
  });

  it('S15 after an e-mail link the e-mail method is never the second factor, whatever the policy says', async () => {
    const admin = await anAdmin(deployment);
    const ada = new Person(deployment, { accountId: admin.accountId });
    await known(ada);
    await ada.turnOnEmail();
    for (const policy of [{}, { mode: 'required' }, { mode: 'required', methods: ['email'] }] as const) {
      await setPolicy(deployment, admin.accountId, policy as object);
      const { body } = await ada.signIn({ firstFactor: { method: 'email_link' } });
      expect(body.token).toBeUndefined();
      expect(body.methods.map(({ method }: { method: string }) => method)).not.toContain('email');
      expect((await sendMail(ada, body.challengeToken)).body.code).toBe('method_not_allowed');
      expect((await ada.verify(body.challengeToken, 'email', '123456')).body.code).toBe('method_not_allowed');
    }
  });
});
