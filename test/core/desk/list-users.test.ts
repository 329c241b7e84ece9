import { describe, expect, it } from 'vitest';
import { listedUser, statusOf } from '../../../lambdas/core/desk/list-users.ts';
import type { User } from '../../../lambdas/core/state/item.ts';
import {
  batchOf,
  day,
  minute,
  now,
  recoveryCodesOf,
  someAuthenticator,
  userWith,
} from '../../support/world.ts';

const listed = (user: Partial<User>) => listedUser(userWith(user), now);
const onByMail = { emailMethod: { enabledAtMs: now } };
const onByText = { smsMethod: { enabledAtMs: now, phone: '+41791234567', country: 'CH' } };

describe("a line of the admin's list", () => {
  const factors: [string, Partial<User>, string, string[]][] = [
    ['nothing', {}, 'disabled', []],
    ['an authenticator', { authenticators: [someAuthenticator] }, 'enabled', ['totp']],
    ['e-mail', onByMail, 'enabled', ['email']],
    ['SMS', onByText, 'enabled', ['sms']],
    [
      'all of them',
      { authenticators: [someAuthenticator], ...onByMail, ...onByText },
      'enabled',
      ['totp', 'sms', 'email'],
    ],
    ['recovery codes alone', { recoveryCodes: batchOf(recoveryCodesOf(10)) }, 'disabled', []],
    ['after a reset', { enrollmentRequired: true }, 'disabled', []],
  ];
  it.each(factors)('R49 with %s', (_name, user, status, methods) => {
    expect(listed(user)).toMatchObject({ status, methods });
    expect(statusOf(userWith(user))).toBe(status);
  });

  it('R81 a back-off is told while it lasts, and the lock for good until it is taken off', () => {
    const locked = (backoffUntilMs: number) => listed({ failures: { consecutive: 10, backoffUntilMs } });
    expect(locked(now + minute).lockedUntilMs).toBe(now + minute);
    expect(locked(now).lockedUntilMs).toBeUndefined();
    expect(listed({ failures: { consecutive: 0, codesDisabledAtMs: now - 400 * day } }).codesDisabled).toBe(
      true,
    );
    expect(listed({}).codesDisabled).toBeUndefined();
  });

  it('R61 an exemption is told while it lasts', () => {
    const exempt = (untilMs: number) => listed({ exemption: { untilMs, reason: 'scanner' } }).exemptUntilMs;
    expect([exempt(now + 1), exempt(now)]).toEqual([now + 1, undefined]);
  });

  it('S33 holds no secret, no phone number and no reason', () => {
    const user = {
      authenticators: [someAuthenticator],
      ...onByText,
      exemption: { untilMs: now + 1, reason: 'why' },
    };
    const text = JSON.stringify(listed(user));
    for (const secret of ['1234567890', '+4179', 'why']) {
      expect(text).not.toContain(secret);
    }
  });
});
