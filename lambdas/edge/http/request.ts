/** A request, parsed once: the gateway's event in, what a flow works with out. */
import type { MiddlewareObj } from '@middy/core';
import httpJsonBodyParser from '@middy/http-json-body-parser';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type * as z from 'zod/mini';
import type { Context } from '../../core/decision.ts';
import { type Refusal, refuse } from '../../core/refusal.ts';
import type { Flow, Route, routes } from '../../routes.ts';
import { externalId } from '../../schemas.ts';
import { newId } from '../run/decide.ts';

/** What a request says, parsed, with the gateway's time. */
export type Parsed<F extends Flow> = {
  body: (typeof routes)[F] extends { body: infer B extends z.ZodMiniType } ? z.infer<B> : undefined;
  query: (typeof routes)[F] extends { query: infer Q extends z.ZodMiniType } ? z.infer<Q> : undefined;
  path: PathParameters<(typeof routes)[F]['path']>;
  headers: Record<string, string>;
  nowMs: number;
};

/** A request as a flow sees it: with the context that its decision takes. */
export type Request<F extends Flow> = Parsed<F> & { context: Context };

/** `{accountId: string; userId: string}` of `/v1/accounts/{accountId}/users/{userId}`. */
type PathParameters<P extends string> = P extends `${string}{${infer Name}}${infer Rest}`
  ? { [K in Name]: string } & PathParameters<Rest>
  : unknown;

/** What API Gateway hands over; its own type leaves the authorizer out. */
export type GatewayEvent = APIGatewayProxyEventV2 & {
  requestContext: { authorizer?: { iam?: { accessKey?: string; userArn?: string } } };
};

/** An event keeps what names a device, not whatever somebody sends. */
const userAgentLength = 256;

const maxBodyBytes = 8 * 1024;

/**
 * Parses JSON bodies of routes that take one. Bodies must say that they are JSON: a form that another site posts is
 * refused before anything else looks at it. Throws what `isBadBody` knows.
 */
export function jsonBody(route: Route): MiddlewareObj {
  const parser = httpJsonBodyParser();
  return {
    before: async (request) => {
      const event = request.event as { body?: unknown };
      if (!route.body || !event.body) {
        event.body = {};
        return;
      }
      if (Buffer.byteLength(event.body as string) > maxBodyBytes) {
        throw Object.assign(new Error('body too large'), { statusCode: 415 });
      }
      await parser.before?.(request as never);
    },
  };
}

/** Whether this error says that a body is no JSON, too large, or of another content type. */
export const isBadBody = (error: object): boolean => 'statusCode' in error && error.statusCode === 415;

export const badBody = (): Refusal =>
  invalid(`the body must be JSON of at most ${maxBodyBytes} bytes, with content-type application/json`);

/** The request, or `request_invalid` with JSON pointers (RFC 6901) to what is wrong. */
export function parseRequest<F extends Flow>(route: Route, event: GatewayEvent): Parsed<F> | Refusal {
  const path = event.pathParameters ?? {};
  for (const [name, value] of Object.entries(path)) {
    if (!externalId.safeParse(value).success) {
      return invalid(`${name} in the path is not valid`);
    }
  }
  const body = route.body?.safeParse(event.body);
  const query = route.query?.safeParse(event.queryStringParameters ?? {});
  const misfit = body?.error ?? query?.error;
  if (misfit) {
    const detail = `The ${body?.error ? 'body' : 'query'} does not fit this request.`;
    return refuse('request_invalid', { detail, errors: misfit.issues.flatMap(pointers) });
  }
  return {
    body: body?.data as Parsed<F>['body'],
    query: query?.data as Parsed<F>['query'],
    path: path as Parsed<F>['path'],
    headers: event.headers as Record<string, string>,
    nowMs: event.requestContext.timeEpoch,
  };
}

/**
 * The request with its context. Events name the address and agent of the connection, except for the app's calls: those
 * come from the company's own servers, and `clientContext` names the person's.
 */
export function requestOf<F extends Flow>(
  parsed: Parsed<F>,
  { requestContext: { http } }: GatewayEvent,
  actor: Context['actor'],
): Request<F> {
  const client = actor.kind === 'app' ? {} : { ip: http.sourceIp, userAgent: http.userAgent };
  return { ...parsed, context: clientContext({ nowMs: parsed.nowMs, newId, actor }, client) };
}

/** The context with a person's address and agent. */
export function clientContext(
  context: Context,
  { ip, userAgent }: { ip?: string | undefined; userAgent?: string | undefined },
): Context {
  return {
    ...context,
    ...(ip ? { ip } : {}),
    ...(userAgent ? { userAgent: userAgent.slice(0, userAgentLength) } : {}),
  };
}

const invalid = (detail: string): Refusal =>
  refuse('request_invalid', { detail, errors: [{ pointer: '', detail }] });

/** An unknown field is named; a value never is. */
function pointers(issue: z.core.$ZodIssue): { pointer: string; detail: string }[] {
  const at = issue.path.map(pointerTo).join('');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys
      .slice(0, 8)
      .map((key) => ({ pointer: at + pointerTo(key.slice(0, 64)), detail: 'is not known here' }));
  }
  return [{ pointer: at, detail: expectation(issue) }];
}

const pointerTo = (part: PropertyKey): string =>
  `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** What was expected there. zod/mini brings no messages of its own; the schemas bring some. */
function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be of type ${issue.expected}`;
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`;
    case 'too_big':
      return `may be at most ${issue.maximum} long`;
    case 'too_small':
      return `must be at least ${issue.minimum} long`;
    case 'invalid_union':
      return 'fits none of the allowed forms';
    default:
      return issue.message;
  }
}
