import { expect, it } from 'vitest';
import { skewMs } from '../../../web/base/server-clock.ts';

const now = Date.parse('2026-11-25T12:00:00Z');
const endsIn = (minutes: number) => new Date(now + minutes * 60_000).toISOString();

it.each([
  ['a fresh challenge', 10, 0],
  ['one that is four minutes old', 6, 0],
  ['one on a server ten minutes ahead', 20, 600_000],
  ['one on a server a day behind', 10 - 1440, -86_400_000],
])('%s tells how far the clocks are apart', (_what, minutes, skew) => {
  expect(skewMs(endsIn(minutes), 600_000, now)).toBe(skew);
});
