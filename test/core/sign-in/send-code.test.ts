import { describe, expect, it } from 'vitest';
import type { Place } from '../../../lambdas/core/factors/places.ts';
import { newCode, withoutUnsentCode } from '../../../lambdas/core/sign-in/send-code.ts';
import type { User } from '../../../lambdas/core/state/item.ts';
import { accountWith, contextAt, day, minute, now, second, settled, userWith } from '../../support/world.ts';

const hour = 60 * minute;
const first = { challengeId: 'chl_first' };
const account = accountWith();

const send = (user: User, at: number, key: Place = first) =>
  settled((ports) => newCode({ user, account }, key, 'email', ports, contextAt(at)));
/** The user after codes at these times, each in a challenge of its own. */
async function sentAt(times: number[]): Promise<User> {
  let user = userWith();
  for (const [index, at] of times.entries()) {
    const { save, answer } = await send(user, at, { challengeId: `chl_${index}` });
    expect(answer).not.toHaveProperty('refused');
    user = save as User;
  }
  return user;
}

describe('the limits on codes', () => {
  it('R75 in one challenge: after 60 s, then after 120 s, then no more', async () => {
    let user = userWith();
    let at = now;
    for (const wait of [60, 120]) {
      user = (await send(user, at)).save as User;
      at += wait * second;
      expect((await send(user, at - 1)).answer).toMatchObject({ refused: 'resend_too_soon', retryAtMs: at });
    }
    const last = await send(user, at);
    user = last.save as User;
    expect((await send(user, at + 300 * second)).answer).toMatchObject({ refused: 'too_many_codes' });
    expect(last.answer.resendAvailableAtMs).toBe(user.challenges.chl_first?.expiresAtMs);
    expect(user.challenges.chl_first?.codes).toHaveLength(3);
  });

  it('R75 the answer says when the next may be asked for, and how long this one lives', async () => {
    const { answer } = await send(userWith(), now);
    expect(answer).toMatchObject({ resendAvailableAtMs: now + 60 * second, expiresAtMs: now + 10 * minute });
    const next = (await send((await send(userWith(), now)).save as User, now + minute)).answer;
    expect(next.resendAvailableAtMs).toBe(now + 3 * minute);
  });

  it('R21 five an hour over everything; the sixth when the first is an hour old', async () => {
    const times = [0, 1, 2, 3, 4].map((index) => now + index * minute);
    const user = await sentAt(times);
    const free = now + hour;
    expect((await send(user, free - 1, 'proofs')).answer).toMatchObject({
      refused: 'too_many_codes',
      retryAtMs: free,
    });
    expect((await send(user, free, 'proofs')).answer).not.toHaveProperty('refused');
  });

  it('R21 ten a day over everything; the eleventh when the first is a day old', async () => {
    const times = Array.from({ length: 10 }, (_, index) => now + index * 2 * hour);
    const user = await sentAt(times);
    const free = now + day;
    expect((await send(user, free - 1, 'proofs')).answer).toMatchObject({
      refused: 'too_many_codes',
      retryAtMs: free,
    });
    expect((await send(user, free, 'proofs')).answer).not.toHaveProperty('refused');
  });

  it('R21 times that no longer count are not kept', async () => {
    const user = await sentAt([now, now + 2 * day]);
    expect(user.codesSentAtMs).toEqual([now + 2 * day]);
  });
});

describe('a code', () => {
  it('R21 goes to the stored address and is kept as its MAC alone', async () => {
    const { answer, save } = await send(userWith({ email: 'ada@example.org' }), now);
    expect(answer).toMatchObject({ code: '424242', to: 'ada@example.org', sentTo: 'a***@example.org' });
    expect(JSON.stringify(save)).not.toContain('424242');
  });

  it('R21 never outlives its challenge', async () => {
    const { answer } = await settled((ports) =>
      newCode({ user: userWith(), account }, first, 'email', ports, contextAt(), now + minute),
    );
    expect(answer.expiresAtMs).toBe(now + minute);
  });

  it('R75 stands beside the earlier ones of its challenge', async () => {
    const once = (await send(userWith(), now)).save as User;
    const [earlier] = once.challenges.chl_first?.codes ?? [];
    const twice = (await send(once, now + minute)).save as User;
    expect(twice.challenges.chl_first?.codes?.[0]).toEqual(earlier);
    expect(twice.challenges.chl_first?.codes).toHaveLength(2);
  });

  it('is not sent while the user is locked, or when the challenge has no tries left', async () => {
    const failures = { consecutive: 10, backoffUntilMs: now + 1 };
    expect((await send(userWith({ failures }), now)).answer.refused).toBe('too_many_attempts');
    const codesDisabled = { consecutive: 0, codesDisabledAtMs: now - day };
    expect((await send(userWith({ failures: codesDisabled }), now)).answer.refused).toBe('codes_disabled');
    const challenges = { chl_first: { failures: 5, expiresAtMs: now + minute } };
    expect((await send(userWith({ challenges }), now)).answer.refused).toBe('too_many_attempts');
  });

  it('that was not taken by the mail system is taken back; the tries and the earlier codes stay', async () => {
    const tried = userWith({ challenges: { chl_first: { failures: 2, expiresAtMs: now + 10 * minute } } });
    const once = (await send(tried, now)).save as User;
    const twice = (await send(once, now + minute)).save as User;
    const back = withoutUnsentCode(
      twice,
      { place: first, method: 'email' },
      now + minute,
      contextAt(now + minute),
    );
    const { failures, codes } = back.challenges.chl_first ?? {};
    expect({ failures, codes }).toEqual({ failures: 2, codes: once.challenges.chl_first?.codes });
    expect(back.codesSentAtMs).toEqual(once.codesSentAtMs);
    expect((await send(back, now + minute)).answer).not.toHaveProperty('refused');
  });
});
