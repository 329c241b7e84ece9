import { describe, expect, it } from 'vitest';
import { type Flow, routes } from '../../lambdas/routes.ts';
import { type CallOptions, decodeToken, deploy } from '../support/deployment.ts';
import { day, minute, Person } from '../support/person.ts';
import { auditRows, changeUserItem, setPolicy, userItem } from '../support/table.ts';

const deployment = await deploy();

const reason = 'lost the phone; passport seen on a call';

/** `by` resets somebody in their own account, in that role. */
const reset = async (
  by: Person,
  role: string,
  userId: string,
  options: CallOptions & { fresh?: boolean } = {},
) => {
  const { fresh = true, ...rest } = options;
  const bearer = await by.token({ role, fresh });
  return by.call('reset-two-factor', { bearer, path: { id: userId }, body: { reason }, ...rest });
};

/** Somebody enrolled, and a colleague. */
async function colleagues() {
  const ada = await new Person(deployment).enrol();
  const admin = new Person(deployment, { accountId: ada.accountId, at: ada.at });
  await admin.signIn();
  return { ada, admin };
}

describe("resetting somebody's second factors", () => {
  it('R50 an admin resets one user: the old authenticator fails, and so do the recovery codes', async () => {
    const { ada, admin } = await colleagues();
    const open = await ada.challengeToken();
    expect((await reset(admin, 'admin', ada.id)).body).toEqual({ status: 'disabled' });
    expect((await ada.verify(open, 'totp', ada.code())).status).not.toBe(200);
    expect((await ada.verify(open, 'recovery_code', ada.recoveryCodes[0])).status).not.toBe(200);
    const stored = await userItem(deployment, ada.ref);
    expect(stored?.authenticators).toEqual([]);
    expect(stored?.recoveryCodes).toBeUndefined();
    const { body } = await ada.signIn();
    expect((await ada.verify(body.challengeToken, 'totp', ada.code())).body.code).toBe('method_not_allowed');
  });

  it('R50 only that user: a colleague signs in as before', async () => {
    const { ada, admin } = await colleagues();
    const bob = await new Person(deployment, { accountId: ada.accountId }).enrol();
    await reset(admin, 'admin', ada.id);
    expect((await bob.verify(await bob.challengeToken(), 'totp', bob.code())).status).toBe(200);
  });

  it('R51 that user sets it up again at the next sign-in, mailbox first, also where it is optional', async () => {
    const { ada, admin } = await colleagues();
    const oldSecret = ada.secret;
    await reset(admin, 'admin', ada.id);
    const { body } = await ada.signIn();
    expect(body).toMatchObject({ status: 'enrollment_required', bootstrap: { method: 'email' } });
    expect(body).not.toHaveProperty('token');
    const challengeToken = body.challengeToken;
    await ada.call('send-code', { body: { challengeToken, method: 'email' } });
    const proven = await ada.verify(challengeToken, 'email', ada.mailedCode());
    expect(proven.body.status).toBe('enrollment_required');
    const bearer = proven.body.challengeToken;
    const started = await ada.call('start-authenticator', { bearer, body: {} });
    expect(started.body.secret).not.toBe(oldSecret);
    ada.secret = started.body.secret;
    const path = { id: started.body.authenticatorId };
    const done = await ada.call('confirm-authenticator', { bearer, path, body: { code: ada.code() } });
    expect(decodeToken(done.body.token).second_factor).toBe('totp');
    expect(new Set([...done.body.recoveryCodes, ...ada.recoveryCodes]).size).toBe(20);
    ada.later(30_000);
    expect((await ada.verify(await ada.challengeToken(), 'totp', ada.code())).status).toBe(200);
  });

  it('R51 until then no sign-in passes, however often it is started', async () => {
    const { ada, admin } = await colleagues();
    await reset(admin, 'admin', ada.id);
    for (const method of ['password', 'email_link', 'password']) {
      const { body } = await ada.later(minute).signIn({ firstFactor: { method } });
      expect(body.status).toBe('enrollment_required');
    }
  });

  it("R52 another account's admin finds nobody, and nothing changes", async () => {
    const { ada } = await colleagues();
    const { admin: stranger } = await colleagues();
    const reply = await reset(stranger, 'admin', ada.id);
    expect([reply.status, reply.body.code]).toEqual([404, 'not_found']);
    expect((await ada.verify(await ada.challengeToken(), 'totp', ada.code())).status).toBe(200);
  });

  it('R52 a user, a wrong role or a stale password is refused', async () => {
    const { ada, admin } = await colleagues();
    expect((await reset(admin, 'user', ada.id)).body.code).toBe('forbidden');
    expect((await reset(admin, 'admin', ada.id, { fresh: false })).body.code).toBe(
      'reauthentication_required',
    );
    await setPolicy(deployment, ada.accountId, { resetRole: 'admin' });
    expect((await reset(admin, 'support', ada.id)).body.code).toBe('forbidden');
    await setPolicy(deployment, ada.accountId, { resetRole: 'support' });
    expect((await reset(admin, 'admin', ada.id)).body.code).toBe('forbidden');
    expect((await ada.status()).status).toBe('enabled');
    expect((await reset(admin, 'support', ada.id)).status).toBe(200);
  });

  it('R53 support clears it with a reason: audited, and the user is mailed', async () => {
    const { ada, admin: support } = await colleagues();
    await ada.deliver();
    expect((await reset(support, 'support', ada.id)).status).toBe(200);
    const subjects = await ada.deliver();
    expect(subjects[0]).toBe('Acme: Two-factor authentication was reset');
    expect(deployment.mails(ada.email)[0]?.text).toContain('By: support');
    const rows = await auditRows(deployment, ada.ref);
    expect(rows.find(({ type }) => type === 'two_factor_reset')).toMatchObject({
      actor: { kind: 'support', id: support.id },
      detail: { reason },
      userId: ada.id,
      ip: '203.0.113.7',
      atMs: support.at,
    });
  });

  it('R53 without a reason it is refused', async () => {
    const { ada, admin } = await colleagues();
    for (const body of [{}, { reason: '' }, { reason: '  ' }, { reason: 'x'.repeat(501) }]) {
      const reply = await reset(admin, 'support', ada.id, { body });
      expect([reply.status, reply.body.code]).toEqual([400, 'request_invalid']);
    }
    expect((await ada.status()).status).toBe('enabled');
  });

  it('R53 whoever holds a stolen session cannot reset themselves with it', async () => {
    const { ada } = await colleagues();
    const reply = await reset(ada, 'admin', ada.id);
    expect([reply.status, reply.body.code]).toEqual([403, 'forbidden']);
  });

  it('R53 somebody locked for good by guessing is free again after it', async () => {
    const { ada, admin } = await colleagues();
    const failures = { consecutive: 100, atMs: Array(100).fill(ada.at), codesDisabledAtMs: ada.at };
    await changeUserItem(deployment, ada.ref, { failures });
    const locked = await ada.verify(await ada.challengeToken(), 'totp', ada.code());
    expect([locked.status, locked.body.code]).toEqual([403, 'codes_disabled']);
    await reset(admin, 'admin', ada.id);
    const token = (await ada.signIn()).body.challengeToken;
    expect((await ada.call('send-code', { body: { challengeToken: token, method: 'email' } })).status).toBe(
      202,
    );
    expect((await ada.verify(token, 'email', ada.mailedCode())).status).toBe(200);
  });

  it('who has nothing to reset is told so', async () => {
    const { admin } = await colleagues();
    const bob = new Person(deployment, { accountId: admin.accountId });
    expect((await reset(admin, 'admin', bob.id)).body.code).toBe('not_found');
    await bob.signIn();
    expect((await reset(admin, 'admin', bob.id)).body.code).toBe('not_enabled');
  });
});

describe('there is no automated way around', () => {
  it('R54 no call without credentials clears or changes anything', async () => {
    const { ada } = await colleagues();
    const before = await userItem(deployment, ada.ref);
    const ids = { accountId: ada.accountId, userId: ada.id, id: ada.id };
    const guarded = Object.entries(routes).filter(([, route]) => route.caller !== 'public');
    for (const [flow, route] of guarded as [Flow, (typeof routes)[Flow]][]) {
      const reply = await deployment.call(flow, {
        path: ids,
        signed: false,
        at: ada.at,
        ...('body' in route ? { body: anybodysGuess(flow, ada) } : {}),
      });
      expect([flow, [400, 401, 403].includes(reply.status)]).toEqual([flow, true]);
    }
    expect(await userItem(deployment, ada.ref)).toEqual(before);
  });

  it('R54 time alone clears nothing', async () => {
    const { ada } = await colleagues();
    ada.later(400 * day);
    expect((await ada.signIn()).body.status).toBe('challenge');
  });
});

/** A well-formed body, as somebody would send who knows the API and nothing else. */
function anybodysGuess(flow: Flow, person: Person): object {
  const challengeToken = 'eyJhbGciOiJkaXIifQ..a.b.c';
  const bodies: Partial<Record<Flow, object>> = {
    'create-challenge': {
      accountId: person.accountId,
      user: { id: person.id, email: person.email },
      firstFactor: { method: 'api_key' },
    },
    'send-code': { challengeToken, method: 'email' },
    'verify-challenge': { challengeToken, method: 'totp', code: person.code() },
    'mint-user-token': { accountId: person.accountId, userId: person.id, role: 'admin' },
    'sync-user': { email: 'thief@example.com' },
    'confirm-authenticator': { code: person.code() },
    'confirm-email-method': { code: '123456' },
    'mail-proof-code': { method: 'email' },
    'reset-two-factor': { reason },
  };
  return bodies[flow] ?? {};
}
