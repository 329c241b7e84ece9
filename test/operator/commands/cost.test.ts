import { describe, expect, it } from 'vitest';
import { monthlyCost } from '../../../operator/commands/cost.ts';

const million = { users: 1_000_000, signIns: 1, emailShare: 0, custody: 'kms' as const };
const usdOf = (what: string, more: Partial<Parameters<typeof monthlyCost>[0]> = {}) =>
  monthlyCost({ ...million, ...more }).find((line) => line.what === what)?.usd;

describe('a million sign-ins in a month', () => {
  it.each([
    ['API Gateway', 2],
    ['DynamoDB writes', 2.5],
    ['DynamoDB reads', 0.5],
    ['KMS calls', 6],
    ['KMS keys', 3],
    ['SES', 0],
  ])('%s: %f dollars', (what, usd) => {
    expect(usdOf(what)).toBeCloseTo(usd, 5);
  });

  it('takes no calls of KMS with cached custody, and mails where codes are mailed', () => {
    expect(usdOf('KMS calls', { custody: 'cached' })).toBe(0);
    expect(usdOf('SES', { emailShare: 0.1 })).toBeCloseTo(10, 5);
  });

  it('costs twice as much for twice as many, but for the keys', () => {
    const sum = (users: number) =>
      monthlyCost({ ...million, users }).reduce(
        (total, { usd, what }) => total + (what === 'KMS keys' ? 0 : usd),
        0,
      );
    expect(sum(2_000_000)).toBeCloseTo(2 * sum(1_000_000), 5);
  });
});
