import { describe, expect, it } from 'vitest';
import { decodeToken, deploy } from '../support/deployment.ts';
import { chromeOnMac, firefoxOnWindows, remember, signInRemembered, statusWith } from '../support/devices.ts';
import { day, minute, Person } from '../support/person.ts';
import { setPolicy, userItem } from '../support/table.ts';

const deployment = await deploy();

const allowed = (days = 30) => ({ rememberDevice: { allowed: true, days } });

/** Somebody enrolled in an account whose policy remembers devices for so many days. */
async function enrolled(days = 30): Promise<Person> {
  const ada = await new Person(deployment).enrol();
  await setPolicy(deployment, ada.accountId, allowed(days));
  return ada;
}

const devicesOf = async (person: Person) => (await person.own('list-trusted-devices')).body.data;

describe('remembering a device', () => {
  it('R47 is off by default: not offered, and asking for it mints nothing', async () => {
    const ada = await new Person(deployment).enrol();
    expect((await ada.signIn()).body.rememberDevice.allowed).toBe(false);
    const reply = await signInRemembered(ada);
    expect(reply.body.status).toBe('passed');
    expect(reply.body).not.toHaveProperty('deviceToken');
    expect(await devicesOf(ada)).toEqual([]);
  });

  it('R47 where the policy allows it, it is offered with its days, and minted only when asked for', async () => {
    const ada = await enrolled(14);
    expect((await ada.signIn()).body.rememberDevice).toEqual({ allowed: true, days: 14 });
    const plain = await ada.verify(await ada.challengeToken(), 'totp', ada.code());
    expect(plain.body).not.toHaveProperty('deviceToken');
    ada.later(30_000);
    const challengeToken = await ada.challengeToken();
    const body = { challengeToken, method: 'totp', code: ada.code(), rememberDevice: false };
    expect((await ada.call('verify-challenge', { body })).body).not.toHaveProperty('deviceToken');
    expect(await remember(ada.later(30_000))).toMatch(/^[\w-]{43}$/);
  });

  it('R48 a remembered device skips the second step, and the token says so', async () => {
    const ada = await enrolled();
    const deviceToken = await remember(ada);
    const { body } = await ada.signIn({ deviceToken });
    expect(body).toMatchObject({ status: 'passed', secondFactor: 'trusted_device' });
    expect(decodeToken(body.token)).toMatchObject({ second_factor: 'trusted_device', amr: ['pwd'] });
  });

  it('R48 only that one: another browser is challenged', async () => {
    const ada = await enrolled();
    await remember(ada);
    expect((await ada.signIn()).body.status).toBe('challenge');
    expect(await statusWith(ada, 'A'.repeat(43))).toBe('challenge');
  });

  it('R48 an accepted mailed code remembers a device too', async () => {
    const ada = await enrolled();
    await ada.turnOnEmail(ada.totpProof());
    ada.later(minute);
    const challengeToken = await ada.challengeToken();
    await ada.call('send-code', { body: { challengeToken, method: 'email' } });
    const body = { challengeToken, method: 'email', code: ada.mailedCode(), rememberDevice: true };
    const { deviceToken } = (await ada.call('verify-challenge', { body })).body;
    expect(await statusWith(ada, deviceToken)).toBe('passed');
  });

  it('S33 only a hash of the token is stored', async () => {
    const ada = await enrolled();
    const deviceToken = await remember(ada);
    const stored = JSON.stringify(await userItem(deployment, ada.ref), (_, value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('base64url') : value,
    );
    expect(stored).not.toContain(deviceToken);
  });
});

describe('how long', () => {
  it('R47 as many days as the policy says, to the millisecond', async () => {
    const ada = await enrolled(7);
    const mintedAt = ada.at;
    const deviceToken = await remember(ada);
    ada.at = mintedAt + 7 * day - 1;
    expect(await statusWith(ada, deviceToken)).toBe('passed');
    ada.at = mintedAt + 7 * day;
    expect(await statusWith(ada, deviceToken)).toBe('challenge');
  });

  it('it never renews itself, however often it is seen', async () => {
    const ada = await enrolled(7);
    const mintedAt = ada.at;
    const deviceToken = await remember(ada);
    for (let days = 1; days < 7; days += 1) {
      ada.at = mintedAt + days * day;
      expect(await statusWith(ada, deviceToken)).toBe('passed');
    }
    ada.at = mintedAt + 7 * day;
    expect(await statusWith(ada, deviceToken)).toBe('challenge');
  });

  it('90 days at most, whatever an item says', async () => {
    const ada = await enrolled(400);
    const mintedAt = ada.at;
    const deviceToken = await remember(ada);
    ada.at = mintedAt + 90 * day - 1;
    expect(await statusWith(ada, deviceToken)).toBe('passed');
    ada.at = mintedAt + 90 * day;
    expect(await statusWith(ada, deviceToken)).toBe('challenge');
  });

  it('a longer policy makes no device older than what it was given', async () => {
    const ada = await enrolled(7);
    const mintedAt = ada.at;
    const deviceToken = await remember(ada);
    await setPolicy(deployment, ada.accountId, allowed(90));
    ada.at = mintedAt + 7 * day;
    expect(await statusWith(ada, deviceToken)).toBe('challenge');
  });

  it('ten per user: the longest unseen one makes room for the eleventh', async () => {
    const ada = await enrolled();
    const tokens: string[] = [];
    for (let nth = 0; nth < 10; nth += 1) {
      tokens.push(await remember(ada.later(minute)));
    }
    expect(await statusWith(ada.later(minute), tokens[0] as string)).toBe('passed');
    tokens.push(await remember(ada.later(minute)));
    const statuses: string[] = [];
    for (const token of tokens) {
      statuses.push(await statusWith(ada, token));
    }
    expect(statuses).toEqual(['passed', 'challenge', ...Array(9).fill('passed')]);
    expect(await devicesOf(ada)).toHaveLength(10);
  });
});

describe('the list of devices', () => {
  it('R76 names each as a person knows it, with when it was made, last seen, and ends', async () => {
    const ada = await enrolled(30);
    const first = ada.at;
    const onMac = await remember(ada, { userAgent: chromeOnMac });
    const second = ada.at;
    await remember(ada, { userAgent: firefoxOnWindows });
    await ada.later(day).signIn({ deviceToken: onMac });
    const seen = ada.at;
    const devices = await devicesOf(ada);
    expect(devices.map(({ id: _id, ...rest }: { id: string }) => rest)).toEqual([
      {
        label: 'Chrome on macOS',
        createdAt: new Date(first).toISOString(),
        lastSeenAt: new Date(seen).toISOString(),
        expiresAt: new Date(first + 30 * day).toISOString(),
      },
      {
        label: 'Firefox on Windows',
        createdAt: new Date(second).toISOString(),
        lastSeenAt: new Date(second).toISOString(),
        expiresAt: new Date(second + 30 * day).toISOString(),
      },
    ]);
    expect((await ada.status()).trustedDevices).toBe(2);
  });

  it('R76 a browser that says nothing of itself has a name too', async () => {
    const ada = await enrolled();
    await remember(ada, { userAgent: '' });
    await remember(ada, { userAgent: '<script>alert(1)</script>' });
    for (const { label } of await devicesOf(ada)) {
      expect(label).toBe('Unknown device');
    }
  });

  it('R47 devices that skip nothing are not shown: ended, or the policy is off', async () => {
    const ada = await enrolled(7);
    await remember(ada);
    await setPolicy(deployment, ada.accountId, {});
    expect(await devicesOf(ada)).toEqual([]);
    expect((await ada.status()).trustedDevices).toBe(0);
    await setPolicy(deployment, ada.accountId, allowed(7));
    ada.later(7 * day);
    expect(await devicesOf(ada)).toEqual([]);
    expect((await ada.status()).trustedDevices).toBe(0);
  });

  it("is one's own: another user's devices are not in it", async () => {
    const ada = await enrolled();
    await remember(ada);
    const bob = await new Person(deployment, { accountId: ada.accountId }).enrol();
    expect(await devicesOf(bob)).toEqual([]);
  });
});

describe('ending them', () => {
  it('R76 one by one: this device is challenged, the other still passes', async () => {
    const ada = await enrolled();
    const [one, other] = [await remember(ada), await remember(ada)];
    const [first] = await devicesOf(ada);
    const reply = await ada.own('revoke-trusted-device', { path: { id: first.id } });
    expect(reply.status).toBe(204);
    expect([await statusWith(ada, one), await statusWith(ada, other)]).toEqual(['challenge', 'passed']);
    expect((await ada.own('revoke-trusted-device', { path: { id: first.id } })).body.code).toBe('not_found');
  });

  it('R76 all at once, again is the same, and no proof is asked for less trust', async () => {
    const ada = await enrolled();
    const tokens = [await remember(ada), await remember(ada)];
    for (const _again of [1, 2]) {
      expect((await ada.own('revoke-trusted-devices', { fresh: false })).status).toBe(204);
    }
    for (const token of tokens) {
      expect(await statusWith(ada, token)).toBe('challenge');
    }
  });

  it("R76 nobody ends another user's device", async () => {
    const ada = await enrolled();
    const token = await remember(ada);
    const [{ id }] = await devicesOf(ada);
    const bob = await new Person(deployment, { accountId: ada.accountId }).enrol();
    await remember(bob);
    expect((await bob.own('revoke-trusted-device', { path: { id } })).body.code).toBe('not_found');
    await bob.own('revoke-trusted-devices');
    expect(await statusWith(ada, token)).toBe('passed');
  });

  it('R77 the user is told by mail of a device that is remembered, and of one that is ended', async () => {
    const ada = await enrolled();
    await remember(ada, { userAgent: chromeOnMac });
    const added = await ada.deliver();
    expect(added[0]).toBe('Acme: A device is remembered');
    const [{ id }] = await devicesOf(ada);
    await ada.own('revoke-trusted-device', { path: { id } });
    expect((await ada.deliver())[0]).toBe('Acme: A remembered device was removed');
    await remember(ada);
    await ada.own('revoke-trusted-devices');
    expect((await ada.deliver())[0]).toBe('Acme: Remembered devices were signed out');
  });

  it('R30 two-factor off and on again revives no device', async () => {
    const ada = await enrolled();
    const token = await remember(ada);
    await ada.own('disable-two-factor', { body: { proof: ada.totpProof() } });
    await ada.later(minute).enrol();
    expect(await statusWith(ada, token)).toBe('challenge');
  });
});

describe('what a device costs', () => {
  it('a sign-in with one is one read, one signature, and one write that records it', async () => {
    const ada = await enrolled();
    const deviceToken = await remember(ada);
    deployment.calls();
    await ada.later(minute).signIn({ deviceToken });
    expect(deployment.calls()).toEqual({ BatchGetItem: 1, PutItem: 1, Sign: 1 });
  });

  it('a challenge for an unknown token is one batch read', async () => {
    const ada = await enrolled();
    deployment.calls();
    await ada.signIn({ deviceToken: 'A'.repeat(43) });
    expect(deployment.calls()).toEqual({ BatchGetItem: 1 });
  });
});
