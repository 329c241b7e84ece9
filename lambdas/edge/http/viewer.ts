/** Whose connection a request came by: the gateway's word, or the front's, where the front stands before it. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { setting } from '../setup/config.ts';
import type { GatewayEvent } from './request.ts';

/** What the front adds: the secret that only it knows, and the viewer's address. It overwrites what a viewer sends. */
const secretHeader = 'x-countersign-front';
const addressHeader = 'x-countersign-viewer';

/**
 * The literal address of the browser. A header names it only beside the front's secret: everybody else who sends one is
 * named by their own connection.
 */
export function viewerAddress(headers: Record<string, string>, { requestContext }: GatewayEvent): string {
  const address = headers[addressHeader] ?? '';
  return isIP(address) !== 0 && isFromFront(headers[secretHeader]) ? address : requestContext.http.sourceIp;
}

function isFromFront(secret: string | undefined): boolean {
  const expected = setting('frontSecretSha256');
  if (secret === undefined || expected === undefined) {
    return false;
  }
  return timingSafeEqual(createHash('sha256').update(secret).digest(), Buffer.from(expected, 'hex'));
}
