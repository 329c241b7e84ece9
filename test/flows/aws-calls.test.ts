/** What each step costs: the AWS calls of a warm function, counted exactly, and what a cold start adds. */
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { deploy } from '../support/deployment.ts';
import { Person } from '../support/person.ts';
import { setPolicy } from '../support/table.ts';

const deployment = await deploy();
let ada: Person;
beforeAll(async () => {
  ada = await new Person(deployment).enrol();
  await ada.turnOnEmail(ada.totpProof());
  ada.later(60_000);
  await ada.own('disable-two-factor', { body: {} });
  await ada.signIn();
  await ada.verify(await ada.challengeToken(), 'totp', ada.code());
  await ada.call('send-code', { body: { challengeToken: await ada.challengeToken(), method: 'email' } });
  ada.later(120_000);
});
beforeEach(() => {
  ada.later(30_000);
});

/** The AWS calls that an action makes. */
async function callsOf(action: () => Promise<unknown>): Promise<Record<string, number>> {
  deployment.calls();
  await action();
  return deployment.calls();
}

describe('the AWS calls of a sign-in', () => {
  it('create-challenge is one batch read', async () => {
    expect(await callsOf(() => ada.signIn())).toEqual({ BatchGetItem: 1 });
  });

  it('create-challenge writes once, the first time a user is seen', async () => {
    const bob = new Person(deployment);
    await setPolicy(deployment, bob.accountId, { mode: 'required' });
    expect(await callsOf(() => bob.signIn())).toEqual({ BatchGetItem: 1, PutItem: 1 });
    expect(await callsOf(() => bob.signIn())).toEqual({ BatchGetItem: 1 });
    const moved = () => bob.signIn({ user: { email: 'bob@example.org' } });
    expect(await callsOf(moved)).toEqual({ BatchGetItem: 1, PutItem: 1 });
  });

  it('create-challenge signs once more where no second factor is wanted', async () => {
    const passes = () => ada.signIn({ firstFactor: { method: 'api_key' } });
    expect(await callsOf(passes)).toEqual({ BatchGetItem: 1, Sign: 1 });
  });

  it('verify by TOTP is one read, one decryption, one write, one signature', async () => {
    const token = await ada.challengeToken();
    const verify = () => ada.verify(token, 'totp', ada.code());
    expect(await callsOf(verify)).toEqual({ BatchGetItem: 1, Decrypt: 1, PutItem: 1, Sign: 1 });
  });

  it('a wrong code costs the same without the signature, and so does a used one', async () => {
    const token = await ada.challengeToken();
    const calls = { BatchGetItem: 1, Decrypt: 1, PutItem: 1 };
    expect(await callsOf(() => ada.verify(token, 'totp', ada.code(20)))).toEqual(calls);
    await ada.verify(await ada.challengeToken(), 'totp', ada.code());
    expect(await callsOf(() => ada.verify(token, 'totp', ada.code()))).toEqual(calls);
  });

  it('a recovery code or a mailed code needs no decryption', async () => {
    const token = await ada.challengeToken();
    const recovery = () => ada.verify(token, 'recovery_code', ada.recoveryCodes[0] as string);
    expect(await callsOf(recovery)).toEqual({ BatchGetItem: 1, PutItem: 1, Sign: 1 });
    const other = await ada.challengeToken();
    const send = () => ada.call('send-code', { body: { challengeToken: other, method: 'email' } });
    expect(await callsOf(send)).toEqual({ BatchGetItem: 1, PutItem: 1, SendEmail: 1 });
    const mailed = () => ada.verify(other, 'email', ada.mailedCode());
    expect(await callsOf(mailed)).toEqual({ BatchGetItem: 1, PutItem: 1, Sign: 1 });
  });

  it('a challenge that is over or passed is one read at most', async () => {
    const token = await ada.challengeToken();
    await ada.verify(token, 'totp', ada.code());
    expect(await callsOf(() => ada.verify(token, 'totp', ada.code(1)))).toEqual({ BatchGetItem: 1 });
  });

  it('a lost race reads and writes again, and decrypts no second time', async () => {
    const tokens = [await ada.challengeToken(), await ada.challengeToken()];
    const atOnce = () => Promise.all(tokens.map((token) => ada.verify(token, 'totp', ada.code(20))));
    expect((await callsOf(atOnce)).Decrypt).toBe(2);
  });

  it('a garbage token costs nothing, whatever its form', async () => {
    const real = await ada.challengeToken();
    const [header, key, iv, text] = real.split('.');
    const foreign = Buffer.from(JSON.stringify({ alg: 'dir', enc: 'A256GCM', kid: 'other' })).toString(
      'base64url',
    );
    const garbage = [
      'x',
      'a.b.c',
      'a.b.c.d.e',
      `${foreign}.${key}.${iv}.${text}.AAAA`,
      [header, key, iv, text, ''].join('.'),
    ];
    for (const token of garbage) {
      expect(await callsOf(() => ada.verify(token, 'totp', '123456'))).toEqual({});
      const send = () => ada.call('send-code', { body: { challengeToken: token, method: 'email' } });
      expect(await callsOf(send)).toEqual({});
    }
  });

  it('a body that does not fit costs nothing', async () => {
    expect(await callsOf(() => ada.verify('x', 'totp', 123456))).toEqual({});
  });

  it('a user token is one read and one signature, and reading the status one batch read', async () => {
    expect(await callsOf(() => ada.token())).toEqual({ BatchGetItem: 1, Sign: 1 });
    const bearer = await ada.token();
    expect(await callsOf(() => ada.call('get-two-factor', { bearer }))).toEqual({ BatchGetItem: 1 });
  });

  it('a user token that is none costs nothing', async () => {
    for (const bearer of ['x', 'a.b.c']) {
      expect(await callsOf(() => ada.call('get-two-factor', { bearer }))).toEqual({});
    }
  });
});

describe('a cold start', () => {
  it('reads and unwraps the keyring once, and never again', async () => {
    const token = await ada.challengeToken();
    const verify = () => ada.verify(token, 'totp', ada.code(20));
    const warm = await callsOf(verify);
    vi.resetModules();
    expect(await callsOf(verify)).toEqual({ ...warm, GetItem: 1, Decrypt: 2 });
    expect(await callsOf(verify)).toEqual(warm);
  });

  it('makes the keyring once for the whole deployment', async () => {
    vi.resetModules();
    const calls = await callsOf(() => ada.signIn());
    expect(calls).toEqual({ BatchGetItem: 1, GetItem: 1, Decrypt: 1 });
  });

  it('fetches each public key once', async () => {
    const bearer = await ada.token();
    vi.resetModules();
    const status = () => ada.call('get-two-factor', { bearer });
    expect(await callsOf(status)).toEqual({ BatchGetItem: 1, GetPublicKey: 1 });
    expect(await callsOf(status)).toEqual({ BatchGetItem: 1 });
  });
});
