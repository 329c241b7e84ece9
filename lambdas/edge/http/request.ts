/** A request, parsed once: the gateway's event in, what a flow works with out. */
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type * as z from 'zod/mini';
import type { Context } from '../../core/decision.ts';
import type { RelyingParty } from '../../core/ports.ts';
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts';
import type { Client } from '../../core/state/challenge-claims.ts';
import { externalId } from '../../fields.ts';
import type { Flow, Route, routes } from '../../routes.ts';
import { newId } from '../run/decide.ts';
import { setting } from '../setup/config.ts';
import { viewerAddress } from './viewer.ts';

/** What a request says, parsed, with the gateway's time. */
export type Parsed<F extends Flow> = {
  body: (typeof routes)[F] extends { body: infer B extends z.ZodMiniType } ? z.infer<B> : undefined;
  query: (typeof routes)[F] extends { query: infer Q extends z.ZodMiniType } ? z.infer<Q> : undefined;
  path: PathParameters<(typeof routes)[F]['path']>;
  headers: Record<string, string>;
  /** The body as it was sent, for telling what was left out of it. */
  given: unknown;
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

const auditSignIns = /* @__PURE__ */ setting('auditSignIns');

/** An event keeps what names a device, not whatever somebody sends. */
const userAgentLength = 256;

const usualBodyKb = 8;

/** `application/json`, or a type that is written in it (RFC 9110 8.3, RFC 6839 3.1). */
const jsonType = /^application\/([!#$&^_.+a-z0-9-]+\+)?json$/;

/**
 * The body of a request as JSON says it. Bodies must say that they are JSON: a form that another site posts is refused
 * before anything else looks at it. Refuses `request_invalid`, each cause in its own words.
 */
function jsonBody(route: Route, event: GatewayEvent, headers: Record<string, string>): unknown {
  if (!route.body || !event.body) {
    return {};
  }
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  if (!jsonType.test(type.trim().toLowerCase())) {
    return invalid('the body must have the content-type application/json');
  }
  const text = event.isBase64Encoded ? Buffer.from(event.body, 'base64').toString() : event.body;
  const maxKb = route.maxBodyKb ?? usualBodyKb;
  if (Buffer.byteLength(text) > maxKb * 1024) {
    return invalid(`the body may be at most ${maxKb} KB`);
  }
  try {
    const body: unknown = JSON.parse(text.replace(/^\ufeff/, ''));
    return route.nullable ? body : withoutNulls(body);
  } catch {
    return invalid('the body must be well-formed JSON');
  }
}

/** `null` is absent. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return value;
  }
  const named = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(named.map(([name, member]) => [name, withoutNulls(member)]));
}

/** The request, or `request_invalid` with JSON pointers (RFC 6901) to what is wrong. */
export function parseRequest<F extends Flow>(route: Route, event: GatewayEvent): Parsed<F> | Refusal {
  const path = event.pathParameters ?? {};
  for (const [name, value] of Object.entries(path)) {
    if (!externalId.safeParse(value).success) {
      return invalid(`${name} in the path is not valid`);
    }
  }
  const headers = lowerCased(event.headers);
  const given = jsonBody(route, event, headers);
  if (isRefusal(given)) {
    return given;
  }
  const body = route.body?.safeParse(given);
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
    headers,
    given,
    nowMs: event.requestContext.timeEpoch,
  };
}

/**
 * The request with its context. Events name the address and agent of the connection, except for the app's calls: those
 * come from the company's own servers, and `clientContext` names the person's.
 */
export function requestOf<F extends Flow>(
  parsed: Parsed<F>,
  event: GatewayEvent,
  { actor, client }: { actor: Context['actor']; client?: Client | undefined },
): Request<F> {
  const { userAgent } = event.requestContext.http;
  const connection =
    actor.kind === 'app' || actor.kind === 'operator'
      ? {}
      : { ip: viewerAddress(parsed.headers, event), userAgent };
  const unrecorded = auditSignIns ? {} : { unrecorded: true };
  const context = { nowMs: parsed.nowMs, newId, actor, passkeys, ...unrecorded };
  return { ...parsed, context: clientContext(context, client ?? connection, connection) };
}

/** Undefined where the deployment has no passkeys. */
const passkeys = relyingParty();

function relyingParty(): RelyingParty | undefined {
  const rpId = setting('passkeyRpId');
  return rpId === undefined ? undefined : { rpId, origins: setting('passkeyOrigins') };
}

/**
 * The context with a person's address and agent. Where the app named them and the connection's differ, a browser called
 * from elsewhere or the app's back end passed the call on: events name both.
 */
export function clientContext(context: Context, client: Client, connection: Client = client): Context {
  const { ip = connection.ip, userAgent = connection.userAgent } = client;
  const via = {
    ...(connection.ip && connection.ip !== ip ? { ip: connection.ip } : {}),
    ...(connection.userAgent && connection.userAgent !== userAgent
      ? { userAgent: cut(connection.userAgent) }
      : {}),
  };
  return {
    ...context,
    ...(ip ? { ip } : {}),
    ...(userAgent ? { userAgent: cut(userAgent) } : {}),
    ...(Object.keys(via).length > 0 ? { via } : {}),
  };
}

const cut = (userAgent: string): string => userAgent.slice(0, userAgentLength);

/** API Gateway sends header names in lower case; other ways to start a function do not. */
const lowerCased = (headers: Record<string, string | undefined> | null | undefined): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers ?? {}).flatMap(([name, value]) =>
      value === undefined || value === null ? [] : [[name.toLowerCase(), value]],
    ),
  );

const invalid = (detail: string): Refusal =>
  refuse('request_invalid', { detail, errors: [{ pointer: '', detail }] });

/** An unknown field is named; a value never is. */
export function pointers(issue: z.core.$ZodIssue): { pointer: string; detail: string }[] {
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
