/** Data keys and key pairs of the local KMS, which leave it sealed. */
import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { AwsError } from './aws-error.ts';
import type { Json } from './front.ts';
import { seal } from './kms-ciphertext.ts';
import { contextOf, text } from './kms-input.ts';
import { type KeyStore, usable } from './kms-keys.ts';

/** `GenerateDataKey`: answered open and sealed. */
export function generateDataKey(keys: KeyStore, input: Json): Json {
  const key = usable(keys.get(text(input, 'KeyId')), 'ENCRYPT_DECRYPT');
  const sizes: Json = { AES_256: 32, AES_128: 16 };
  const size = Number(input.NumberOfBytes ?? sizes[String(input.KeySpec)]);
  if (!(size >= 1 && size <= 1024)) {
    throw new AwsError('ValidationException', 'Please specify either number of bytes or key spec.');
  }
  const plaintext = randomBytes(size);
  return {
    CiphertextBlob: seal(key, plaintext, contextOf(input)).toString('base64'),
    Plaintext: plaintext.toString('base64'),
    KeyId: key.arn,
  };
}

type KeyPair = { publicKey: Buffer; privateKey: Buffer };
const pairsBeingMade = new Map<string, Promise<KeyPair>>();

/** On a busy machine a pair takes longer than a caller waits: whoever asks again for the same one gets the one under way. */
async function pairFor(what: string): Promise<KeyPair> {
  const making =
    pairsBeingMade.get(what) ??
    promisify(generateKeyPair)('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'der' },
      privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    });
  pairsBeingMade.set(what, making);
  return making.finally(() => pairsBeingMade.delete(what));
}

/** `GenerateDataKeyPairWithoutPlaintext`: the private half is answered sealed alone, the public half open. */
export async function generateDataKeyPair(keys: KeyStore, input: Json): Promise<Json> {
  const key = usable(keys.get(text(input, 'KeyId')), 'ENCRYPT_DECRYPT');
  const spec = text(input, 'KeyPairSpec');
  if (spec !== 'RSA_2048') {
    throw new AwsError('ValidationException', `KeyPairSpec ${spec} is not one of the local KMS.`);
  }
  const pair = await pairFor(JSON.stringify([key.keyId, contextOf(input)]));
  return {
    PrivateKeyCiphertextBlob: seal(key, pair.privateKey, contextOf(input)).toString('base64'),
    PublicKey: pair.publicKey.toString('base64'),
    KeyId: key.arn,
    KeyPairSpec: spec,
  };
}
