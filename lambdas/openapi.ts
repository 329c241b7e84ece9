/** The routes table as an OpenAPI 3.1 document. */
import * as z from 'zod/mini';
import { externalId } from './fields.ts';
import { answersOf, contentOf, headers, problemExamples, sharedShapes } from './openapi/answers.ts';
import { exampleOf } from './openapi/examples.ts';
import { type JsonSchema, JsonSchemas } from './openapi/json-schemas.ts';
import { about, descriptionOf, tags } from './openapi/prose.ts';
import { type Caller, type Flow, type Route, routes } from './routes.ts';
import { importRow, userRow } from './schemas.ts';

const security: Record<Caller, Record<string, string[]>[]> = {
  app: [{ awsSignatureV4: [] }],
  operator: [{ awsSignatureV4: [] }],
  challenge: [],
  user: [{ userToken: [] }],
  user_or_enrolling: [{ userToken: [] }, { challengeToken: [] }],
  admin: [{ userToken: [] }],
  public: [],
};

/** Bodies whose rows the flow judges one by one, as they should look. */
const wantedBodies: Partial<Record<Flow, z.ZodMiniType>> = {
  'sync-users': z.strictObject({ users: z.array(userRow).check(z.minLength(1), z.maxLength(100)) }),
  'import-users': z.extend(routes['import-users'].body, {
    users: z.array(importRow).check(z.minLength(1), z.maxLength(25)),
  }),
};

/** The document without its `servers`, which only a running stage knows. */
export function openApiDocument() {
  const schemas = new JsonSchemas();
  const paths: Record<string, Record<string, object>> = {};
  for (const [flow, route] of Object.entries(routes) as [Flow, Route][]) {
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: operation(flow, route, schemas),
    };
  }
  const shared = Object.entries(sharedShapes).map(([name, shape]) => [name, schemas.of(shape, 'output')]);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Countersign',
      version: '1',
      description: about,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    tags: [...new Map(Object.values(tags).map((tag) => [tag.name, tag])).values()],
    paths,
    components: {
      securitySchemes,
      headers,
      examples: problemExamples,
      schemas: { ...Object.fromEntries(shared), ...schemas.named },
    },
  };
}

const securitySchemes = {
  awsSignatureV4: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description: 'AWS Signature Version 4 of the service `execute-api`.',
    'x-amazon-apigateway-authtype': 'awsSigv4',
  },
  userToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'From `POST /v1/user-tokens`.',
  },
  challengeToken: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWE',
    description: 'The challenge token of an `enrollment_required`.',
  },
};

function operation(flow: Flow, route: Route, schemas: JsonSchemas) {
  const body = wantedBodies[flow] ?? route.body;
  const all = parameters(flow, route, schemas);
  return {
    operationId: flow,
    tags: [tags[route.caller].name],
    summary: route.summary,
    description: descriptionOf(flow, route),
    security: security[route.caller],
    ...(all.length > 0 ? { parameters: all } : {}),
    ...(body
      ? { requestBody: { required: !body.safeParse({}).success, content: contentOf(body, 'input', schemas) } }
      : {}),
    responses: answersOf(
      route,
      schemas,
      security[route.caller].some((scheme) => 'awsSignatureV4' in scheme),
    ),
  };
}

/** What stands in the path, what may stand in the query string, and the header of the one call that can be repeated. */
function parameters(flow: Flow, route: Route, schemas: JsonSchemas) {
  const parameter = (name: string, where: 'path' | 'query' | 'header', schema: JsonSchema) => {
    const example = exampleOf(schema, schemas.named, name);
    return { name, in: where, required: where === 'path', schema, ...(example !== undefined && { example }) };
  };
  const ids = schemas.of(externalId, 'input');
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) =>
    parameter(name as string, 'path', ids),
  );
  const query = route.query ? schemas.of(route.query, 'input').properties : {};
  const inQuery = Object.entries(query as Record<string, JsonSchema>).map(([name, schema]) =>
    parameter(name, 'query', schema),
  );
  return [...inPath, ...inQuery, ...(flow === 'verify-challenge' ? [idempotencyKey] : [])];
}

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'A fresh random text for each attempt of the person; the same one when the call is sent again.',
  schema: { type: 'string' },
  example: '6b0f6f0e-52f3-4e6b-a6a1-0a2b7d3f9c11',
};
