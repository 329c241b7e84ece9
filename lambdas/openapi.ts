/** The routes table as an OpenAPI 3.1 document. */
import * as z from 'zod/mini';
import { problemTypes } from './edge/http/problems.ts';
import { type Caller, type Flow, type Route, refusalsOf, routes } from './routes.ts';

const security: Record<Caller, Record<string, string[]>[]> = {
  app: [{ awsSignatureV4: [] }],
  operator: [{ awsSignatureV4: [] }],
  challenge: [],
  user: [{ userToken: [] }],
  user_or_enrolling: [{ userToken: [] }, { challengeToken: [] }],
  admin: [{ userToken: [] }],
  public: [],
};

/** The document without its `servers`, which only a running stage knows. */
export function openApiDocument() {
  const paths: Record<string, Record<string, object>> = {};
  for (const [flow, route] of Object.entries(routes) as [Flow, Route][]) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(flow, route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Countersign', version: '1', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: {
      securitySchemes: {
        awsSignatureV4: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          'x-amazon-apigateway-authtype': 'awsSigv4',
        },
        userToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        challengeToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWE' },
      },
      schemas: { Problem: problemSchema() },
    },
  };
}

function operation(flow: Flow, route: Route) {
  return {
    operationId: flow,
    summary: route.summary,
    security: security[route.caller],
    ...parameters(route),
    ...(route.body ? { requestBody: { required: true, content: json(route.body, 'input') } } : {}),
    responses: {
      [route.status]: {
        description: route.summary,
        ...(route.answer ? { content: json(route.answer, 'output') } : {}),
      },
      ...problems(route),
    },
  };
}

/** What stands in the path, and what may stand in the query string. */
function parameters(route: Route) {
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => {
    return { name, in: 'path', required: true, schema: { type: 'string' } };
  });
  const inQuery = Object.entries(route.query ? (schemaOf(route.query, 'input').properties ?? {}) : {}).map(
    ([name, schema]) => ({ name, in: 'query', required: false, schema }),
  );
  const all = [...inPath, ...inQuery];
  return all.length > 0 ? { parameters: all } : {};
}

function problems(route: Route) {
  const refusals = refusalsOf(route);
  const statuses = new Set(refusals.map((code) => problemTypes[code].status));
  const codesOf = (status: number) => refusals.filter((code) => problemTypes[code].status === status);
  return Object.fromEntries(
    [...statuses].map((status) => [
      status,
      {
        description: codesOf(status)
          .map((code) => `\`${code}\``)
          .join(', '),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  );
}

function json(schema: z.ZodMiniType, io: 'input' | 'output') {
  return { 'application/json': { schema: schemaOf(schema, io) } };
}

function schemaOf(schema: z.ZodMiniType, io: 'input' | 'output') {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}

function problemSchema() {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(
    z.object({
      type: z.string(),
      title: z.string(),
      status: z.int(),
      detail: z.optional(z.string()),
      code: z.enum(Object.keys(problemTypes)),
      requestId: z.string(),
      attemptsRemaining: z.optional(z.int()),
      errors: z.optional(z.array(z.object({ pointer: z.string(), detail: z.string() }))),
    }),
  );
  return schema;
}
