/** S78: whose address events name, where a front may stand before the API. */
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { GatewayEvent } from '../../../lambdas/edge/http/request.ts';
import { viewerAddress } from '../../../lambdas/edge/http/viewer.ts';

const secret = 'a secret of the front';
const event = { requestContext: { http: { sourceIp: '203.0.113.7' } } } as GatewayEvent;
const addressOf = (headers: Record<string, string>) => viewerAddress(headers, event);
const withFront = () => {
  process.env.FRONT_SECRET_SHA256 = createHash('sha256').update(secret).digest('hex');
};
afterEach(() => {
  delete process.env.FRONT_SECRET_SHA256;
});

describe('the address of a viewer', () => {
  const told = { 'x-countersign-viewer': '198.51.100.9', 'x-countersign-front': secret };

  it("is the front's word beside its secret, in both versions of IP", () => {
    withFront();
    expect(addressOf(told)).toBe('198.51.100.9');
    expect(addressOf({ ...told, 'x-countersign-viewer': '2001:db8::1' })).toBe('2001:db8::1');
  });

  it('is that of the connection where the secret is wrong or missing, whatever a header says', () => {
    withFront();
    expect(addressOf({ ...told, 'x-countersign-front': 'another' })).toBe('203.0.113.7');
    expect(addressOf({ 'x-countersign-viewer': '198.51.100.9' })).toBe('203.0.113.7');
    expect(addressOf({ ...told, 'x-countersign-front': process.env.FRONT_SECRET_SHA256 as string })).toBe(
      '203.0.113.7',
    );
  });

  it('is that of the connection where the stage has no front', () => {
    expect(addressOf(told)).toBe('203.0.113.7');
  });

  it('is never what is no address', () => {
    withFront();
    expect(addressOf({ ...told, 'x-countersign-viewer': '198.51.100.9, 10.0.0.1' })).toBe('203.0.113.7');
    expect(addressOf({ 'x-countersign-front': secret })).toBe('203.0.113.7');
  });
});
