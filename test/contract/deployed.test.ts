/**
 * Somebody's own CDK app, deployed to moto (`npm run test:moto`): its functions, with the variables that CloudFormation gave
 * them, enrol and sign somebody in on the table and the keys that it made.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeToken, totpAt } from '../support/deployment.ts';
import { given } from '../support/engines.ts';
import { type DeployedStack, deployToMoto } from '../support/moto-stack.ts';
import type { Template } from '../support/synthesized.ts';

/** What `docs/deploy.md` shows: a stack of one's own with the construct in it. */
async function synthesizeTheirs(folder: string): Promise<{ template: Template; assemblyDir: string }> {
  const [{ App, Stack }, { Countersign }, { buildBundles }] = await Promise.all([
    import('aws-cdk-lib'),
    import('../../lib/countersign.ts'),
    import('../../lib/bundles.ts'),
  ]);
  const bundlesDir = join(folder, 'bundles');
  await buildBundles(bundlesDir, {});
  const app = new App({ outdir: join(folder, 'out'), analyticsReporting: false });
  const stack = new Stack(app, 'Theirs');
  const props = { productName: 'Acme', mailFrom: 'security@acme.example', audience: 'acme' };
  new Countersign(stack, 'TwoFactor', { ...props, stage: 'moto', bundlesDir });
  const { directory, stacks } = app.synth();
  return { template: stacks[0]?.template, assemblyDir: directory };
}

describe.skipIf(process.env.CONTRACT_ENGINE !== 'moto')('a stack that moto made', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-theirs-'));
  const accountId = 'acme';
  const user = { id: 'ada', email: 'ada@example.com' };
  let stack: DeployedStack;
  beforeAll(async () => {
    stack = await deployToMoto(given.dynamodb as string, await synthesizeTheirs(folder));
  }, 240_000);
  afterAll(async () => {
    await stack?.delete();
    rmSync(folder, { recursive: true });
  });

  it('enrols and signs somebody in', async () => {
    const start = () =>
      stack.call('create-challenge', { body: { accountId, user, firstFactor: { method: 'password' } } });
    expect((await start()).body).toMatchObject({ status: 'passed', secondFactor: 'none' });

    const minted = await stack.call('mint-user-token', {
      body: { accountId, userId: user.id, role: 'user' },
    });
    const bearer = minted.body.token;
    const started = await stack.call('start-authenticator', { bearer, body: {} });
    const { authenticatorId: id, secret } = started.body;
    const confirmed = await stack.call('confirm-authenticator', {
      bearer,
      path: { id },
      body: { code: totpAt(secret, Date.now() - 30_000) },
    });
    expect(confirmed.body).toMatchObject({ status: 'enabled', recoveryCodes: expect.any(Array) });

    const challenge = await start();
    expect(challenge.body.status).toBe('challenge');
    const { challengeToken, challengeId } = challenge.body;
    const verify = { challengeToken, method: 'totp', code: totpAt(secret, Date.now()) };
    const passed = await stack.call('verify-challenge', { body: verify });
    expect(passed.body.status).toBe('passed');
    const claims = { sub: 'ada', account: 'acme', nonce: challengeId, second_factor: 'totp' };
    expect(decodeToken(passed.body.token)).toMatchObject(claims);
    expect((await stack.call('verify-challenge', { body: verify })).body.code).toBe('challenge_used');
  }, 120_000);

  it('publishes the key that its tokens are signed with', async () => {
    const { body } = await stack.call('jwks');
    expect(body.keys).toMatchObject([{ kty: 'RSA', alg: 'RS256', use: 'sig' }]);
  }, 60_000);
});
