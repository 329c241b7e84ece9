import { describe, expect, it } from 'vitest';
import { lockOf, withFailure, withSuccess } from '../../../lambdas/core/factors/budget.ts';
import { factors } from '../../../lambdas/core/factors/table.ts';
import type { User } from '../../../lambdas/core/state/item.ts';
import type { Method } from '../../../lambdas/core/state/methods.ts';
import { contextAt, day, minute, newsOf, now, userWith } from '../../support/world.ts';

const { totp, recovery_code } = factors;

/** The user after wrong codes at these times. */
const afterFailures = (times: number[], method: Method = 'totp', user = userWith()): User =>
  times.reduce((failed, at) => withFailure(failed, factors[method], contextAt(at)), user);
const atOnce = (count: number) => Array<number>(count).fill(now);

describe('wrong codes in a row', () => {
  it('R81 cost nothing up to the ninth', () => {
    expect(lockOf(afterFailures(atOnce(9)), totp, now)).toBeUndefined();
  });

  it.each([
    [10, 1],
    [11, 2],
    [12, 4],
    [13, 8],
    [14, 16],
    [15, 32],
    [16, 60],
    [17, 60],
    [40, 60],
  ])('R81 the %dth locks for %d minutes, to the millisecond', (count, minutes) => {
    const user = afterFailures(atOnce(count));
    const until = now + minutes * minute;
    expect(lockOf(user, totp, until - 1)).toMatchObject({ refused: 'too_many_attempts', retryAtMs: until });
    expect(lockOf(user, totp, until)).toBeUndefined();
  });

  it('R81 are one row, whichever method they came by', () => {
    const methods: Method[] = ['totp', 'email', 'sms'];
    const user = atOnce(10).reduce<User>(
      (failed, at, index) => withFailure(failed, factors[methods[index % 3] as Method], contextAt(at)),
      userWith(),
    );
    for (const method of methods) {
      expect(lockOf(user, factors[method], now)?.refused).toBe('too_many_attempts');
    }
    expect(lockOf(user, recovery_code, now)).toBeUndefined();
  });

  it('R81 are told by one mail, at the fifth', () => {
    expect(newsOf(afterFailures(atOnce(4)))).toEqual([]);
    expect(newsOf(afterFailures(atOnce(9)))).toEqual(['sign_in_failures']);
  });

  it('end with a right code, and the next row starts at its beginning', () => {
    const user = withSuccess(afterFailures(atOnce(12)), totp);
    expect(lockOf(user, totp, now)).toBeUndefined();
    expect(lockOf(afterFailures(atOnce(9), 'totp', user), totp, now)).toBeUndefined();
    expect(lockOf(afterFailures(atOnce(10), 'totp', user), totp, now)).toMatchObject({
      retryAtMs: now + minute,
    });
  });
});

describe('a hundred wrong codes in 30 days', () => {
  const spread = (count: number, from = now) =>
    Array.from({ length: count }, (_, index) => from + index * minute);
  /** Each wrong code is followed by a right one. */
  const between = (times: number[]) =>
    times.reduce<User>((user, at) => withSuccess(withFailure(user, totp, contextAt(at)), totp), userWith());

  it('turn codes off at the hundredth, whatever succeeded in between', () => {
    expect(lockOf(between(spread(99)), totp, now + day)).toBeUndefined();
    const user = between(spread(100));
    for (const method of ['totp', 'email', 'sms'] as const) {
      expect(lockOf(user, factors[method], now + 400 * day)?.refused).toBe('codes_disabled');
    }
    expect(newsOf(user).at(-1)).toBe('codes_disabled');
  });

  it('count over a window that slides: what is 30 days old is forgotten', () => {
    const first = between(spread(99));
    expect(
      lockOf(withFailure(first, totp, contextAt(now + 30 * day - 1)), totp, now + 31 * day)?.refused,
    ).toBe('codes_disabled');
    const later = withSuccess(withFailure(first, totp, contextAt(now + 30 * day)), totp);
    expect(lockOf(later, totp, now + 30 * day)).toBeUndefined();
    expect(later.failures.atMs).toHaveLength(99);
  });

  it('keep no more times than they need', () => {
    const user = between(spread(100));
    expect(user.failures.atMs?.length).toBeLessThanOrEqual(100);
  });

  it('leave a recovery code as the way in, which clears the count', () => {
    const user = between(spread(100));
    expect(lockOf(user, recovery_code, now)).toBeUndefined();
    const cleared = withSuccess(user, recovery_code);
    expect(lockOf(cleared, totp, now)).toBeUndefined();
    expect(cleared.failures).toEqual({ consecutive: 0 });
  });
});

describe('wrong recovery codes', () => {
  it('R81 have a back-off of their own and leave the other methods alone', () => {
    const user = afterFailures(atOnce(10), 'recovery_code');
    expect(lockOf(user, recovery_code, now)).toMatchObject({
      refused: 'too_many_attempts',
      retryAtMs: now + minute,
    });
    expect(lockOf(user, totp, now)).toBeUndefined();
    expect(user.failures).toEqual({ consecutive: 0 });
  });

  it('never turn codes off', () => {
    const user = afterFailures(atOnce(150), 'recovery_code');
    expect(lockOf(user, recovery_code, now + 61 * minute)).toBeUndefined();
  });

  it('end their row with a right one', () => {
    expect(withSuccess(afterFailures(atOnce(12), 'recovery_code'), recovery_code).recoveryFailures).toEqual({
      consecutive: 0,
    });
  });

  it('are not forgiven by a right code of another method', () => {
    const user = withSuccess(afterFailures(atOnce(12), 'recovery_code'), totp);
    expect(lockOf(user, recovery_code, now)?.refused).toBe('too_many_attempts');
  });
});
