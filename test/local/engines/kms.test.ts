import { createHash, createPrivateKey, createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyPairWithoutPlaintextCommand,
  GetPublicKeyCommand,
  KMSClient,
  ScheduleKeyDeletionCommand,
  SignCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Access } from '../../../local/engines/front.ts';
import { type Kms, startKms } from '../../../local/engines/kms.ts';
import { keyIdFor } from '../../../local/engines/kms-keys.ts';

const Plaintext = Buffer.from('a secret of 20 bytes');
const EncryptionContext = { userId: 'u', accountId: 'a', purpose: 'totp' };
const SigningAlgorithm = 'RSASSA_PKCS1_V1_5_SHA_256';

let engine: Kms;
let client: KMSClient;
let vault: string;
let signing: string;
let asked: Access | undefined;

const clientOf = (endpoint: string) =>
  new KMSClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'flow', secretAccessKey: 'unused' },
    maxAttempts: 1,
  });

beforeAll(async () => {
  engine = await startKms({
    allow: (access) => {
      asked = access;
      return true;
    },
  });
  client = clientOf(engine.endpoint);
  vault = engine.createKey({}).arn;
  signing = engine.createKey({ keySpec: 'RSA_2048', keyUsage: 'SIGN_VERIFY' }).arn;
});
afterAll(() => engine.close());

const encrypt = async () =>
  (await client.send(new EncryptCommand({ KeyId: vault, Plaintext, EncryptionContext })))
    .CiphertextBlob as Uint8Array;

describe('the local KMS', () => {
  it('a ciphertext opens with its encryption context, in any order, and has the size of one of AWS', async () => {
    const CiphertextBlob = await encrypt();
    const context = { purpose: 'totp', accountId: 'a', userId: 'u' };
    const opened = await client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: context }));
    expect(Buffer.from(opened.Plaintext as Uint8Array)).toEqual(Plaintext);
    expect(opened.KeyId).toBe(vault);
    expect(CiphertextBlob).toHaveLength(Plaintext.length + 152);
  });

  it.each([
    ['another context', { ...EncryptionContext, userId: 'other' }, undefined],
    ['no context', undefined, undefined],
    ['a changed byte', EncryptionContext, 160],
    ['a changed filler', EncryptionContext, 100],
  ])('a ciphertext does not open with %s', async (_, context, flippedAt) => {
    const CiphertextBlob = await encrypt();
    if (flippedAt !== undefined) {
      CiphertextBlob[flippedAt] = (CiphertextBlob[flippedAt] ?? 0) ^ 1;
    }
    const decrypted = client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: context }));
    await expect(decrypted).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
  });

  it('what is no ciphertext is refused', async () => {
    const decrypted = client.send(new DecryptCommand({ CiphertextBlob: Buffer.from('nothing') }));
    await expect(decrypted).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
  });

  it('a ciphertext of another key than the one named is refused', async () => {
    const other = engine.createKey({}).keyId;
    const decrypted = client.send(
      new DecryptCommand({ CiphertextBlob: await encrypt(), EncryptionContext, KeyId: other }),
    );
    await expect(decrypted).rejects.toMatchObject({ name: 'IncorrectKeyException' });
  });

  it('a disabled key is refused until it is enabled again', async () => {
    const { KeyMetadata } = await client.send(new CreateKeyCommand({}));
    const KeyId = KeyMetadata?.KeyId as string;
    await client.send(new DisableKeyCommand({ KeyId }));
    await expect(client.send(new EncryptCommand({ KeyId, Plaintext }))).rejects.toMatchObject({
      name: 'DisabledException',
    });
    await client.send(new EnableKeyCommand({ KeyId }));
    await client.send(new EncryptCommand({ KeyId, Plaintext }));
    await client.send(new ScheduleKeyDeletionCommand({ KeyId }));
    const late = client.send(new EncryptCommand({ KeyId, Plaintext }));
    await expect(late).rejects.toMatchObject({ name: 'KMSInvalidStateException' });
  });

  it('a data key is answered open and sealed', async () => {
    const made = await client.send(
      new GenerateDataKeyCommand({ KeyId: vault, KeySpec: 'AES_256', EncryptionContext }),
    );
    const { CiphertextBlob } = made;
    const opened = await client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
    expect(made.Plaintext).toHaveLength(32);
    expect(opened.Plaintext).toEqual(made.Plaintext);
  });

  it('the private half of a key pair is answered sealed alone; opened, it signs for the public half', async () => {
    const command = { KeyId: vault, KeyPairSpec: 'RSA_2048', EncryptionContext } as const;
    const pair = await client.send(new GenerateDataKeyPairWithoutPlaintextCommand(command));
    expect(Object.keys(pair)).not.toContain('PrivateKeyPlaintext');
    expect(asked?.context['kms:DataKeyPairSpec']).toEqual(['RSA_2048']);
    const CiphertextBlob = pair.PrivateKeyCiphertextBlob;
    const opened = await client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
    const key = { key: Buffer.from(opened.Plaintext as Uint8Array), type: 'pkcs8', format: 'der' } as const;
    const publicKey = createPublicKey({
      key: Buffer.from(pair.PublicKey as Uint8Array),
      type: 'spki',
      format: 'der',
    });
    expect(createPublicKey(createPrivateKey(key)).equals(publicKey)).toBe(true);
  });

  it.each(['RAW', 'DIGEST'] as const)(
    'a signature over a %s message verifies with the public key',
    async (MessageType) => {
      const text = Buffer.from('header.payload');
      const Message = MessageType === 'RAW' ? text : createHash('sha256').update(text).digest();
      const signed = await client.send(
        new SignCommand({ KeyId: signing, Message, MessageType, SigningAlgorithm }),
      );
      const { PublicKey, KeySpec } = await client.send(new GetPublicKeyCommand({ KeyId: signing }));
      const key = createPublicKey({ key: Buffer.from(PublicKey as Uint8Array), type: 'spki', format: 'der' });
      expect(KeySpec).toBe('RSA_2048');
      expect(verify('sha256', text, key, Buffer.from(signed.Signature as Uint8Array))).toBe(true);
    },
  );

  it('a key is refused for what it is not made for', async () => {
    const signed = client.send(new SignCommand({ KeyId: vault, Message: Plaintext, SigningAlgorithm }));
    await expect(signed).rejects.toMatchObject({ name: 'InvalidKeyUsageException' });
    const encrypted = client.send(new EncryptCommand({ KeyId: signing, Plaintext }));
    await expect(encrypted).rejects.toMatchObject({ name: 'InvalidKeyUsageException' });
  });

  it('an unknown key is not found, and an empty or oversized plaintext is invalid', async () => {
    const KeyId = keyIdFor('nothing');
    await expect(client.send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject({
      name: 'NotFoundException',
    });
    for (const size of [0, 4097]) {
      const sent = client.send(new EncryptCommand({ KeyId: vault, Plaintext: Buffer.alloc(size) }));
      await expect(sent).rejects.toMatchObject({ name: 'ValidationException' });
    }
  });

  it('the permission is asked for the key of the ciphertext and its encryption context', async () => {
    await client.send(new DecryptCommand({ CiphertextBlob: await encrypt(), EncryptionContext }));
    expect(asked).toMatchObject({ caller: 'flow', action: 'kms:Decrypt', resources: [vault] });
    expect(asked?.context['kms:EncryptionContext:purpose']).toEqual(['totp']);
  });

  it('keys outlive a restart when they are kept', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kms-'));
    const path = join(folder, 'keys.json');
    const first = await startKms({ path });
    const keyId = first.createKey({ keyId: keyIdFor('Vault') }).keyId;
    const sealed = await clientOf(first.endpoint).send(new EncryptCommand({ KeyId: keyId, Plaintext }));
    await first.close();
    const second = await startKms({ path });
    second.createKey({ keyId });
    const opened = await clientOf(second.endpoint).send(
      new DecryptCommand({ CiphertextBlob: sealed.CiphertextBlob }),
    );
    expect(Buffer.from(opened.Plaintext as Uint8Array)).toEqual(Plaintext);
    await second.close();
    rmSync(folder, { recursive: true });
  });
});
