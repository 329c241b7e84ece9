/** The check of AWS Signature Version 4 that API Gateway makes on a route with `AWS_IAM`. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { region } from '../stack/place.ts';

/** What of a request is signed: the path and query as sent, header names in lower case. */
export type SignedRequest = {
  method: string;
  rawPath: string;
  rawQuery: string;
  headers: Readonly<Record<string, string>>;
  body: Buffer;
};

/** The only caller that the local gateway knows. */
export const credentials = { accessKeyId: 'local', secretAccessKey: 'local-secret' };

const service = 'execute-api';
const longestSkewMs = 5 * 60 * 1000;
const mismatch = 'the signature does not match the request';
const authorizationPattern =
  /^AWS4-HMAC-SHA256 +Credential=([^/, ]+)\/(\d{8}\/[^/, ]+\/[^/, ]+\/aws4_request), *SignedHeaders=([a-z0-9;_-]+), *Signature=([0-9a-f]{64})$/;

type Source = string | ArrayBuffer | ArrayBufferView;

/** SHA-256, or HMAC-SHA-256 with a secret, as the signer wants it. */
class Sha256 {
  readonly #hash;

  constructor(secret?: Source) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Uint8Array);
  }

  update(content: Source): void {
    this.#hash.update(content as Uint8Array);
  }

  reset(): void {}

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

/** The path is encoded twice, as AWS defines it, or once, as curl before version 8 signs it. */
const signers = [true, false].map(
  (uriEscapePath) =>
    new SignatureV4({ credentials, region, service, sha256: Sha256, uriEscapePath, applyChecksum: false }),
);

/** Why the signature is refused, or `undefined` for a good one. `nowMs` is real time, as the signer's clock is. */
export async function refusalOfSignature(request: SignedRequest, nowMs: number): Promise<string | undefined> {
  const { authorization } = request.headers;
  if (!authorization) {
    return 'there is no Authorization header';
  }
  const [, accessKeyId, scope = '', signedHeaders = '', signature = ''] =
    authorizationPattern.exec(authorization) ?? [];
  if (!accessKeyId) {
    return 'the Authorization header is not one of AWS4-HMAC-SHA256';
  }
  if (accessKeyId !== credentials.accessKeyId) {
    return `the access key id is not "${credentials.accessKeyId}"`;
  }
  const names = signedHeaders.split(';');
  const refusal = refusalOfDate(request, scope, nowMs) ?? refusalOfHeaders(request, names);
  if (refusal) {
    return refusal;
  }
  const wanted = await Promise.all(signers.map((signer) => signatureOf(signer, request, names)));
  const given = Buffer.from(signature, 'hex');
  return wanted.some((each) => timingSafeEqual(each, given)) ? undefined : mismatch;
}

function refusalOfDate({ headers }: SignedRequest, scope: string, nowMs: number): string | undefined {
  const timestamp = headers['x-amz-date'] ?? '';
  if (scope !== `${timestamp.slice(0, 8)}/${region}/${service}/aws4_request`) {
    return `the scope must be the day of X-Amz-Date, ${region}, ${service}`;
  }
  const isNear = Math.abs(nowMs - parseTimestamp(timestamp)) <= longestSkewMs;
  return isNear ? undefined : 'X-Amz-Date is more than 5 minutes off';
}

function refusalOfHeaders({ headers, body }: SignedRequest, names: readonly string[]): string | undefined {
  const unsigned = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))].find(
    (name) => !names.includes(name),
  );
  if (unsigned) {
    return `the header ${unsigned} is not signed`;
  }
  const claimed = headers['x-amz-content-sha256'];
  const actual = createHash('sha256').update(body).digest('hex');
  return claimed === undefined || claimed === actual ? undefined : mismatch;
}

async function signatureOf(
  signer: SignatureV4,
  { method, rawPath, rawQuery, headers, body }: SignedRequest,
  names: readonly string[],
): Promise<Buffer> {
  const request = {
    method,
    protocol: 'http:',
    hostname: headers.host ?? '',
    path: rawPath,
    query: queryOf(rawQuery),
    headers: Object.fromEntries(names.map((name) => [name, headers[name] ?? ''])),
    body,
  };
  const signed = await signer.sign(request, {
    signingDate: new Date(parseTimestamp(headers['x-amz-date'] ?? '')),
    signableHeaders: new Set(names),
  });
  return Buffer.from(signed.headers.authorization?.slice(-64) ?? '', 'hex');
}

/** The query as names and values; a plus sign is itself, as it is to AWS. */
function queryOf(rawQuery: string): Record<string, string[]> {
  const query: Record<string, string[]> = {};
  for (const pair of rawQuery.split('&').filter((part) => part !== '')) {
    const [name = '', value = ''] = pair.split(/=(.*)/s).map(decode);
    query[name] = [...(query[name] ?? []), value];
  }
  return query;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function parseTimestamp(timestamp: string): number {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp);
  if (!parts) {
    return Number.NaN;
  }
  const [, year, month, day, hour, minute, second] = parts;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
