/**
 * The challenge. The attacker holds challenge tokens: their own, forged ones, old ones. They start a challenge without
 * being the app, use a challenge token where another token belongs, edit it, wait too long, and carry mailed codes from
 * one challenge to another.
 */
import { randomBytes } from 'node:crypto';
import { createLocalJWKSet, EncryptJWT, jwtVerify } from 'jose';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type Flow, type Route, routes } from '../../lambdas/routes.ts';
import { deploy, issuerUrl } from '../support/deployment.ts';
import { mailedTo } from '../support/guesses.ts';
import { minute, Person } from '../support/person.ts';
import { rawTable } from '../support/threat-table.ts';

const deployment = await deploy();
const table = rawTable(deployment);
let ada: Person;
beforeAll(async () => {
  ada = await new Person(deployment).enrol();
});

const flowsOf = (...callers: Route['caller'][]): Flow[] =>
  (Object.keys(routes) as Flow[]).filter((flow) => callers.includes(routes[flow].caller));
const path = { id: 'aut_1', accountId: 'a', userId: 'u', deviceId: 'dev_1', changeId: 'chg_1' };

/** A token of stage `enroll`: required, no factor, no e-mail allowed, and no mailbox to prove. */
async function enrollToken(): Promise<string> {
  const eve = new Person(deployment);
  await table.setPolicy(eve.accountId, { mode: 'required', methods: ['totp'], bootstrap: 'none' });
  const { body } = await eve.signIn();
  expect(body).toMatchObject({ status: 'enrollment_required', bootstrap: null });
  return body.challengeToken;
}

describe('who may start one', () => {
  it.each(flowsOf('app'))(
    'S10 %s without the gateway’s word for the app: 403, nothing sent, nothing stored',
    async (flow) => {
      const bodies: Partial<Record<Flow, object>> = {
        'create-challenge': {
          accountId: ada.accountId,
          user: { id: ada.id, email: 'thief@example.com' },
          firstFactor: { method: 'password' },
        },
        'mint-user-token': { accountId: ada.accountId, userId: ada.id, role: 'admin' },
        'sync-user': { email: 'thief@example.com' },
      };
      const before = await table.items();
      const bearer = await ada.token({ role: 'admin' });
      deployment.calls();
      const reply = await deployment.call(flow, {
        signed: false,
        at: ada.at,
        path: { accountId: ada.accountId, userId: ada.id },
        bearer,
        body: bodies[flow] ?? {},
      });
      expect([400, 403]).toContain(reply.status);
      expect(reply.body.code).toBe(reply.status === 403 ? 'forbidden' : 'request_invalid');
      expect(deployment.calls()).toEqual({});
      expect(deployment.mails('thief@example.com')).toEqual([]);
      expect(await table.items()).toEqual(before);
    },
  );

  it('S10 the body of an unsigned start of a challenge is right and still refused', async () => {
    const body = {
      accountId: ada.accountId,
      user: { id: ada.id, email: ada.email },
      firstFactor: { method: 'password' },
    };
    const reply = await deployment.call('create-challenge', { signed: false, at: ada.at, body });
    expect([reply.status, reply.body.code]).toEqual([403, 'forbidden']);
  });
});

describe('a challenge token in another place', () => {
  it.each(flowsOf('user', 'user_or_enrolling', 'admin'))('S11 as bearer of %s: 401', async (flow) => {
    const bearer = await ada.challengeToken();
    const before = await table.items();
    const bodies: Partial<Record<Flow, object>> = {
      'confirm-authenticator': { code: '123456' },
      'confirm-email-method': { code: '123456' },
      'mail-proof-code': { method: 'email' },
      'reset-two-factor': { reason: 'mine now' },
    };
    const reply = await ada.call(flow, { bearer, path, body: bodies[flow] ?? {} });
    // Flows with other required fields are refused for the body first; none is let in.
    expect([400, 401]).toContain(reply.status);
    if (reply.status === 401) {
      expect(reply.body.code).toBe('credentials_invalid');
    } else {
      expect(bodies[flow]).toBeUndefined();
    }
    expect(await table.items()).toEqual(before);
  });

  it.each(flowsOf('user', 'admin'))('S11 of stage enroll as bearer of %s: never let in', async (flow) => {
    const bearer = await enrollToken();
    const reply = await ada.call(flow, { bearer, path, body: { code: '123456' } });
    expect([400, 401]).toContain(reply.status);
  });

  it('S11 of stage enroll, it verifies nothing: only its enrolment completes the sign-in', async () => {
    const token = await enrollToken();
    for (const method of ['totp', 'email', 'sms']) {
      const reply = await ada.verify(token, method, '123456');
      expect([reply.status, reply.body.code]).toEqual([403, 'method_not_allowed']);
    }
    const sent = await ada.call('send-code', { body: { challengeToken: token, method: 'email' } });
    expect([sent.status, sent.body.code]).toEqual([403, 'method_not_allowed']);
  });

  it('S11 fed to a verifier of result tokens: refused', async () => {
    const keys = createLocalJWKSet((await deployment.call('jwks')).body);
    for (const token of [await ada.challengeToken(), await enrollToken()]) {
      await expect(jwtVerify(token, keys, { issuer: issuerUrl, audience: 'acme' })).rejects.toThrow();
    }
  });

  it('S11 a user token and a result token as challenge token: refused', async () => {
    const result = await ada.verify(await ada.challengeToken(), 'totp', ada.code());
    ada.later(30_000);
    for (const token of [await ada.token(), result.body.token]) {
      const reply = await ada.verify(token, 'totp', ada.code());
      expect([reply.status, reply.body.code]).toEqual([401, 'challenge_invalid']);
    }
  });
});

describe('a token that is not ours', () => {
  const flip = (part: string) => (part.startsWith('A') ? 'B' : 'A') + part.slice(1);
  const forged = async (kid: string, typ = 'countersign-challenge') =>
    new EncryptJWT({
      challenge: {
        accountId: ada.accountId,
        userId: ada.id,
        challengeId: 'chl_x',
        firstFactor: 'password',
        amr: [],
        policyVersion: 1,
        stage: 'enroll',
        expiresAtMs: ada.at + minute,
      },
    })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ, kid })
      .encrypt(randomBytes(32));

  it('S12 changed, truncated, swapped, of a foreign key or garbage: challenge_invalid before any call to AWS', async () => {
    const [one, other] = [await ada.challengeToken(), await ada.challengeToken()].map((token) =>
      token.split('.'),
    );
    const [header = '', key = '', iv = '', text = '', tag = ''] = one ?? [];
    const kid = JSON.parse(Buffer.from(header, 'base64url').toString()).kid;
    await ada.verify((one ?? []).join('.'), 'totp', '000000');
    deployment.calls();
    const tokens = [
      ...[flip(header), header].map((first) => [first, key, iv, flip(text), tag].join('.')),
      [header, key, flip(iv), text, tag].join('.'),
      [header, key, iv, text, flip(tag)].join('.'),
      [header, key, iv, text, tag.slice(0, 8)].join('.'),
      [header, key, iv, text, ''].join('.'),
      [header, key, iv, other?.[3], tag].join('.'),
      [header, flip(iv), iv, text, tag].join('.'),
      (one ?? []).join('.').slice(0, -1),
      (one ?? []).join('.').slice(0, 40),
      (one ?? []).slice(0, 4).join('.'),
      await forged(kid),
      await forged('another-key'),
      await forged(kid, 'JWT'),
      'a.b.c.d.e',
      '....',
      'chl_1',
      'null',
      '{}',
      'e30.e30.',
      `${'A'.repeat(1000)}.${'B'.repeat(1000)}.C.D.E`,
    ];
    for (const challengeToken of tokens) {
      for (const [flow, body] of [
        ['verify-challenge', { challengeToken, method: 'totp', code: ada.code() }],
        ['send-code', { challengeToken, method: 'email' }],
      ] as const) {
        const reply = await ada.call(flow, { body });
        expect([challengeToken, reply.status, reply.body.code]).toEqual([
          challengeToken,
          401,
          'challenge_invalid',
        ]);
      }
    }
    // The first sight of an unknown key may be a rotation: `send-code` had not read the keyring yet.
    const { GetItem = 0, Decrypt = 0, ...others } = deployment.calls();
    expect(others).toEqual({});
    expect(GetItem).toBeLessThanOrEqual(1);
    expect(Decrypt).toBeLessThanOrEqual(1);
  });

  it('S12 garbage costs a cold function no call at all', async () => {
    vi.resetModules();
    deployment.calls();
    const right = btoa('{"alg":"dir","enc":"A256GCM","typ":"countersign-challenge","kid":"k"}');
    for (const challengeToken of [
      `${right}.a.b`,
      `${right}.a.b.c.d.e`,
      'garbage',
      'a.b.c.d.e',
      'e30.e30.e30',
      `${btoa('{"alg":"none"}')}....`,
    ]) {
      expect((await ada.verify(challengeToken, 'totp', '123456')).status).toBe(401);
    }
    expect(deployment.calls()).toEqual({});
  });

  it('S12 a flood of unknown key ids does not reread the keyring each time', async () => {
    const tokens = await Promise.all(Array.from({ length: 30 }, (_, index) => forged(`key-${index}`)));
    deployment.calls();
    for (const token of tokens) {
      expect((await ada.verify(token, 'totp', '123456')).status).toBe(401);
    }
    expect(deployment.calls().GetItem ?? 0).toBeLessThanOrEqual(1);
  });
});

describe('time', () => {
  it('S13 the right code on an expired challenge: 410 and no token; a millisecond before, it passes', async () => {
    const bob = await new Person(deployment).enrol();
    const [one, other] = [await bob.challengeToken(), await bob.challengeToken()];
    bob.later(10 * minute - 1);
    expect((await bob.verify(one, 'totp', bob.code())).status).toBe(200);
    bob.later(1);
    const late = await bob.verify(other, 'totp', bob.code(1));
    expect([late.status, late.body.code]).toEqual([410, 'challenge_expired']);
    expect(late.body.token).toBeUndefined();
  });

  it('S13 nor does an expired challenge send a code', async () => {
    const bob = new Person(deployment);
    await bob.signIn();
    await bob.turnOnEmail();
    const challengeToken = await bob.challengeToken();
    bob.later(10 * minute);
    const sent = await bob.call('send-code', { body: { challengeToken, method: 'email' } });
    expect([sent.status, sent.body.code]).toEqual([410, 'challenge_expired']);
  });
});

describe('a mailed code in another place', () => {
  const withEmail = async (more: ConstructorParameters<typeof Person>[1] = {}) => {
    const person = new Person(deployment, more);
    await person.signIn();
    await person.turnOnEmail();
    return person.later(minute);
  };

  it('S14 of challenge A on challenge B: refused, and it still passes on A', async () => {
    const bob = await withEmail();
    const [a, b] = [await bob.challengeToken(), await bob.challengeToken()];
    const code = await mailedTo(deployment, bob, a);
    expect((await bob.verify(b, 'email', code)).body.code).toBe('code_incorrect');
    expect((await bob.verify(a, 'email', code)).status).toBe(200);
  });

  it('S14 of another user of the account, and of the same user id in another account: refused', async () => {
    const bob = await withEmail();
    const code = await mailedTo(deployment, bob, await bob.challengeToken());
    const colleague = await withEmail({ accountId: bob.accountId, at: bob.at });
    const namesake = await withEmail({ id: bob.id, at: bob.at });
    for (const other of [colleague, namesake]) {
      const challenge = await other.challengeToken();
      await mailedTo(deployment, other, challenge);
      const reply = await other.verify(challenge, 'email', code);
      expect([reply.status, reply.body.code]).toEqual([422, 'code_incorrect']);
    }
  });

  it('S14 what is stored of a code is bound to its place: moved to another challenge or user in the table, it is worth nothing', async () => {
    const bob = await withEmail();
    const eve = await withEmail({ at: bob.at });
    const a = (await bob.signIn()).body;
    const code = await mailedTo(deployment, bob, a.challengeToken);
    const stored = (await table.user(bob.ref)).challenges[a.challengeId];
    for (const person of [bob, eve]) {
      const { challengeToken, challengeId } = (await person.signIn()).body;
      await table.changeUser(person.ref, (user) => ({
        ...user,
        challenges: { ...user.challenges, [challengeId]: stored },
        proofs: stored,
      }));
      expect((await person.verify(challengeToken, 'email', code)).body.code).toBe('code_incorrect');
      const proof = { method: 'email', code };
      expect((await person.own('disable-two-factor', { body: { proof } })).body.code).toBe('code_incorrect');
    }
    expect((await bob.verify(a.challengeToken, 'email', code)).status).toBe(200);
    await bob.later(2 * minute).own('mail-proof-code', { body: { method: 'email' } });
    const { proofs } = await table.user(bob.ref);
    await table.changeUser(eve.ref, (user) => ({ ...user, proofs }));
    const proof = { method: 'email', code: bob.mailedCode() };
    const moved = await eve.later(2 * minute).own('disable-two-factor', { body: { proof } });
    expect(moved.body.code).toBe('code_incorrect');
    expect((await bob.own('disable-two-factor', { body: { proof } })).status).toBe(200);
  });

  it('S14 of a sign-in as proof of a change, and of a proof in a sign-in: refused', async () => {
    const bob = await withEmail();
    const challenge = await bob.challengeToken();
    const signInCode = await mailedTo(deployment, bob, challenge);
    bob.later(2 * minute);
    await bob.own('mail-proof-code', { body: { method: 'email' } });
    const proofCode = bob.mailedCode();
    expect((await bob.verify(challenge, 'email', proofCode)).body.code).toBe('code_incorrect');
    const disabled = await bob.own('disable-two-factor', {
      body: { proof: { method: 'email', code: signInCode } },
    });
    expect(disabled.body.code).toBe('code_incorrect');
    expect((await bob.status()).status).toBe('enabled');
  });

  it('S14 by the wrong method name: a mailed code is no authenticator code and the reverse', async () => {
    const bob = await (await new Person(deployment).enrol()).later(0);
    await bob.turnOnEmail(bob.totpProof());
    bob.later(2 * minute);
    const challenge = await bob.challengeToken();
    const code = await mailedTo(deployment, bob, challenge);
    expect((await bob.verify(challenge, 'totp', code)).body.code).toBe('code_incorrect');
    expect((await bob.verify(challenge, 'email', bob.code())).body.code).toBe('code_incorrect');
    expect((await bob.verify(challenge, 'sms', code)).body.code).toBe('method_not_allowed');
  });

  it('S15 after a first factor by e-mail link the e-mail method is neither offered, nor sent, nor accepted', async () => {
    const bob = await new Person(deployment).enrol();
    await bob.turnOnEmail(bob.totpProof());
    bob.later(2 * minute);
    const byPassword = await bob.challengeToken();
    const code = await mailedTo(deployment, bob, byPassword);
    const { body } = await bob.signIn({ firstFactor: { method: 'email_link' } });
    expect(body.methods.map(({ method }: { method: string }) => method)).toEqual(['totp', 'recovery_code']);
    const sent = await bob.call('send-code', {
      body: { challengeToken: body.challengeToken, method: 'email' },
    });
    expect([sent.status, sent.body.code]).toEqual([403, 'method_not_allowed']);
    const verified = await bob.verify(body.challengeToken, 'email', code);
    expect([verified.status, verified.body.code]).toEqual([403, 'method_not_allowed']);
    expect((await bob.verify(body.challengeToken, 'totp', bob.code())).status).toBe(200);
  });
});

describe('a password reset', () => {
  it('S16 two-factor is still asked, and trusted devices are gone', async () => {
    const bob = await new Person(deployment).enrol();
    await table.setPolicy(bob.accountId, { rememberDevice: { allowed: true, days: 30 } });
    const body = {
      challengeToken: await bob.challengeToken(),
      method: 'totp',
      code: bob.code(),
      rememberDevice: true,
    };
    const { deviceToken } = (await bob.call('verify-challenge', { body })).body;
    expect((await bob.signIn({ deviceToken })).body).toMatchObject({ secondFactor: 'trusted_device' });
    const changed = await bob.call('password-changed', {
      path: { accountId: bob.accountId, userId: bob.id },
    });
    expect(changed.status).toBe(204);
    expect((await bob.signIn({ deviceToken })).body.status).toBe('challenge');
    expect((await table.user(bob.ref)).trustedDevices).toEqual([]);
    expect((await bob.status()).status).toBe('enabled');
  });
});
