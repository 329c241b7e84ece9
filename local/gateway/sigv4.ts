/** The check of AWS Signature Version 4 that API Gateway makes on a route with `AWS_IAM`. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
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
const authorizationPattern =
  /^AWS4-HMAC-SHA256 +Credential=([^/, ]+)\/(\d{8}\/[^/, ]+\/[^/, ]+\/aws4_request), *SignedHeaders=([a-z0-9;_-]+), *Signature=([0-9a-f]{64})$/;

/**
 * Why the signature is refused, or `undefined` for a good one. `nowMs` is real time, as the signer's clock is.
 * The path is accepted encoded twice, as AWS wants it, and once, as curl before version 8 signs it.
 */
export function refusalOfSignature(request: SignedRequest, nowMs: number): string | undefined {
  const { authorization } = request.headers;
  if (!authorization) return 'there is no Authorization header';
  const [, accessKeyId, scope = '', signedHeaders = '', signature = ''] =
    authorizationPattern.exec(authorization) ?? [];
  if (!accessKeyId) return 'the Authorization header is not one of AWS4-HMAC-SHA256';
  if (accessKeyId !== credentials.accessKeyId) return `the access key id is not "${credentials.accessKeyId}"`;

  const timestamp = request.headers['x-amz-date'] ?? '';
  if (scope !== `${timestamp.slice(0, 8)}/${region}/${service}/aws4_request`) {
    return `the scope must be the day of X-Amz-Date, ${region}, ${service}`;
  }
  const signedAtMs = parseTimestamp(timestamp);
  if (!(Math.abs(nowMs - signedAtMs) <= longestSkewMs)) return 'X-Amz-Date is more than 5 minutes off';
  const names = signedHeaders.split(';');
  const unsigned = ['host', ...Object.keys(request.headers).filter((name) => name.startsWith('x-amz-'))].find(
    (name) => !names.includes(name),
  );
  if (unsigned) return `the header ${unsigned} is not signed`;

  const key = signingKey(scope);
  const isGood = canonicalRequests(request, names).some((canonical) => {
    const wanted = hmac(key, ['AWS4-HMAC-SHA256', timestamp, scope, sha256(canonical)].join('\n'));
    return timingSafeEqual(wanted, Buffer.from(signature, 'hex'));
  });
  return isGood ? undefined : 'the signature does not match the request';
}

function canonicalRequests(request: SignedRequest, names: readonly string[]): string[] {
  const { method, rawPath, rawQuery, headers, body } = request;
  const headerLines = names
    .map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`)
    .join('');
  return [encodePath(rawPath), rawPath].map((path) =>
    [method, path, canonicalQuery(rawQuery), headerLines, names.join(';'), sha256(body)].join('\n'),
  );
}

function canonicalQuery(rawQuery: string): string {
  const pairs = rawQuery.split('&').filter((part) => part !== '');
  return pairs
    .map((pair) => {
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      return `${encode(decode(name))}=${encode(decode(value))}`;
    })
    .sort()
    .join('&');
}

function encodePath(path: string): string {
  return path.split('/').map(encode).join('/');
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function signingKey(scope: string): Buffer {
  const start = Buffer.from(`AWS4${credentials.secretAccessKey}`);
  return scope.split('/').reduce<Buffer>((key, part) => hmac(key, part), start);
}

function parseTimestamp(timestamp: string): number {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp);
  if (!parts) return Number.NaN;
  const [, year, month, day, hour, minute, second] = parts;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
