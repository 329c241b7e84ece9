/**
 * Trusted devices. The attacker holds a device token: stolen, forged, of somebody else, or older than what should have
 * ended it. Or they want one without a second factor: from a recovery code, a mailbox, a bypass, an older device.
 */
import { describe, expect, it } from 'vitest';
import { deploy, totpAt } from '../support/deployment.ts';
import { anAdmin, atDesk, changePolicy } from '../support/desk.ts';
import { remember, signInRemembered, statusWith } from '../support/devices.ts';
import { mailedTo } from '../support/guesses.ts';
import { day, minute, Person } from '../support/person.ts';
import { rawTable } from '../support/threat-table.ts';

const deployment = await deploy();
const table = rawTable(deployment);

const rememberDevice = { allowed: true, days: 30 };
const reason = 'lost the phone';

async function account(policy: object = {}) {
  const admin = await anAdmin(deployment);
  await table.setPolicy(admin.accountId, { rememberDevice, ...policy });
  const ada = await new Person(deployment, { accountId: admin.accountId, at: admin.at }).enrol();
  return { admin, ada };
}
const devicesOf = async (person: Person) => (await table.user(person.ref)).trustedDevices ?? [];

describe('a device token that is none', () => {
  it('S38 forged, changed, empty, or of any text: a normal challenge', async () => {
    const { ada } = await account();
    const token = await remember(ada);
    const forged = [
      '',
      ' ',
      'x',
      'A'.repeat(43),
      'A'.repeat(256),
      token.slice(1),
      `${token}A`,
      '☃'.repeat(50),
    ];
    forged.push(`${token.slice(0, -1)}${token.endsWith('A') ? 'E' : 'A'}`, token.toUpperCase(), '__proto__');
    for (const deviceToken of forged) {
      const reply = await ada.signIn({ deviceToken });
      expect([deviceToken, reply.status, reply.body.status]).toEqual([deviceToken, 201, 'challenge']);
    }
    for (const deviceToken of ['A'.repeat(5000), 7, [token], { token }, true]) {
      const reply = await ada.signIn({ deviceToken });
      expect([deviceToken, reply.status, reply.body.status]).toEqual([deviceToken, 201, 'challenge']);
    }
  });

  it("S38 another user's, and the same user's of another account: a normal challenge", async () => {
    const { ada } = await account();
    const bob = await new Person(deployment, { accountId: ada.accountId, at: ada.at }).enrol();
    const { admin: elsewhere } = await account();
    const namesake = await new Person(deployment, { accountId: elsewhere.accountId, id: ada.id }).enrol();
    const token = await remember(ada);
    for (const person of [bob, namesake]) {
      await remember(person);
      expect(await statusWith(person, token)).toBe('challenge');
    }
    expect(await statusWith(ada, token)).toBe('passed');
  });

  it('S38 expired although the cookie lives: a normal challenge, and the data may still be there', async () => {
    const { ada } = await account();
    const token = await remember(ada);
    ada.later(30 * day);
    expect(await statusWith(ada, token)).toBe('challenge');
    expect(await devicesOf(ada)).toHaveLength(1);
  });

  it('S33 the stored hash of a token is no token', async () => {
    const { ada } = await account();
    await remember(ada);
    const [{ tokenHash }] = await devicesOf(ada);
    for (const encoding of ['base64url', 'base64', 'hex'] as const) {
      expect(await statusWith(ada, Buffer.from(tokenHash).toString(encoding))).toBe('challenge');
    }
  });
});

type End = (ada: Person, admin: Person) => Promise<unknown>;
const ends: [string, End][] = [
  [
    'a password change',
    (ada) => ada.call('password-changed', { path: { accountId: ada.accountId, userId: ada.id } }),
  ],
  [
    'turning two-factor off and on',
    async (ada) => {
      await ada.own('disable-two-factor', { body: { proof: ada.totpProof() } });
      await ada.later(minute).enrol();
    },
  ],
  [
    'a new authenticator',
    async (ada) => {
      const { secret } = (await ada.start({ proof: ada.totpProof() })).body;
      await ada.confirm(ada.authenticatorId, totpAt(secret, ada.at));
    },
  ],
  [
    'an admin’s reset',
    (ada, admin) => atDesk(admin, 'reset-two-factor', { path: { id: ada.id }, body: { reason } }),
  ],
  [
    'a recovery code at a sign-in',
    async (ada) => ada.verify(await ada.challengeToken(), 'recovery_code', ada.recoveryCodes[0]),
  ],
  [
    'a recovery code as proof',
    (ada) => {
      const proof = { method: 'recovery_code', code: ada.recoveryCodes[0] };
      return ada.own('regenerate-recovery-codes', { body: { proof } });
    },
  ],
  ['revoking all', (ada) => ada.own('revoke-trusted-devices')],
  [
    'the policy turned off',
    async (ada, admin) => {
      await changePolicy(deployment, admin, { rememberDevice: { allowed: false, days: 30 } });
      ada.at = admin.at;
    },
  ],
  [
    'the policy turned off, and on again before anybody signs in',
    async (ada, admin) => {
      await changePolicy(deployment, admin, { rememberDevice: { allowed: false, days: 30 } });
      await changePolicy(deployment, admin, { rememberDevice });
      ada.at = admin.at;
    },
  ],
  [
    'the policy shortened, also for a device younger than that',
    async (ada, admin) => {
      await changePolicy(deployment, admin, { rememberDevice: { allowed: true, days: 29 } });
      ada.at = admin.at;
    },
  ],
];

describe('what ends every device', () => {
  it.each(ends)('S39 R76 %s: every device is challenged at the next sign-in', async (_name, end) => {
    const { admin, ada } = await account();
    const tokens = [await remember(ada), await remember(ada)];
    expect(await Promise.all(tokens.map((token) => statusWith(ada, token)))).toEqual(['passed', 'passed']);
    await end(ada, admin);
    ada.later(30_000);
    for (const token of tokens) {
      expect(await statusWith(ada, token)).not.toBe('passed');
    }
  });

  it('S39 what ends nothing: a longer policy, another user’s change, a sign-in by code, regenerated recovery codes', async () => {
    const { admin, ada } = await account();
    const token = await remember(ada);
    const bob = await new Person(deployment, { accountId: ada.accountId, at: ada.at }).enrol();
    await bob.own('disable-two-factor', { body: { proof: bob.totpProof() } });
    await ada.verify(await ada.challengeToken(), 'totp', ada.code());
    ada.later(30_000);
    await ada.own('regenerate-recovery-codes', { body: { proof: ada.totpProof() } });
    await changePolicy(deployment, admin, { rememberDevice: { allowed: true, days: 60 } });
    await changePolicy(deployment, admin, { strictWindow: true });
    ada.at = admin.at;
    expect(await statusWith(ada, token)).toBe('passed');
  });

  it('S39 a device remembered after the change is trusted', async () => {
    const { admin, ada } = await account();
    await remember(ada);
    await changePolicy(deployment, admin, { rememberDevice: { allowed: true, days: 7 } });
    ada.at = admin.at + 30_000;
    expect(await statusWith(ada, await remember(ada))).toBe('passed');
  });

  it('S16 after a password reset two-factor is still asked', async () => {
    const { ada } = await account();
    const token = await remember(ada);
    await ada.call('password-changed', { path: { accountId: ada.accountId, userId: ada.id } });
    const { body } = await ada.signIn({ deviceToken: token });
    expect(body.status).toBe('challenge');
    expect((await ada.verify(body.challengeToken, 'totp', ada.code())).status).toBe(200);
  });

  it('S40 trust that was given cannot outrun what ends it: revoked while a sign-in with it is on its way', async () => {
    const { ada } = await account();
    const token = await remember(ada);
    ada.later(minute);
    await Promise.all([statusWith(ada, token), ada.own('revoke-trusted-devices'), statusWith(ada, token)]);
    expect(await statusWith(ada, token)).toBe('challenge');
    expect(await devicesOf(ada)).toEqual([]);
  });
});

describe('what never mints trust', () => {
  it('S40 a recovery code', async () => {
    const { ada } = await account();
    const reply = await signInRemembered(ada, 'recovery_code', ada.recoveryCodes[0]);
    expect(reply.body.status).toBe('passed');
    expect(reply.body).not.toHaveProperty('deviceToken');
    expect(await devicesOf(ada)).toEqual([]);
  });

  it('S40 an e-mail bootstrap, and the enrolment that follows it', async () => {
    const { admin } = await account({ mode: 'required', methods: ['totp'] });
    const bob = new Person(deployment, { accountId: admin.accountId, at: admin.at });
    const { body } = await bob.signIn();
    const code = await mailedTo(deployment, bob, body.challengeToken);
    const verify = { challengeToken: body.challengeToken, method: 'email', code, rememberDevice: true };
    const proven = await bob.call('verify-challenge', { body: verify });
    expect(proven.body.status).toBe('enrollment_required');
    const bearer = proven.body.challengeToken;
    const started = await bob.call('start-authenticator', { bearer, body: {} });
    bob.secret = started.body.secret;
    const path = { id: started.body.authenticatorId };
    const confirm = { code: bob.code(), rememberDevice: true };
    expect((await bob.call('confirm-authenticator', { bearer, path, body: confirm })).body.code).toBe(
      'request_invalid',
    );
    const done = await bob.call('confirm-authenticator', { bearer, path, body: { code: bob.code() } });
    expect(done.body).toHaveProperty('token');
    expect(await devicesOf(bob)).toEqual([]);
  });

  it('S40 the mailed code that proves the mailbox after a reset, where mail is the only method', async () => {
    const { admin, ada } = await account({ methods: ['totp', 'email'] });
    await table.setPolicy(admin.accountId, { rememberDevice, methods: ['email'] });
    await atDesk(admin, 'reset-two-factor', { path: { id: ada.id }, body: { reason } });
    const challengeToken = await ada.challengeToken();
    const code = await mailedTo(deployment, ada, challengeToken);
    const body = { challengeToken, method: 'email', code, rememberDevice: true };
    const reply = await ada.call('verify-challenge', { body });
    expect(reply.body.status).toBe('passed');
    expect(reply.body).not.toHaveProperty('deviceToken');
    expect(await devicesOf(ada)).toEqual([]);
  });

  it('S40 a sign-in with a trusted device: no second device comes of the first', async () => {
    const { ada } = await account();
    const deviceToken = await remember(ada);
    const reply = await ada.signIn({ deviceToken });
    expect(Object.keys(reply.body).sort()).toEqual(['expiresAt', 'secondFactor', 'status', 'token']);
    expect(await devicesOf(ada)).toHaveLength(1);
    expect((await ada.signIn({ deviceToken, rememberDevice: true })).body.code).toBe('request_invalid');
  });

  it('S40 a bypass: a federated sign-in, an API key, an exemption', async () => {
    const { admin, ada } = await account();
    for (const method of ['federated', 'api_key']) {
      const { body } = await ada.signIn({ firstFactor: { method } });
      expect([body.status, body.secondFactor]).toEqual(['passed', 'none']);
    }
    const until = new Date(admin.at + day).toISOString();
    await atDesk(admin, 'exempt-user', { path: { id: ada.id }, body: { until, reason } });
    expect((await ada.signIn()).body.secondFactor).toBe('exempt');
    expect(await devicesOf(ada)).toEqual([]);
  });

  it('S40 a wrong code, or one that was used', async () => {
    const { ada } = await account();
    await ada.verify(await ada.challengeToken(), 'totp', ada.code());
    const used = await signInRemembered(ada);
    expect(used.body.code).toBe('code_already_used');
    await signInRemembered(ada, 'totp', ada.code(20));
    expect(await devicesOf(ada)).toEqual([]);
  });

  it('S59 a repeat by Idempotency-Key mints no second device', async () => {
    const { ada } = await account();
    const body = {
      challengeToken: await ada.challengeToken(),
      method: 'totp',
      code: ada.code(),
      rememberDevice: true,
    };
    const headers = { 'idempotency-key': 'once' };
    for (const _again of [1, 2]) {
      expect((await ada.call('verify-challenge', { body, headers })).status).toBe(200);
    }
    expect(await devicesOf(ada)).toHaveLength(1);
  });
});

describe('what a trusted device is not', () => {
  it('S40 it never satisfies a sensitive action', async () => {
    const { ada } = await account();
    const deviceToken = await remember(ada);
    for (const flow of ['disable-two-factor', 'regenerate-recovery-codes', 'start-authenticator'] as const) {
      expect((await ada.own(flow, { body: {} })).body.code).toBe('proof_required');
      const proof = { method: 'trusted_device', code: deviceToken };
      expect((await ada.own(flow, { body: { proof } })).body.code).toBe('request_invalid');
    }
  });

  it('S41 it is no way around an enrolment: after a reset, or when its factor is taken away', async () => {
    const { admin, ada } = await account({ mode: 'required' });
    const token = await remember(ada);
    const devices = await devicesOf(ada);
    await atDesk(admin, 'reset-two-factor', { path: { id: ada.id }, body: { reason } });
    await table.changeUser(ada.ref, (user) => ({ ...user, trustedDevices: devices }));
    expect(await statusWith(ada, token)).toBe('enrollment_required');
  });
});
