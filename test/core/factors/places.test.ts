import { describe, expect, it } from 'vitest';
import {
  codeScope,
  codeText,
  matchesSentCode,
  memoryOf,
  outOfRoom,
  outOfTries,
  triesLeft,
  withMemory,
} from '../../../lambdas/core/factors/places.ts';
import { macOf, minute, now, userWith } from '../../support/world.ts';

const challenge = { challengeId: 'chl_1' };
const memory = { failures: 2, expiresAtMs: now + minute };

describe('what a challenge remembers', () => {
  it('is kept under its id, and gone once it has expired', () => {
    const user = withMemory(userWith(), challenge, memory, now);
    expect(memoryOf(user, challenge, now + minute - 1)).toEqual(memory);
    expect(memoryOf(user, challenge, now + minute).failures).toBe(0);
    expect(memoryOf(user, { challengeId: 'chl_2' }, now).failures).toBe(0);
  });

  it('lives at least as long as any challenge that could come back to it', () => {
    expect(memoryOf(userWith(), challenge, now)).toEqual({ failures: 0, expiresAtMs: now + 10 * minute });
  });

  it('drops what else has expired, and nothing that has not', () => {
    const user = userWith({ challenges: { old: { failures: 5, expiresAtMs: now }, live: memory } });
    expect(Object.keys(withMemory(user, challenge, memory, now).challenges)).toEqual(['live', 'chl_1']);
    expect(Object.keys(withMemory(user, { challengeId: 'live' }, undefined, now).challenges)).toEqual([]);
  });

  it('is apart for proofs and for a new e-mail method', () => {
    const user = withMemory(withMemory(userWith(), 'proofs', memory, now), challenge, memory, now);
    expect(memoryOf(user, 'proofs', now).failures).toBe(2);
    expect(memoryOf(user, 'pendingEmailMethod', now).failures).toBe(0);
    const forgotten = withMemory(user, 'proofs', undefined, now);
    expect(forgotten).not.toHaveProperty('proofs');
    expect(memoryOf(forgotten, challenge, now).failures).toBe(2);
  });

  it('five tries, and no sixth', () => {
    expect(outOfTries({ ...memory, failures: 4 })).toBeUndefined();
    expect(triesLeft({ ...memory, failures: 4 })).toBe(1);
    expect(outOfTries({ ...memory, failures: 5 })?.refused).toBe('too_many_attempts');
    expect(triesLeft({ ...memory, failures: 7 })).toBe(0);
  });
});

describe('S76 many challenges', () => {
  const many = (count: number, more: (index: number) => object = () => ({})) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, index) => [
        `old_${index}`,
        { failures: 1, expiresAtMs: now + minute + index, ...more(index) },
      ]),
    );

  it('of twenty the oldest that has not passed makes room for one more', () => {
    const challenges = many(20, (index) => (index < 3 ? { passedAtMs: now } : {}));
    const kept = Object.keys(withMemory(userWith({ challenges }), challenge, memory, now).challenges);
    expect(kept).toHaveLength(20);
    expect(kept).toEqual(expect.arrayContaining(['old_0', 'old_1', 'old_2', 'old_4', 'chl_1']));
    expect(kept).not.toContain('old_3');
  });

  it('one that is written again costs no other its place', () => {
    const user = userWith({ challenges: many(20) });
    const again = withMemory(user, { challengeId: 'old_7' }, memory, now);
    expect(Object.keys(again.challenges).sort()).toEqual(Object.keys(user.challenges).sort());
  });

  it('twenty that have passed leave no room, until the first of them has expired', () => {
    const passed = userWith({ challenges: many(20, () => ({ passedAtMs: now })) });
    expect(outOfRoom(passed, challenge, now)).toMatchObject({
      refused: 'too_many_attempts',
      retryAtMs: now + minute,
    });
    expect(outOfRoom(passed, { challengeId: 'old_5' }, now)).toBeUndefined();
    expect(outOfRoom(passed, challenge, now + minute)).toBeUndefined();
    const all = many(20, (index) => (index === 9 ? {} : { passedAtMs: now }));
    expect(outOfRoom(userWith({ challenges: all }), challenge, now)).toBeUndefined();
  });
});

describe('a mailed code', () => {
  const user = userWith();
  const scope = codeScope(user, challenge, 'email');
  const mac = macOf(codeText(scope, '123456'));
  const code = { method: 'email' as const, mac, sentAtMs: now, expiresAtMs: now + 10 * minute };
  const live = { ...memory, codes: [{ ...code, mac: macOf('another') }, code] };

  it('R21 matches by its MAC until it expires, and only for its method', () => {
    expect(matchesSentCode(live.codes, 'email', [mac], now)).toBe(true);
    expect(matchesSentCode(live.codes, 'email', [mac], now + 10 * minute - 1)).toBe(true);
    expect(matchesSentCode(live.codes, 'email', [mac], now + 10 * minute)).toBe(false);
    expect(matchesSentCode(live.codes, 'sms', [mac], now)).toBe(false);
    expect(matchesSentCode([], 'email', [mac], now)).toBe(false);
  });

  it('R75 matches under any live key and among several codes', () => {
    expect(matchesSentCode(live.codes, 'email', [macOf('newer key'), mac], now)).toBe(true);
    expect(matchesSentCode(live.codes, 'email', [macOf('another')], now)).toBe(true);
    expect(matchesSentCode(live.codes, 'email', [macOf('wrong')], now)).toBe(false);
  });

  it('S72 is bound to its account, its user, the place it was sent for and where it went', () => {
    const scopes = [
      scope,
      codeScope(user, { challengeId: 'chl_2' }, 'email'),
      codeScope(user, 'proofs', 'email'),
      codeScope(user, 'pendingEmailMethod', 'email'),
      codeScope(userWith({ userId: 'bob' }), challenge, 'email'),
      codeScope(userWith({ accountId: 'other' }), challenge, 'email'),
      codeScope(userWith({ accountId: 'acme","ada', userId: '' }), challenge, 'email'),
      codeScope(user, challenge, 'sms'),
      codeScope(userWith({ email: 'other@example.com' }), challenge, 'email'),
      codeScope(userWith({ provenEmail: 'proven@example.com' }), challenge, 'email'),
    ];
    expect(new Set(scopes.map((one) => codeText(one, '123456'))).size).toBe(scopes.length);
  });
});
