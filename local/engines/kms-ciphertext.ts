/** Ciphertext blobs of the local KMS: AES-256-GCM, the encryption context as authenticated data. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AwsError } from './aws-error.ts';
import type { KmsKey } from './kms-keys.ts';

// magic 4 | key id 16 | nonce 12 | tag 16 | filler 104 | ciphertext: 152 bytes over the plaintext, as blobs of AWS have.
const magic = Buffer.from('CSK1');
const nonceAt = 20;
const tagAt = 32;
const fillerAt = 48;
const ciphertextAt = 152;

/** Seals at most 4096 bytes under a symmetric key; only the same encryption context opens it again. */
export function seal(key: KmsKey, plaintext: Buffer, context: Record<string, string>): Buffer {
  const keyId = Buffer.from(key.keyId.replaceAll('-', ''), 'hex');
  const nonce = randomBytes(tagAt - nonceAt);
  const filler = randomBytes(ciphertextAt - fillerAt);
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(key.material ?? '', 'base64'), nonce);
  cipher.setAAD(authenticated(keyId, filler, context));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([magic, keyId, nonce, cipher.getAuthTag(), filler, ciphertext]);
}

/** The id of the key that sealed the blob; `InvalidCiphertextException` for what is no blob. */
export function keyIdOfBlob(blob: Buffer): string {
  if (blob.length <= ciphertextAt || !blob.subarray(0, magic.length).equals(magic)) {
    throw invalidCiphertext();
  }
  const hex = blob.subarray(magic.length, nonceAt).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Opens a blob; `InvalidCiphertextException` if a byte of it or of the encryption context differs. */
export function open(key: KmsKey, blob: Buffer, context: Record<string, string>): Buffer {
  const nonce = blob.subarray(nonceAt, tagAt);
  const decipher = createDecipheriv('aes-256-gcm', Buffer.from(key.material ?? '', 'base64'), nonce);
  decipher.setAuthTag(blob.subarray(tagAt, fillerAt));
  decipher.setAAD(
    authenticated(blob.subarray(magic.length, nonceAt), blob.subarray(fillerAt, ciphertextAt), context),
  );
  try {
    return Buffer.concat([decipher.update(blob.subarray(ciphertextAt)), decipher.final()]);
  } catch {
    throw invalidCiphertext();
  }
}

function authenticated(keyId: Buffer, filler: Buffer, context: Record<string, string>): Buffer {
  const pairs = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.concat([keyId, filler, Buffer.from(JSON.stringify(pairs))]);
}

function invalidCiphertext(): AwsError {
  return new AwsError('InvalidCiphertextException', 'The ciphertext is invalid.');
}
