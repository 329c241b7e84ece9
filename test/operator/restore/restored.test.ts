import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { User } from '../../../lambdas/core/state/item.ts';
import { missingUser, restoredAccount, restoredUser } from '../../../operator/restore/restored.ts';
import {
  accountWith,
  authenticatorOf,
  batchOf,
  now,
  someAuthenticator,
  userWith,
} from '../../support/world.ts';

const later = now + 86_400_000;
const email = { enabledAtMs: now };
const sms = { enabledAtMs: now, phone: '+14155550100', country: 'US' };
const enrolled = userWith({ authenticators: [someAuthenticator], enabledAtMs: now });
const userOf = (restored: ReturnType<typeof restoredUser>): User => restored.user;

describe('with the table that was in use', () => {
  it('a factor that is still there is kept, past every code that could have been used', () => {
    const restored = restoredUser(enrolled, enrolled, later);
    expect(restored).toMatchObject({ outcome: 'kept', removedFactors: 0 });
    const [authenticator] = userOf(restored).authenticators;
    expect(authenticator?.lastTimeStep).toBe(Math.floor(later / 30_000) + 1);
  });

  it('a factor that was removed since is removed, and the others stay', () => {
    const second = authenticatorOf('abcdefghijklmnopqrst');
    const backup = userWith({
      authenticators: [someAuthenticator, second],
      emailMethod: email,
      smsMethod: sms,
    });
    const old = userWith({ authenticators: [second], smsMethod: { ...sms, phone: '+14155550199' } });
    const restored = restoredUser(backup, old, later);
    expect(restored).toMatchObject({ outcome: 'kept', removedFactors: 3 });
    expect(userOf(restored).authenticators.map(({ id }) => id)).toEqual([second.id]);
    expect(userOf(restored)).not.toHaveProperty('emailMethod');
    expect(userOf(restored)).not.toHaveProperty('smsMethod');
  });

  it('whoever turned it off since goes on without it, and whoever was reset owes an enrolment', () => {
    const off = restoredUser(enrolled, userWith(), later);
    expect(off).toMatchObject({
      outcome: 'without_factor',
      user: { authenticators: [], enrollmentRequired: false },
    });
    const reset = restoredUser(enrolled, userWith({ enrollmentRequired: true }), later);
    expect(reset).toMatchObject({ outcome: 'must_enrol', user: { enrollmentRequired: true } });
  });

  it('whoever enrolled since must not pass without a factor', () => {
    expect(restoredUser(userWith(), enrolled, later)).toMatchObject({
      outcome: 'must_enrol',
      user: { enrollmentRequired: true, authenticators: [] },
    });
    expect(missingUser(enrolled, later)).toMatchObject({
      outcome: 'must_enrol',
      user: { enrollmentRequired: true, authenticators: [] },
    });
    expect(missingUser(userWith(), later)).toMatchObject({ outcome: 'without_factor' });
  });

  it('failures since the backup count on', () => {
    const failures = { consecutive: 9, atMs: [now], codesDisabledAtMs: now };
    expect(userOf(restoredUser(enrolled, { ...enrolled, failures }, later)).failures).toEqual(failures);
  });
});

it('without it, or where it has lost a person, everybody with a factor enrols anew, and the others go on', () => {
  expect(restoredUser(enrolled, undefined, later)).toMatchObject({
    outcome: 'must_enrol',
    user: { authenticators: [], enrollmentRequired: true },
  });
  expect(restoredUser(userWith(), undefined, later)).toMatchObject({ outcome: 'without_factor' });
});

it('whatever a person had, nothing that was trusted, pending, sent or open goes on', () => {
  const attempts = { failures: 0, codes: [], expiresAtMs: later };
  const parts: Partial<User> = {
    trustedDevices: [
      { id: 'dev_1', tokenHash: new Uint8Array(32), createdAtMs: now, lastSeenAtMs: now, expiresAtMs: later },
    ],
    recoveryCodes: batchOf(['aaaa-aaaa-aaaa-aaaa']),
    challenges: { chl_1: attempts },
    proofs: attempts,
    pendingEmailMethod: attempts,
    pendingSmsMethod: { ...attempts, phone: '+14155550100', country: 'US' },
    pendingAuthenticator: {
      id: 'aut_2',
      label: 'x',
      secret: new Uint8Array(20),
      expiresAtMs: later,
      failures: 0,
    },
    exemption: { untilMs: later, reason: 'x' },
    outbox: [
      { id: 'evt_1', type: 'two_factor_enabled', atMs: now, actor: { kind: 'user' }, tries: 0, dueAtMs: now },
    ],
  };
  const names = Object.keys(parts) as (keyof User)[];
  fc.assert(
    fc.property(fc.subarray(names), fc.boolean(), (chosen, oldIsKnown) => {
      const backup = {
        ...enrolled,
        ...Object.fromEntries(chosen.map((name) => [name, parts[name]])),
      } as User;
      const user = userOf(restoredUser(backup, oldIsKnown ? backup : undefined, later));
      for (const name of names) {
        const left = user[name] as unknown;
        expect(left === undefined || Object.keys(left as object).length === 0).toBe(true);
      }
      expect(user.evidenceFromMs).toBe(later);
      expect(user.rev).toBeGreaterThan(backup.rev);
    }),
  );
});

it('an attribute of a newer release is carried through', () => {
  expect(userOf(restoredUser({ ...enrolled, later: { kept: 1 } } as User, enrolled, later))).toMatchObject({
    later: { kept: 1 },
  });
});

describe('an account', () => {
  const required = accountWith({ mode: 'required' }, { policyVersion: 3 });

  it('has the newer of both policies, and ends all trust', () => {
    expect(restoredAccount(accountWith(), required, later)).toMatchObject({
      policy: { mode: 'required' },
      policyVersion: 3,
      trustEndedAtMs: later,
    });
    expect(restoredAccount(required, accountWith(), later)).toMatchObject({ policyVersion: 3 });
  });

  it('sends nothing a second time', () => {
    const fanOuts = [{ id: 'f', notice: 'enforcement_on' as const, dueAtMs: now, told: 3, bounced: 0 }];
    expect(restoredAccount(accountWith({}, { fanOuts }), undefined, later)).not.toHaveProperty('fanOuts');
  });
});
