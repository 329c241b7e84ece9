import { describe, expect, it } from 'vitest';
import { deploy } from '../support/deployment.ts';
import { startEngines } from '../support/engines.ts';
import { raceForOneCode } from '../support/race.ts';

const engines = await startEngines();
const deployment = await deploy({
  ...sdkSettings(),
  TABLE_NAME: engines.table,
  VAULT_KEY_ARN: await engines.newVaultKey(),
  SIGNING_KEY_ARNS: await engines.newSigningKey(),
});

/** The deployment brings settings of its own; here those that the engines were made with stay. */
function sdkSettings() {
  const names = ['DYNAMODB', 'KMS'].map((service) => `AWS_ENDPOINT_URL_${service}`);
  const own = [...names, 'AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
  return Object.fromEntries(own.map((name) => [name, process.env[name] ?? '']));
}

// moto has one thread: with more at once the SDK gives up waiting for it.
const requests = process.env.CONTRACT_ENGINE === 'moto' ? 40 : 200;

describe('the functions over these engines', () => {
  it(`S18 ${requests} verifications of one right code at once, over two challenges: exactly one passes`, async () => {
    const { statuses, afterwards } = await raceForOneCode(deployment, requests);
    expect(statuses[200]).toBe(1);
    expect(statuses[500]).toBeUndefined();
    expect(afterwards).not.toContain(200);
  }, 120_000);
});
