/** KMS on the laptop: the operations that Countersign uses, on node:crypto, with AWS's refusals. */
import { constants, createSign, privateEncrypt } from 'node:crypto';
import { AwsError } from './aws-error.ts';
import {
  type Access,
  type Allow,
  type Call,
  type Engine,
  type Front,
  type Json,
  jsonAnswer,
  startFront,
} from './front.ts';
import { keyIdOfBlob, open, seal } from './kms-ciphertext.ts';
import { generateDataKey, generateDataKeyPair } from './kms-data-keys.ts';
import { bytes, contextOf, text } from './kms-input.ts';
import { KeyStore, type KmsKey, type NewKey, usable } from './kms-keys.ts';

export type Kms = Front & {
  /** Makes a key without a request; one whose id is there already is left as it is. */
  createKey(key: NewKey): KmsKey;
};

type Operation = (keys: KeyStore, input: Json) => Json | Promise<Json>;

const faultErrors = {
  throttle: new AwsError('ThrottlingException', 'Rate exceeded'),
  fail: new AwsError('KMSInternalException', 'The service could not complete the request', 500),
  reject: new AwsError('DisabledException', 'The key is disabled.'),
};

/** A KMS endpoint on a free port; `path` names a file that keeps the keys. */
export async function startKms(options: { path?: string; allow?: Allow } = {}): Promise<Kms> {
  const keys = new KeyStore(options.path);
  const engine: Engine = {
    faultErrors,
    accesses: (call) => [accessOf(keys, call)],
    perform: async ({ operation, input }) => {
      const perform = operations[operation];
      if (!perform) {
        throw new AwsError('UnknownOperationException', `${operation} is not one of the local KMS`);
      }
      return jsonAnswer(await perform(keys, input));
    },
  };
  const front = await startFront(engine, options.allow);
  return { ...front, createKey: (key) => keys.create(key) };
}

const operations: Record<string, Operation> = {
  CreateKey: (keys, { KeySpec: keySpec, KeyUsage: keyUsage }) => ({
    KeyMetadata: metadataOf(keys.create(JSON.parse(JSON.stringify({ keySpec, keyUsage })))),
  }),
  DescribeKey: (keys, input) => ({ KeyMetadata: metadataOf(keys.get(text(input, 'KeyId'))) }),
  DisableKey: (keys, input) => setState(keys, input, 'Disabled'),
  EnableKey: (keys, input) => setState(keys, input, 'Enabled'),
  ScheduleKeyDeletion: (keys, input) => setState(keys, input, 'PendingDeletion'),
  Encrypt: encrypt,
  Decrypt: decrypt,
  GenerateDataKey: generateDataKey,
  GenerateDataKeyPairWithoutPlaintext: generateDataKeyPair,
  Sign: sign,
  GetPublicKey: getPublicKey,
};

function encrypt(keys: KeyStore, input: Json): Json {
  const key = usable(keys.get(text(input, 'KeyId')), 'ENCRYPT_DECRYPT');
  const plaintext = bytes(input, 'Plaintext', 4096);
  return {
    CiphertextBlob: seal(key, plaintext, contextOf(input)).toString('base64'),
    KeyId: key.arn,
    EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
  };
}

function decrypt(keys: KeyStore, input: Json): Json {
  const blob = bytes(input, 'CiphertextBlob', 6144);
  const key = usable(keys.get(keyIdOfBlob(blob)), 'ENCRYPT_DECRYPT');
  if (input.KeyId !== undefined && keys.get(text(input, 'KeyId')) !== key) {
    throw new AwsError(
      'IncorrectKeyException',
      'The key ID in the request does not identify the key of the ciphertext.',
    );
  }
  const plaintext = open(key, blob, contextOf(input));
  return {
    Plaintext: plaintext.toString('base64'),
    KeyId: key.arn,
    EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
  };
}

/** DER of a DigestInfo with SHA-256, without the digest (RFC 8017, section 9.2). */
const sha256DigestInfo = Buffer.from('3031300d060960864801650304020105000420', 'hex');

async function sign(keys: KeyStore, input: Json): Promise<Json> {
  const key = usable(keys.get(text(input, 'KeyId')), 'SIGN_VERIFY');
  const algorithm = text(input, 'SigningAlgorithm');
  if (algorithm !== 'RSASSA_PKCS1_V1_5_SHA_256') {
    throw new AwsError('InvalidKeyUsageException', `Algorithm ${algorithm} is not one of the local KMS.`);
  }
  const message = bytes(input, 'Message', 4096);
  const privateKey = await keys.privateKeyOf(key);
  if (input.MessageType !== 'DIGEST') {
    const signature = createSign('sha256').update(message).sign(privateKey, 'base64');
    return { KeyId: key.arn, Signature: signature, SigningAlgorithm: algorithm };
  }
  if (message.length !== 32) {
    throw new AwsError('ValidationException', 'Digest is invalid length for algorithm.');
  }
  const padded = { key: privateKey, padding: constants.RSA_PKCS1_PADDING };
  const signature = privateEncrypt(padded, Buffer.concat([sha256DigestInfo, message])).toString('base64');
  return { KeyId: key.arn, Signature: signature, SigningAlgorithm: algorithm };
}

async function getPublicKey(keys: KeyStore, input: Json): Promise<Json> {
  const key = keys.get(text(input, 'KeyId'));
  if (key.keySpec === 'SYMMETRIC_DEFAULT') {
    throw new AwsError('UnsupportedOperationException', 'A symmetric key has no public key.');
  }
  usable(key, 'SIGN_VERIFY');
  return {
    KeyId: key.arn,
    PublicKey: (await keys.publicKeyOf(key)).toString('base64'),
    KeySpec: key.keySpec,
    KeyUsage: key.keyUsage,
    SigningAlgorithms: ['RSASSA_PKCS1_V1_5_SHA_256'],
  };
}

function setState(keys: KeyStore, input: Json, state: KmsKey['state']): Json {
  const key = keys.get(text(input, 'KeyId'));
  keys.setState(key, state);
  return state === 'PendingDeletion' ? { KeyId: key.arn, KeyState: state } : {};
}

function accessOf(keys: KeyStore, { operation, input }: Call): Omit<Access, 'caller'> {
  const context = contextOf(input);
  const said: Record<string, string[]> = { 'kms:EncryptionContextKeys': Object.keys(context) };
  if (input.KeyPairSpec !== undefined) {
    said['kms:DataKeyPairSpec'] = [String(input.KeyPairSpec)];
  }
  for (const [name, value] of Object.entries(context)) {
    said[`kms:EncryptionContext:${name}`] = [value];
  }
  return { action: `kms:${operation}`, resources: [resourceOf(keys, operation, input)], context: said };
}

function resourceOf(keys: KeyStore, operation: string, input: Json): string {
  if (operation === 'CreateKey') {
    return '*';
  }
  if (input.KeyId !== undefined || operation !== 'Decrypt') {
    return keys.get(text(input, 'KeyId')).arn;
  }
  return keys.get(keyIdOfBlob(bytes(input, 'CiphertextBlob', 6144))).arn;
}

function metadataOf(key: KmsKey): Json {
  const { keyId: KeyId, arn: Arn, keySpec: KeySpec, keyUsage: KeyUsage, state: KeyState } = key;
  return {
    KeyId,
    Arn,
    KeySpec,
    KeyUsage,
    KeyState,
    Enabled: KeyState === 'Enabled',
    CreationDate: key.createdAtMs / 1000,
  };
}
