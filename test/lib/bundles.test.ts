import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { background, type Route, routes } from '../../lambdas/routes.ts';
import { bundle, distinguishedErrors } from '../../lib/bundles.ts';
import { type Json, ofType, synthesizeTest } from '../support/synthesized.ts';

const require = createRequire(import.meta.url);

const scratchRoot = new URL('../../.build/', import.meta.url).pathname;
mkdirSync(scratchRoot, { recursive: true });
// Inside the project, so that the sources written here find its dependencies.
const scratch = mkdtempSync(join(scratchRoot, 'bundles-'));
afterAll(() => rmSync(scratch, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

function source(flow: string, text: string): void {
  writeFileSync(join(scratch, `${flow}.ts`), text);
}

/** Answers every request with the same status and JSON, keeps the headers it came with, and is what AWS seems to be. */
async function standInForAws(status: number, answer: object) {
  const heard: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    heard.push(request.headers);
    request.resume().on('end', () => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDOFTHEFUNCTION');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_SESSION_TOKEN', 'session');
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', url);
  vi.stubEnv('AWS_ENDPOINT_URL_KMS', url);
  return { heard, close: () => server.close().closeAllConnections() };
}

describe('a bundle', () => {
  it('is one CommonJS file with a handler, and nothing lies beside it', async () => {
    source('greet', "export const handler = async (): Promise<string> => 'hello';");
    await bundle(join(scratch, 'out'), { flows: ['greet'], sourceDir: scratch });
    expect(readdirSync(join(scratch, 'out', 'greet'))).toEqual(['index.cjs']);
    const { handler } = require(join(scratch, 'out', 'greet', 'index.cjs'));
    expect(await handler()).toBe('hello');
  });

  it('is not made when a flow has no source, and the error names the file', async () => {
    await expect(bundle(scratch, { flows: ['absent'], sourceDir: scratch })).rejects.toThrow(
      join(scratch, 'absent.ts'),
    );
  });

  it('is not made when an edit of the SDK’s code no longer finds its place, and the error names the edit', async () => {
    source(
      'keyless',
      `import { KMSClient, GetPublicKeyCommand } from '@aws-sdk/client-kms';
       export const handler = () => new KMSClient({}).send(new GetPublicKeyCommand({ KeyId: 'k' }));`,
    );
    const options = { flows: ['keyless'], sourceDir: scratch, everyEdit: true };
    const error = await bundle(join(scratch, 'out'), options).catch(String);
    // What DynamoDB's client alone has, and the mails, is not found; what KMS's has, is.
    for (const missed of ['ConditionalCheckFailedException', 'endpoint-cache', 'icu-messageformat-parser']) {
      expect(error).toContain(missed);
    }
    expect(error).not.toContain('IncorrectKeyException');
    expect(error).not.toContain('credential-provider-node');
  });

  it("calls AWS with the environment's credentials, signed", async () => {
    source(
      'keys',
      `import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
       import { KMSClient, GetPublicKeyCommand } from '@aws-sdk/client-kms';
       export const handler = async () => {
         await new DynamoDBClient({}).send(new GetItemCommand({ TableName: 't', Key: { pk: { S: 'a' } } }));
         await new KMSClient({}).send(new GetPublicKeyCommand({ KeyId: 'k' }));
       };`,
    );
    await bundle(join(scratch, 'out'), { flows: ['keys'], sourceDir: scratch });
    const { heard, close } = await standInForAws(200, {});
    await require(join(scratch, 'out', 'keys', 'index.cjs')).handler();
    close();
    expect(heard).toHaveLength(2);
    for (const headers of heard) {
      expect(headers.authorization).toMatch(
        /^AWS4-HMAC-SHA256 Credential=AKIDOFTHEFUNCTION\/.+Signature=[0-9a-f]{64}$/,
      );
      expect(headers['x-amz-security-token']).toBe('session');
    }
  });

  it.each([
    { name: 'ConditionalCheckFailedException', isItsClass: true, asked: 1 },
    { name: 'ResourceNotFoundException', isItsClass: false, asked: 1 },
    { name: 'ProvisionedThroughputExceededException', isItsClass: false, asked: 2 },
  ])(
    'tells the errors of AWS by name, and asks again when throttled: $name',
    async ({ name, isItsClass, asked }) => {
      source(
        'failing',
        `import { ConditionalCheckFailedException, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
       export const handler = () => new DynamoDBClient({ maxAttempts: 2 })
         .send(new GetItemCommand({ TableName: 't', Key: { pk: { S: 'a' } } }))
         .catch((error) => [error.name, error.message, error.$metadata.httpStatusCode,
           error instanceof ConditionalCheckFailedException]);`,
      );
      await bundle(join(scratch, 'out'), { flows: ['failing'], sourceDir: scratch });
      const { heard, close } = await standInForAws(400, {
        __type: `com.amazonaws.dynamodb.v20120810#${name}`,
        message: 'no',
      });
      const caught = await createRequire(import.meta.url)(
        join(scratch, 'out', 'failing', 'index.cjs'),
      ).handler();
      close();
      expect(caught).toEqual([name, 'no', 400, isItsClass]);
      expect(heard).toHaveLength(asked);
    },
  );

  it('keeps the class of every error that adapters import', () => {
    const adapters = new URL('../../lambdas/adapters/', import.meta.url).pathname;
    const imported = readdirSync(adapters).flatMap((file) =>
      [
        ...readFileSync(join(adapters, file), 'utf8').matchAll(/import \{([^}]+)\} from '@aws-sdk\/client-/g),
      ].flatMap(([, names]) => names?.match(/\w+(Exception|Rejected)\b/g) ?? []),
    );
    expect([...new Set(imported)].sort()).toEqual([...distinguishedErrors].sort());
  });
});

describe("the functions' bundles", async () => {
  const folder = join(scratch, 'functions');
  const { outputs } = await bundle(folder);
  const flows = [...Object.keys(routes), ...Object.keys(background)];
  const outputOf = (flow: string) =>
    Object.entries(outputs).find(([file]) => file.endsWith(`/${flow}/index.cjs`))?.[1];
  const sourcesOf = (flow: string) =>
    Object.entries(outputOf(flow)?.inputs ?? {}).flatMap(([source, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [source] : [],
    );

  it('are there for every flow and background task', () => {
    expect(Object.keys(outputs)).toHaveLength(flows.length);
    expect(readdirSync(folder).sort()).toEqual([...flows].sort());
  });

  it('hold the library of passkeys in a file of its own, beside those that judge one and nowhere else', () => {
    const beside = flows.filter((flow) => readdirSync(join(folder, flow)).includes('assertions.cjs'));
    const within = flows.filter((flow) => sourcesOf(flow).some((source) => /simplewebauthn/.test(source)));
    expect(within).toEqual(['confirm-passkey']);
    const judging = Object.entries<Route>(routes).flatMap(([flow, { grants }]) =>
      grants.includes('totp:decrypt') && grants.includes('sms:count') ? [flow] : [],
    );
    expect(judging).toContain('verify-challenge');
    expect(beside.sort()).toEqual(judging.sort());
    const names = flows.filter((flow) => sourcesOf(flow).some((source) => /passkey-names/.test(source)));
    expect(names).toEqual(['confirm-passkey']);
  });

  it.each(['create-challenge', 'send-code', 'verify-challenge'])(
    'are at most 425 KB where a sign-in waits for them: %s',
    (flow) => {
      expect(outputOf(flow)?.bytes).toBeLessThanOrEqual(425_000);
    },
  );

  it('hold the notices, and the names of devices, only where they are mailed; the parser of texts nowhere', () => {
    const holders = (what: RegExp) =>
      flows.filter((flow) => sourcesOf(flow).some((source) => what.test(source)));
    expect(holders(/\/bowser\//).sort()).toEqual(['courier', 'list-trusted-devices', 'read-challenge']);
    expect(holders(/icu-messageformat-parser\/index\.js/)).toEqual([]);
    const notices = flows.filter((flow) =>
      readFileSync(join(folder, flow, 'index.cjs'), 'utf8').includes(
        'You are exempt from two-factor authentication until',
      ),
    );
    expect(holders(/catalogues\/de\.json/)).toContain('send-code');
    expect(notices).not.toContain('send-code');
  });

  it('hold of the routes what they read, but for the document of the API; one cryptography, that of Node', () => {
    const holders = (what: string) =>
      flows.filter((flow) => readFileSync(join(folder, flow, 'index.cjs'), 'utf8').includes(what));
    expect(holders(routes['sync-users'].summary)).toEqual(['openapi']);
    expect(holders(routes['sync-users'].path)).toContain('verify-challenge');
    expect(flows.flatMap(sourcesOf).filter((source) => /@noble\//.test(source))).toEqual([]);
  });

  it.each(flows)('hold one flow each: %s', (flow) => {
    const held = sourcesOf(flow).filter((source) => source.startsWith('lambdas/flows/'));
    expect(held).toEqual([`lambdas/flows/${flow}.ts`]);
  });

  it.each(flows)('hold no way to credentials but the environment: %s', (flow) => {
    expect(
      sourcesOf(flow).filter((source) => /credential-provider-(?!env)|nested-clients/.test(source)),
    ).toEqual([]);
  });

  it.each(flows)('hold no source map: %s', (flow) => {
    expect(readFileSync(join(folder, flow, 'index.cjs'), 'utf8')).not.toContain('sourceMappingURL');
  });

  // The settings that the template gives a function; references as something of their form.
  const environments = new Map(
    ofType(synthesizeTest({ imports: true }), 'AWS::Lambda::Function').map(([, { Properties }]) => [
      Properties.FunctionName.replace('countersign-test-', ''),
      Object.entries<Json>(Properties.Environment.Variables).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : `${name === 'ISSUER_URL' ? 'https' : 'arn'}://given.example`,
      ]),
    ]),
  );
  const load = (flow: string, left?: string) => {
    const environment = environments.get(flow)?.filter(([name]) => name !== left) ?? [];
    const entry = join(folder, flow, 'index.cjs');
    delete require.cache[entry];
    const before = process.env;
    process.env = { AWS_REGION: 'eu-central-1', ...Object.fromEntries(environment) };
    try {
      return require(entry);
    } finally {
      process.env = before;
    }
  };

  it.each(flows)('start with the settings that the template gives them: %s', (flow) => {
    expect(load(flow).handler).toBeTypeOf('function');
  });

  it.each([
    ['verify-challenge', 'TABLE_NAME'],
    ['verify-challenge', 'VAULT_KEY_ARN'],
    ['verify-challenge', 'SIGNING_KEY_ARNS'],
    ['send-code', 'MAIL_FROM'],
    ['courier', 'PRODUCT_NAME'],
    ['openapi', 'ISSUER_URL'],
  ])('stop as they start without a setting, and name it: %s, %s', (flow, variable) => {
    expect(() => load(flow, variable)).toThrow(`${variable} is missing or invalid`);
  });

  it('hold the clients of the services that a flow calls, and no others', () => {
    const clientsOf = (flow: string) =>
      ['client-dynamodb', 'client-kms', 'client-ses'].filter((client) =>
        sourcesOf(flow).some((source) => source.includes(`/${client}/`)),
      );
    expect(clientsOf('health')).toEqual([]);
    // Token keys lie in the table under the custody `cached`.
    expect(clientsOf('mint-user-token')).toEqual(['client-dynamodb', 'client-kms']);
    expect(clientsOf('sync-user')).toEqual(['client-dynamodb']);
    expect(clientsOf('verify-challenge')).toEqual(['client-dynamodb', 'client-kms']);
    expect(clientsOf('courier')).toEqual(['client-dynamodb', 'client-ses']);
  });
});
