import { describe, expect, it } from 'vitest';
import { codeScope, codeText } from '../../../lambdas/core/factors/attempts.ts';
import { type CodeAttempt, spendFactor } from '../../../lambdas/core/factors/factor.ts';
import type { User } from '../../../lambdas/core/state/item.ts';
import { independentCode } from '../../support/independent-totp.ts';
import {
  accountWith,
  authenticatorOf,
  batchOf,
  contextAt,
  macOf,
  minute,
  newsOf,
  now,
  recoveryCodesOf,
  settled,
  someAuthenticator,
  userWith,
} from '../../support/world.ts';

const key = { challengeId: 'chl_1' };
const live = { failures: 0, expiresAtMs: now + 10 * minute };
const timeStep = Math.floor(now / 30_000);
const right = independentCode(someAuthenticator.secret, now);
const wrong = independentCode(someAuthenticator.secret, now + 60 * minute);
/** RFC 6238's test secret shows this code in two steps in a row: found by search. */
const sharedCode = { earlierStep: 40_628_458, code: '669470' };
const enrolled = (more: Partial<User> = {}) => userWith({ authenticators: [someAuthenticator], ...more });

const spend = (user: User, attempt: CodeAttempt) =>
  settled(
    spendFactor({ user, account: accountWith() }, key, attempt, contextAt(), (save) => ({
      save,
      answer: { passed: true },
    })),
  );
const totp = (user: User, code: string) => spend(user, { method: 'totp', code });

describe('a right code', () => {
  it('R20 is spent: its step is remembered, with when', () => {
    const { answer, save } = totp(enrolled(), right);
    expect(answer).toEqual({ passed: true });
    expect(save?.authenticators).toEqual([
      { ...someAuthenticator, lastTimeStep: timeStep, lastUsedAtMs: now },
    ]);
    expect(totp(save as User, right).answer).toMatchObject({ refused: 'code_already_used' });
  });

  it('R71 is looked for in every authenticator, and spent in that one alone', () => {
    const other = authenticatorOf('abcdefghijabcdefghij');
    const { save } = totp(enrolled({ authenticators: [other, someAuthenticator] }), right);
    expect(save?.authenticators[0]).toEqual(other);
    expect(save?.authenticators[1]?.lastTimeStep).toBe(timeStep);
  });

  it('R20 a code that two neighbouring steps share is spent in the later one', () => {
    const { earlierStep: earlier, code } = sharedCode;
    const user = enrolled({ authenticators: [{ ...someAuthenticator, lastTimeStep: earlier }] });
    const context = contextAt((earlier + 1) * 30_000);
    const state = { user, account: accountWith() };
    const passed = (save: User) => ({ save, answer: {} });
    const { save } = settled(spendFactor(state, key, { method: 'totp', code }, context, passed));
    expect(save?.authenticators[0]?.lastTimeStep).toBe(earlier + 1);
  });

  it('R21 of a mail takes every code of its place with it', () => {
    const user = userWith({ emailMethod: { enabledAtMs: now } });
    const mac = macOf(codeText(codeScope(user, key), '123456'));
    const codes = ['earlier', 'later'].map((other) => ({
      method: 'email' as const,
      mac: macOf(other),
      sentAtMs: now,
      expiresAtMs: now + minute,
    }));
    const challenges = { chl_1: { ...live, codes: [{ ...codes[0], mac }, ...codes] } } as User['challenges'];
    const { answer, save } = spend({ ...user, challenges }, { method: 'email', code: '123456' });
    expect(answer).toEqual({ passed: true });
    expect(save?.challenges.chl_1).toEqual(live);
  });

  it('R26 of the recovery codes is taken away, told by mail with what is left, and ends every trusted device', () => {
    const codes = recoveryCodesOf(3);
    const device = {
      id: 'dev_1',
      tokenHash: macOf('x'),
      createdAtMs: now,
      lastSeenAtMs: now,
      expiresAtMs: now + minute,
    };
    const user = enrolled({ recoveryCodes: batchOf(codes), trustedDevices: [device] });
    const { save } = spend(user, { method: 'recovery_code', code: (codes[1] as string).toUpperCase() });
    expect(save?.recoveryCodes?.hashes).toHaveLength(2);
    expect(save?.trustedDevices).toEqual([]);
    expect(newsOf(save)).toEqual(['recovery_code_used']);
    expect(save?.outbox[0]?.detail).toEqual({ remaining: '2' });
  });
});

describe('a wrong code', () => {
  it('costs one try of the challenge and one failure of the user', () => {
    const { answer, save } = totp(enrolled(), wrong);
    expect(answer).toMatchObject({ refused: 'code_incorrect', attemptsRemaining: 4 });
    expect(save?.challenges.chl_1?.failures).toBe(1);
    expect(save?.failures).toEqual({ consecutive: 1, atMs: [now] });
    expect(save?.authenticators).toEqual([someAuthenticator]);
  });

  it('five times: the challenge is dead, and nothing is compared any more', () => {
    const user = enrolled({ challenges: { chl_1: { ...live, failures: 5 } } });
    for (const attempt of [
      { method: 'totp', code: right },
      { method: 'recovery_code', code: recoveryCodesOf(1)[0] as string },
    ] as const) {
      const { answer, save, asked } = spend(user, attempt);
      expect(answer).toMatchObject({ refused: 'too_many_attempts', retryAtMs: live.expiresAtMs });
      expect([save, asked]).toEqual([undefined, []]);
    }
  });

  it('that is right but used costs a try, and is no guess', () => {
    const used = enrolled({ authenticators: [{ ...someAuthenticator, lastTimeStep: timeStep }] });
    const { answer, save } = totp(used, right);
    expect(answer).toMatchObject({ refused: 'code_already_used' });
    expect(save?.challenges.chl_1?.failures).toBe(1);
    expect(save?.failures).toEqual({ consecutive: 0 });
  });

  it('of the recovery codes has a budget of its own', () => {
    const user = enrolled({ recoveryCodes: batchOf(recoveryCodesOf(1)) });
    const { answer, save } = spend(user, { method: 'recovery_code', code: 'zzzz-zzzz-zzzz-zzzz' });
    expect(answer).toMatchObject({ refused: 'code_incorrect' });
    expect([save?.failures.consecutive, save?.recoveryFailures.consecutive]).toEqual([0, 1]);
  });
});

describe('while the user is locked', () => {
  const failures = { consecutive: 10, backoffUntilMs: now + minute };

  it('R81 nothing is compared, and the right code is refused as the wrong one is', () => {
    const replies = [right, wrong].map((code) => totp(enrolled({ failures }), code));
    for (const { answer, save, asked } of replies) {
      expect(answer).toEqual(replies[0]?.answer);
      expect([save, asked]).toEqual([undefined, []]);
    }
  });

  it('R81 a recovery code passes and ends the lock', () => {
    const user = enrolled({ failures, recoveryCodes: batchOf(recoveryCodesOf(1)) });
    const { save } = spend(user, { method: 'recovery_code', code: recoveryCodesOf(1)[0] as string });
    expect(save?.failures).toEqual({ consecutive: 0 });
  });
});
