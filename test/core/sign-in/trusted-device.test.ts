import { describe, expect, it } from 'vitest';
import { revokeTrustedDevices } from '../../../lambdas/core/settings/revoke-trusted-devices.ts';
import {
  deviceTokenHash,
  expiryOf,
  liveDevices,
  rememberDevice,
  type TrustedDevice,
  trustedDeviceOf,
  withSeenDevice,
} from '../../../lambdas/core/sign-in/trusted-device.ts';
import type { Account, User } from '../../../lambdas/core/state/item.ts';
import type { Policy } from '../../../lambdas/core/state/policy.ts';
import { accountWith, contextAt, day, minute, newsOf, now, settled, userWith } from '../../support/world.ts';

const trusting = (days = 30, more: Partial<Account> = {}) =>
  accountWith({ rememberDevice: { allowed: true, days } } as Partial<Policy>, more);
const deviceOf = (name: string, more: Partial<TrustedDevice> = {}): TrustedDevice => ({
  id: `dev_${name}`,
  tokenHash: deviceTokenHash(name),
  createdAtMs: now,
  lastSeenAtMs: now,
  expiresAtMs: now + 30 * day,
  ...more,
});
const withDevices = (...trustedDevices: TrustedDevice[]): User => userWith({ trustedDevices });

describe('when a device is trusted', () => {
  const cases: [string, TrustedDevice, Account, number, boolean][] = [
    ['just made', deviceOf('a'), trusting(), now, true],
    ['at its end', deviceOf('a'), trusting(), now + 30 * day, false],
    ['a millisecond before', deviceOf('a'), trusting(), now + 30 * day - 1, true],
    [
      'given less than the policy says today',
      deviceOf('a', { expiresAtMs: now + day }),
      trusting(),
      now + day,
      false,
    ],
    ['given more than the policy says today', deviceOf('a'), trusting(7), now + 7 * day, false],
    [
      'given more than 90 days',
      deviceOf('a', { expiresAtMs: now + 400 * day }),
      trusting(400),
      now + 90 * day,
      false,
    ],
    ['not allowed', deviceOf('a'), accountWith(), now, false],
    ['from before all trust was ended', deviceOf('a'), trusting(30, { trustEndedAtMs: now }), now, false],
    ['from after it', deviceOf('a'), trusting(30, { trustEndedAtMs: now - 1 }), now, true],
  ];
  it.each(cases)('S38 S39 %s', (_name, device, account, atMs, trusted) => {
    const user = withDevices(device);
    expect(liveDevices(user, account, atMs)).toHaveLength(trusted ? 1 : 0);
    expect(trustedDeviceOf({ user, account }, 'a', atMs)).toEqual(trusted ? device : undefined);
  });

  it('S38 by its own token alone', () => {
    const state = { user: withDevices(deviceOf('a'), deviceOf('b')), account: trusting() };
    expect(trustedDeviceOf(state, 'b', now)?.id).toBe('dev_b');
    for (const token of [undefined, '', 'c', 'A', 'dev_a']) {
      expect(trustedDeviceOf(state, token, now)).toBeUndefined();
    }
  });
});

describe('a device that is seen', () => {
  it('is written at most once a minute, and lives no longer for it', () => {
    const device = deviceOf('a');
    const user = withDevices(device, deviceOf('b'));
    expect(withSeenDevice(user, device, now + minute - 1)).toBe(user);
    const seen = withSeenDevice(user, device, now + minute);
    expect(seen.trustedDevices).toEqual([{ ...device, lastSeenAtMs: now + minute }, deviceOf('b')]);
    expect(expiryOf(seen.trustedDevices[0] as TrustedDevice, trusting())).toBe(expiryOf(device, trusting()));
  });
});

describe('remembering one more', () => {
  const remember = (user: User, account: Account, context = contextAt()) =>
    settled((ports) => {
      const { user: save, deviceToken } = rememberDevice({ user, account }, ports, context);
      return { save, answer: { deviceToken } };
    });

  it('R47 does nothing where the policy does not allow it', async () => {
    const user = userWith();
    const { save, answer, asked } = await remember(user, accountWith());
    expect([save, answer, asked]).toEqual([user, { deviceToken: undefined }, []]);
  });

  it('R76 keeps ten at most, those seen last, and drops what has ended', async () => {
    const seen = Array.from({ length: 10 }, (_, nth) =>
      deviceOf(`${nth}`, { lastSeenAtMs: now - nth * minute }),
    );
    const ended = deviceOf('old', { expiresAtMs: now, lastSeenAtMs: now });
    const { save } = await remember(withDevices(...seen.toReversed(), ended), trusting());
    const ids = save?.trustedDevices.map(({ id }) => id) ?? [];
    expect(ids).toHaveLength(10);
    expect(ids).not.toContain('dev_9');
    expect(ids).not.toContain('dev_old');
    expect(newsOf(save)).toEqual(['trusted_device_added']);
  });

  it('keeps no more than 256 characters of what a browser says of itself', async () => {
    const context = { ...contextAt(), userAgent: 'x'.repeat(5000) };
    const { save } = await remember(userWith(), trusting(), context);
    expect(save?.trustedDevices[0]?.userAgent).toHaveLength(256);
  });
});

describe('ending trust', () => {
  const token = { accountId: 'acme', userId: 'ada', role: 'user' as const };
  const revoke = (user: User | undefined, deviceId?: string) =>
    revokeTrustedDevices(
      { user, account: trusting() },
      { token, ...(deviceId === undefined ? {} : { deviceId }) },
      contextAt(),
    );
  const both = () => withDevices(deviceOf('a'), deviceOf('b'));

  it('R76 of one device, of all, of one that is none, and of nobody', () => {
    expect(revoke(both(), 'dev_a').save?.trustedDevices.map(({ id }) => id)).toEqual(['dev_b']);
    expect(newsOf(revoke(both(), 'dev_a').save)).toEqual(['trusted_device_revoked']);
    expect(revoke(both()).save?.trustedDevices).toEqual([]);
    expect(newsOf(revoke(both()).save)).toEqual(['trusted_devices_ended']);
    expect(revoke(both(), 'dev_c')).toEqual({ answer: expect.objectContaining({ refused: 'not_found' }) });
    expect(revoke(userWith())).toEqual({ answer: {} });
    expect(revoke(undefined)).toEqual({ answer: expect.objectContaining({ refused: 'not_found' }) });
  });
});
