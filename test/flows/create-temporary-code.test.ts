import { describe, expect, it } from 'vitest';
import { decodeToken, deploy } from '../support/deployment.ts';
import { anAdmin, colleagueOf } from '../support/desk.ts';
import { day, minute, Person } from '../support/person.ts';
import { auditRows, setPolicy, userItem } from '../support/table.ts';
import { enrolBy, makeCode, signedInBy, signInBy, withCode } from '../support/temporary-codes.ts';

const deployment = await deploy();
const methodsOf = (body: { methods: { method: string }[] }) => body.methods.map(({ method }) => method);

describe('a temporary code', () => {
  it('R89 is 10 characters, is shown once, and passes one sign-in without mfa', async () => {
    const admin = await anAdmin(deployment);
    const ada = await new Person(deployment, { accountId: admin.accountId, at: admin.at }).enrol();
    admin.at = ada.at;
    const made = await makeCode(admin, ada);
    expect(made.status).toBe(201);
    expect(made.headers['cache-control']).toBe('no-store');
    expect(made.body.code).toMatch(/^[0-9a-hjkmnp-tv-z]{10}$/);
    expect(made.body.expiresAt).toBe(new Date(admin.at + 60 * minute).toISOString());
    const passed = await signInBy(ada, made.body.code);
    expect(passed.body).toMatchObject({ status: 'passed', secondFactor: 'temporary_code' });
    expect(decodeToken(passed.body.token)).toMatchObject({
      second_factor: 'temporary_code',
      amr: ['pwd'],
      acr: 'second_factor',
      scope: 'second_factor',
    });
  });

  it('R89 is offered only while one is live, after everything else', async () => {
    const admin = await anAdmin(deployment);
    const ada = await new Person(deployment, { accountId: admin.accountId, at: admin.at }).enrol();
    expect(methodsOf((await ada.signIn()).body)).toEqual(['totp', 'recovery_code']);
    admin.at = ada.at;
    const { code } = (await makeCode(admin, ada, { body: { validMinutes: 15 } })).body;
    const { body } = await ada.signIn();
    expect(methodsOf(body)).toEqual(['totp', 'recovery_code', 'temporary_code']);
    expect(body.methods.at(-1).default).toBe(false);
    ada.later(15 * minute - 1);
    const open = await ada.challengeToken();
    ada.later(1);
    expect(methodsOf((await ada.signIn()).body)).toEqual(['totp', 'recovery_code']);
    const late = await ada.verify(open, 'temporary_code', code);
    expect([late.status, late.body.code]).toEqual([403, 'method_not_allowed']);
  });

  it('R89 passes to the last moment of its validity', async () => {
    const { ada, code } = await withCode(deployment);
    ada.later(60 * minute - 1);
    expect((await signInBy(ada, code)).status).toBe(200);
  });

  it('R102 is taken as people type it', async () => {
    for (const typed of [
      (code: string) => code.toUpperCase(),
      (code: string) => ` ${code.slice(0, 5)}-${code.slice(5)}\n`,
      (code: string) => code.replaceAll('0', 'O').replaceAll('1', 'l'),
    ]) {
      const { ada, code } = await withCode(deployment);
      expect((await signInBy(ada, typed(code))).status).toBe(200);
    }
  });

  it('R89 leaves the factors as they are', async () => {
    const { ada, code } = await withCode(deployment);
    await signInBy(ada, code);
    ada.later(30_000);
    expect((await ada.verify(await ada.challengeToken(), 'totp', ada.code())).status).toBe(200);
    ada.later(30_000);
    const recovery = await ada.verify(await ada.challengeToken(), 'recovery_code', ada.recoveryCodes[0]);
    expect(recovery.body.recoveryCodesRemaining).toBe(9);
  });

  it('R89 R80 is told to the user, both when it is made and when it is used, and is audited with its reason', async () => {
    const { admin, ada, code } = await withCode(deployment);
    await signInBy(ada, code);
    const subjects = await ada.deliver();
    expect(subjects).toEqual(
      expect.arrayContaining([
        'Acme: A temporary code was created for you',
        'Acme: A temporary code was used',
      ]),
    );
    const [created] = deployment
      .mails(ada.email)
      .filter(({ subject }) => subject.includes('created for you'));
    expect(created?.text).toContain('If you did not, change your password at once and contact');
    const rows = await auditRows(deployment, ada.ref);
    expect(rows.find(({ type }) => type === 'temporary_code_created')).toMatchObject({
      actor: { kind: 'admin', id: admin.id },
      detail: {
        reason: 'lost the phone; passport seen on a call',
        until: new Date(admin.at + 60 * minute).toISOString(),
      },
    });
    expect(rows.find(({ type }) => type === 'temporary_code_used')).toMatchObject({
      actor: { kind: 'user', id: ada.id },
    });
    expect(JSON.stringify([rows, deployment.mails(ada.email)])).not.toContain(code);
  });

  it.each([
    ['of', 'german', 'de', 'temporärer Code'],
    ['of', 'french', 'fr', 'code temporaire'],
    ['of', 'spanish', 'es', 'código temporal'],
  ])('R84 its notices speak %s %s', async (_of, _name, locale, words) => {
    const { admin, ada } = await withCode(deployment);
    await ada.signIn({ user: { locale } });
    await makeCode(admin, ada);
    await ada.deliver();
    expect(deployment.mails(ada.email)[0]?.subject).toContain(words);
  });

  it('R100 an access request tells until when one passes, and nothing of the code', async () => {
    const { ada, code } = await withCode(deployment);
    const held = await ada.call('get-user', { path: ada.ref });
    expect(held.body.temporaryCodeUntil).toBe(new Date(ada.at + 60 * minute).toISOString());
    await signInBy(ada, code);
    expect((await ada.call('get-user', { path: ada.ref })).body.temporaryCodeUntil).toBeUndefined();
  });

  it.each([14, 1441, 60.5, '60', 0, -60, undefined])(
    'R89 lives 15 minutes to a day: %j is refused',
    async (validMinutes) => {
      const { admin, ada } = await withCode(deployment);
      const reply = await makeCode(admin, ada, { body: { validMinutes } });
      expect([reply.status, reply.body.errors[0].pointer]).toEqual([400, '/validMinutes']);
    },
  );

  it('R89 needs a reason, and somebody who has a factor that it could stand for', async () => {
    const { admin, ada } = await withCode(deployment);
    expect((await makeCode(admin, ada, { body: { reason: ' ' } })).status).toBe(400);
    const bob = await colleagueOf(deployment, admin);
    expect((await makeCode(admin, bob)).body.code).toBe('not_enabled');
    const nobody = new Person(deployment, { accountId: admin.accountId, at: admin.at });
    expect((await makeCode(admin, nobody)).body.code).toBe('not_found');
    await setPolicy(deployment, admin.accountId, { methods: ['email'] });
    expect((await makeCode(admin, ada)).body.code).toBe('not_enabled');
  });
});

describe('the sign-in by a temporary code', () => {
  it('R89 may enrol one factor without a proof for 15 minutes, and no second one', async () => {
    const { ada, code } = await withCode(deployment);
    const bearer = await signedInBy(ada, code);
    const proof = async () => (await ada.call('get-two-factor', { bearer })).body.proof;
    expect((await ada.own('get-two-factor')).body.proof).not.toHaveProperty('enrolsWithoutProof');
    ada.later(14 * minute);
    expect(await proof()).toMatchObject({ enrolsWithoutProof: true });
    const done = await enrolBy(ada, bearer);
    expect([done.status, done.body.status]).toEqual([200, 'enabled']);
    expect((await userItem(deployment, ada.ref))?.authenticators).toHaveLength(2);
    expect(await proof()).not.toHaveProperty('enrolsWithoutProof');
    ada.later(30_000);
    expect((await ada.verify(await ada.challengeToken(), 'totp', ada.code())).status).toBe(200);
    const again = await enrolBy(ada, bearer);
    expect([again.status, again.body.code]).toEqual([403, 'reauthentication_required']);
  });

  it('R89 may begin again as often as needed before it confirms', async () => {
    const { ada, code } = await withCode(deployment);
    const bearer = await signedInBy(ada, code);
    await ada.call('start-authenticator', { bearer, body: {} });
    expect((await enrolBy(ada, bearer)).status).toBe(200);
  });

  it('R89 may as well turn codes by email on', async () => {
    const { ada, code } = await withCode(deployment);
    const bearer = await signedInBy(ada, code);
    expect((await ada.call('start-email-method', { bearer, body: {} })).status).toBe(202);
    const body = { code: ada.mailedCode() };
    expect((await ada.call('confirm-email-method', { bearer, body })).status).toBe(200);
  });

  it('R89 after 15 minutes it asks for a proof like every other', async () => {
    const { ada, code } = await withCode(deployment);
    const passed = await signInBy(ada, code);
    ada.later(4 * minute);
    const mint = { accountId: ada.accountId, userId: ada.id, role: 'user', resultToken: passed.body.token };
    const { token } = (await ada.call('mint-user-token', { body: mint })).body;
    ada.later(11 * minute);
    const late = await ada.call('start-authenticator', { bearer: token, body: {} });
    expect([late.status, late.body.code]).toEqual([403, 'reauthentication_required']);
  });

  it('R89 leaves no attribute behind once a factor is enrolled, nor once another factor signs in', async () => {
    const { ada, code } = await withCode(deployment);
    await enrolBy(ada, await signedInBy(ada, code));
    expect((await userItem(deployment, ada.ref))?.temporaryCode).toBeUndefined();
    const other = await withCode(deployment);
    await signInBy(other.ada, other.code);
    other.ada.later(day);
    await other.ada.verify(await other.ada.challengeToken(), 'totp', other.ada.code());
    expect((await userItem(deployment, other.ada.ref))?.temporaryCode).toBeUndefined();
  });
});
