import { describe, expect, it } from 'vitest';
import { deploy } from '../support/deployment.ts';
import { mailedTo } from '../support/guesses.ts';
import { Person } from '../support/person.ts';
import { auditRows, setPolicy, userItem } from '../support/table.ts';

const deployment = await deploy();

const defaultOf = ({ methods }: { methods: { method: string; default: boolean }[] }) =>
  methods.filter((one) => one.default).map(({ method }) => method);
const offered = async (person: Person) => defaultOf((await person.signIn()).body);
const set = (person: Person, defaultMethod: unknown) =>
  person.own('set-default-method', { body: { defaultMethod }, fresh: false });

/** An authenticator and codes by email. */
async function withBoth() {
  const ada = await new Person(deployment).enrol();
  await ada.turnOnEmail(ada.totpProof());
  return ada.later(300_000);
}

async function signInByMail(person: Person) {
  const token = await person.challengeToken();
  await person.verify(token, 'email', await mailedTo(deployment, person, token));
  person.later(30_000);
}

describe('the method that a sign-in offers first', () => {
  it('R13 is the authenticator after it was turned on, whatever was used before', async () => {
    const ada = new Person(deployment);
    await ada.signIn();
    await ada.turnOnEmail();
    ada.later(300_000);
    await signInByMail(ada);
    expect(await offered(ada)).toEqual(['email']);
    const started = await ada.start({ proof: { method: 'recovery_code', code: ada.recoveryCodes[0] } });
    ada.secret = started.body.secret;
    await ada.confirm(started.body.authenticatorId, ada.code());
    expect(await offered(ada)).toEqual(['totp']);
  });

  it('R13 and again after another one was added, though mail was used last', async () => {
    const ada = await withBoth();
    await signInByMail(ada);
    const started = await ada.start({ proof: ada.totpProof() });
    ada.later(30_000).secret = started.body.secret;
    await ada.confirm(started.body.authenticatorId, ada.code());
    expect(await offered(ada)).toEqual(['totp']);
  });

  it('R16 is the one used last, in the same writes as ever', async () => {
    const ada = await withBoth();
    expect(await offered(ada)).toEqual(['totp']);
    await signInByMail(ada);
    expect(await offered(ada)).toEqual(['email']);
    expect(defaultOf(await ada.status())).toEqual(['email']);
    const token = await ada.challengeToken();
    deployment.calls();
    await ada.verify(token, 'totp', ada.code());
    expect(deployment.calls()).toEqual({ BatchGetItem: 1, PutItem: 1, Decrypt: 1, Sign: 1 });
    expect(await offered(ada)).toEqual(['totp']);
    expect((await userItem(deployment, ada.ref))?.lastMethod).toBeUndefined();
  });

  it('R16 is no recovery code, though one was used last', async () => {
    const ada = await withBoth();
    await signInByMail(ada);
    await ada.verify(await ada.challengeToken(), 'recovery_code', ada.recoveryCodes[0]);
    expect(await offered(ada)).toEqual(['email']);
  });

  it('R16 is the one that the person set, until null leaves it to the one used last', async () => {
    const ada = await withBoth();
    expect((await ada.status()).defaultMethod).toBeNull();
    const reply = await set(ada, 'email');
    expect([reply.status, reply.body.defaultMethod, defaultOf(reply.body)]).toEqual([
      200,
      'email',
      ['email'],
    ]);
    await ada.verify(await ada.challengeToken(), 'totp', ada.code());
    ada.later(30_000);
    expect(await offered(ada)).toEqual(['email']);
    expect((await ada.status()).defaultMethod).toBe('email');
    expect((await ada.call('get-user', { path: ada.ref })).body.defaultMethod).toBe('email');
    expect((await set(ada, null)).body).toMatchObject({ defaultMethod: null });
    expect(await offered(ada)).toEqual(['totp']);
    await ada.deliver();
    const rows = await auditRows(deployment, ada.ref);
    expect(rows.filter(({ type }) => type === 'default_method_changed')).toHaveLength(2);
  });

  it('R16 falls back where the policy allows it no more, and ends with two-factor', async () => {
    const ada = await withBoth();
    await set(ada, 'email');
    await setPolicy(deployment, ada.accountId, { methods: ['totp'] });
    expect(await offered(ada)).toEqual(['totp']);
    await ada.own('disable-two-factor', { body: { proof: ada.totpProof() } });
    const item = await userItem(deployment, ada.ref);
    expect([item?.defaultMethod, item?.lastMethod]).toEqual([undefined, undefined]);
  });

  it('R16 is one that the person has turned on and the policy allows', async () => {
    const ada = await withBoth();
    const said = async (method: unknown) => {
      const { status, body } = await set(ada, method);
      return [status, body.code];
    };
    expect(await said('sms')).toEqual([403, 'method_not_allowed']);
    for (const method of ['recovery_code', 'temporary_code', 'pigeon', 7, undefined]) {
      expect([method, ...(await said(method))]).toEqual([method, 400, 'request_invalid']);
    }
    await setPolicy(deployment, ada.accountId, { methods: ['totp'] });
    expect(await said('email')).toEqual([403, 'method_not_allowed']);
  });

  it('S76 set again it changes nothing and writes nothing', async () => {
    const ada = await withBoth();
    await set(ada, 'email');
    deployment.calls();
    await set(ada, 'email');
    expect(deployment.calls().PutItem).toBeUndefined();
  });
});
