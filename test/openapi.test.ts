import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type * as z from 'zod/mini';
import { problemTypes } from '../lambdas/edge/http/problems.ts';
import { openApiDocument } from '../lambdas/openapi.ts';
import { type Flow, type Route, refusalsOf, routes } from '../lambdas/routes.ts';
import { userRow } from '../lambdas/schemas.ts';
import { mustFitContract } from './support/contract.ts';
import { deploy } from './support/deployment.ts';
import { Person } from './support/person.ts';

const deployment = await deploy();

// biome-ignore lint/suspicious/noExplicitAny: the document is read as somebody else's JSON would be
const document: any = JSON.parse(JSON.stringify(openApiDocument()));
const allRoutes = Object.entries(routes) as [Flow, Route][];
const operationOf = (route: Route) => document.paths[route.path]?.[route.method.toLowerCase()];

// biome-ignore lint/suspicious/noExplicitAny: walks JSON
const resolved = (schema: any) =>
  schema.$ref ? document.components.schemas[schema.$ref.split('/').at(-1)] : schema;

/** Every value under this key, at any depth. */
function everyValue(node: unknown, key: string): unknown[] {
  if (typeof node !== 'object' || node === null) {
    return [];
  }
  return Object.entries(node).flatMap(([name, value]) => [
    ...(name === key && typeof value === 'string' ? [value] : []),
    ...everyValue(value, key),
  ]);
}

type Bodied = { content?: Record<string, { examples: Record<string, { value: unknown }> }> } | undefined;
const examplesIn = (bodied: Bodied) =>
  Object.values(bodied?.content?.['application/json']?.examples ?? {}).map(({ value }) => value);

describe('the OpenAPI document', () => {
  it('is OpenAPI 3.1 with an info, and nothing at its root that OpenAPI does not know', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
    const root = ['openapi', 'info', 'servers', 'paths', 'components', 'security', 'tags', 'externalDocs'];
    expect(Object.keys(document).filter((key) => !root.includes(key))).toEqual([]);
  });

  it('has every route once, under an operationId of its own, and no other', () => {
    const operations = Object.values<Record<string, { operationId: string }>>(document.paths).flatMap(
      (methods) => Object.values(methods).map(({ operationId }) => operationId),
    );
    expect(operations.sort()).toEqual(Object.keys(routes).sort());
    for (const [flow, route] of allRoutes) {
      expect(operationOf(route)?.operationId).toBe(flow);
    }
  });

  it('has a handler for every route', () => {
    const files = readdirSync(new URL('../lambdas/flows', import.meta.url));
    for (const [flow] of allRoutes) {
      expect(files).toContain(`${flow}.ts`);
    }
  });

  it('declares each parameter of a path, as required', () => {
    for (const [, route] of allRoutes) {
      const named = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const inPath = (operationOf(route).parameters ?? []).filter((one: { in: string }) => one.in === 'path');
      expect(inPath.map((one: { name: string }) => one.name)).toEqual(named);
      expect(inPath.every((one: { required: boolean; schema: object }) => one.required && one.schema)).toBe(
        true,
      );
    }
  });

  it('describes every answer, with a schema wherever there is content', () => {
    for (const [flow, route] of allRoutes) {
      const { responses } = operationOf(route);
      expect([flow, Object.keys(responses)]).toEqual([flow, expect.arrayContaining([String(route.status)])]);
      for (const response of Object.values<{
        description: string;
        content?: Record<string, { schema: object }>;
      }>(responses)) {
        expect(response.description).not.toBe('');
        for (const { schema } of Object.values(response.content ?? {})) {
          expect(Object.keys(schema).length).toBeGreaterThan(0);
        }
      }
      expect(responses[route.status].content !== undefined).toBe(route.answer !== undefined);
    }
  });

  it('has a status for every refusal of every route, and names the code there', () => {
    for (const [flow, route] of allRoutes) {
      const { responses } = operationOf(route);
      for (const code of refusalsOf(route)) {
        const described = responses[problemTypes[code].status]?.description ?? '';
        expect([flow, described]).toEqual([flow, expect.stringContaining(`\`${code}\``)]);
      }
    }
  });

  it('resolves every reference and names only security schemes that it defines', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      ([, path]) => path,
    );
    for (const path of new Set(references)) {
      // biome-ignore lint/suspicious/noExplicitAny: walks JSON
      const found = (path as string).split('/').reduce<any>((node, key) => node?.[key], document);
      expect([path, typeof found]).toEqual([path, 'object']);
    }
    for (const [, route] of allRoutes) {
      const wanted = operationOf(route).security.flatMap(Object.keys);
      expect(Object.keys(document.components.securitySchemes)).toEqual(expect.arrayContaining(wanted));
      expect(wanted.length > 0).toBe(!['public', 'challenge'].includes(route.caller));
    }
  });

  it('refuses unknown fields in every body, as the handlers do', () => {
    for (const [flow, route] of allRoutes) {
      const given = operationOf(route).requestBody?.content['application/json'].schema;
      const schema = given && resolved(given);
      const forms = schema?.oneOf ?? schema?.anyOf ?? (schema ? [schema] : []);
      for (const form of forms.map(resolved)) {
        expect([flow, form.additionalProperties]).toEqual([flow, false]);
      }
    }
  });

  it('has no answer that refuses fields of a later version', () => {
    for (const [flow, route] of allRoutes) {
      const answer = operationOf(route).responses[route.status].content;
      expect([flow, JSON.stringify(answer ?? {})]).not.toEqual([
        flow,
        expect.stringContaining('"additionalProperties":false'),
      ]);
    }
  });

  it('names what clients are generated of', () => {
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining([
        ...['User', 'Policy', 'PolicyEdit', 'Proof', 'Challenge', 'EnrollmentRequired', 'Passed'],
        ...['Event', 'TwoFactor', 'ListedUser', 'Problem'],
      ]),
    );
    const body = operationOf(routes['verify-challenge']).requestBody.content['application/json'];
    expect(body.schema).toEqual({ $ref: '#/components/schemas/Verification' });
    expect(document.components.schemas.Verification.oneOf).toContainEqual({
      $ref: '#/components/schemas/VerificationTotp',
    });
  });

  it('has only patterns that Go, Python and JavaScript without flags understand', () => {
    const patterns = everyValue(document, 'pattern');
    expect(patterns.length).toBeGreaterThan(5);
    for (const pattern of patterns as string[]) {
      expect(() => new RegExp(pattern)).not.toThrow();
      // RE2 has no lookaround and no back references; Python has no properties of characters.
      expect(pattern).not.toMatch(/\\[pPkuxcdDwWsS1-9]|\(\?/);
    }
  });

  it('says of each field that never stops a request that what does not fit is left out', () => {
    const { NewChallenge, SignInUser } = document.components.schemas;
    const lenient = [
      NewChallenge.properties.deviceToken,
      NewChallenge.properties.client,
      SignInUser.properties.phone,
    ];
    for (const field of lenient) {
      expect(field.description).toContain('What does not fit is left out.');
    }
    expect(NewChallenge.required).toEqual(['accountId', 'user', 'firstFactor']);
    expect(SignInUser.properties.email.description ?? '').not.toContain('left out');
  });

  it('has a tag that it describes and a description for every operation', () => {
    const known = document.tags.map(({ name }: { name: string }) => name);
    expect(new Set(known).size).toBe(known.length);
    for (const [flow, route] of allRoutes) {
      const { tags, description } = operationOf(route);
      expect([flow, tags.length, known.includes(tags[0])]).toEqual([flow, 1, true]);
      expect(description.length).toBeGreaterThan(route.summary.length + 20);
    }
  });

  it('has examples for every body and every answer, which the handlers would take and give', () => {
    const rows = { 'sync-users': userRow } as Partial<Record<Flow, typeof userRow>>;
    for (const [flow, route] of allRoutes) {
      const { requestBody, responses, parameters = [] } = operationOf(route);
      for (const value of examplesIn(requestBody)) {
        expect([flow, (route.body as z.ZodMiniType).safeParse(value).error]).toEqual([flow, undefined]);
        for (const row of rows[flow] ? (value as { users: unknown[] }).users : []) {
          expect(userRow.safeParse(row).error).toBeUndefined();
        }
      }
      for (const body of examplesIn(responses[route.status])) {
        const headers = { 'content-type': 'application/json' };
        expect(() => mustFitContract(flow, { status: route.status, body, headers })).not.toThrow();
      }
      const query = parameters.filter((one: { in: string }) => one.in === 'query');
      const asked = Object.fromEntries(
        query.map((one: { name: string; example: string }) => [one.name, one.example]),
      );
      expect([flow, route.query?.safeParse(asked).error]).toEqual([flow, undefined]);
      expect(examplesIn(requestBody).length > 0).toBe(route.body !== undefined);
      expect(examplesIn(responses[route.status]).length > 0).toBe(route.answer !== undefined);
    }
  });

  it('shows each form that an answer to a sign-in may have', () => {
    const { examples } = operationOf(routes['create-challenge']).responses[201].content['application/json'];
    expect(Object.keys(examples)).toEqual(['passed', 'challenge', 'enrollment_required']);
  });

  it('has an example of every problem, under its status', () => {
    expect(Object.keys(document.components.examples)).toEqual(Object.keys(problemTypes));
    const { code_incorrect: wrong } = document.components.examples;
    expect(wrong.value).toMatchObject({
      status: 422,
      code: 'code_incorrect',
      attemptsRemaining: expect.any(Number),
    });
  });

  it("has the gateway's own answers: a bad signature on signed routes, the throttle everywhere", () => {
    for (const [flow, route] of allRoutes) {
      const { responses } = operationOf(route);
      const own = (status: number) => responses[status]?.content['application/json']?.examples.gateway.value;
      const signed = route.caller === 'app' || route.caller === 'operator';
      expect([flow, own(429), own(403)]).toEqual([
        flow,
        { message: 'Too Many Requests' },
        signed ? { message: 'Forbidden' } : undefined,
      ]);
    }
  });

  it('has the headers that answers bring, and the one that a repeated verification takes', () => {
    for (const [, route] of allRoutes) {
      for (const [status, { headers }] of Object.entries<{ headers: object }>(operationOf(route).responses)) {
        expect(Object.keys(headers)).toEqual(
          status === '429' || status === '503' ? ['x-request-id', 'retry-after'] : ['x-request-id'],
        );
      }
    }
    const taking = allRoutes.filter(([, route]) =>
      (operationOf(route).parameters ?? []).some(({ name }: { name: string }) => name === 'Idempotency-Key'),
    );
    expect(taking.map(([flow]) => flow)).toEqual(['verify-challenge']);
  });

  it('is what a running stage answers, with its own address', async () => {
    const { body } = await deployment.call('openapi');
    const { servers, ...rest } = body;
    expect(rest).toEqual(document);
    expect(servers).toEqual([{ url: 'https://countersign.test' }]);
  });
});

describe('the answers', () => {
  it('fit their schemas: an undeclared field, refusal or status is caught by every call of every test', () => {
    const headers = { 'content-type': 'application/problem+json' };
    const fits = (flow: Flow, status: number, body: object) => () =>
      mustFitContract(flow, { status, body, headers });
    expect(fits('health', 200, { status: 'ok', version: '1' })).not.toThrow();
    expect(fits('health', 200, { status: 'ok', version: '1', build: 7 })).toThrow('undeclared field');
    expect(fits('get-two-factor', 404, { code: 'not_found', status: 404 })).not.toThrow();
    expect(fits('get-two-factor', 409, { code: 'not_found', status: 409 })).toThrow('is not a 409');
    expect(fits('health', 404, { code: 'not_found', status: 404 })).toThrow('undeclared refusal');
  });

  it('of the public routes fit', async () => {
    for (const flow of ['health', 'jwks', 'openid-configuration', 'openapi'] as const) {
      expect((await deployment.call(flow)).status).toBe(200);
    }
    const { body } = await deployment.call('openid-configuration');
    expect(body.jwks_uri).toBe(`${body.issuer}${routes.jwks.path}`);
  });

  it('of a walk through a sign-in, its settings, administration and the app fit', async () => {
    const ada = await new Person(deployment).enrol();
    const admin = new Person(deployment, { accountId: ada.accountId, at: ada.at });
    await ada.turnOnEmail(ada.totpProof());
    ada.later(60_000);
    const proof = () => ({ proof: ada.later(30_000).totpProof() });
    const token = await ada.challengeToken();
    const path = { accountId: ada.accountId, userId: ada.id };
    const reset = async () => {
      const bearer = await admin.token({ role: 'admin' });
      return admin.call('reset-two-factor', { bearer, path: { id: ada.id }, body: { reason: 'lost phone' } });
    };
    const walk = [
      await ada.call('send-code', { body: { challengeToken: token, method: 'email' } }),
      await ada.verify(token, 'email', ada.mailedCode()),
      await ada.verify(await ada.challengeToken(), 'recovery_code', ada.recoveryCodes[0]),
      await ada.own('regenerate-recovery-codes', { body: proof() }),
      await ada.later(120_000).own('mail-proof-code', { body: { method: 'email' } }),
      await ada.own('remove-email-method', { body: proof() }),
      await ada.own('get-two-factor'),
      await ada.own('disable-two-factor', { body: proof() }),
      await (await ada.enrol()).start(proof()),
      await ada.own('remove-authenticator', {
        path: { id: (await ada.status()).authenticators[0].id },
        body: proof(),
      }),
      await (await ada.enrol()).call('sync-user', { path, body: { email: ada.email, isAdmin: true } }),
      await ada.call('password-changed', { path }),
      await reset(),
      await ada.signIn(),
      await ada.call('delete-user', { path }),
    ];
    const statuses = [202, 200, 200, 201, 202, 200, 200, 200, 201, 200, 200, 204, 200, 201, 204];
    expect(walk.map(({ status }) => status)).toEqual(statuses);
  });
});
