import { describe, expect, it } from 'vitest';
import type { AttemptsKey } from '../../../lambdas/core/factors/attempts.ts';
import { sendCode, withoutUnsentCode } from '../../../lambdas/core/sign-in/send-code.ts';
import type { User } from '../../../lambdas/core/state/item.ts';
import { accountWith, contextAt, day, minute, now, second, settled, userWith } from '../../support/world.ts';

const hour = 60 * minute;
const first = { challengeId: 'chl_first' };
const account = accountWith();

const send = (user: User, at: number, key: AttemptsKey = first) =>
  settled(sendCode({ user, account }, key, 'email', contextAt(at)));
/** The user after codes at these times, each in a challenge of its own. */
const sentAt = (times: number[]) =>
  times.reduce<User>((user, at, index) => {
    const { save, answer } = send(user, at, { challengeId: `chl_${index}` });
    expect(answer).not.toHaveProperty('refused');
    return save as User;
  }, userWith());

describe('the limits on codes', () => {
  it('R75 in one challenge: after 60 s, then after 120 s, then no more', () => {
    let user = userWith();
    let at = now;
    for (const wait of [60, 120]) {
      user = send(user, at).save as User;
      at += wait * second;
      expect(send(user, at - 1).answer).toMatchObject({ refused: 'resend_too_soon', retryAtMs: at });
    }
    const last = send(user, at);
    user = last.save as User;
    expect(send(user, at + 300 * second).answer).toMatchObject({ refused: 'too_many_codes' });
    expect(last.answer.resendAvailableAtMs).toBe(user.challenges.chl_first?.expiresAtMs);
    expect(user.challenges.chl_first?.codes).toHaveLength(3);
  });

  it('R75 the answer says when the next may be asked for, and how long this one lives', () => {
    const { answer } = send(userWith(), now);
    expect(answer).toMatchObject({ resendAvailableAtMs: now + 60 * second, expiresAtMs: now + 10 * minute });
    const next = send(send(userWith(), now).save as User, now + minute).answer;
    expect(next.resendAvailableAtMs).toBe(now + 3 * minute);
  });

  it('R21 five an hour over everything; the sixth when the first is an hour old', () => {
    const times = [0, 1, 2, 3, 4].map((index) => now + index * minute);
    const user = sentAt(times);
    const free = now + hour;
    expect(send(user, free - 1, 'proofs').answer).toMatchObject({
      refused: 'too_many_codes',
      retryAtMs: free,
    });
    expect(send(user, free, 'proofs').answer).not.toHaveProperty('refused');
  });

  it('R21 ten a day over everything; the eleventh when the first is a day old', () => {
    const times = Array.from({ length: 10 }, (_, index) => now + index * 2 * hour);
    const user = sentAt(times);
    const free = now + day;
    expect(send(user, free - 1, 'proofs').answer).toMatchObject({
      refused: 'too_many_codes',
      retryAtMs: free,
    });
    expect(send(user, free, 'proofs').answer).not.toHaveProperty('refused');
  });

  it('R21 times that no longer count are not kept', () => {
    const user = sentAt([now, now + 2 * day]);
    expect(user.codesSentAtMs).toEqual([now + 2 * day]);
  });
});

describe('a code', () => {
  it('R21 goes to the stored address and is kept as its MAC alone', () => {
    const { answer, save } = send(userWith({ email: 'ada@example.org' }), now);
    expect(answer).toMatchObject({ code: '424242', to: 'ada@example.org', sentTo: 'a***@example.org' });
    expect(JSON.stringify(save)).not.toContain('424242');
  });

  it('R21 never outlives its challenge', () => {
    const { answer } = settled(
      sendCode({ user: userWith(), account }, first, 'email', contextAt(), now + minute),
    );
    expect(answer.expiresAtMs).toBe(now + minute);
  });

  it('R75 stands beside the earlier ones of its challenge', () => {
    const once = send(userWith(), now).save as User;
    const [earlier] = once.challenges.chl_first?.codes ?? [];
    const twice = send(once, now + minute).save as User;
    expect(twice.challenges.chl_first?.codes?.[0]).toEqual(earlier);
    expect(twice.challenges.chl_first?.codes).toHaveLength(2);
  });

  it('is not sent while the user is locked, or when the challenge has no tries left', () => {
    const failures = { consecutive: 10, backoffUntilMs: now + 1 };
    expect(send(userWith({ failures }), now).answer.refused).toBe('too_many_attempts');
    const codesDisabled = { consecutive: 0, codesDisabledAtMs: now - day };
    expect(send(userWith({ failures: codesDisabled }), now).answer.refused).toBe('codes_disabled');
    const challenges = { chl_first: { failures: 5, expiresAtMs: now + minute } };
    expect(send(userWith({ challenges }), now).answer.refused).toBe('too_many_attempts');
  });

  it('that was not taken by the mail system is taken back; the tries and the earlier codes stay', () => {
    const tried = userWith({ challenges: { chl_first: { failures: 2, expiresAtMs: now + 10 * minute } } });
    const once = send(tried, now).save as User;
    const twice = send(once, now + minute).save as User;
    const back = withoutUnsentCode(twice, first, now + minute, now + minute);
    const { failures, codes } = back.challenges.chl_first ?? {};
    expect({ failures, codes }).toEqual({ failures: 2, codes: once.challenges.chl_first?.codes });
    expect(back.codesSentAtMs).toEqual(once.codesSentAtMs);
    expect(send(back, now + minute).answer).not.toHaveProperty('refused');
  });
});
