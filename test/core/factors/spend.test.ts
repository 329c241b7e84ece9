import { describe, expect, it } from 'vitest';
import { isRefused, type Ports } from '../../../lambdas/core/decision.ts';
import { codeScope, codeText } from '../../../lambdas/core/factors/places.ts';
import { type Attempt, spendFactor } from '../../../lambdas/core/factors/spend.ts';
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

/** A decision of no other concern: the attempt is spent, and that is saved. */
const spend = (user: User, attempt: Attempt, context = contextAt()) =>
  settled(async (ports: Ports) => {
    const spent = await spendFactor({ user, account: accountWith() }, key, attempt, ports, context);
    return isRefused(spent) ? spent : { save: spent.user, answer: { passed: true } };
  });
const totp = (user: User, code: string) => spend(user, { method: 'totp', code });

describe('a right code', () => {
  it('R20 is spent: its step is remembered, with when', async () => {
    const { answer, save } = await totp(enrolled(), right);
    expect(answer).toEqual({ passed: true });
    expect(save?.authenticators).toEqual([
      { ...someAuthenticator, lastTimeStep: timeStep, lastUsedAtMs: now },
    ]);
    expect((await totp(save as User, right)).answer).toMatchObject({ refused: 'code_already_used' });
  });

  it('R71 is looked for in every authenticator, and spent in that one alone', async () => {
    const other = authenticatorOf('abcdefghijabcdefghij');
    const { save } = await totp(enrolled({ authenticators: [other, someAuthenticator] }), right);
    expect(save?.authenticators[0]).toEqual(other);
    expect(save?.authenticators[1]?.lastTimeStep).toBe(timeStep);
  });

  it('S28 every secret is opened, whichever one matches: the time tells nothing', async () => {
    const others = ['abcdefghijabcdefghij', 'klmnopqrstklmnopqrst'].map((secret) => authenticatorOf(secret));
    for (const authenticators of [
      [someAuthenticator, ...others],
      [...others, someAuthenticator],
    ]) {
      const { asked } = await totp(enrolled({ authenticators }), right);
      expect(asked).toEqual(['secrets.open', 'secrets.open', 'secrets.open']);
    }
  });

  it('R20 a code that two neighbouring steps share is spent in the later one', async () => {
    const { earlierStep: earlier, code } = sharedCode;
    const user = enrolled({ authenticators: [{ ...someAuthenticator, lastTimeStep: earlier }] });
    const context = contextAt((earlier + 1) * 30_000);
    const { save } = await spend(user, { method: 'totp', code }, context);
    expect(save?.authenticators[0]?.lastTimeStep).toBe(earlier + 1);
  });

  it('R21 of a mail takes every code of its place with it', async () => {
    const user = userWith({ emailMethod: { enabledAtMs: now } });
    const mac = macOf(codeText(codeScope(user, key, 'email'), '123456'));
    const codes = ['earlier', 'later'].map((other) => ({
      method: 'email' as const,
      mac: macOf(other),
      sentAtMs: now,
      expiresAtMs: now + minute,
    }));
    const challenges = { chl_1: { ...live, codes: [{ ...codes[0], mac }, ...codes] } } as User['challenges'];
    const { answer, save } = await spend({ ...user, challenges }, { method: 'email', code: '123456' });
    expect(answer).toEqual({ passed: true });
    expect(save?.challenges.chl_1).toEqual(live);
  });

  it('R26 of the recovery codes is taken away, told by mail with what is left, and ends every trusted device', async () => {
    const codes = recoveryCodesOf(3);
    const device = {
      id: 'dev_1',
      tokenHash: macOf('x'),
      createdAtMs: now,
      lastSeenAtMs: now,
      expiresAtMs: now + minute,
    };
    const user = enrolled({ recoveryCodes: batchOf(codes), trustedDevices: [device] });
    const { save } = await spend(user, { method: 'recovery_code', code: (codes[1] as string).toUpperCase() });
    expect(save?.recoveryCodes?.hashes).toHaveLength(2);
    expect(save?.trustedDevices).toEqual([]);
    expect(newsOf(save)).toEqual(['recovery_code_used']);
    expect(save?.outbox[0]?.detail).toEqual({ remaining: '2' });
  });
});

describe('a wrong code', () => {
  it('costs one try of the challenge and one failure of the user', async () => {
    const { answer, save } = await totp(enrolled(), wrong);
    expect(answer).toMatchObject({ refused: 'code_incorrect', attemptsRemaining: 4 });
    expect(save?.challenges.chl_1?.failures).toBe(1);
    expect(save?.failures).toEqual({ consecutive: 1, atMs: [now] });
    expect(save?.authenticators).toEqual([someAuthenticator]);
  });

  it('five times: the challenge is dead, and nothing is compared any more', async () => {
    const user = enrolled({ challenges: { chl_1: { ...live, failures: 5 } } });
    for (const attempt of [
      { method: 'totp', code: right },
      { method: 'recovery_code', code: recoveryCodesOf(1)[0] as string },
    ] as const) {
      const { answer, save, asked } = await spend(user, attempt);
      expect(answer).toMatchObject({ refused: 'too_many_attempts', retryAtMs: live.expiresAtMs });
      expect([save?.attempt?.type, asked]).toEqual(['sign_in_locked', []]);
      expect([save?.challenges.chl_1?.failures, save?.failures]).toEqual([5, user.failures]);
    }
  });

  it('R93 is on record, and so is one that a lock refuses, once', async () => {
    const told = async (user: User, attempt: Attempt) => (await spend(user, attempt)).save;
    expect((await told(enrolled(), { method: 'totp', code: wrong }))?.attempt?.type).toBe('code_incorrect');
    const locked = await told(enrolled({ challenges: { chl_1: { ...live, failures: 5 } } }), {
      method: 'totp',
      code: wrong,
    });
    expect(locked?.attempt).toMatchObject({ type: 'sign_in_locked', method: 'totp', challengeId: 'chl_1' });
    expect(await told(locked as User, { method: 'totp', code: right })).toBeUndefined();
  });

  it('that is right but used costs a try, and is no guess', async () => {
    const used = enrolled({ authenticators: [{ ...someAuthenticator, lastTimeStep: timeStep }] });
    const { answer, save } = await totp(used, right);
    expect(answer).toMatchObject({ refused: 'code_already_used' });
    expect(save?.challenges.chl_1?.failures).toBe(1);
    expect(save?.failures).toEqual({ consecutive: 0 });
  });

  it('of the recovery codes has a budget of its own', async () => {
    const user = enrolled({ recoveryCodes: batchOf(recoveryCodesOf(1)) });
    const { answer, save } = await spend(user, { method: 'recovery_code', code: 'zzzz-zzzz-zzzz-zzzz' });
    expect(answer).toMatchObject({ refused: 'code_incorrect' });
    expect([save?.failures.consecutive, save?.recoveryFailures.consecutive]).toEqual([0, 1]);
  });
});

describe('while the user is locked', () => {
  const failures = { consecutive: 10, backoffUntilMs: now + minute };

  it('R81 nothing is compared, and the right code is refused as the wrong one is', async () => {
    const replies = await Promise.all([right, wrong].map((code) => totp(enrolled({ failures }), code)));
    for (const { answer, save, asked } of replies) {
      expect(answer).toEqual(replies[0]?.answer);
      expect([save?.attempt?.type, save?.failures, asked]).toEqual(['sign_in_locked', failures, []]);
    }
  });

  it('R81 a recovery code passes and ends the lock', async () => {
    const user = enrolled({ failures, recoveryCodes: batchOf(recoveryCodesOf(1)) });
    const { save } = await spend(user, { method: 'recovery_code', code: recoveryCodesOf(1)[0] as string });
    expect(save?.failures).toEqual({ consecutive: 0 });
  });
});
