import { expect, it } from 'vitest';
import { TokenBucket } from '../../../local/gateway/token-bucket.ts';

it('a route lets its burst through, then its rate, and never more than its burst', () => {
  let nowMs = 0;
  const bucket = new TokenBucket({ rate: 10, burst: 2 }, () => nowMs);
  const take = (times: number) => Array.from({ length: times }, () => bucket.take());
  expect(take(3)).toEqual([true, true, false]);
  nowMs = 100;
  expect(take(2)).toEqual([true, false]);
  nowMs = 60_000;
  expect(take(3)).toEqual([true, true, false]);
});
