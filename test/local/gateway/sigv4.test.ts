import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, it } from 'vitest';
import { refusalOfSignature, type SignedRequest } from '../../../local/gateway/sigv4.ts';

type Source = string | ArrayBuffer | ArrayBufferView;

/** The hash that the SDK's signer asks for: SHA-256, or HMAC-SHA-256 when it is given a secret. */
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

const at = new Date('2030-01-01T12:00:00Z');

type Changes = {
  method?: string;
  path?: string;
  query?: Record<string, string>;
  body?: string;
  service?: string;
  region?: string;
  accessKeyId?: string;
  secretAccessKey?: string;
};

async function sign(changes: Changes = {}): Promise<SignedRequest> {
  const { method = 'POST', path = '/v1/challenges', query = {}, body = '{"a":1}' } = changes;
  const signer = new SignatureV4({
    credentials: {
      accessKeyId: changes.accessKeyId ?? 'local',
      secretAccessKey: changes.secretAccessKey ?? 'local-secret',
    },
    region: changes.region ?? 'us-east-1',
    service: changes.service ?? 'execute-api',
    sha256: Sha256,
  });
  const headers = {
    host: '127.0.0.1:4400',
    'content-type': 'application/json',
    'x-amz-extra': 'two  spaces',
  };
  const signed = await signer.sign(
    { method, protocol: 'http:', hostname: '127.0.0.1', path, query, headers, body },
    { signingDate: at },
  );
  const rawQuery = Object.entries(query)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
  const lowered = Object.entries(signed.headers).map(([name, value]) => [name.toLowerCase(), value]);
  return { method, rawPath: path, rawQuery, headers: Object.fromEntries(lowered), body: Buffer.from(body) };
}

const refusal = (request: SignedRequest, offsetMs = 0) =>
  refusalOfSignature(request, at.getTime() + offsetMs);

describe('a signature by the SDK', () => {
  it.each<[string, Changes]>([
    ['a body', {}],
    ['no body', { method: 'GET', body: '' }],
    ['a query out of order', { query: { z: '1', a: 'two words & more', 'm!': "(')*" } }],
    ['an encoded path', { method: 'PUT', path: '/v1/accounts/a%20b/users/auth0%7C12%2B3' }],
  ])('over a request with %s is accepted', async (_, changes) => {
    expect(await refusal(await sign(changes))).toBeUndefined();
  });

  it.each<[string, Changes]>([
    ['another secret', { secretAccessKey: 'other-secret' }],
    ['another access key id', { accessKeyId: 'other' }],
    ['another region', { region: 'eu-central-1' }],
    ['another service', { service: 'lambda' }],
  ])('with %s is refused', async (_, changes) => {
    expect(await refusal(await sign(changes))).toBeDefined();
  });

  it.each<[string, Partial<SignedRequest>]>([
    ['another method', { method: 'PUT' }],
    ['another path', { rawPath: '/v1/user-tokens' }],
    ['another query', { rawQuery: 'a=1' }],
    ['another body', { body: Buffer.from('{"a":2}') }],
  ])('is refused on a request with %s', async (_, changes) => {
    expect(await refusal({ ...(await sign()), ...changes })).toBe('the signature does not match the request');
  });

  it('is refused when a signed header was changed', async () => {
    const request = await sign();
    const headers = { ...request.headers, 'content-type': 'text/plain' };
    expect(await refusal({ ...request, headers })).toBe('the signature does not match the request');
  });

  it('is refused when a header of AWS was added unsigned', async () => {
    const request = await sign();
    const headers = { ...request.headers, 'x-amz-security-token': 'added' };
    expect(await refusal({ ...request, headers })).toContain('is not signed');
  });

  it('is good for five minutes around its date, and no longer', async () => {
    const request = await sign();
    for (const minutes of [-5, 5]) {
      expect(await refusal(request, minutes * 60_000)).toBeUndefined();
    }
    for (const minutes of [-5, 5]) {
      expect(await refusal(request, minutes * 60_001)).toContain('5 minutes');
    }
  });

  it('is refused without its header or with a broken one', async () => {
    const request = await sign();
    const { authorization, ...rest } = request.headers;
    expect(await refusal({ ...request, headers: rest })).toContain('no Authorization');
    for (const broken of ['Bearer abc', String(authorization).slice(0, -1), '']) {
      expect(await refusal({ ...request, headers: { ...rest, authorization: broken } })).toBeDefined();
    }
  });
});
