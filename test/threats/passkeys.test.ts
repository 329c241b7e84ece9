/**
 * S83 Somebody has the password, and tries a passkey's answers that are not theirs to give: replayed, made for another page
 * or another challenge, by a key that did not check who holds it, by a copy of a key.
 */
import { describe, expect, it, vi } from 'vitest';
import { Authenticator, type Lies } from '../support/authenticator.ts';
import { deploy } from '../support/deployment.ts';
import { minute, Person } from '../support/person.ts';
import { userItem } from '../support/table.ts';

const deployment = await deploy();

async function withPasskey(authenticator = new Authenticator()) {
  const ada = new Person(deployment);
  await ada.signIn();
  await ada.addPasskey(authenticator);
  return { ada, authenticator };
}

const newsOf = async (ada: Person): Promise<string[]> =>
  ((await userItem(deployment, ada.ref))?.outbox ?? []).map(({ type }: { type: string }) => type);
const countedFailures = async (ada: Person) => (await userItem(deployment, ada.ref))?.failures.consecutive;

describe('S83 an assertion', () => {
  const lies: [string, Lies][] = [
    ['for another origin', { origin: 'https://app.acme.example.evil.test' }],
    ['for a sibling of the origin', { origin: 'https://other.acme.example' }],
    ['for the origin over plain http', { origin: 'http://app.acme.example' }],
    ['for another relying party', { rpId: 'evil.test' }],
    ['for another challenge', { challenge: 'AAAAAAAAAAAAAAAAAAAAAA' }],
    ['of a registration', { type: 'webauthn.create' }],
    ['without user verification', { verified: false }],
    ['without anybody there', { present: false }],
    ['out of a frame of another site', { crossOrigin: true }],
    ['out of a frame, named by its site', { crossOrigin: true, topOrigin: 'https://evil.test' }],
    ['out of a frame, said in another way', { crossOrigin: 'true' }],
    ['that says its key is backed up and cannot be', { backup: 'impossible' }],
    ['with somebody else’s user handle', { userHandle: 'AAAA' }],
  ];
  it.each(lies)('%s is refused, costs a try and says nothing more', async (_what, told) => {
    const { ada, authenticator } = await withPasskey();
    const { token, options } = await ada.passkeyChallenge();
    const refused = await ada.present(token, authenticator.get(options, told));
    expect(refused).toMatchObject({
      status: 422,
      body: {
        code: 'code_incorrect',
        attemptsRemaining: 4,
        detail: 'That passkey was not accepted. Try again, or use another method.',
      },
    });
    expect(await countedFailures(ada)).toBe(1);
    expect((await ada.present(token, authenticator.get(options))).status).toBe(200);
  });

  it('without a user handle passes: security keys send none', async () => {
    const { ada, authenticator } = await withPasskey();
    const { token, options } = await ada.passkeyChallenge();
    expect((await ada.present(token, authenticator.get(options, { userHandle: null }))).status).toBe(200);
  });

  it('with a broken signature is refused', async () => {
    const { ada, authenticator } = await withPasskey();
    const { token, options } = await ada.passkeyChallenge();
    const assertion = authenticator.get(options) as { response: { signature: string } };
    const other = authenticator.get(options) as typeof assertion;
    const forged = { ...assertion, response: { ...assertion.response, signature: other.response.signature } };
    expect((await ada.present(token, forged)).status).toBe(422);
  });

  it('of which nothing makes sense is a wrong one, never a 500', async () => {
    const { ada, authenticator } = await withPasskey();
    const { token, options } = await ada.passkeyChallenge();
    const right = authenticator.get(options) as { response: object };
    for (const response of [
      { clientDataJSON: 'AA' },
      { clientDataJSON: Buffer.from('null').toString('base64url') },
      { authenticatorData: 'AA' },
      { signature: 'AA' },
    ]) {
      const broken = { ...right, response: { ...right.response, ...response } };
      expect((await ada.present(token, broken)).status).toBe(422);
    }
    const unfit = { ...right, response: { ...right.response, signature: 'not base64url!' } };
    expect((await ada.present(token, unfit)).status).toBe(400);
  });

  it('replayed in its own challenge or another one is refused', async () => {
    const { ada, authenticator } = await withPasskey(new Authenticator({ backup: 'synced' }));
    const first = await ada.passkeyChallenge();
    const assertion = authenticator.get(first.options);
    expect((await ada.present(first.token, assertion)).status).toBe(200);
    expect(await ada.present(first.token, assertion)).toMatchObject({
      status: 410,
      body: { code: 'challenge_used' },
    });
    const second = await ada.passkeyChallenge();
    expect((await ada.present(second.token, assertion)).status).toBe(422);
  });

  it('replayed where a factor is to be replaced opens the enrolment once', async () => {
    const { ada, authenticator } = await withPasskey(new Authenticator({ backup: 'synced' }));
    await deployment.call('set-policy', {
      path: { accountId: ada.accountId },
      body: { policy: { methods: ['totp'] } },
    });
    const { token, options } = await ada.passkeyChallenge();
    const assertion = authenticator.get(options);
    expect((await ada.present(token, assertion)).body).toMatchObject({ status: 'enrollment_required' });
    expect(await ada.present(token, assertion)).toMatchObject({
      status: 422,
      body: { code: 'code_already_used' },
    });
  });

  it('of another user’s key is refused, with either user’s options', async () => {
    const ada = await withPasskey();
    const bob = await withPasskey();
    const { token, options } = await ada.ada.passkeyChallenge();
    expect((await ada.ada.present(token, bob.authenticator.get(options))).status).toBe(422);
    const bobs = await bob.ada.passkeyChallenge();
    expect((await ada.ada.present(token, bob.authenticator.get(bobs.options))).status).toBe(422);
    const renamed = { ...bob.authenticator.get(options), id: options.allowCredentials[0].id };
    expect((await ada.ada.present(token, { ...renamed, rawId: renamed.id })).status).toBe(422);
  });

  it('for a proof does not sign in, nor one for a sign-in prove, nor either enrol', async () => {
    const { ada, authenticator } = await withPasskey();
    const proof = await ada.passkeyProof(authenticator);
    const { token, options } = await ada.passkeyChallenge();
    expect((await ada.present(token, proof.assertion)).status).toBe(422);
    const signIn = { method: 'passkey', assertion: authenticator.get(options) };
    expect((await ada.own('regenerate-recovery-codes', { body: { proof: signIn } })).status).toBe(422);
  });

  it('is worth nothing once the challenge has had five wrong ones', async () => {
    const { ada, authenticator } = await withPasskey();
    const { token, options } = await ada.passkeyChallenge();
    for (let tried = 0; tried < 5; tried += 1) {
      await ada.present(token, authenticator.get(options, { verified: false }));
    }
    expect(await ada.present(token, authenticator.get(options))).toMatchObject({
      status: 429,
      body: { code: 'too_many_attempts', reason: 'spent' },
    });
  });

  it('after the password has changed is refused with its challenge', async () => {
    const { ada, authenticator } = await withPasskey();
    const { token, options } = await ada.passkeyChallenge();
    await ada.later(1000).call('password-changed', { path: ada.ref });
    expect((await ada.present(token, authenticator.get(options))).body.code).toBe('challenge_expired');
  });
});

describe('S83 the challenge of a proof', () => {
  it('is spent by its first answer, a wrong one too', async () => {
    const { ada, authenticator } = await withPasskey();
    const { body } = await ada.own('mail-proof-code', { body: { method: 'passkey' } });
    const prove = (assertion: object) =>
      ada.own('regenerate-recovery-codes', { body: { proof: { method: 'passkey', assertion } } });
    expect((await prove(authenticator.get(body.options, { verified: false }))).status).toBe(422);
    expect((await prove(authenticator.get(body.options))).status).toBe(422);
    expect((await prove((await ada.passkeyProof(authenticator)).assertion)).status).toBe(201);
  });

  it('ends with the next one', async () => {
    const { ada, authenticator } = await withPasskey();
    const first = await ada.passkeyProof(authenticator);
    await ada.passkeyProof(authenticator);
    expect((await ada.own('regenerate-recovery-codes', { body: { proof: first } })).status).toBe(422);
  });
});

describe('S83 a count that does not rise', () => {
  it('refuses a key of one device, costs a try and is told to its owner', async () => {
    const { ada, authenticator } = await withPasskey();
    const { token, options } = await ada.passkeyChallenge();
    for (const counter of [0, 1]) {
      expect((await ada.present(token, authenticator.get(options, { counter }))).status).toBe(422);
    }
    expect(await newsOf(ada)).toContain('passkey_count_not_rising');
    expect(await countedFailures(ada)).toBe(2);
    expect(await ada.deliver()).toContain('Acme: A passkey may have been copied');
    expect((await ada.present(token, authenticator.get(options, { counter: 2 }))).status).toBe(200);
  });

  it('is told of a key that syncs, which passes', async () => {
    const { ada, authenticator } = await withPasskey(new Authenticator({ backup: 'synced' }));
    const present = async (counter: number) => {
      const { token, options } = await ada.passkeyChallenge();
      return (await ada.present(token, authenticator.get(options, { counter }))).status;
    };
    expect(await present(7)).toBe(200);
    expect(await newsOf(ada)).not.toContain('passkey_count_not_rising');
    expect(await present(0)).toBe(200);
    expect(await newsOf(ada)).toContain('passkey_count_not_rising');
    await ada.deliver();
    expect(await present(0)).toBe(200);
    expect(await newsOf(ada)).not.toContain('passkey_count_not_rising');
  });

  it('raises no alarm for somebody without the key', async () => {
    const { ada, authenticator } = await withPasskey();
    const { token, options } = await ada.passkeyChallenge();
    const assertion = authenticator.get(options, { counter: 0 }) as { response: object };
    const signature = Buffer.alloc(64, 1).toString('base64url');
    const forged = { ...assertion, response: { ...assertion.response, signature } };
    expect((await ada.present(token, forged)).status).toBe(422);
    expect(await newsOf(ada)).not.toContain('passkey_count_not_rising');
  });
});

describe('S83 wrong assertions', () => {
  it('make a user wait like wrong codes, and never turn codes off', async () => {
    const { ada, authenticator } = await withPasskey();
    for (let challenge = 0; challenge < 2; challenge += 1) {
      const { token, options } = await ada.passkeyChallenge();
      for (let tried = 0; tried < 5; tried += 1) {
        await ada.present(token, authenticator.get(options, { verified: false }));
      }
    }
    const { token, options } = await ada.passkeyChallenge();
    expect(await ada.present(token, authenticator.get(options))).toMatchObject({
      status: 429,
      body: { code: 'too_many_attempts', reason: 'backoff' },
    });
    expect((await userItem(deployment, ada.ref))?.failures.atMs ?? []).toEqual([]);
    ada.later(minute);
    expect((await ada.present(token, authenticator.get(options))).status).toBe(200);
  });
});

describe('S83 one assertion in 20 requests at once', () => {
  it('signs in once', async () => {
    const { ada, authenticator } = await withPasskey(new Authenticator({ backup: 'synced' }));
    const { token, options } = await ada.passkeyChallenge();
    const assertion = authenticator.get(options);
    const replies = await Promise.all(Array.from({ length: 20 }, () => ada.present(token, assertion)));
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('proves once', async () => {
    const { ada, authenticator } = await withPasskey(new Authenticator({ backup: 'synced' }));
    const proof = await ada.passkeyProof(authenticator);
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => ada.own('regenerate-recovery-codes', { body: { proof } })),
    );
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1);
  });
});

describe('S83 a deployment that lost its relying party', () => {
  /** The functions as they start anew under another relying party, or none. */
  const elsewhere = async (rpId: string | undefined, run: () => Promise<void>): Promise<void> => {
    vi.stubEnv('PASSKEY_RP_ID', rpId);
    vi.resetModules();
    try {
      await run();
    } finally {
      vi.unstubAllEnvs();
      vi.resetModules();
    }
  };

  it.each([undefined, 'acme.test'])(
    '(%s) opens nobody’s account by the mailbox or the password alone',
    async (rpId) => {
      const { ada } = await withPasskey();
      const recoveryCode = ada.recoveryCodes[0];
      await elsewhere(rpId, async () => {
        const { body } = await ada.signIn();
        expect(body).toMatchObject({ status: 'challenge', methods: [{ method: 'recovery_code' }] });
        expect(
          await ada.call('send-code', { body: { challengeToken: body.challengeToken, method: 'email' } }),
        ).toMatchObject({
          status: 403,
        });
        const proven = await ada.verify(body.challengeToken, 'recovery_code', recoveryCode);
        expect(proven.body.status).toBe('enrollment_required');
        expect((await ada.status()).status).toBe('enabled');
      });
    },
  );
});
