/** What the documents say about cost and alarms is counted. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Route, routes } from '../../lambdas/routes.ts';
import { signIns } from '../../scripts/cost/calls.ts';
import { costDocument, costOfSignIn, operationsDocument } from '../../scripts/cost/cost.ts';
import { deploy } from '../support/deployment.ts';
import { Person } from '../support/person.ts';

const deployment = await deploy();
let ada: Person;
beforeAll(async () => {
  ada = await new Person(deployment).enrol();
  await ada.turnOnEmail(ada.totpProof());
  ada.later(60_000);
  // A warm function has unwrapped its key, and the person's profile is known.
  await ada.signIn();
  await ada.verify(await ada.challengeToken(), 'totp', ada.code());
  await ada.call('send-code', { body: { challengeToken: await ada.challengeToken(), method: 'email' } });
  ada.later(120_000);
});

async function callsOf(action: () => Promise<unknown>): Promise<Record<string, number>> {
  deployment.calls();
  await action();
  return deployment.calls();
}

const callsIn = (by: string) => signIns[by]?.map(({ calls }) => calls);

describe('the calls that the prices are multiplied with', () => {
  it('are those of a sign-in by an authenticator', async () => {
    let token = '';
    const create = await callsOf(async () => {
      token = await ada.challengeToken();
    });
    const verify = await callsOf(() => ada.verify(token, 'totp', ada.code()));
    expect([create, verify]).toEqual(callsIn('an authenticator'));
  });

  it('are those of a sign-in by a mailed code, and by a recovery code', async () => {
    ada.later(60_000);
    let token = await ada.challengeToken();
    const create = await callsOf(async () => {
      token = await ada.challengeToken();
    });
    const send = await callsOf(() =>
      ada.call('send-code', { body: { challengeToken: token, method: 'email' } }),
    );
    const verify = await callsOf(() => ada.verify(token, 'email', ada.mailedCode()));
    expect([create, send, verify]).toEqual(callsIn('a mailed code'));
    token = await ada.challengeToken();
    const recovered = await callsOf(() => ada.verify(token, 'recovery_code', ada.recoveryCodes[0] as string));
    expect([create, recovered]).toEqual(callsIn('a recovery code'));
  });

  it('run in the memory that the routes have', () => {
    for (const { name, memoryMb } of Object.values(signIns).flat()) {
      const route: Route = routes[name as keyof typeof routes];
      expect([name, memoryMb]).toEqual([name, route.memoryMb ?? 512]);
    }
  });
});

describe('the documents', () => {
  const unpadded = (markdown: string) => markdown.replace(/ +\|/g, ' |').replace(/-{3,}/g, '---');
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

  it('say what the code, the prices and the template say: npm run docs writes them', () => {
    expect(unpadded(read('docs/cost.md'))).toBe(unpadded(costDocument()));
    expect(unpadded(read('docs/operations/alarms.md'))).toBe(unpadded(operationsDocument()));
  });

  it('multiply calls with prices: 4 reads, 1 write and 2 uses of a key are 1.125 and 6 dollars a million', () => {
    const million = (part: string, custody: 'kms' | 'cached') =>
      (costOfSignIn('an authenticator', custody)[part] ?? 0) * 1_000_000;
    expect(million('DynamoDB', 'kms')).toBeCloseTo(1.125, 6);
    expect(million('KMS', 'kms')).toBeCloseTo(6, 6);
    expect(million('KMS', 'cached')).toBe(0);
    expect(million('API Gateway', 'kms')).toBeCloseTo(2, 6);
  });
});
