/**
 * An authenticator in software (WebAuthn 6), on node:crypto alone, and the browser in front of it. It does as it is told:
 * every lie that a real one would not tell is an option. `test/support/authenticator.py` is another one, by other people's code.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

type Json = Record<string, unknown>;
type Descriptor = { id: string };
export type CreationOptions = {
  challenge: string;
  rp: { id: string };
  user: { id: string };
  pubKeyCredParams: { alg: number }[];
  excludeCredentials: Descriptor[];
};
export type RequestOptions = { challenge: string; rpId: string; allowCredentials: Descriptor[] };

/** What the browser or the key says in place of the truth. */
export type Lies = {
  challenge?: string;
  origin?: string;
  rpId?: string;
  type?: string;
  crossOrigin?: unknown;
  topOrigin?: string;
  verified?: boolean;
  present?: boolean;
  counter?: number;
  userHandle?: string | null;
  /** Of the key: backup eligible, backed up. */
  backup?: 'eligible' | 'synced' | 'impossible' | undefined;
};

type Algorithm = -7 | -8 | -257;
type Credential = { id: string; privateKey: KeyObject; rpId: string; userHandle: string };

const base64url = (bytes: Uint8Array | string) => Buffer.from(bytes).toString('base64url');
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest();

/** The little CBOR (RFC 8949) that WebAuthn needs. */
function cbor(value: unknown): Buffer {
  const head = (major: number, length: number): Buffer =>
    length < 24
      ? Buffer.from([(major << 5) | length])
      : length < 256
        ? Buffer.from([(major << 5) | 24, length])
        : Buffer.from([(major << 5) | 25, length >> 8, length & 255]);
  if (typeof value === 'number') {
    return value >= 0 ? head(0, value) : head(1, -1 - value);
  }
  if (typeof value === 'string') {
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  }
  if (value instanceof Uint8Array) {
    return Buffer.concat([head(2, value.length), value]);
  }
  const entries = [...(value as Map<unknown, unknown>)];
  return Buffer.concat([head(5, entries.length), ...entries.flatMap((pair) => pair.map(cbor))]);
}

function keyPair(algorithm: Algorithm): { privateKey: KeyObject; cose: Map<number, unknown> } {
  const bytes = (text: unknown) => Buffer.from(String(text), 'base64url');
  if (algorithm === -7) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { x, y } = publicKey.export({ format: 'jwk' });
    return {
      privateKey,
      cose: new Map<number, unknown>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, bytes(x)],
        [-3, bytes(y)],
      ]),
    };
  }
  if (algorithm === -8) {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const { x } = publicKey.export({ format: 'jwk' });
    return {
      privateKey,
      cose: new Map<number, unknown>([
        [1, 1],
        [3, -8],
        [-1, 6],
        [-2, bytes(x)],
      ]),
    };
  }
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { n, e } = publicKey.export({ format: 'jwk' });
  return {
    privateKey,
    cose: new Map<number, unknown>([
      [1, 3],
      [3, -257],
      [-1, bytes(n)],
      [-2, bytes(e)],
    ]),
  };
}

export class Authenticator {
  readonly algorithm: Algorithm;
  readonly backup: Lies['backup'];
  readonly aaguid: string;
  readonly transports: string[];
  readonly origin: string;
  readonly idBytes: number;
  readonly credentials: Credential[] = [];
  /** Keys that sync stay at 0. */
  counter = 0;

  constructor(
    options: Partial<
      Pick<Authenticator, 'algorithm' | 'backup' | 'aaguid' | 'transports' | 'origin' | 'idBytes'>
    > = {},
  ) {
    this.algorithm = options.algorithm ?? -7;
    this.backup = options.backup;
    this.aaguid = options.aaguid ?? '00000000-0000-0000-0000-000000000000';
    this.transports = options.transports ?? ['internal', 'hybrid'];
    this.origin = options.origin ?? 'https://app.acme.example';
    this.idBytes = options.idBytes ?? 32;
  }

  /** What `navigator.credentials.create` answers, in JSON. */
  create(options: CreationOptions, lies: Lies = {}): Json {
    const { privateKey, cose } = keyPair(this.algorithm);
    const id = randomBytes(this.idBytes);
    this.credentials.push({
      id: base64url(id),
      privateKey,
      rpId: options.rp.id,
      userHandle: options.user.id,
    });
    const length = Buffer.from([id.length >> 8, id.length & 255]);
    const attested = Buffer.concat([
      Buffer.from(this.aaguid.replaceAll('-', ''), 'hex'),
      length,
      id,
      cbor(cose),
    ]);
    const authData = Buffer.concat([this.#authData(lies.rpId ?? options.rp.id, lies, 0x40), attested]);
    const attestation = new Map<string, unknown>([
      ['fmt', 'none'],
      ['attStmt', new Map()],
      ['authData', authData],
    ]);
    return {
      id: base64url(id),
      rawId: base64url(id),
      type: 'public-key',
      clientExtensionResults: { credProps: { rk: true } },
      authenticatorAttachment: 'platform',
      response: {
        clientDataJSON: base64url(this.#clientData('webauthn.create', options.challenge, lies)),
        attestationObject: base64url(cbor(attestation)),
        transports: this.transports,
      },
    };
  }

  /** What `navigator.credentials.get` answers, in JSON: by the newest of the allowed credentials. */
  get(options: RequestOptions, lies: Lies = {}): Json {
    const allowed = options.allowCredentials.map(({ id }) => id);
    const credential = this.credentials.findLast(({ id }) => allowed.includes(id)) ?? this.credentials.at(-1);
    if (!credential) {
      throw new Error('this authenticator has no passkey');
    }
    const clientData = this.#clientData('webauthn.get', options.challenge, lies);
    const authenticatorData = this.#authData(lies.rpId ?? options.rpId, lies, 0);
    const signed = Buffer.concat([authenticatorData, sha256(clientData)]);
    const signature = sign(this.algorithm === -8 ? null : 'sha256', signed, credential.privateKey);
    const userHandle = lies.userHandle === undefined ? credential.userHandle : lies.userHandle;
    return {
      id: credential.id,
      rawId: credential.id,
      type: 'public-key',
      clientExtensionResults: {},
      authenticatorAttachment: null,
      response: {
        clientDataJSON: base64url(clientData),
        authenticatorData: base64url(authenticatorData),
        signature: base64url(signature),
        ...(userHandle === null ? {} : { userHandle }),
      },
    };
  }

  #clientData(type: string, challenge: string, lies: Lies): string {
    return JSON.stringify({
      type: lies.type ?? type,
      challenge: lies.challenge ?? challenge,
      origin: lies.origin ?? this.origin,
      crossOrigin: lies.crossOrigin ?? false,
      ...(lies.topOrigin === undefined ? {} : { topOrigin: lies.topOrigin }),
    });
  }

  #authData(rpId: string, lies: Lies, more: number): Buffer {
    const backup = 'backup' in lies ? lies.backup : this.backup;
    const backupFlags = { none: 0, eligible: 0x08, synced: 0x18, impossible: 0x10 }[backup ?? 'none'];
    const flags =
      (lies.present === false ? 0 : 0x01) | (lies.verified === false ? 0 : 0x04) | backupFlags | more;
    if (backup === undefined && lies.counter === undefined) {
      this.counter += 1;
    }
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(lies.counter ?? this.counter);
    return Buffer.concat([sha256(rpId), Buffer.from([flags]), counter]);
  }
}
