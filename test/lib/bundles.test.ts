import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { bundle } from '../../lib/bundles.ts';

const scratchRoot = new URL('../../.build/', import.meta.url).pathname;
mkdirSync(scratchRoot, { recursive: true });
// Inside the project, so that the sources written here find its dependencies.
const scratch = mkdtempSync(join(scratchRoot, 'bundles-'));
afterAll(() => rmSync(scratch, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

function source(flow: string, text: string): void {
  writeFileSync(join(scratch, `${flow}.ts`), text);
}

/** Answers every request with an empty JSON object, and keeps the headers it came with. */
async function listener() {
  const heard: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    heard.push(request.headers);
    request
      .resume()
      .on('end', () => response.setHeader('content-type', 'application/x-amz-json-1.0').end('{}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, heard, close: () => server.close().closeAllConnections() };
}

describe('a bundle', () => {
  test('is one CommonJS file with a handler, and nothing lies beside it', async () => {
    source('greet', "export const handler = async (): Promise<string> => 'hello';");
    await bundle(join(scratch, 'out'), { flows: ['greet'], sourceDir: scratch });
    expect(readdirSync(join(scratch, 'out', 'greet'))).toEqual(['index.cjs']);
    const { handler } = createRequire(import.meta.url)(join(scratch, 'out', 'greet', 'index.cjs'));
    expect(await handler()).toBe('hello');
  });

  test('is not made when a flow has no source, and the error names the file', async () => {
    await expect(bundle(scratch, { flows: ['absent'], sourceDir: scratch })).rejects.toThrow(
      join(scratch, 'absent.ts'),
    );
  });

  test("calls AWS with the environment's credentials, signed", async () => {
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
    const { url, heard, close } = await listener();
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDOFTHEFUNCTION');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    vi.stubEnv('AWS_SESSION_TOKEN', 'session');
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', url);
    vi.stubEnv('AWS_ENDPOINT_URL_KMS', url);
    await createRequire(import.meta.url)(join(scratch, 'out', 'keys', 'index.cjs')).handler();
    close();
    expect(heard).toHaveLength(2);
    for (const headers of heard) {
      expect(headers.authorization).toMatch(
        /^AWS4-HMAC-SHA256 Credential=AKIDOFTHEFUNCTION\/.+Signature=[0-9a-f]{64}$/,
      );
      expect(headers['x-amz-security-token']).toBe('session');
    }
  });
});
