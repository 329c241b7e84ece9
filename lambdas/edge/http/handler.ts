/** HTTP in and out: what every flow has in common, so that a flow reads as its table of contents. */
import middy, { type MiddlewareObj } from '@middy/core';
import httpSecurityHeaders from '@middy/http-security-headers';
import { AccountClosed } from '../../core/ports.ts';
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts';
import { type Flow, type Route, routes } from '../../routes.ts';
import { reportFailure, reportOutcome } from '../run/report.ts';
import type { Resolver } from './callers.ts';
import { Page, pageHeaders } from './page.ts';
import { type HttpAnswer, problem } from './problems.ts';
import { type GatewayEvent, parseRequest, type Request, requestOf } from './request.ts';

/**
 * The Lambda handler of a flow: parses the request by the route's schema, resolves who calls, runs the flow, and answers
 * with the route's status or the refusal's problem. Whatever is thrown answers `temporarily_unavailable` and says nothing
 * of its cause.
 */
export function handle<F extends Flow, Who>(
  flow: F,
  as: Resolver<(typeof routes)[F]['caller'], Who>,
  run: (request: Request<F>, who: Who) => Promise<object | Refusal>,
) {
  const route: Route = routes[flow];
  return middy(async (event: GatewayEvent): Promise<HttpAnswer> => {
    const startedAtMs = performance.now();
    const response = respond(route, event, await answerTo(route, event, as, run));
    const { requestId } = event.requestContext;
    const durationMs = Math.round(performance.now() - startedAtMs);
    reportOutcome({ flow, requestId, status: response.statusCode, code: response.code, durationMs });
    return asAsked(event, response.answer);
  })
    .use(httpSecurityHeaders(securityHeaders))
    .use(failures(flow));
}

/** The other way in which a route succeeds (`other` of the table). */
export class OtherSuccess {
  readonly answer: object;

  constructor(answer: object) {
    this.answer = answer;
  }
}

/** Pages bring a policy of their own, which allows what they do: copying codes, and later passkeys. */
const securityHeaders = {
  contentSecurityPolicy: false,
  crossOriginEmbedderPolicy: false,
  permissionsPolicy: false,
  reportTo: false,
  reportingEndpoints: false,
  xssProtection: false,
} as const;

async function answerTo<F extends Flow, Who>(
  route: Route,
  event: GatewayEvent,
  as: Resolver<(typeof routes)[F]['caller'], Who>,
  run: (request: Request<F>, who: Who) => Promise<object | Refusal>,
): Promise<object | Refusal> {
  const parsed = parseRequest<F>(route, event);
  if (isRefusal(parsed)) {
    return parsed;
  }
  const signed = event.requestContext.authorizer?.iam !== undefined;
  const called = await as.resolve({ ...parsed, signed });
  return isRefusal(called) ? called : run(requestOf(parsed, event, called), called.who).catch(closed);
}

/** Loading a closed account throws, so that no flow can forget to ask. */
function closed(error: unknown): Refusal {
  if (error instanceof AccountClosed) {
    return refuse('account_closed', { detail: 'This account was closed and is being erased.' });
  }
  throw error;
}

function respond(route: Route, event: GatewayEvent, answer: object) {
  const { requestId, timeEpoch } = event.requestContext;
  const refusal = isRefusal(answer) ? answer : undefined;
  const response = refusal ? problem(refusal, requestId, timeEpoch) : success(route, answer);
  return {
    statusCode: response.statusCode,
    code: refusal?.refused,
    answer: withRequestId(response, requestId),
  };
}

/** An answer to HEAD is that to GET without the body. */
function asAsked({ requestContext }: GatewayEvent, { body, ...head }: HttpAnswer): HttpAnswer {
  return requestContext.http.method === 'HEAD' || body === undefined ? head : { ...head, body };
}

const withRequestId = (answer: HttpAnswer, requestId: string): HttpAnswer => ({
  ...answer,
  headers: { ...answer.headers, 'x-request-id': requestId },
});

function success(route: Route, answer: object): HttpAnswer {
  if (answer instanceof Page) {
    const { contentType, text, cacheControl } = answer;
    const headers = { ...pageHeaders, 'content-type': contentType, 'cache-control': cacheControl };
    return { statusCode: route.status, headers, body: text };
  }
  if (route.status === 204) {
    return { statusCode: 204, headers: { 'cache-control': 'no-store' } };
  }
  const isOther = answer instanceof OtherSuccess;
  const cacheable = route.caller === 'public' && route.path !== '/v1/health';
  return {
    statusCode: (isOther && route.other?.status) || route.status,
    headers: {
      'content-type': 'application/json',
      'cache-control': cacheable ? 'public, max-age=300' : 'no-store',
    },
    body: JSON.stringify(isOther ? answer.answer : answer),
  };
}

function failures(flow: Flow): MiddlewareObj {
  return {
    onError: (request) => {
      const event = request.event as GatewayEvent;
      const { requestId, timeEpoch } = event.requestContext;
      const error = request.error as Error;
      reportFailure(flow, requestId, error);
      const refusal = refuse('temporarily_unavailable', {
        detail: 'Countersign could not do this now. Try again.',
      });
      request.response = asAsked(event, withRequestId(problem(refusal, requestId, timeEpoch), requestId));
    },
  };
}
