import { expect, it } from 'vitest';
import { deploy } from '../support/deployment.ts';
import { Person } from '../support/person.ts';
import { setPolicy } from '../support/table.ts';

const deployment = await deploy();

it('DynamoDB, KMS or SES does not answer: given up while the caller still waits, as 503 with Retry-After', async () => {
  const ada = new Person(deployment);
  await setPolicy(deployment, ada.accountId, { mode: 'required' });
  const challengeToken = await ada.challengeToken();
  const erased = { accountId: ada.accountId, userId: 'somebody-else' };
  const never = { kind: 'delay', delayMs: 15_000, times: 9 } as const;
  deployment.dynamodb.fault({ operation: 'Query', ...never });
  deployment.kms.fault({ operation: 'Sign', ...never });
  deployment.mailbox.fault({ operation: 'SendEmail', ...never });
  const startedAt = performance.now();
  const replies = await Promise.all([
    ada.call('delete-user', { path: erased }),
    ada.signIn({ firstFactor: { method: 'api_key' } }),
    ada.call('send-code', { body: { challengeToken, method: 'email' } }),
  ]);
  expect(replies.map(({ body }) => body.code)).toEqual([
    'temporarily_unavailable',
    'temporarily_unavailable',
    'delivery_unavailable',
  ]);
  for (const { status, headers } of replies) {
    expect([status, Number(headers['retry-after']) > 0]).toEqual([503, true]);
  }
  expect(performance.now() - startedAt).toBeLessThan(12_000);
});
