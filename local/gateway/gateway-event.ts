/** Payload format 2.0 of an HTTP API, in both directions. */

import type { Route } from '../lambda/deployment.ts';
import { account } from '../stack/place.ts';
import { credentials } from './sigv4.ts';

/** A request as it reached the gateway; header names in lower case, repeated ones joined by a comma. */
export type GatewayRequest = {
  requestId: string;
  method: string;
  rawPath: string;
  rawQuery: string;
  headers: Record<string, string>;
  body: Buffer;
  sourceIp: string;
  /** Milliseconds since 1970 by the movable clock. */
  atMs: number;
};

export type GatewayAnswer = {
  status: number;
  headers: Record<string, string>;
  cookies: string[];
  body: Buffer;
};

const textTypes = /^(text\/.*|application\/(json|javascript|xml))$/;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The event for a function. `pathParameters` are decoded already, as the path is: an HTTP API decodes both. */
export function eventOf(
  request: GatewayRequest,
  route: Route,
  pathParameters: Record<string, string>,
): object {
  const { cookie, ...headers } = request.headers;
  const routeKey = `${route.method} ${route.path}`;
  const query = Object.entries(queryOf(request.rawQuery));
  return {
    version: '2.0',
    routeKey,
    rawPath: decodeURIComponent(request.rawPath),
    rawQueryString: request.rawQuery,
    ...(cookie !== undefined && { cookies: cookie.split(/; */) }),
    headers: forwarded(headers, request),
    ...(query.length > 0 && { queryStringParameters: Object.fromEntries(query) }),
    ...(Object.keys(pathParameters).length > 0 && { pathParameters }),
    requestContext: contextOf(request, routeKey, route.iam),
    ...bodyOf(request),
  };
}

function forwarded(headers: Record<string, string>, request: GatewayRequest): Record<string, string> {
  const { connection, 'keep-alive': keepAlive, 'transfer-encoding': transferEncoding, ...kept } = headers;
  const before = kept['x-forwarded-for'];
  return {
    ...kept,
    'content-length': String(request.body.length),
    'x-forwarded-for': before ? `${before}, ${request.sourceIp}` : request.sourceIp,
    'x-forwarded-port': kept.host?.split(':')[1] ?? '80',
    'x-forwarded-proto': 'http',
  };
}

function contextOf(request: GatewayRequest, routeKey: string, iam: boolean): object {
  const domainName = request.headers.host ?? '127.0.0.1';
  return {
    accountId: account,
    apiId: 'local',
    ...(iam && { authorizer: { iam: callerOf() } }),
    domainName,
    domainPrefix: domainName.split('.')[0],
    http: {
      method: request.method,
      path: decodeURIComponent(request.rawPath),
      protocol: 'HTTP/1.1',
      sourceIp: request.sourceIp,
      userAgent: request.headers['user-agent'] ?? '',
    },
    requestId: request.requestId,
    routeKey,
    stage: '$default',
    time: accessLogTime(request.atMs),
    timeEpoch: request.atMs,
  };
}

/** What the authorizer tells of the one caller that it knows. */
export function callerOf(): object {
  const { accessKeyId: accessKey } = credentials;
  return {
    accessKey,
    accountId: account,
    callerId: accessKey,
    cognitoIdentity: null,
    principalOrgId: null,
    userArn: `arn:aws:iam::${account}:user/${accessKey}`,
    userId: accessKey,
  };
}

function bodyOf({ headers, body }: GatewayRequest): { body?: string; isBase64Encoded: boolean } {
  if (body.length === 0) {
    return { isBase64Encoded: false };
  }
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const isText = textTypes.test(type) && headers['content-encoding'] === undefined;
  return { body: body.toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText };
}

function queryOf(rawQuery: string): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(rawQuery)) {
    query[name] = query[name] === undefined ? value : `${query[name]},${value}`;
  }
  return query;
}

function accessLogTime(atMs: number): string {
  const at = new Date(atMs);
  const two = (part: number) => String(part).padStart(2, '0');
  const day = `${two(at.getUTCDate())}/${months[at.getUTCMonth()]}/${at.getUTCFullYear()}`;
  return `${day}:${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} +0000`;
}

/**
 * The answer that a function's result stands for: an object with `statusCode`, or anything else as the JSON of a 200.
 * A result that API Gateway would not take is its 500.
 */
export function answerOf(result: unknown): GatewayAnswer {
  if (typeof result !== 'object' || result === null || !('statusCode' in result)) {
    const text = typeof result === 'string' ? result : JSON.stringify(result);
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      cookies: [],
      body: Buffer.from(text),
    };
  }
  const { statusCode, headers = {}, cookies = [], body = '', isBase64Encoded = false } = result as Result;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599 || typeof body !== 'string') {
    return internalError;
  }
  const lowered = Object.entries(headers).map(
    ([name, value]) => [name.toLowerCase(), String(value)] as const,
  );
  return {
    status,
    headers: { ...(body && { 'content-type': 'text/plain; charset=utf-8' }), ...Object.fromEntries(lowered) },
    cookies,
    body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'),
  };
}

type Result = {
  statusCode: unknown;
  headers?: Record<string, unknown>;
  cookies?: string[];
  body?: unknown;
  isBase64Encoded?: boolean;
};

/** An answer of the gateway itself, such as `{"message":"Not Found"}`. */
export function gatewayAnswer(status: number, message: string): GatewayAnswer {
  const headers = { 'content-type': 'application/json' };
  return { status, headers, cookies: [], body: Buffer.from(JSON.stringify({ message })) };
}

export const internalError = gatewayAnswer(500, 'Internal Server Error');
