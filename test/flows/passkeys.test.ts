import { describe, expect, it } from 'vitest';
import { Authenticator, type Lies } from '../support/authenticator.ts';
import { decodeToken, deploy } from '../support/deployment.ts';
import { day, minute, Person } from '../support/person.ts';
import { userItem } from '../support/table.ts';

const deployment = await deploy();
const newPerson = async () => {
  const ada = new Person(deployment);
  await ada.signIn();
  return ada;
};
const withPasskey = async (authenticator = new Authenticator()) => {
  const ada = await newPerson();
  const reply = await ada.addPasskey(authenticator);
  expect(reply.status).toBe(200);
  return { ada, authenticator };
};

describe('enrolling a passkey', () => {
  it('R87 is the first factor of somebody signed in, and brings ten recovery codes', async () => {
    const ada = await newPerson();
    const started = await ada.own('start-passkey', { body: {} });
    expect(started.status).toBe(201);
    const { options } = started.body;
    expect(options).toMatchObject({
      rp: { id: 'acme.example', name: 'Acme' },
      user: { name: ada.email },
      attestation: 'none',
      excludeCredentials: [],
      authenticatorSelection: { userVerification: 'required' },
    });
    expect(options.pubKeyCredParams.map(({ alg }: { alg: number }) => alg)).toEqual([-8, -7, -257]);
    expect(Buffer.from(options.user.id, 'base64url')).toHaveLength(32);
    expect(Buffer.from(options.challenge, 'base64url')).toHaveLength(32);
    const confirmed = await ada.own('confirm-passkey', {
      path: { id: started.body.passkeyId },
      body: { credential: new Authenticator().create(options) },
    });
    expect(confirmed.status).toBe(200);
    expect(confirmed.body).toMatchObject({ status: 'enabled' });
    expect(confirmed.body.recoveryCodes).toHaveLength(10);
    expect(await ada.status()).toMatchObject({
      status: 'enabled',
      methods: [{ method: 'passkey', default: true }],
      passkeys: [
        { id: started.body.passkeyId, label: 'Passkey', lastUsedAt: null, synced: false, usable: true },
      ],
    });
    expect(await ada.deliver()).toEqual(['Acme: Two-factor authentication is on']);
  });

  it.each([-7, -8, -257] as const)('R87 takes keys of COSE algorithm %d', async (algorithm) => {
    const { ada, authenticator } = await withPasskey(new Authenticator({ algorithm }));
    const { token, options } = await ada.passkeyChallenge();
    expect((await ada.present(token, authenticator.get(options))).status).toBe(200);
  });

  it('R87 names it by the label given, else by its model, else as a passkey', async () => {
    const ada = await newPerson();
    const bitwarden = 'd548826e-79b4-db40-a3d8-11116f7e8349';
    const first = new Authenticator({ aaguid: bitwarden });
    expect((await ada.addPasskey(first)).status).toBe(200);
    const proof = await ada.passkeyProof(first);
    expect(
      (await ada.addPasskey(new Authenticator({ aaguid: bitwarden }), { label: '  My\n key ', proof }))
        .status,
    ).toBe(200);
    const another = await ada.passkeyProof(first);
    expect((await ada.addPasskey(new Authenticator(), { proof: another })).status).toBe(200);
    expect((await ada.status()).passkeys.map(({ label }: { label: string }) => label)).toEqual([
      'Bitwarden',
      'My key',
      'Passkey',
    ]);
  });

  it('R87 takes several, tells the browser which there are, and stops at five', async () => {
    const { ada, authenticator } = await withPasskey();
    for (let more = 0; more < 4; more += 1) {
      const proof = await ada.passkeyProof(authenticator);
      expect((await ada.addPasskey(new Authenticator(), { proof })).status).toBe(200);
    }
    const { options } = await ada.passkeyChallenge();
    expect(options.allowCredentials).toHaveLength(5);
    expect(options.allowCredentials[0]).toEqual({
      type: 'public-key',
      id: authenticator.credentials[0]?.id,
      transports: ['internal', 'hybrid'],
    });
    const sixth = await ada.own('start-passkey', { body: { proof: await ada.passkeyProof(authenticator) } });
    expect(sixth).toMatchObject({ status: 403, body: { code: 'forbidden', reason: 'five_passkeys' } });
  });

  it('R87 excludes the devices that have one already, and refuses the same key twice', async () => {
    const { ada, authenticator } = await withPasskey();
    const { body } = await ada.own('start-passkey', {
      body: { proof: await ada.passkeyProof(authenticator) },
    });
    expect(body.options.excludeCredentials).toMatchObject([{ id: authenticator.credentials[0]?.id }]);
  });

  it('wants a proof once a factor is on', async () => {
    const { ada } = await withPasskey();
    expect(await ada.own('start-passkey', { body: {} })).toMatchObject({
      status: 403,
      body: { code: 'proof_required' },
    });
  });

  it('S83 refuses what was made without user verification, for another page or another challenge, five times', async () => {
    const ada = await newPerson();
    const { body } = await ada.own('start-passkey', { body: {} });
    const wrong: Lies[] = [
      { verified: false },
      { origin: 'https://app.acme.example.evil.test' },
      { rpId: 'evil.test' },
      { challenge: 'AAAAAAAAAAAAAAAAAAAAAA' },
      { crossOrigin: true },
    ];
    for (const [tried, lies] of wrong.entries()) {
      const credential = new Authenticator().create(body.options, lies);
      expect(
        await ada.own('confirm-passkey', { path: { id: body.passkeyId }, body: { credential } }),
      ).toMatchObject({ status: 422, body: { code: 'code_incorrect', attemptsRemaining: 4 - tried } });
    }
    const right = new Authenticator().create(body.options);
    expect(
      await ada.own('confirm-passkey', { path: { id: body.passkeyId }, body: { credential: right } }),
    ).toMatchObject({ status: 429, body: { code: 'too_many_attempts' } });
    expect((await userItem(deployment, ada.ref))?.failures).toEqual({ consecutive: 0 });
    expect((await ada.status()).status).toBe('disabled');
  });

  it('ends after ten minutes, and by a newer start', async () => {
    const ada = await newPerson();
    const first = (await ada.own('start-passkey', { body: {} })).body;
    const second = (await ada.own('start-passkey', { body: {} })).body;
    const confirm = (started: typeof first) =>
      ada.own('confirm-passkey', {
        path: { id: started.passkeyId },
        body: { credential: new Authenticator().create(started.options) },
      });
    expect(await confirm(first)).toMatchObject({ status: 404, body: { reason: 'passkey' } });
    ada.later(10 * minute);
    expect(await confirm(second)).toMatchObject({ status: 410, body: { code: 'enrollment_expired' } });
  });

  it('R87 completes a sign-in that must enrol first', async () => {
    const ada = await newPerson();
    await deployment.call('set-policy', {
      path: { accountId: ada.accountId },
      body: { policy: { mode: 'required', methods: ['passkey', 'totp'], bootstrap: 'none' } },
    });
    const { body } = await ada.signIn();
    expect(body).toMatchObject({ status: 'enrollment_required' });
    expect(body.methods.map(({ method }: { method: string }) => method)).toEqual(['passkey', 'totp']);
    const bearer = body.challengeToken;
    const started = await ada.call('start-passkey', { bearer, body: {} });
    const authenticator = new Authenticator({ backup: 'synced' });
    const confirmed = await ada.call('confirm-passkey', {
      bearer,
      path: { id: started.body.passkeyId },
      body: { credential: authenticator.create(started.body.options) },
    });
    expect(confirmed.body.recoveryCodes).toHaveLength(10);
    expect(decodeToken(confirmed.body.token)).toMatchObject({
      second_factor: 'passkey',
      acr: 'mfa',
      amr: ['pwd', 'pop', 'user', 'mfa', 'swk'],
    });
    const saved = await ada.call('save-recovery-codes', { bearer });
    expect(decodeToken(saved.body.token).amr).toEqual(['pwd', 'pop', 'user', 'mfa', 'swk']);
  });
});

describe('a sign-in by passkey', () => {
  it('R87 offers it with its options and passes with an honest amr', async () => {
    const { ada, authenticator } = await withPasskey();
    const { token, options, body } = await ada.passkeyChallenge();
    expect(body.methods.map(({ method }: { method: string }) => method)).toEqual([
      'passkey',
      'recovery_code',
    ]);
    expect(options).toMatchObject({ rpId: 'acme.example', userVerification: 'required' });
    expect(options.challenge).not.toContain(body.challengeId);
    const passed = await ada.present(token, authenticator.get(options));
    expect(passed).toMatchObject({ status: 200, body: { status: 'passed', secondFactor: 'passkey' } });
    expect(decodeToken(passed.body.token)).toMatchObject({
      amr: ['pwd', 'pop', 'user', 'mfa'],
      second_factor: 'passkey',
      acr: 'mfa',
      scope: 'second_factor',
    });
    expect((await ada.status()).passkeys[0].lastUsedAt).toBe(new Date(ada.at).toISOString());
  });

  it('R87 says `swk` where the key is backed up, also in a repeat', async () => {
    const { ada, authenticator } = await withPasskey(new Authenticator({ backup: 'eligible' }));
    const { token, options } = await ada.passkeyChallenge();
    const assertion = authenticator.get(options, { backup: 'synced' });
    const headers = { 'idempotency-key': 'once' };
    const passed = await ada.present(token, assertion, { headers });
    expect(decodeToken(passed.body.token).amr).toEqual(['pwd', 'pop', 'user', 'mfa', 'swk']);
    const repeated = await ada.present(token, assertion, { headers });
    expect(decodeToken(repeated.body.token)).toEqual(decodeToken(passed.body.token));
    expect((await ada.status()).passkeys).toMatchObject([{ synced: true }]);
  });

  it('gives a reloaded page the same options', async () => {
    const { ada } = await withPasskey();
    const { token, options, body } = await ada.passkeyChallenge();
    const read = await ada.call('read-challenge', { body: { challengeToken: token } });
    expect(read.body.methods).toEqual(body.methods);
    expect(read.body.methods[0].options).toEqual(options);
  });

  it('remembers a device where the policy allows', async () => {
    const { ada, authenticator } = await withPasskey();
    await deployment.call('set-policy', {
      path: { accountId: ada.accountId },
      body: { policy: { rememberDevice: { allowed: true, days: 30 } } },
    });
    const { token, options } = await ada.passkeyChallenge();
    const body = {
      challengeToken: token,
      method: 'passkey',
      assertion: authenticator.get(options),
      rememberDevice: true,
    };
    const passed = await ada.call('verify-challenge', { body });
    expect((await ada.signIn({ deviceToken: passed.body.deviceToken })).body).toMatchObject({
      secondFactor: 'trusted_device',
    });
  });

  it('costs one read and one write, as every sign-in', async () => {
    const { ada, authenticator } = await withPasskey();
    const { token, options } = await ada.passkeyChallenge();
    deployment.calls();
    await ada.present(token, authenticator.get(options));
    expect(deployment.calls()).toEqual({ BatchGetItem: 1, PutItem: 1, Sign: 1 });
  });
});

describe('a passkey as proof', () => {
  it('R87 proves a change of one’s own, once', async () => {
    const { ada, authenticator } = await withPasskey();
    const proof = await ada.passkeyProof(authenticator);
    expect((await ada.own('regenerate-recovery-codes', { body: { proof } })).status).toBe(201);
    expect(await ada.own('regenerate-recovery-codes', { body: { proof } })).toMatchObject({
      status: 422,
      body: { code: 'code_incorrect' },
    });
  });

  it('gives options for 5 minutes', async () => {
    const { ada, authenticator } = await withPasskey();
    const answer = await ada.own('mail-proof-code', { body: { method: 'passkey' } });
    expect(answer.status).toBe(200);
    expect(Date.parse(answer.body.expiresAt)).toBe(ada.at + 5 * minute);
    const assertion = authenticator.get(answer.body.options);
    ada.later(5 * minute);
    const proof = { method: 'passkey', assertion };
    expect((await ada.own('regenerate-recovery-codes', { body: { proof } })).status).toBe(422);
  });

  it('is none for somebody who has none', async () => {
    const ada = await new Person(deployment).enrol();
    expect(await ada.own('mail-proof-code', { body: { method: 'passkey' } })).toMatchObject({
      status: 403,
      body: { code: 'method_not_allowed' },
    });
  });
});

describe('removing a passkey', () => {
  it('R87 takes the named one, tells its owner, and the other signs in', async () => {
    const { ada, authenticator } = await withPasskey();
    const second = new Authenticator();
    await ada.addPasskey(second, { proof: await ada.passkeyProof(authenticator) });
    const [{ id }] = (await ada.status()).passkeys;
    const removed = await ada.own('remove-passkey', {
      path: { id },
      body: { proof: await ada.passkeyProof(second) },
    });
    expect(removed).toMatchObject({ status: 200, body: { status: 'enabled' } });
    expect(await ada.deliver()).toEqual(
      expect.arrayContaining(['Acme: A passkey was added', 'Acme: A passkey was removed']),
    );
    const { token, options } = await ada.passkeyChallenge();
    expect((await ada.present(token, authenticator.get(options))).status).toBe(422);
    expect((await ada.present(token, second.get(options))).status).toBe(200);
  });

  it('turns two-factor off with the last factor, and knows no other ids', async () => {
    const { ada, authenticator } = await withPasskey();
    const [{ id }] = (await ada.status()).passkeys;
    expect(await ada.own('remove-passkey', { path: { id: 'pky_other' }, body: {} })).toMatchObject({
      status: 404,
      body: { reason: 'passkey' },
    });
    const proof = await ada.passkeyProof(authenticator);
    expect((await ada.own('remove-passkey', { path: { id }, body: { proof } })).body).toEqual({
      status: 'disabled',
    });
    expect((await ada.signIn()).body).toMatchObject({ status: 'passed', secondFactor: 'none' });
  });
});

describe('the policy', () => {
  it('R87 may allow passkeys alone: another factor is proven once more, then a passkey replaces it', async () => {
    const ada = await new Person(deployment).enrol();
    const set = await deployment.call('set-policy', {
      path: { accountId: ada.accountId },
      body: { policy: { methods: ['passkey'] } },
    });
    expect(set.body.policy.methods).toEqual(['passkey']);
    const { body } = await ada.signIn();
    expect(body.methods.map(({ method }: { method: string }) => method)).toEqual(['totp', 'recovery_code']);
    const proven = await ada.verify(body.challengeToken, 'totp', ada.code());
    expect(proven.body).toMatchObject({ status: 'enrollment_required', methods: [{ method: 'passkey' }] });
    const bearer = proven.body.challengeToken;
    const started = await ada.call('start-passkey', { bearer, body: {} });
    const authenticator = new Authenticator();
    const confirmed = await ada.call('confirm-passkey', {
      bearer,
      path: { id: started.body.passkeyId },
      body: { credential: authenticator.create(started.body.options) },
    });
    expect(decodeToken(confirmed.body.token).second_factor).toBe('passkey');
    const next = await ada.later(minute).signIn();
    expect(next.body.methods.map(({ method }: { method: string }) => method)).toEqual([
      'passkey',
      'recovery_code',
    ]);
  });

  it('refuses passkeys where it has none', async () => {
    const ada = await newPerson();
    await deployment.call('set-policy', {
      path: { accountId: ada.accountId },
      body: { policy: { methods: ['totp'] } },
    });
    expect(await ada.own('start-passkey', { body: {} })).toMatchObject({
      status: 403,
      body: { code: 'method_not_allowed', reason: 'policy' },
    });
  });
});

describe('an access request', () => {
  it('shows passkeys without their keys', async () => {
    const { ada } = await withPasskey(new Authenticator({ backup: 'synced' }));
    const held = await ada.call('get-user', { path: ada.ref });
    expect(held.body.passkeys).toEqual([
      {
        id: expect.stringMatching(/^pky_/),
        label: 'Passkey',
        createdAt: new Date(ada.at).toISOString(),
        lastUsedAt: null,
        synced: true,
        rpId: 'acme.example',
      },
    ]);
    expect(day).toBe(86_400_000);
  });
});
