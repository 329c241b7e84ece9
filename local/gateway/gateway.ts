/** API Gateway on the laptop: an HTTP API in front of the functions of a deployment. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Deployment, Route } from '../lambda/deployment.ts';
import type { Environments } from '../lambda/environments.ts';
import { preflight, withCors, withoutOwnCors } from './cors.ts';
import {
  answerOf,
  eventOf,
  type GatewayAnswer,
  type GatewayRequest,
  gatewayAnswer,
  internalError,
} from './gateway-event.ts';
import { refusalOfSignature } from './sigv4.ts';
import { TokenBucket } from './token-bucket.ts';

export type GatewayOptions = {
  deployment: Pick<Deployment, 'routes' | 'cors'>;
  environments: Pick<Environments, 'invoke'>;
  /** The movable clock. Signatures are checked against real time all the same. */
  now(): number;
  /** Gets a line for each request, and why one was forbidden: the answer, as on AWS, does not tell. */
  log(line: string): void;
};

const largestBodyBytes = 10 * 1024 * 1024;

/** The request listener of the API. It answers every request, and as API Gateway would. */
export function createGateway(
  options: GatewayOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { routes, cors } = options.deployment;
  const buckets = new Map(routes.map((route) => [route, new TokenBucket(route.throttle)]));
  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const startedMs = performance.now();
    const request = await readRequest(incoming, options.now());
    const plain = request
      ? await answerTo(request, options, buckets)
      : gatewayAnswer(413, 'Request Entity Too Large');
    const answer = cors ? withCors(plain, cors, incoming.headers.origin) : plain;
    send(incoming, response, answer, request?.requestId);
    const took = Math.round(performance.now() - startedMs);
    options.log(`${incoming.method} ${request?.rawPath} ${answer.status} ${took} ms`);
  };
  return (incoming, response) => {
    serve(incoming, response).catch((error) => {
      options.log(`failed: ${error?.stack ?? error}`);
      incoming.socket.destroy();
    });
  };
}

async function answerTo(
  request: GatewayRequest,
  { deployment, environments, log }: GatewayOptions,
  buckets: ReadonlyMap<Route, TokenBucket>,
): Promise<GatewayAnswer> {
  if (deployment.cors && request.method === 'OPTIONS') {
    return preflight(request, deployment.cors);
  }
  const match = matchRoute(deployment.routes, request.method, request.rawPath);
  if (match === 'malformed') {
    return gatewayAnswer(400, 'Bad Request');
  }
  if (!match) {
    return gatewayAnswer(404, 'Not Found');
  }
  const { route, pathParameters } = match;

  if (!buckets.get(route)?.take()) {
    return gatewayAnswer(429, 'Too Many Requests');
  }
  // The signer's clock is a real one, so this is the one place where the movable clock has no say.
  const refusal = route.iam ? await refusalOfSignature(request, Date.now()) : undefined;
  if (refusal) {
    log(`${request.method} ${request.rawPath} is forbidden: ${refusal}`);
    return gatewayAnswer(403, 'Forbidden');
  }
  const invocation = await environments.invoke(route.functionName, eventOf(request, route, pathParameters));
  const answer = 'result' in invocation ? answerOf(invocation.result) : internalError;
  return deployment.cors ? withoutOwnCors(answer) : answer;
}

async function readRequest(incoming: IncomingMessage, atMs: number): Promise<GatewayRequest | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming) {
    length += (chunk as Buffer).length;
    if (length <= largestBodyBytes) {
      chunks.push(chunk as Buffer);
    }
  }
  if (length > largestBodyBytes) {
    return undefined;
  }
  const [rawPath = '/', rawQuery = ''] = (incoming.url ?? '/').split(/\?(.*)/s);
  const headers = Object.entries(incoming.headersDistinct).map(([name, values]) => [
    name,
    values?.join(',') ?? '',
  ]);
  return {
    requestId: randomUUID(),
    method: incoming.method ?? 'GET',
    rawPath,
    rawQuery,
    headers: Object.fromEntries(headers),
    body: Buffer.concat(chunks),
    sourceIp: incoming.socket.remoteAddress ?? '127.0.0.1',
    atMs,
  };
}

type Match = { route: Route; pathParameters: Record<string, string> };

/** The route of a request: literal segments win over parameters, which take one segment that is not empty. */
function matchRoute(
  routes: readonly Route[],
  method: string,
  rawPath: string,
): Match | 'malformed' | undefined {
  let path: string[];
  try {
    path = rawPath.split('/').map(decodeURIComponent);
  } catch {
    return 'malformed';
  }
  const matches = routes.flatMap((route) => {
    const pathParameters = route.method === method ? parametersOf(route.path.split('/'), path) : undefined;
    return pathParameters ? [{ route, pathParameters }] : [];
  });
  const parameterCount = (match: Match) => Object.keys(match.pathParameters).length;
  return matches.sort((a, b) => parameterCount(a) - parameterCount(b))[0];
}

function parametersOf(pattern: string[], path: string[]): Record<string, string> | undefined {
  if (pattern.length !== path.length) {
    return undefined;
  }
  const parameters: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = path[index] ?? '';
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name && segment !== '') {
      parameters[name] = segment;
    } else if (part !== segment) {
      return undefined;
    }
  }
  return parameters;
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  answer: GatewayAnswer,
  requestId = '',
): void {
  const { status, headers, cookies, body } = answer;
  const hasBody = status !== 204 && status !== 304 && request.method !== 'HEAD';
  // A function's answer to HEAD has no body: its length is not the one that GET would have (RFC 9110 8.6).
  const hasLength = hasBody || (request.method === 'HEAD' && body.length > 0);
  response.writeHead(status, {
    ...headers,
    ...(hasLength && { 'content-length': String(body.length) }),
    ...(cookies.length > 0 && { 'set-cookie': cookies }),
    'apigw-requestid': requestId,
  });
  response.end(hasBody ? body : undefined);
}
