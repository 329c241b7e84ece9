/** Cross-origin calls, as an HTTP API answers them, and from any page of this machine. */
import type { Cors } from '../lambda/deployment.ts';
import type { GatewayAnswer, GatewayRequest } from './gateway-event.ts';

/** The answer to a preflight; without the permission headers for an origin that may not call. */
export function preflight({ headers }: GatewayRequest, cors: Cors): GatewayAnswer {
  const answer: GatewayAnswer = { status: 204, headers: {}, cookies: [], body: Buffer.alloc(0) };
  if (!headers['access-control-request-method'] || !isAllowed(cors, headers.origin)) {
    return answer;
  }
  answer.headers['access-control-allow-methods'] = cors.methods.join(',');
  answer.headers['access-control-allow-headers'] = cors.headers.join(',');
  answer.headers['access-control-max-age'] = String(cors.maxAgeSeconds);
  return answer;
}

/** The answer with the headers that let the page of an allowed origin read it. */
export function withCors(answer: GatewayAnswer, cors: Cors, origin: string | undefined): GatewayAnswer {
  if (!isAllowed(cors, origin)) {
    return answer;
  }
  const headers: Record<string, string> = {
    ...answer.headers,
    'access-control-allow-origin': cors.origins.includes('*') ? '*' : String(origin),
    vary: 'origin',
  };
  if (cors.exposed.length > 0) {
    headers['access-control-expose-headers'] = cors.exposed.join(',');
  }
  return { ...answer, headers };
}

/** With CORS in the template, these headers are the gateway's to set. */
export function withoutOwnCors(answer: GatewayAnswer): GatewayAnswer {
  const headers = Object.entries(answer.headers).filter(([name]) => !name.startsWith('access-control-'));
  return { ...answer, headers: Object.fromEntries(headers) };
}

function isAllowed(cors: Cors, origin: string | undefined): boolean {
  return (
    origin !== undefined &&
    (cors.origins.includes(origin) || cors.origins.includes('*') || isLoopback(origin))
  );
}

/** A developer's own pages, whatever port they are on. A deployed gateway has only the template's origins. */
const isLoopback = (origin: string) => /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(origin);
