/**
 * Policy and the admin's desk. The attacker is a user who wants in without a second factor, an admin of another account,
 * a support person who wants more than the policy gives, a thief of an admin's session, or two admins at the same moment.
 */
import { describe, expect, it } from 'vitest';
import { type Flow, type Route, routes } from '../../lambdas/routes.ts';
import { decodeToken, deploy } from '../support/deployment.ts';
import {
  anAdmin,
  atDesk,
  changePolicy,
  colleagueOf,
  confirm,
  enrolInside,
  known,
  propose,
} from '../support/desk.ts';
import { mailedTo, nextTo } from '../support/guesses.ts';
import { day, minute, Person } from '../support/person.ts';
import { rawTable } from '../support/threat-table.ts';

const deployment = await deploy();
const table = rawTable(deployment);

const reason = 'lost the phone';
const acts = ['reset-two-factor', 'unlock-user', 'exempt-user', 'create-temporary-code'] as const;
type Act = (typeof acts)[number];
const bodyOf = (act: Act, by: Person) => ({
  reason,
  ...(act === 'exempt-user' && { until: new Date(by.at + day).toISOString() }),
  ...(act === 'create-temporary-code' && { validMinutes: 60 }),
});
const act = (flow: Act, by: Person, on: Person, options: object = {}) =>
  atDesk(by, flow, { path: { id: on.id }, body: bodyOf(flow, by), ...options });

/** An admin, and somebody enrolled in the same account. */
async function account(policy: object = {}) {
  const admin = await anAdmin(deployment);
  await table.setPolicy(admin.accountId, policy);
  const ada = await new Person(deployment, { accountId: admin.accountId, at: admin.at }).enrol();
  return { admin, ada };
}

describe('required, and a user without a factor', () => {
  const policies = [
    { methods: ['totp'] },
    { methods: ['email'] },
    { methods: ['totp', 'email'] },
    { methods: ['totp'], bootstrap: 'none' },
  ];
  const ways = ['password', 'email_link', 'federated'];
  const cases = policies.flatMap((policy) =>
    ways.map((way) => [way, JSON.stringify(policy), policy] as const),
  );

  it.each(cases)('S41 by %s under %s: no result token', async (way, _name, policy) => {
    const bob = new Person(deployment);
    const all = { mode: 'required', federated: 'challenge', rememberDevice: { allowed: true, days: 30 } };
    await table.setPolicy(bob.accountId, { ...all, ...policy } as object);
    const { body } = await bob.signIn({
      firstFactor: { method: way, amr: ['mfa', 'otp'] },
      deviceToken: 'A'.repeat(43),
    });
    expect(body).not.toHaveProperty('token');
    const { challengeToken } = body;
    const guesses = [
      { challengeToken, method: 'totp', code: '000000' },
      { challengeToken, method: 'email', code: '000000' },
      { challengeToken, method: 'recovery_code', code: '0000-0000-0000-0000' },
    ];
    for (const guess of guesses) {
      const reply = await bob.call('verify-challenge', { body: guess });
      expect(reply.status).toBeGreaterThanOrEqual(400);
      expect(reply.body).not.toHaveProperty('token');
    }
  });

  it('S41 an enrolment that is started and not confirmed gives no token, then or at the next sign-in', async () => {
    const bob = new Person(deployment);
    await table.setPolicy(bob.accountId, { mode: 'required', methods: ['totp'], bootstrap: 'none' });
    const bearer = (await bob.signIn()).body.challengeToken;
    const started = await bob.call('start-authenticator', { bearer, body: {} });
    const path = { id: started.body.authenticatorId };
    const wrong = await bob.call('confirm-authenticator', { bearer, path, body: { code: '000000' } });
    expect(wrong.body).not.toHaveProperty('token');
    expect((await bob.signIn()).body.status).toBe('enrollment_required');
  });

  it('S41 a requirement that comes while somebody is signed in lets them do nothing to get around it', async () => {
    const { admin, ada } = await account();
    await changePolicy(deployment, admin, { mode: 'required' });
    ada.at = admin.at;
    const proof = () => ada.later(30_000).totpProof();
    const calls: [Flow, object][] = [
      ['disable-two-factor', {}],
      ['remove-authenticator', { path: { id: ada.authenticatorId } }],
    ];
    for (const [flow, more] of calls) {
      const reply = await ada.own(flow, { body: { proof: proof() }, ...more });
      expect([flow, reply.status, reply.body.code]).toEqual([flow, 403, 'policy_forbids_disable']);
    }
    expect((await ada.signIn()).body.status).toBe('challenge');
  });
});

describe('a method removed while something is open', () => {
  it('S42 R41 a challenge: verifying by it is refused, by what is left it passes', async () => {
    const { admin, ada } = await account();
    await ada.turnOnEmail(ada.totpProof());
    ada.later(minute);
    const token = await ada.challengeToken();
    const code = await mailedTo(deployment, ada, token);
    await table.setPolicy(admin.accountId, { methods: ['totp'] });
    expect((await ada.verify(token, 'email', code)).body.code).toBe('method_not_allowed');
    const resend = { body: { challengeToken: token, method: 'email' } };
    expect((await ada.later(2 * minute).call('send-code', resend)).body.code).toBe('method_not_allowed');
    expect((await ada.verify(token, 'totp', ada.code())).status).toBe(200);
  });

  it('S42 R41 the authenticator: its right code is refused, and stays unspent', async () => {
    const { admin, ada } = await account();
    await ada.turnOnEmail(ada.totpProof());
    ada.later(minute);
    const token = await ada.challengeToken();
    await table.setPolicy(admin.accountId, { methods: ['email'] });
    expect((await ada.verify(token, 'totp', ada.code())).body.code).toBe('method_not_allowed');
    await table.setPolicy(admin.accountId, {});
    expect((await ada.verify(token, 'totp', ada.code())).status).toBe(200);
  });

  it('S42 a proof: a code that was mailed for it is refused', async () => {
    const { admin, ada } = await account();
    await ada.turnOnEmail(ada.totpProof());
    ada.later(minute);
    expect((await ada.own('mail-proof-code', { body: { method: 'email' } })).status).toBe(202);
    await table.setPolicy(admin.accountId, { methods: ['totp'] });
    const proof = { method: 'email', code: ada.mailedCode() };
    expect((await ada.own('disable-two-factor', { body: { proof } })).body.code).toBe('method_not_allowed');
    expect((await ada.status()).status).toBe('enabled');
  });

  it('S42 an enrolment: its right code turns nothing on, inside a sign-in either', async () => {
    const { admin } = await account();
    const bob = await colleagueOf(deployment, admin);
    const started = await bob.start();
    bob.secret = started.body.secret;
    await table.setPolicy(admin.accountId, { methods: ['email'] });
    const refused = await bob.confirm(started.body.authenticatorId, bob.code());
    expect(refused.body.code).toBe('method_not_allowed');
    expect((await bob.status()).status).toBe('disabled');

    await table.setPolicy(admin.accountId, { mode: 'required', methods: ['totp'], bootstrap: 'none' });
    const bearer = (await bob.signIn()).body.challengeToken;
    const inside = await bob.call('start-authenticator', { bearer, body: {} });
    bob.secret = inside.body.secret;
    await table.setPolicy(admin.accountId, { mode: 'required', methods: ['email'] });
    const path = { id: inside.body.authenticatorId };
    const done = await bob.call('confirm-authenticator', { bearer, path, body: { code: bob.code() } });
    expect([done.status, done.body.code]).toEqual([403, 'method_not_allowed']);
  });

  it('S42 an e-mail method being turned on: its right code does not', async () => {
    const { admin } = await account();
    const bob = await colleagueOf(deployment, admin);
    await bob.own('start-email-method', { body: {} });
    await table.setPolicy(admin.accountId, { methods: ['totp'] });
    const reply = await bob.own('confirm-email-method', { body: { code: bob.mailedCode() } });
    expect(reply.body.code).toBe('method_not_allowed');
    expect((await bob.status()).status).toBe('disabled');
  });
});

describe('two admins at once', () => {
  it('S43 the second gets a conflict, and nothing of the first is lost', async () => {
    const one = await anAdmin(deployment);
    const two = await anAdmin(deployment, { accountId: one.accountId, at: one.at });
    const first = await propose(one, { strictWindow: true });
    const second = await propose(two, { federated: 'challenge' });
    expect((await confirm(one, first.body.changeId, one.mailedCode())).status).toBe(200);
    const late = await confirm(two, second.body.changeId, two.mailedCode());
    expect([late.status, late.body.code]).toEqual([409, 'policy_version_conflict']);
    const { body } = await atDesk(one, 'get-policy');
    expect(body).toMatchObject({ version: 2, policy: { strictWindow: true, federated: 'bypass' } });
    const again = await changePolicy(deployment, two, { federated: 'challenge' });
    expect(again.body).toMatchObject({ version: 3, policy: { strictWindow: true, federated: 'challenge' } });
  });

  it('S43 ten confirm in the same moment: one policy, one version, nine conflicts', async () => {
    const one = await anAdmin(deployment);
    const admins = [one];
    while (admins.length < 10) {
      admins.push(await anAdmin(deployment, { accountId: one.accountId, at: one.at }));
    }
    const proposed: string[] = [];
    for (const [nth, admin] of admins.entries()) {
      const days = nth + 1;
      proposed.push((await propose(admin, { rememberDevice: { allowed: true, days } })).body.changeId);
    }
    const replies = await Promise.all(
      admins.map((admin, nth) => confirm(admin, proposed[nth] as string, admin.mailedCode())),
    );
    const winners = replies.filter(({ status }) => status === 200);
    expect(winners).toHaveLength(1);
    for (const { body } of replies.filter(({ status }) => status !== 200)) {
      expect(['policy_version_conflict', 'busy']).toContain(body.code);
    }
    expect((await atDesk(one, 'get-policy')).body).toMatchObject(winners[0]?.body);
  });

  it('S43 the operator sets an account’s settings in the same moment: neither is lost', async () => {
    const admin = await anAdmin(deployment);
    const { body } = await propose(admin, { strictWindow: true });
    const settings = { path: { accountId: admin.accountId }, body: { supportContact: 'help@acme.example' } };
    const [confirmed, set] = await Promise.all([
      confirm(admin, body.changeId, admin.mailedCode()),
      admin.call('set-account', settings),
    ]);
    expect([confirmed.status, set.status]).toEqual([200, 200]);
    const stored = await table.item(`account#${admin.accountId}`);
    expect(stored).toMatchObject({ supportContact: 'help@acme.example', policy: { strictWindow: true } });
  });
});

/** S80 Support exempts nobody, whatever the policy says of resets. */
const mayNever = (flow: string, role: string) => flow === 'exempt-user' && role === 'support';

describe('across accounts and roles', () => {
  it.each(acts)(
    "S44 R52 %s by another account's admin or support finds nobody, and nothing changes",
    async (flow) => {
      const { ada } = await account();
      const { admin: stranger } = await account();
      const before = await table.user(ada.ref);
      for (const role of ['admin', 'support'] as const) {
        const reply = await act(flow, stranger, ada, { role });
        const refusal = mayNever(flow, role) ? [403, 'forbidden'] : [404, 'not_found'];
        expect([role, reply.status, reply.body.code]).toEqual([role, ...refusal]);
      }
      expect(await table.user(ada.ref)).toEqual(before);
    },
  );

  it("S44 R52 another account's user with the same id is not met", async () => {
    const { admin, ada } = await account();
    const namesake = await new Person(deployment, { id: ada.id, at: ada.at }).enrol();
    await act('reset-two-factor', admin, ada);
    expect((await namesake.status()).status).toBe('enabled');
  });

  const may: [string, string, boolean][] = [
    ['admin', 'admin', true],
    ['admin', 'support', false],
    ['support', 'admin', false],
    ['support', 'support', true],
    ['admin_or_support', 'admin', true],
    ['admin_or_support', 'support', true],
    ['admin', 'user', false],
    ['support', 'user', false],
    ['admin_or_support', 'user', false],
  ];
  const rules = may.flatMap(([resetRole, role, allowed]) =>
    acts.map((flow) => [flow, resetRole, role, allowed && !mayNever(flow, role)] as const),
  );
  it.each(rules)(
    'S44 %s where the policy says %s, by %s: allowed is %s',
    async (flow, resetRole, role, allowed) => {
      const { admin, ada } = await account({ resetRole });
      const before = await table.user(ada.ref);
      const reply = await act(flow, admin, ada, { role });
      if (allowed) {
        expect([200, 201]).toContain(reply.status);
      } else {
        expect([reply.status, reply.body.code]).toEqual([403, 'forbidden']);
        expect(await table.user(ada.ref)).toEqual(before);
      }
    },
  );

  it.each(acts)(
    'S44 %s on oneself, with a password not just checked, or without a reason: refused',
    async (flow) => {
      const { admin, ada } = await account();
      const oneself = await act(flow, admin, admin);
      expect([oneself.status, oneself.body.code]).toEqual([403, 'forbidden']);
      const stale = await act(flow, admin, ada, { fresh: false });
      expect([stale.status, stale.body.code]).toEqual([403, 'reauthentication_required']);
      for (const said of [undefined, '', '   ', 'x'.repeat(501), 5]) {
        const body = { ...bodyOf(flow, admin), reason: said };
        const reply = await act(flow, admin, ada, { body });
        expect([said, reply.status, reply.body.code]).toEqual([said, 400, 'request_invalid']);
      }
      expect((await ada.signIn()).body.status).toBe('challenge');
    },
  );

  const desk = (Object.entries(routes) as [Flow, Route][]).filter(([, { caller }]) => caller === 'admin');
  it.each(desk.map(([flow]) => flow))('S44 R39 %s with the token of a user: 403', async (flow) => {
    const { admin, ada } = await account();
    const bodies: Partial<Record<Flow, object>> = {
      'propose-policy': { policy: { mode: 'required' } },
      'confirm-policy': { code: '123456' },
      'exempt-user': bodyOf('exempt-user', admin),
      'reset-two-factor': { reason },
      'unlock-user': { reason },
      'create-temporary-code': bodyOf('create-temporary-code', admin),
    };
    const body = bodies[flow];
    const reply = await atDesk(ada, flow, {
      role: 'user',
      path: { id: admin.id },
      ...(body ? { body } : {}),
    });
    expect([reply.status, reply.body.code]).toEqual([403, 'forbidden']);
  });

  it.each(desk.map(([flow]) => flow))(
    'S44 %s with a token of this account made for another: no credentials',
    async (flow) => {
      const { admin } = await account();
      const [header, payload, signature] = (await admin.token({ role: 'admin' })).split('.') as [
        string,
        string,
        string,
      ];
      const { admin: victim } = await account();
      const claims = {
        ...JSON.parse(Buffer.from(payload, 'base64url').toString()),
        account: victim.accountId,
      };
      const bearer = [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
      const reply = await admin.call(flow, {
        bearer,
        path: { id: victim.id },
        ...('body' in routes[flow] ? { body: deskBody(flow, admin) } : {}),
      });
      expect([reply.status, reply.body.code]).toEqual([401, 'credentials_invalid']);
    },
  );
});

const deskBody = (flow: Flow, by: Person): object => {
  if (flow === 'propose-policy') {
    return { policy: { mode: 'optional' } };
  }
  return flow === 'confirm-policy' ? { code: '123456' } : bodyOf(flow as Act, by);
};

describe('after a reset', () => {
  it('S45 a password thief who enrols first must prove the mailbox, under any policy', async () => {
    for (const policy of [
      {},
      { mode: 'required' },
      { bootstrap: 'none' },
      { mode: 'required', bootstrap: 'none' },
    ]) {
      const { admin, ada } = await account(policy);
      await act('reset-two-factor', admin, ada);
      const { body } = await ada.signIn();
      expect(body).toMatchObject({ status: 'enrollment_required', bootstrap: { method: 'email' } });
      const bearer = body.challengeToken;
      expect((await ada.call('start-authenticator', { bearer, body: {} })).body.code).toBe(
        'credentials_invalid',
      );
      expect((await ada.verify(bearer, 'email', '000000')).body).not.toHaveProperty('challengeToken');
      expect(decodeToken((await enrolInside(ada, body)).body.token).second_factor).toBe('totp');
    }
  });

  it('S45 a token that could enrol before the reset, with no mailbox proven, cannot after it', async () => {
    const { admin } = await account({ mode: 'required', methods: ['totp'], bootstrap: 'none' });
    const bob = await colleagueOf(deployment, admin);
    const thief = (await bob.signIn()).body;
    expect(thief.bootstrap).toBeNull();
    const started = await bob.call('start-authenticator', { bearer: thief.challengeToken, body: {} });
    expect(started.status).toBe(201);
    expect((await enrolInside(bob, (await bob.signIn()).body)).status).toBe(200);
    await act('reset-two-factor', admin, bob);
    const bearer = thief.challengeToken;
    const reply = await bob.call('start-authenticator', { bearer, body: {} });
    expect(reply.status).toBeGreaterThanOrEqual(400);
    expect((await bob.signIn()).body.bootstrap).not.toBeNull();
  });

  it('S45 a session from before it neither enrols nor turns the e-mail method on without the mailbox', async () => {
    const { admin, ada } = await account();
    const bearer = await ada.token();
    await act('reset-two-factor', admin, ada);
    const enrol = await ada.call('start-authenticator', { bearer, body: {} });
    expect([enrol.status, enrol.body.code]).toEqual([403, 'forbidden']);
    await ada.call('start-email-method', { bearer, body: {} });
    const guess = await ada.call('confirm-email-method', {
      bearer,
      body: { code: nextTo(ada.mailedCode()) },
    });
    expect(guess.body.code).toBe('code_incorrect');
    expect((await ada.signIn()).body.status).toBe('enrollment_required');
  });

  it('S45 an API key or an exemption passes without enrolling, and enrols nothing', async () => {
    const { admin, ada } = await account();
    await act('reset-two-factor', admin, ada);
    expect((await ada.signIn({ firstFactor: { method: 'api_key' } })).body.secondFactor).toBe('none');
    await act('exempt-user', admin, ada);
    expect((await ada.signIn()).body.secondFactor).toBe('exempt');
    ada.later(2 * day);
    expect((await ada.signIn()).body).toMatchObject({ status: 'enrollment_required' });
  });
});

describe('what an admin sees', () => {
  it('S49 the mail of a policy change names nothing that an admin could be tricked with', async () => {
    const admin = await anAdmin(deployment);
    await known(admin, { displayName: '<b>Eve</b>\r\nBcc: x@example.com' });
    await changePolicy(deployment, admin, { mode: 'required' });
    await deployment.sweep(admin.at + minute);
    await deployment.sweep(admin.at + 2 * minute);
    const mail = deployment.mails(admin.email).find(({ subject }) => subject.includes('policy was changed'));
    expect(mail?.html).not.toContain('<b>Eve');
    expect(mail?.text).not.toMatch(/https?:/);
  });
});
