import { describe, expect, it } from 'vitest';
import type { Ports } from '../../../lambdas/core/decision.ts';
import { spendFactor } from '../../../lambdas/core/factors/spend.ts';
import { temporaryCodeFrom, withNewTemporaryCode } from '../../../lambdas/core/factors/temporary-code.ts';
import { fresh } from '../../../lambdas/edge/run/decide.ts';
import { accountWith, contextAt, minute, newsOf, now, settled, userWith } from '../../support/world.ts';

const place = { challengeId: 'chl_1' };
const attempt = { method: 'temporary_code', code: '0123456789' } as const;

/** The user with a code of an hour, made now. */
async function made() {
  const { save } = await settled(async (ports: Ports) => {
    const { user } = await withNewTemporaryCode(userWith(), 60 * minute, ports, contextAt());
    return { save: user, answer: undefined };
  });
  return save as NonNullable<typeof save>;
}
const spendAt = async (user: Awaited<ReturnType<typeof made>>, nowMs: number) =>
  settled(async (ports: Ports) => {
    const spent = await spendFactor(
      { user, account: accountWith() },
      place,
      attempt,
      ports,
      contextAt(nowMs),
    );
    return 'user' in spent ? { save: spent.user, answer: 'passed' } : spent;
  });

describe('a temporary code', () => {
  it('R89 passes until it expires, to the millisecond, whoever asks', async () => {
    const user = await made();
    expect((await spendAt(user, now + 60 * minute - 1)).answer).toBe('passed');
    expect((await spendAt(user, now + 60 * minute)).answer.refused).toBe('code_incorrect');
  });

  it('R89 is gone once it is spent, with the news of it', async () => {
    const { save } = await spendAt(await made(), now);
    expect([save?.temporaryCode, newsOf(save)]).toEqual([undefined, ['temporary_code_used']]);
    expect((await spendAt(save as never, now)).answer.refused).toBe('code_incorrect');
  });

  it('R89 is ten characters, each equally likely, and no two are alike', () => {
    const codes = Array.from({ length: 5000 }, () => fresh.temporaryCode());
    expect(new Set(codes).size).toBe(5000);
    const counts = new Map<string, number>();
    for (const character of codes.join('')) {
      counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    expect(codes.every((code) => code.length === 10)).toBe(true);
    expect(counts.size).toBe(32);
    // 50,000 characters over 32: 1,562 of each, with a standard deviation of 39.
    expect(Math.max(...[...counts.values()].map((count) => Math.abs(count - 1562)))).toBeLessThan(39 * 6);
    expect(temporaryCodeFrom(new Uint8Array(10).fill(255))).toBe('zzzzzzzzzz');
  });
});
