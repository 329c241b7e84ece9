/**
 * What `sam local` leaves out of an HTTP API, around a flow's handler. It is in no bundle but those that `npm run sam`
 * makes: a deployed function has none of it.
 */
import { randomUUID } from 'node:crypto';
import { callerOf } from '../gateway/gateway-event.ts';
import { refusalOfSignature, type SignedRequest } from '../gateway/sigv4.ts';

/** An HTTP API event, version 2.0, as SAM makes it: header names as sent, the path decoded, the time of SAM's start. */
type SamEvent = {
  rawPath: string;
  rawQueryString?: string;
  headers: Record<string, string>;
  body?: string;
  isBase64Encoded?: boolean;
  requestContext: Record<string, unknown> & { http: { method: string; sourceIp?: string | null } };
};
// biome-ignore lint/suspicious/noExplicitAny: the handler's own types are the functions'.
type Handler = (event: any, context: any) => Promise<unknown>;

type BridgeOptions = {
  /** The function's name: what the local engines know it by, and what it may do there. */
  functionName: string;
  /** Whether API Gateway would ask for an AWS signature. SAM knows no IAM authorizer for HTTP APIs. */
  signed: boolean;
};

/**
 * The handler as `sam local` can run it: each event has its own time and id, and a signed route is refused without a good
 * signature by `local` / `local-secret`. Throws wherever SAM does not say that it is SAM.
 */
export function bridged(handler: Handler, { functionName, signed }: BridgeOptions): Handler {
  if (process.env.AWS_SAM_LOCAL !== 'true') {
    throw new Error('This code runs under sam local only.');
  }
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: functionName, AWS_SECRET_ACCESS_KEY: 'local-secret' });
  delete process.env.AWS_SESSION_TOKEN;
  return async (event: SamEvent, context) => {
    const lowered = Object.entries(event.headers).map(([name, value]) => [name.toLowerCase(), value]);
    const headers: Record<string, string> = Object.fromEntries(lowered);
    const { http } = event.requestContext;
    const requestContext = {
      ...event.requestContext,
      http: { ...http, sourceIp: http.sourceIp ?? '127.0.0.1', userAgent: headers['user-agent'] ?? '' },
      requestId: randomUUID(),
      timeEpoch: Date.now(),
      ...(signed && { authorizer: { iam: callerOf() } }),
    };
    if (signed && (await refusalOfSignature(signedRequest(event, headers), Date.now())) !== undefined) {
      return {
        statusCode: 403,
        headers: { 'content-type': 'application/json' },
        body: '{"message":"Forbidden"}',
      };
    }
    return handler({ ...event, headers, requestContext }, context);
  };
}

/** The path as it was sent: SAM decodes it, so an id with a slash of its own cannot be signed here. */
function signedRequest(event: SamEvent, headers: Record<string, string>): SignedRequest {
  return {
    method: event.requestContext.http.method,
    rawPath: event.rawPath.split('/').map(encodeURIComponent).join('/'),
    rawQuery: event.rawQueryString ?? '',
    headers,
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
  };
}
