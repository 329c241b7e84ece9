import { randomBytes } from 'node:crypto';
import { DisableKeyCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { dataKeyBox } from '../../lambdas/adapters/data-keys.ts';
import { secretBox } from '../../lambdas/adapters/kms.ts';
import { type SecretBox, Unavailable } from '../../lambdas/core/ports.ts';
import type { Kms } from '../../local/engines/kms.ts';
import { differsOnMoto, given, keyIdOf, startEngines } from '../support/engines.ts';

const ada = { accountId: 'acct', userId: 'ada' };
const secret = new Uint8Array(randomBytes(20));
const now = 1_790_000_000_000;

const engines = await startEngines();
const vaultKeyArn = await engines.newVaultKey();
const table = { client: engines.dynamodb, name: engines.table };
const boxUnder: Record<string, SecretBox> = {
  kms: secretBox(engines.kms, vaultKeyArn),
  cached: dataKeyBox({ table, kms: engines.kms, vaultKeyArn, stage: 'test' }, { create: true }),
};

const failureOf = async (call: Promise<unknown>) => {
  const failure = await call.then(() => undefined).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Unavailable);
  return failure as Unavailable;
};

describe.each(Object.entries(boxUnder))('the box for TOTP secrets, under the custody %s', (_, box) => {
  it('a secret comes back equal, and its sealed form does not hold it', async () => {
    const sealed = await box.seal(secret, ada, 'aut_1', now);
    expect(await box.open(sealed, ada, 'aut_1', now)).toEqual(secret);
    expect(Buffer.from(sealed).includes(Buffer.from(secret))).toBe(false);
  });

  it('one secret sealed twice makes two different ciphertexts', async () => {
    const [one, other] = [
      await box.seal(secret, ada, 'aut_1', now),
      await box.seal(secret, ada, 'aut_1', now),
    ];
    expect(Buffer.from(one).equals(Buffer.from(other))).toBe(false);
  });

  it.each([
    ["another user's item", { ...ada, userId: 'bob' }, 'aut_1'],
    ["another account's item", { ...ada, accountId: 'other' }, 'aut_1'],
    ['another authenticator', ada, 'aut_2'],
  ])(
    'S52 a ciphertext copied into %s does not open, and that is an integrity failure',
    async (_, ref, id) => {
      const sealed = await box.seal(secret, ada, 'aut_1', now);
      expect(await failureOf(box.open(sealed, ref, id, now))).toMatchObject({ integrity: true });
    },
  );

  it('a changed ciphertext does not open, and that is an integrity failure', async () => {
    const sealed = await box.seal(secret, ada, 'aut_1', now);
    const last = sealed.length - 1;
    sealed[last] = (sealed[last] as number) ^ 1;
    expect(await failureOf(box.open(sealed, ada, 'aut_1', now))).toMatchObject({ integrity: true });
  });
});

describe('the box for TOTP secrets, under the custody kms', () => {
  const box = secretBox(engines.kms, vaultKeyArn);

  it('S52 something sealed for another purpose under the same key does not open', async () => {
    const EncryptionContext = { ...ada, authenticatorId: 'aut_1', purpose: 'keyring' };
    const command = new GenerateDataKeyCommand({ KeyId: vaultKeyArn, KeySpec: 'AES_256', EncryptionContext });
    const { CiphertextBlob } = await engines.kms.send(command);
    expect(await failureOf(box.open(CiphertextBlob as Uint8Array, ada, 'aut_1', now))).toMatchObject({
      integrity: true,
    });
  });

  it('a ciphertext of another key does not open, although its context is right', async () => {
    const sealed = await secretBox(engines.kms, await engines.newVaultKey()).seal(secret, ada, 'aut_1', now);
    const failure = await failureOf(box.open(sealed, ada, 'aut_1', now));
    const unnamed = differsOnMoto('a ciphertext of another key is AccessDenied, not IncorrectKey');
    expect(failure.integrity).toBe(!unnamed);
  });

  it('S60 under a disabled key nothing is sealed or opened, and that is no integrity failure', async ({
    skip,
  }) => {
    skip(differsOnMoto('a disabled key still encrypts and decrypts'));
    const arn = await engines.newVaultKey();
    const soonShut = secretBox(engines.kms, arn);
    const sealed = await soonShut.seal(secret, ada, 'aut_1', now);
    await engines.kms.send(new DisableKeyCommand({ KeyId: keyIdOf(arn) }));
    expect(await failureOf(soonShut.open(sealed, ada, 'aut_1', now))).toMatchObject({ integrity: false });
    expect(await failureOf(soonShut.seal(secret, ada, 'aut_1', now))).toMatchObject({ integrity: false });
  });

  it('S60 a KMS that cannot be reached is unavailable, and no integrity failure', async () => {
    const nobody = new KMSClient({ endpoint: 'http://127.0.0.1:1', maxAttempts: 1 });
    const unreachable = secretBox(nobody, vaultKeyArn);
    expect(await failureOf(unreachable.seal(secret, ada, 'aut_1', now))).toMatchObject({ integrity: false });
  });

  it.skipIf(given.kms)(
    'S60 a KMS that throttles is unavailable; when it is back, the secret opens',
    async () => {
      const sealed = await box.seal(secret, ada, 'aut_1', now);
      const kms = engines.local.kms as Kms;
      kms.fault({ operation: 'Decrypt', kind: 'throttle', times: Number.POSITIVE_INFINITY });
      expect(await failureOf(box.open(sealed, ada, 'aut_1', now))).toMatchObject({ integrity: false });
      kms.clearFaults();
      expect(await box.open(sealed, ada, 'aut_1', now)).toEqual(secret);
    },
  );
});
