import { describe, expect, it } from 'vitest';
import { deploy } from '../support/deployment.ts';
import { raceForOneCode } from '../support/race.ts';

const deployment = await deploy();

describe('one right code, many requests at once', () => {
  it('R20 200 parallel verifications over two challenges: exactly one passes', async () => {
    const { statuses, afterwards } = await raceForOneCode(deployment);
    expect(statuses[200]).toBe(1);
    expect(statuses[500]).toBeUndefined();
    expect(afterwards).not.toContain(200);
  }, 120_000);
});
