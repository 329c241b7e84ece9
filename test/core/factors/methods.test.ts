import { describe, expect, it } from 'vitest';
import { maskedEmail } from '../../../lambdas/core/factors/email.ts';
import { isAllowed, offer, usableMethods } from '../../../lambdas/core/factors/methods.ts';
import { isEnabled } from '../../../lambdas/core/factors/table.ts';
import type { User } from '../../../lambdas/core/state/item.ts';
import type { FactorMethod } from '../../../lambdas/core/state/methods.ts';
import { isRequired } from '../../../lambdas/core/state/policy.ts';
import { accountWith, now, someAuthenticator, userWith } from '../../support/world.ts';

const somePasskey = {
  id: 'pky_1',
  label: 'Passkey',
  credentialId: 'AQID',
  publicKey: new Uint8Array(77),
  rpId: 'acme.example',
  counter: 0,
  createdAtMs: now,
};
const here = { nowMs: now, passkeys: { rpId: 'acme.example', origins: ['https://app.acme.example'] } };

const factors: Record<FactorMethod, Partial<User>> = {
  passkey: { passkeys: [somePasskey] },
  totp: { authenticators: [someAuthenticator] },
  email: { emailMethod: { enabledAtMs: now } },
  sms: { smsMethod: { enabledAtMs: now, phone: '+14155550100', country: 'US' } },
};
const having = (...turnedOn: FactorMethod[]): User =>
  userWith(Object.assign({}, ...turnedOn.map((method) => factors[method])));

/** Policy methods, mode, what the user turned on, first factor -> what is usable, best first. */
const table: [string, 'optional' | 'required', string, string, string][] = [
  ['totp email', 'optional', '', 'password', ''],
  ['passkey totp', 'optional', 'totp passkey', 'password', 'passkey totp'],
  ['totp', 'optional', 'totp passkey', 'password', 'totp'],
  ['passkey', 'required', 'totp', 'password', ''],
  ['totp email', 'optional', 'totp', 'password', 'totp'],
  ['totp email', 'optional', 'email', 'password', 'email'],
  ['totp email', 'optional', 'totp email', 'password', 'totp email'],
  ['totp email sms', 'optional', 'totp email sms', 'password', 'totp sms email'],
  ['totp email', 'optional', 'totp email sms', 'password', 'totp email'],
  ['email', 'optional', 'totp', 'password', ''],
  ['totp', 'optional', 'totp email', 'password', 'totp'],
  ['sms', 'optional', 'sms', 'password', 'sms'],
  ['totp email', 'required', '', 'password', 'email'],
  ['totp email', 'required', 'totp', 'password', 'totp'],
  ['totp email', 'required', 'totp email', 'password', 'totp email'],
  ['totp', 'required', '', 'password', ''],
  ['email', 'required', 'totp', 'password', ''],
  ['totp email', 'required', '', 'email_link', ''],
  ['totp email', 'optional', 'email', 'email_link', ''],
  ['totp email', 'optional', 'totp email', 'email_link', 'totp'],
  ['totp email', 'optional', 'email', 'federated', 'email'],
];

const words = (text: string) => text.split(' ').filter(Boolean) as FactorMethod[];

describe('the usable methods', () => {
  it.each(table)(
    'R16 account allows "%s", %s; turned on "%s"; by %s: "%s"',
    (allowed, mode, on, first, usable) => {
      const account = accountWith({ methods: words(allowed), mode }, { smsEnabled: true });
      expect(usableMethods({ user: having(...words(on)), account }, here, first)).toEqual(words(usable));
    },
  );

  it('R23 SMS is none until the operator activates it', () => {
    const account = accountWith({ methods: ['totp', 'email', 'sms'] });
    expect(usableMethods({ user: having('sms', 'totp'), account }, here)).toEqual(['totp']);
    expect(isAllowed(account, 'sms', here)).toBe(false);
    expect(isAllowed({ ...account, smsEnabled: true }, 'sms', here)).toBe(true);
  });

  it('R87 a passkey is none where the deployment has no passkeys, or those of another domain', () => {
    const account = accountWith({ methods: ['passkey', 'totp'] });
    const user = having('passkey', 'totp');
    expect(usableMethods({ user, account }, { nowMs: now })).toEqual(['totp']);
    const elsewhere = { nowMs: now, passkeys: { rpId: 'acme.test', origins: ['https://acme.test'] } };
    expect(usableMethods({ user, account }, elsewhere)).toEqual(['totp']);
    expect(isAllowed(account, 'passkey', elsewhere)).toBe(true);
    expect(isAllowed(account, 'passkey', { nowMs: now })).toBe(false);
  });

  it('R51 after a reset a requirement lends no mailed code', () => {
    const account = accountWith({ mode: 'required' });
    expect(usableMethods({ user: userWith({ enrollmentRequired: true }), account }, here)).toEqual([]);
  });

  it('R12 a requirement that starts later lends none before', () => {
    const account = accountWith({ mode: 'required', requiredFromMs: now + 1 });
    expect(isRequired(account.policy, now)).toBe(false);
    expect(isRequired(account.policy, now + 1)).toBe(true);
    expect(isRequired({ ...account.policy, mode: 'optional' }, now + 1)).toBe(false);
    expect(usableMethods({ user: userWith(), account }, here)).toEqual([]);
    expect(usableMethods({ user: userWith(), account }, { nowMs: now + 1 })).toEqual(['email']);
  });
});

describe('two-factor is on', () => {
  it('R1 with any one factor, whatever the policy says of it today', () => {
    expect(isEnabled(userWith())).toBe(false);
    for (const method of ['passkey', 'totp', 'email', 'sms'] as const) {
      expect(isEnabled(having(method))).toBe(true);
    }
  });
});

describe('what a page is told', () => {
  it('R13 the first is the default, and destinations are masked', () => {
    expect(offer(having('totp', 'email', 'sms'), ['totp', 'sms', 'email', 'recovery_code'])).toEqual([
      { method: 'totp', default: true },
      { method: 'sms', sentTo: '+1 *** 00', default: false },
      { method: 'email', sentTo: 'a***@example.com', default: false },
      { method: 'recovery_code', default: false },
    ]);
  });

  it.each([
    ['ada@example.com', 'a***@example.com'],
    ['a@example.com', 'a***@example.com'],
    ['"a@b"@example.com', '"***@example.com'],
    ['🔐x@example.com', '🔐***@example.com'],
  ])('masks %s as %s', (email, masked) => {
    expect(maskedEmail(email)).toBe(masked);
  });
});
