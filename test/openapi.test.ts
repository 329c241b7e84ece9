import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { problemTypes } from '../lambdas/edge/http/problems.ts';
import { openApiDocument } from '../lambdas/openapi.ts';
import { type Flow, type Route, refusalsOf, routes } from '../lambdas/routes.ts';
import { mustFitContract } from './support/contract.ts';
import { deploy } from './support/deployment.ts';
import { Person } from './support/person.ts';

const deployment = await deploy();

// biome-ignore lint/suspicious/noExplicitAny: the document is read as somebody else's JSON would be
const document: any = JSON.parse(JSON.stringify(openApiDocument()));
const allRoutes = Object.entries(routes) as [Flow, Route][];
const operationOf = (route: Route) => document.paths[route.path]?.[route.method.toLowerCase()];

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
      const schema = operationOf(route).requestBody?.content['application/json'].schema;
      const forms = schema?.oneOf ?? schema?.anyOf ?? (schema ? [schema] : []);
      for (const form of forms) {
        expect([flow, form.additionalProperties]).toEqual([flow, false]);
      }
    }
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
    expect(fits('health', 200, { status: 'ok', version: '1.0.0' })).not.toThrow();
    expect(fits('health', 200, { status: 'ok', version: '1.0.0', uptime: 1 })).toThrow('undeclared field');
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
