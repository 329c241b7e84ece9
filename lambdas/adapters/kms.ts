/** KMS: TOTP secrets, and signatures. */
import { createHash } from 'node:crypto';
import {
  DecryptCommand,
  EncryptCommand,
  GetPublicKeyCommand,
  IncorrectKeyException,
  InvalidCiphertextException,
  KMSClient,
  SignCommand,
} from '@aws-sdk/client-kms';
import { type SecretBox, Unavailable } from '../core/ports.ts';
import type { UserRef } from '../core/state/item.ts';

export const kmsClient = (): KMSClient =>
  new KMSClient({
    maxAttempts: 3,
    requestHandler: { requestTimeout: 2000, connectionTimeout: 1000, throwOnRequestTimeout: true },
  });

/** What a secret is bound to, under either custody. */
export const totpContext = ({ accountId, userId }: UserRef, authenticatorId: string) => ({
  accountId,
  userId,
  authenticatorId,
  purpose: 'totp',
});

/**
 * Seals TOTP secrets with KMS itself, one call each, so that every opening is a line in CloudTrail. The encryption
 * context binds a ciphertext to its user and authenticator: copied into another item it does not open.
 */
export function secretBox(client: KMSClient, keyArn: string): SecretBox {
  return {
    seal: async (secret, ref, authenticatorId) => {
      const EncryptionContext = totpContext(ref, authenticatorId);
      const command = new EncryptCommand({ KeyId: keyArn, Plaintext: secret, EncryptionContext });
      const answer = await unlessUnavailable(client.send(command));
      return answer.CiphertextBlob as Uint8Array;
    },
    open: async (sealed, ref, authenticatorId) => {
      const EncryptionContext = totpContext(ref, authenticatorId);
      const command = new DecryptCommand({ KeyId: keyArn, CiphertextBlob: sealed, EncryptionContext });
      const answer = await unlessUnavailable(client.send(command));
      return answer.Plaintext as Uint8Array;
    },
  };
}

/** RS256 by a key that never leaves KMS. */
export async function signRs256(client: KMSClient, keyArn: string, message: Uint8Array): Promise<Uint8Array> {
  const command = new SignCommand({
    KeyId: keyArn,
    // The digest, because KMS takes no message above 4,096 bytes.
    Message: createHash('sha256').update(message).digest(),
    MessageType: 'DIGEST',
    SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256',
  });
  const answer = await unlessUnavailable(client.send(command));
  return answer.Signature as Uint8Array;
}

/** The public half of a signing key, as DER (SubjectPublicKeyInfo). */
export async function publicKeyOf(client: KMSClient, keyArn: string): Promise<Uint8Array> {
  const answer = await unlessUnavailable(client.send(new GetPublicKeyCommand({ KeyId: keyArn })));
  return answer.PublicKey as Uint8Array;
}

export async function unlessUnavailable<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const integrity = error instanceof InvalidCiphertextException || error instanceof IncorrectKeyException;
    throw new Unavailable(integrity ? 'a ciphertext does not open' : 'KMS did not answer', {
      cause: error,
      integrity,
    });
  }
}
