/** The checker of races finds what it is for, and a short run of clients through the running service finds nothing. */
import { describe, expect, it } from 'vitest';
import { explain, passedTwice, racedCodes, reachable, seen } from './checker.ts';
import { drawn } from './drawing.ts';
import { nobody, type Op, type State } from './model.ts';
import { roundFrom } from './plan.ts';
import { prove, smaller } from './prove.ts';

const on: State = { ...nobody, apps: { phone: 10 }, recovery: { batch: 'first', spent: [] } };
let ids = 0;
/** A request from one ms to another; in the middle of all others unless said. */
const op = (more: Partial<Op>, [invokedAtMs, answeredAtMs] = [0, 100]): Op => ({
  id: ++ids,
  user: 0,
  label: 'verify',
  outcome: 'ok',
  invokedAtMs: invokedAtMs as number,
  answeredAtMs: answeredAtMs as number,
  ...more,
});
const totp = (step: number) => ({ method: 'totp', app: 'phone', step, exact: true }) as const;
const recovery = (index: number) => ({ method: 'recovery_code', batch: 'first', index }) as const;
const incorrect = { outcome: 'refused', code: 'code_incorrect' } as const;
const used = { outcome: 'refused', code: 'code_already_used' } as const;

describe('the checker', () => {
  it('R20 finds one code that passed two sign-ins', () => {
    const ops = [op({ spends: totp(11), challenge: 'one' }), op({ spends: totp(11), challenge: 'two' })];
    expect(reachable([on], ops)).toEqual([]);
    expect(reachable([on], [ops[0] as Op, { ...(ops[1] as Op), ...used }])).toHaveLength(1);
  });

  it('finds a recovery code that was spent twice, and one that came back', () => {
    const twice = [op({ spends: recovery(3), challenge: 'one' }), op({ spends: recovery(3) })];
    expect(reachable([on], twice)).toEqual([]);
    const spent = op({ spends: recovery(3), challenge: 'one' });
    const observed = { ...seen(on, ['one']), passed: ['one'] };
    expect(explain([on], [spent], observed).violation).toContain('no order of these requests reaches');
  });

  it('finds an older code that passed after a newer one was answered, and takes it where they ran at once', () => {
    const newer = op({ spends: totp(12), challenge: 'one' }, [0, 10]);
    const older = op({ spends: totp(11), challenge: 'two' }, [20, 30]);
    expect(reachable([on], [newer, older])).toEqual([]);
    expect(reachable([on], [newer, { ...older, invokedAtMs: 5 }])).toHaveLength(1);
  });

  it('finds a guess that nobody counted, and a right code that was called wrong', () => {
    const guess = op({ spends: { method: 'guess', budget: 'codes' }, ...incorrect });
    expect(explain([on], [guess], seen(on, [])).violation).toBeDefined();
    expect(
      explain([on], [guess], { ...seen(on, []), failures: 1, consecutive: 1 }).violation,
    ).toBeUndefined();
    expect(reachable([on], [op({ spends: totp(11), ...incorrect })])).toEqual([]);
    expect(reachable([on], [op({ spends: recovery(1), ...incorrect })])).toEqual([]);
  });

  it('finds trust that was given after it had ended', () => {
    const trusting = { ...on, devices: ['laptop'] };
    const revoked = op({ change: { to: 'devices_ended' } }, [0, 10]);
    const later = op({ usesDevice: 'laptop' }, [20, 30]);
    expect(reachable([trusting], [revoked, later])).toEqual([]);
    expect(reachable([trusting], [later, { ...revoked, answeredAtMs: 25 }])).toHaveLength(1);
  });

  it('lets a request without an answer have happened or not', () => {
    const lost = op({
      spends: recovery(3),
      challenge: 'one',
      outcome: 'unknown',
      answeredAtMs: Number.POSITIVE_INFINITY,
    });
    const counts = reachable([on], [lost]).map((state) => seen(state, []).recoveryCodes);
    expect(counts.sort()).toEqual([10, 9]);
  });

  it('lets one key pass one challenge again, with the same code and the same token alone', () => {
    const first = op({ spends: totp(11), challenge: 'one', key: 'k', jti: 'a' });
    expect(reachable([on], [first, op({ ...first, id: ++ids })])).toHaveLength(1);
    expect(reachable([on], [first, op({ ...first, id: ++ids, spends: totp(12) })])).toEqual([]);
    expect(passedTwice([first, { ...first, jti: 'b' }])).toContain('Two result tokens');
    expect(passedTwice([first, first])).toBeUndefined();
  });

  it('counts the requests that raced for a code', () => {
    const same = { spends: totp(11), challenge: 'one' };
    expect(racedCodes([op(same), op(same), op({ spends: totp(12) })])).toBe(2);
  });
});

describe('a round', () => {
  it('is the same for the same seed, and another one for another', () => {
    expect(roundFrom(7)).toEqual(roundFrom(7));
    expect(roundFrom(7)).not.toEqual(roundFrom(8));
  });

  it('shrinks to less each time', () => {
    const size = (round: ReturnType<typeof roundFrom>) => JSON.stringify(round).length;
    const round = roundFrom(7);
    expect(smaller(round).length).toBeGreaterThan(round.waves.length);
    expect(smaller(round).every((each) => size(each) < size(round))).toBe(true);
  });

  it('is drawn with every request, and with nothing that a picture would run', () => {
    const history = [
      op({ label: 'verify <totp>' }),
      op({ outcome: 'unknown', answeredAtMs: Number.POSITIVE_INFINITY }),
    ];
    const svg = drawn({ what: 'It & that.', who: 'user-0', history });
    expect(svg.match(/<rect x/g)).toHaveLength(2);
    expect(svg).toContain('verify &#60;totp&#62;');
    expect(svg).not.toContain('NaN');
  });
});

describe('clients that race through the running service', () => {
  const atLength = process.env.PROVE === '1';

  it('get answers that have an explanation, while its engines fail and its process is killed', async () => {
    const proof = await prove({ seed: 20_261_125, minutes: 0.1 });
    expect(proof.finding).toBeUndefined();
    expect(proof.figures.ok).toBeGreaterThan(5);
  }, 600_000);

  // Takes minutes: PROVE=1 asks for it.
  it.runIf(atLength)(
    'find a write that lost its condition',
    async () => {
      const { finding } = await prove({ seed: 400, minutes: 5, plant: 'unconditional' });
      expect(finding?.what).toMatch(/No order|no order|on record/);
    },
    900_000,
  );
});
