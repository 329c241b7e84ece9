/** The keys of the local KMS: what they are, the state they are in, how they are kept. */
import { createHash, createPublicKey, generateKeyPair, randomBytes, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { arnOf } from '../stack/place.ts';
import { AwsError } from './aws-error.ts';
import { keep, readKept } from './kept.ts';

type KeySpec = 'SYMMETRIC_DEFAULT' | 'RSA_2048';
export type KeyUsage = 'ENCRYPT_DECRYPT' | 'SIGN_VERIFY';
export type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion';

export type KmsKey = {
  keyId: string;
  arn: string;
  keySpec: KeySpec;
  keyUsage: KeyUsage;
  state: KeyState;
  createdAtMs: number;
  /** Base64, of a symmetric key. */
  material?: string;
  /** PEM, of an RSA key; made at its first use, because that takes 100 ms. */
  privateKey?: string;
};

export type NewKey = { keyId?: string; keySpec?: KeySpec; keyUsage?: KeyUsage };

/** All keys of one local KMS, kept in the file at `path` if there is one. */
export class KeyStore {
  readonly #path: string | undefined;
  readonly #keys: Map<string, KmsKey>;

  constructor(path?: string) {
    this.#path = path;
    this.#keys = new Map(readKept<KmsKey[]>(path, []).map((key) => [key.keyId, key]));
  }

  /** Makes a key; one whose id is there already is left as it is. */
  create({
    keyId = randomUUID(),
    keySpec = 'SYMMETRIC_DEFAULT',
    keyUsage = 'ENCRYPT_DECRYPT',
  }: NewKey): KmsKey {
    const existing = this.#keys.get(keyId);
    if (existing) {
      return existing;
    }
    if ((keySpec === 'RSA_2048') !== (keyUsage === 'SIGN_VERIFY')) {
      throw new AwsError(
        'ValidationException',
        `KeyUsage ${keyUsage} is not compatible with KeySpec ${keySpec}`,
      );
    }
    const material = keySpec === 'SYMMETRIC_DEFAULT' ? { material: randomBytes(32).toString('base64') } : {};
    const arn = arnOf('kms', `key/${keyId}`);
    const key: KmsKey = {
      keyId,
      arn,
      keySpec,
      keyUsage,
      state: 'Enabled',
      createdAtMs: Date.now(),
      ...material,
    };
    this.#keys.set(keyId, key);
    this.#save();
    return key;
  }

  /** The key of an id or an ARN; `NotFoundException` if it does not exist. */
  get(idOrArn: string): KmsKey {
    const key = this.#keys.get(idOrArn.split('/').at(-1) ?? '');
    if (!key || (idOrArn.startsWith('arn:') && idOrArn !== key.arn)) {
      throw new AwsError('NotFoundException', `Key '${idOrArn}' does not exist`);
    }
    return key;
  }

  setState(key: KmsKey, state: KeyState): void {
    key.state = state;
    this.#save();
  }

  async privateKeyOf(key: KmsKey): Promise<string> {
    if (!key.privateKey) {
      const pair = await promisify(generateKeyPair)('rsa', {
        modulusLength: 2048,
        publicKeyEncoding: { type: 'spki', format: 'der' },
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      });
      // Two requests may have come here at once: the first key made is the key.
      key.privateKey ??= pair.privateKey;
      this.#save();
    }
    return key.privateKey;
  }

  /** DER, as `GetPublicKey` answers it. */
  async publicKeyOf(key: KmsKey): Promise<Buffer> {
    return createPublicKey(await this.privateKeyOf(key)).export({ type: 'spki', format: 'der' });
  }

  #save(): void {
    keep(this.#path, [...this.#keys.values()]);
  }
}

/** The key, if it may be used for this; AWS's refusal otherwise. */
export function usable(key: KmsKey, usage: KeyUsage): KmsKey {
  if (key.state === 'Disabled') {
    throw new AwsError('DisabledException', `${key.arn} is disabled.`);
  }
  if (key.state === 'PendingDeletion') {
    throw new AwsError('KMSInvalidStateException', `${key.arn} is pending deletion.`);
  }
  if (key.keyUsage !== usage) {
    throw new AwsError(
      'InvalidKeyUsageException',
      `${key.arn} key usage is ${key.keyUsage} which is not valid here.`,
    );
  }
  return key;
}

/** A stable key id for a name, so that a key of the template is the same key after a restart. */
export function keyIdFor(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}
