/** The answers of an operation: its own, the refusals, and what the gateway answers before any function runs. */
import * as z from 'zod/mini';
import { problemTypes } from '../edge/http/problems.ts';
import { type Route, refusalsOf } from '../routes.ts';
import { examplesOf } from './examples.ts';
import type { JsonSchemas } from './json-schemas.ts';

type RefusalCode = keyof typeof problemTypes;

const retried = (status: number) => status === 429 || status === 503;
const requestIdHeader = { 'x-request-id': { $ref: '#/components/headers/RequestId' } };
const retryHeader = { 'retry-after': { $ref: '#/components/headers/RetryAfter' } };

/** Headers that answers have in common. */
export const headers = {
  RequestId: {
    description: "The request's id, as it stands in the logs. Absent from the gateway's own answers.",
    schema: { type: 'string' },
    example: 'bXk3Vj0wFiAEJ7Q=',
  },
  RetryAfter: {
    description:
      "Seconds after which the same request makes sense again. Absent from the gateway's own answers.",
    schema: { type: 'integer', minimum: 1 },
    example: 30,
  },
};

/** A problem (RFC 9457) with its `code`, and the message of a gateway. */
export const sharedShapes = {
  Problem: z.object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.optional(z.string()),
    code: z.enum(Object.keys(problemTypes)),
    reason: z.optional(z.string()),
    requestId: z.string(),
    attemptsRemaining: z.optional(z.int()),
    errors: z.optional(z.array(z.object({ pointer: z.string(), detail: z.string() }))),
  }),
  GatewayMessage: z.object({ message: z.string() }),
};

/** An example of every problem. */
export const problemExamples = Object.fromEntries(
  (Object.entries(problemTypes) as [RefusalCode, { status: number; title: string }][]).map(
    ([code, { status, title }]) => [
      code,
      {
        value: {
          type: `urn:countersign:problem:${code}`,
          title,
          status,
          code,
          requestId: headers.RequestId.example,
          ...(code === 'code_incorrect' ? { attemptsRemaining: 4 } : {}),
          ...(code === 'request_invalid'
            ? { errors: [{ pointer: '/accountId', detail: 'must be of type string' }] }
            : {}),
        },
      },
    ],
  ),
);

export function answersOf(route: Route, schemas: JsonSchemas, signed: boolean) {
  const refusals = refusalsOf(route);
  const statuses = [
    ...new Set([...refusals.map((code) => problemTypes[code].status), 429, ...(signed ? [403] : [])]),
  ];
  return {
    [route.status]: {
      description: route.summary,
      headers: requestIdHeader,
      ...(route.answer ? { content: contentOf(route.answer, 'output', schemas) } : {}),
    },
    ...(route.other && {
      [route.other.status]: {
        description: route.summary,
        headers: requestIdHeader,
        content: contentOf(route.other.answer, 'output', schemas),
      },
    }),
    ...Object.fromEntries(statuses.sort().map((status) => [status, refusal(status, refusals, signed)])),
  };
}

function refusal(status: number, refusals: readonly RefusalCode[], signed: boolean) {
  const codes = refusals.filter((code) => problemTypes[code].status === status);
  const message = gatewayMessage(status, signed);
  const description = codes.map((code) => `\`${code}\``).join(', ');
  return {
    description: [description, message?.why].filter(Boolean).join('. '),
    headers: { ...requestIdHeader, ...(retried(status) ? retryHeader : {}) },
    content: {
      ...(codes.length > 0 && {
        'application/problem+json': {
          schema: { $ref: '#/components/schemas/Problem' },
          examples: Object.fromEntries(
            codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]),
          ),
        },
      }),
      ...(message && {
        'application/json': {
          schema: { $ref: '#/components/schemas/GatewayMessage' },
          examples: { gateway: { value: { message: message.message } } },
        },
      }),
    },
  };
}

/** What API Gateway answers by itself. */
function gatewayMessage(status: number, signed: boolean) {
  if (status === 403 && signed) {
    return {
      message: 'Forbidden',
      why: 'From the gateway: the signature is missing or wrong, or its role may not call this',
    };
  }
  return status === 429
    ? { message: 'Too Many Requests', why: 'From the gateway: the route is throttled' }
    : undefined;
}

/** A JSON body with an example of each of its forms. */
export function contentOf(shape: z.ZodMiniType, io: 'input' | 'output', schemas: JsonSchemas) {
  const schema = schemas.of(shape, io);
  return { 'application/json': { schema, examples: examplesOf(schema, schemas.named) } };
}
