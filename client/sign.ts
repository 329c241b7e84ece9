/** AWS Signature Version 4 for the app's calls, with credentials and region as the AWS SDK finds them. */
import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentialIdentity, HashConstructor, Provider } from '@smithy/types';
import { CountersignError } from './error.ts';
import type { TransportRequest } from './transport.ts';

export type Credentials = {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
  expiration?: Date | undefined;
};

export type SigningOptions = {
  /** Unless given, the region in an address of API Gateway, then what the AWS SDK would use. */
  region?: string | undefined;
  /** Unless given, the AWS SDK's default chain: environment, profile, container, instance. */
  credentials?: Credentials | (() => Promise<Credentials>) | undefined;
};

/** Signs a call with a body that is text already. Throws `credentials_missing` where nothing to sign with is found. */
export type Sign = (request: TransportRequest & { body?: string }) => Promise<TransportRequest>;

export function signerFor(baseUrl: string, { region, credentials }: SigningOptions): Sign {
  const { protocol, hostname, host, pathname } = new URL(baseUrl);
  const prefix = pathname.replace(/\/$/, '');
  let found: Promise<SignatureV4> | undefined;
  const signer = () => {
    found ??= newSigner(region ?? regionOf(hostname), credentials);
    return found;
  };
  return async (request) => {
    const [path = '', query = ''] = request.path.split('?');
    const { method, body } = request;
    const headers = { host, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    const unsigned = {
      method,
      protocol,
      hostname,
      path: prefix + path,
      query: Object.fromEntries(new URLSearchParams(query)),
      headers: { ...headers, ...request.headers },
    };
    try {
      const signed = await (await signer()).sign(body === undefined ? unsigned : { ...unsigned, body });
      return { ...request, headers: signed.headers };
    } catch (cause) {
      found = undefined;
      throw new CountersignError('credentials_missing', {
        status: 0,
        detail: `The call could not be signed. ${(cause as Error).message}`,
        cause,
      });
    }
  };
}

async function newSigner(
  region: string | undefined,
  credentials: SigningOptions['credentials'],
): Promise<SignatureV4> {
  return new SignatureV4({
    service: 'execute-api',
    region: region ?? (await sdkRegion()),
    credentials: (credentials ?? (await sdkCredentials())) as Provider<AwsCredentialIdentity>,
    sha256: Sha256 as unknown as HashConstructor,
  });
}

const sdkCredentials = async () => (await import('@aws-sdk/credential-provider-node')).defaultProvider();

async function sdkRegion(): Promise<string> {
  const config = await import('@smithy/core/config');
  return config.loadConfig(config.NODE_REGION_CONFIG_OPTIONS, config.NODE_REGION_CONFIG_FILE_OPTIONS)();
}

const regionOf = (hostname: string): string | undefined =>
  /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(hostname)?.[1];

/** What the signer hashes with: SHA-256, or HMAC-SHA-256 where it gives a secret. */
function Sha256(secret?: Uint8Array) {
  return secret ? createHmac('sha256', secret) : createHash('sha256');
}
