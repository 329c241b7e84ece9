/**
 * Temporary codes. The attacker has a password and talks support into a code, overhears one, or guesses. They want more from
 * it than one sign-in: a second pass, trust in a device, an act confirmed, a factor taken off, two factors of their own, a
 * code that outlives what should have ended it. Or they sit at the desk and want a code for an administrator.
 */
import { describe, expect, it } from 'vitest';
import { decodeToken, deploy, type Reply } from '../support/deployment.ts';
import { anAdmin, atDesk, colleagueOf } from '../support/desk.ts';
import { countOf } from '../support/guesses.ts';
import { minute, Person } from '../support/person.ts';
import { enrolBy, makeCode, signedInBy, signInBy, tokenBy, withCode } from '../support/temporary-codes.ts';
import { rawTable } from '../support/threat-table.ts';

const deployment = await deploy();
const table = rawTable(deployment);
const said = ({ status, body }: Reply) => [status, body?.code];
const unknownHere = [403, 'method_not_allowed'];

/** Ten characters that are not the code. */
const wrong = (code: string) => `${code.slice(0, 9)}${code.endsWith('a') ? 'b' : 'a'}`;
const asksForProof = ['reauthentication_required', 'proof_required'];

describe('R89 a temporary code passes once', () => {
  it('S34 sent 20 times at once over two challenges: exactly one passes', async () => {
    const { ada, code } = await withCode(deployment);
    const challenges = [await ada.challengeToken(), await ada.challengeToken()];
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, nth) =>
        ada.verify(challenges[nth % 2] as string, 'temporary_code', code),
      ),
    );
    expect(countOf(all, ({ status }) => status === 200)).toBe(1);
    expect(countOf(all, ({ status }) => status === 500)).toBe(0);
    const afterwards = await ada.verify(await ada.challengeToken(), 'temporary_code', code);
    expect(said(afterwards)).toEqual(unknownHere);
  });

  it('S34 two desks at once: one code passes, the later one', async () => {
    const { admin, ada } = await withCode(deployment);
    const made = await Promise.all([makeCode(admin, ada), makeCode(admin, ada), makeCode(admin, ada)]);
    const codes = made.filter(({ status }) => status === 201).map(({ body }) => body.code);
    expect(codes.length).toBeGreaterThan(0);
    const passed = [];
    for (const code of codes) {
      const reply = await signInBy(ada, code);
      passed.push(reply.status);
    }
    expect(countOf(passed, (status) => status === 200)).toBe(1);
  });

  it.each([
    ['its successor', (admin: Person, ada: Person) => makeCode(admin, ada)],
    [
      'a changed password',
      (_: Person, ada: Person) => ada.call('password-changed', { path: ada.ref, body: {} }),
    ],
    [
      'a sign-in by another factor',
      async (_: Person, ada: Person) => ada.verify(await ada.challengeToken(), 'totp', ada.code()),
    ],
    [
      'turning two-factor off and on',
      async (_: Person, ada: Person) => {
        await ada.own('disable-two-factor', { body: { proof: ada.totpProof() } });
        return ada.start().then((started) => {
          ada.later(30_000).secret = started.body.secret;
          return ada.confirm(started.body.authenticatorId, ada.code());
        });
      },
    ],
  ])('S80 and is ended by %s', async (_, end) => {
    const { admin, ada, code } = await withCode(deployment);
    const ended = await end(admin, ada.later(1000));
    expect(ended.status).toBeLessThan(300);
    ada.later(30_000);
    expect((await signInBy(ada, code)).status).not.toBe(200);
  });

  it('S80 and is ended by a reset, after which none can be made before a factor is enrolled', async () => {
    const { admin, ada, code } = await withCode(deployment);
    const open = await ada.challengeToken();
    await atDesk(admin, 'reset-two-factor', { path: { id: ada.id }, body: { reason: 'lost' } });
    expect((await ada.verify(open, 'temporary_code', code)).status).not.toBe(200);
    expect((await makeCode(admin, ada)).body.code).toBe('not_enabled');
    expect((await ada.signIn()).body).toMatchObject({
      status: 'enrollment_required',
      bootstrap: { method: 'email' },
    });
  });

  it("R89 for one user: not a colleague's, nor the same user's of another account", async () => {
    const { admin, ada, code } = await withCode(deployment);
    const bob = await new Person(deployment, { accountId: admin.accountId, at: ada.at }).enrol();
    admin.at = bob.at;
    const bobs = (await makeCode(admin, bob)).body.code;
    expect(said(await signInBy(bob, code))).toEqual([422, 'code_incorrect']);
    const elsewhere = await anAdmin(deployment);
    const namesake = await new Person(deployment, { accountId: elsewhere.accountId, id: ada.id }).enrol();
    elsewhere.at = namesake.at;
    await makeCode(elsewhere, namesake);
    expect(said(await signInBy(namesake, code))).toEqual([422, 'code_incorrect']);
    expect((await signInBy(bob, bobs)).status).toBe(200);
  });

  it('S52 a stored code copied into somebody else’s item does not pass', async () => {
    const { admin, ada, code } = await withCode(deployment);
    const bob = await new Person(deployment, { accountId: admin.accountId, at: ada.at }).enrol();
    const { temporaryCode } = await table.user(ada.ref);
    await table.changeUser(bob.ref, (item) => ({ ...item, temporaryCode }));
    expect(said(await signInBy(bob, code))).toEqual([422, 'code_incorrect']);
  });

  it('S33 a dump of the table reveals no code', async () => {
    const { code } = await withCode(deployment);
    expect(JSON.stringify(await table.items())).not.toContain(code);
  });
});

describe('R89 a temporary code is no more than it is', () => {
  it('S40 it leaves no trusted device behind', async () => {
    const { ada, code } = await withCode(deployment);
    await table.setPolicy(ada.accountId, { rememberDevice: { allowed: true, days: 30 } });
    const { challengeToken } = (await ada.signIn()).body;
    const body = { challengeToken, method: 'temporary_code', code, rememberDevice: true };
    const passed = await ada.call('verify-challenge', { body });
    expect([passed.status, passed.body.deviceToken]).toEqual([200, undefined]);
    expect((await table.user(ada.ref)).trustedDevices).toEqual([]);
  });

  it('S84 it confirms no act, and is not offered for one', async () => {
    const { ada, code } = await withCode(deployment);
    const { body } = await ada.signIn({ firstFactor: { method: 'session' }, action: { name: 'payout' } });
    expect(body.methods.map(({ method }: { method: string }) => method)).toEqual(['totp', 'recovery_code']);
    expect(said(await ada.verify(body.challengeToken, 'temporary_code', code))).toEqual(unknownHere);
    expect((await signInBy(ada, code)).status).toBe(200);
  });

  it('R89 it is no proof', async () => {
    const { ada, code } = await withCode(deployment);
    const proof = { method: 'temporary_code', code };
    for (const flow of ['disable-two-factor', 'regenerate-recovery-codes', 'start-authenticator'] as const) {
      const reply = await ada.own(flow, { body: { proof } });
      expect([flow, reply.status]).toEqual([flow, 400]);
    }
    expect((await signInBy(ada, code)).status).toBe(200);
  });

  it('R89 its sign-in removes, replaces, regenerates and disables nothing, and acts on nobody', async () => {
    const { admin, ada, code } = await withCode(deployment);
    await table.setPolicy(ada.accountId, { methods: ['totp', 'sms', 'email'] }, { smsEnabled: true });
    const phone = { enabledAtMs: ada.at, phone: '+14155550100', country: 'US' };
    await table.changeUser(ada.ref, (item) => ({ ...item, smsMethod: phone, isAdmin: true }));
    const passed = await signInBy(ada, code);
    const reauthenticatedAt = new Date(ada.at).toISOString();
    const bearer = await tokenBy(ada, passed.body.token, { reauthenticatedAt, role: 'admin' });
    const [authenticator] = (await ada.status()).authenticators;
    const path = { id: authenticator.id };
    const reason = 'because';
    const tried = [
      await ada.call('remove-authenticator', { bearer, path, body: {} }),
      await ada.call('remove-sms-method', { bearer, body: {} }),
      await ada.call('start-sms-method', { bearer, body: { phone: '+14155550199' } }),
      await ada.call('regenerate-recovery-codes', { bearer, body: {} }),
      await ada.call('disable-two-factor', { bearer, body: {} }),
      await ada.call('propose-policy', { bearer, body: { policy: { mode: 'required' } } }),
      await ada.call('reset-two-factor', { bearer, path: { id: admin.id }, body: { reason } }),
    ];
    expect(tried.map(said)).toEqual(tried.map(() => [403, 'proof_required']));
  });

  it('R89 it enrols one factor, not two that were started side by side', async () => {
    const { ada, code } = await withCode(deployment);
    const bearer = await signedInBy(ada, code);
    expect((await ada.call('start-email-method', { bearer, body: {} })).status).toBe(202);
    const mailed = ada.mailedCode();
    expect((await enrolBy(ada, bearer)).status).toBe(200);
    const second = await ada.call('confirm-email-method', { bearer, body: { code: mailed } });
    expect([second.status, second.body.code]).toEqual([410, 'enrollment_expired']);
  });

  it('S73 it moves no codes to another address: that is no enrolment', async () => {
    const { ada, code } = await withCode(deployment);
    await ada.turnOnEmail(ada.totpProof());
    const bearer = await signedInBy(ada.later(30_000), code);
    await ada.call('sync-user', { path: ada.ref, body: { email: 'eve@example.com' } });
    const moved = await ada.call('start-email-method', { bearer, body: {} });
    expect(asksForProof).toContain(moved.body.code);
  });

  it('R89 a proof that is sent all the same is judged', async () => {
    const { ada, code } = await withCode(deployment);
    const bearer = await signedInBy(ada, code);
    const proof = { method: 'recovery_code', code: 'zzzz-zzzz-zzzz-zzzz' };
    const reply = await ada.call('start-authenticator', { bearer, body: { proof } });
    expect(reply.status).not.toBe(201);
  });

  it('S42 it is worth nothing once the policy rules out every factor that it stood for', async () => {
    const { ada, code } = await withCode(deployment);
    const open = await ada.challengeToken();
    await table.setPolicy(ada.accountId, { methods: ['email'] });
    expect(said(await ada.verify(open, 'temporary_code', code))).toEqual(unknownHere);
    const { body } = await ada.signIn();
    expect(body.methods.map(({ method }: { method: string }) => method)).toEqual(['totp', 'recovery_code']);
  });

  it.each([
    [
      'the owner signs in by a factor',
      async (ada: Person) => ada.verify(await ada.challengeToken(), 'totp', ada.code()),
    ],
    ['the password changes', (ada: Person) => ada.call('password-changed', { path: ada.ref, body: {} })],
  ])('S80 it enrols nothing any more once %s, not even what was started', async (_, end) => {
    const { ada, code } = await withCode(deployment);
    const bearer = await signedInBy(ada, code);
    const started = await ada.call('start-authenticator', { bearer, body: {} });
    expect((await end(ada.later(1000))).status).toBeLessThan(300);
    const path = { id: started.body.authenticatorId };
    const confirmed = await ada.call('confirm-authenticator', { bearer, path, body: { code: '123456' } });
    expect(said(confirmed)).toEqual([404, 'not_found']);
    const again = await ada.call('start-authenticator', { bearer, body: {} });
    expect(asksForProof).toContain(again.body.code);
  });

  it('R89 the token of an earlier sign-in by one, and one of another factor, enrol nothing', async () => {
    const { admin, ada, code } = await withCode(deployment);
    const first = await signedInBy(ada, code);
    const { code: next } = (await makeCode(admin, ada)).body;
    expect(asksForProof).toContain((await enrolBy(ada, first)).body.code);
    const second = await signedInBy(ada, next);
    expect(asksForProof).toContain((await enrolBy(ada, first)).body.code);
    const plain = await ada.token();
    expect((await enrolBy(ada, plain)).body.code).toBe('proof_required');
    expect((await enrolBy(ada, second)).status).toBe(200);
  });

  it("R89 another person's result token gives no right", async () => {
    const { ada, code } = await withCode(deployment);
    const bob = await new Person(deployment, { accountId: ada.accountId, at: ada.at }).enrol();
    const passed = await signInBy(ada, code);
    const body = { accountId: bob.accountId, userId: bob.id, role: 'user', resultToken: passed.body.token };
    expect((await bob.call('mint-user-token', { body })).status).toBe(400);
  });
});

describe('R89 guessing a temporary code', () => {
  it('S24 costs tries of its challenge and counts in the budget of recovery codes, which waits from the 10th', async () => {
    const { ada, code } = await withCode(deployment);
    for (let challenge = 0; challenge < 2; challenge += 1) {
      const token = await ada.challengeToken();
      for (let tries = 5; tries > 0; tries -= 1) {
        const reply = await ada.verify(token, 'temporary_code', wrong(code));
        expect([...said(reply), reply.body.attemptsRemaining]).toEqual([422, 'code_incorrect', tries - 1]);
      }
      expect(said(await ada.verify(token, 'temporary_code', code))).toEqual([429, 'too_many_attempts']);
    }
    expect(said(await signInBy(ada, code))).toEqual([429, 'too_many_attempts']);
    const recovery = await ada.verify(await ada.challengeToken(), 'recovery_code', ada.recoveryCodes[0]);
    expect(said(recovery)).toEqual([429, 'too_many_attempts']);
    expect((await table.user(ada.ref)).failures).toEqual({ consecutive: 0 });
    ada.later(minute);
    expect((await signInBy(ada, code)).status).toBe(200);
    expect((await table.user(ada.ref)).recoveryFailures ?? { consecutive: 0 }).toEqual({ consecutive: 0 });
  });

  it('R89 it passes while codes are off, and they stay off', async () => {
    const { ada, code } = await withCode(deployment);
    const failures = {
      consecutive: 12,
      atMs: Array.from({ length: 100 }, (_, nth) => ada.at - nth),
      codesDisabledAtMs: ada.at,
    };
    await table.changeUser(ada.ref, (item) => ({ ...item, failures }));
    expect(said(await ada.verify(await ada.challengeToken(), 'totp', ada.code()))).toEqual([
      403,
      'codes_disabled',
    ]);
    expect((await signInBy(ada, code)).status).toBe(200);
    expect(said(await ada.verify(await ada.challengeToken(), 'totp', ada.code()))).toEqual([
      403,
      'codes_disabled',
    ]);
    expect((await table.user(ada.ref)).failures.atMs).toHaveLength(100);
  });

  it.each(['1234567', '12345678901', 'uuuuuuuuuu', 1234567890, null, ''])(
    'S17 %j is no temporary code: 400, and no try',
    async (code) => {
      const { ada, code: right } = await withCode(deployment);
      expect((await signInBy(ada, code)).status).toBe(400);
      expect((await signInBy(ada, right)).status).toBe(200);
    },
  );
});

describe('R90 who makes one', () => {
  it('S80 support makes none for an administrator, an administrator does', async () => {
    const { admin, ada } = await withCode(deployment);
    const other = await (await anAdmin(deployment, { accountId: admin.accountId, at: ada.at })).enrol();
    admin.at = other.at;
    const reply = await makeCode(admin, other, { role: 'support' });
    expect([...said(reply), reply.body.reason]).toEqual([403, 'forbidden', 'role']);
    expect((await makeCode(admin, other)).status).toBe(201);
  });

  it('R90 the roles of the policy alone, with a fresh password, for others of their own account', async () => {
    const { admin, ada } = await withCode(deployment);
    expect((await makeCode(admin, ada, { role: 'support' })).status).toBe(201);
    expect((await makeCode(admin, ada, { role: 'user' })).body.code).toBe('forbidden');
    expect((await makeCode(admin, ada, { fresh: false })).body.code).toBe('reauthentication_required');
    await table.setPolicy(ada.accountId, { resetRole: 'admin' });
    expect((await makeCode(admin, ada, { role: 'support' })).body.code).toBe('forbidden');
    await table.setPolicy(ada.accountId, { resetRole: 'support' });
    expect((await makeCode(admin, ada)).body.code).toBe('forbidden');
    const stranger = await anAdmin(deployment);
    expect(said(await makeCode(stranger, ada))).toEqual([404, 'not_found']);
    await table.setPolicy(ada.accountId, {});
    const self = await makeCode(ada, ada);
    expect([...said(self), self.body.reason]).toEqual([403, 'forbidden', 'self']);
  });

  it('S74 somebody who has two-factor on presents it, and a wrong one makes nothing', async () => {
    const admin = await (await anAdmin(deployment)).enrol();
    const ada = await (await colleagueOf(deployment, admin)).enrol();
    admin.at = ada.at;
    expect(said(await makeCode(admin, ada))).toEqual([403, 'proof_required']);
    const wrongProof = { method: 'totp', code: ada.code() };
    expect(said(await makeCode(admin, ada, { body: { proof: wrongProof } }))).toEqual([
      422,
      'code_incorrect',
    ]);
    expect((await table.user(ada.ref)).temporaryCode).toBeUndefined();
    expect((await makeCode(admin, ada, { body: { proof: admin.totpProof() } })).status).toBe(201);
  });

  it('S76 a hundred codes leave a small item', async () => {
    const { admin, ada } = await withCode(deployment);
    for (let times = 0; times < 100; times += 1) {
      await makeCode(admin, ada.later(minute));
    }
    const { outbox, temporaryCode } = await table.user(ada.ref);
    expect(outbox.length).toBeLessThanOrEqual(20);
    expect(Object.keys(temporaryCode).sort()).toEqual(['expiresAtMs', 'mac']);
  });

  it('R89 its result token says how the sign-in was', async () => {
    const { ada, code } = await withCode(deployment);
    const { token } = (await signInBy(ada, code)).body;
    expect(decodeToken(token).amr).not.toContain('mfa');
    const user = decodeToken(await tokenBy(ada, token));
    expect([user.second_factor_at, user.temporary_sign_in]).toEqual([undefined, decodeToken(token).jti]);
  });
});
