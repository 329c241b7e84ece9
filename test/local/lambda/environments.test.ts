import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEnvironments, type Environments } from '../../../local/lambda/environments.ts';
import { resolveTemplate } from '../../../local/stack/template.ts';
import { fixtureAssembly } from '../fixture/functions.ts';

const assembly = fixtureAssembly();
const lines: string[] = [];
let environments: Environments;

beforeAll(() => {
  process.env.DEVELOPERS_OWN = 'must stay here';
  environments = createEnvironments(resolveTemplate(assembly.template, 'http://api').functions, {
    codeDirOf: ({ codeHash }) => join(assembly.dir, `asset.${codeHash}`),
    endpoints: { AWS_ENDPOINT_URL_KMS: 'http://kms' },
    log: (name, line) => lines.push(`${name} ${line}`),
  });
});
afterAll(async () => {
  await environments.close();
  rmSync(assembly.dir, { recursive: true });
});

const invoke = async (name: string, queryStringParameters = {}) => {
  const outcome = await environments.invoke(`fixture-${name}`, { queryStringParameters });
  if ('error' in outcome) {
    throw new Error(outcome.error);
  }
  return outcome.result as { statusCode: number; body: string };
};
const echo = async (query = {}) => JSON.parse((await invoke('echo', query)).body);

describe('an environment', () => {
  it('has the variables of the template and the runtime, and nothing of the developer', async () => {
    const { environment } = await echo();
    expect(environment).toMatchObject({
      ONLY_ECHO: 'for echo',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'fixture-echo',
      AWS_LAMBDA_FUNCTION_NAME: 'fixture-echo',
      AWS_ENDPOINT_URL_KMS: 'http://kms',
    });
    expect(environment).not.toHaveProperty('DEVELOPERS_OWN');
    expect(environment).not.toHaveProperty('PATH');
  });

  it('keeps its own globals from one invocation to the next, and no other function sees them', async () => {
    const before = (await echo()).marks;
    expect((await echo()).marks).toBe(before + 1);
    expect(await invoke('other')).toEqual({ marks: 0, secret: null });
  });

  it('has one invocation at a time; a function grows to a few environments, then the rest waits', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => echo({ sleepMs: '40' })));
    expect(all.map(({ running }) => running)).toEqual(Array(10).fill(1));
    expect(environments.count('fixture-echo')).toBe(4);
  });

  it('that died is replaced', async () => {
    await expect(invoke('failing', { how: 'exit' })).rejects.toThrow('exit code 3');
    expect((await invoke('failing')).statusCode).toBe(204);
  });

  it('that took too long is ended and replaced', async () => {
    await expect(invoke('failing', { how: 'never' })).rejects.toThrow('timed out after 1 seconds');
    expect((await invoke('failing')).statusCode).toBe(204);
  });

  it('writes to the log', async () => {
    await environments.invoke('fixture-courier', { time: 'now', source: 'test' });
    await expect.poll(() => lines).toContain('fixture-courier courier at now by test');
  });

  it('of an unknown function does not exist', async () => {
    await expect(environments.invoke('nobody', {})).rejects.toThrow('nobody');
  });
});
