/** What `npm run bench` computes from what it measures, and its model. */
import { describe, expect, it } from 'vitest';
import type { Contestant } from '../../bench/contestants.ts';
import { headToHead, median } from '../../bench/head-to-head.ts';
import { bars } from '../../bench/report.ts';
import { storm } from '../../bench/storm.ts';

/** Takes so long for each sign-in, by round; the machine gets slower with every round. */
const contestant = (name: string, msEach: number, turns: string[]): Contestant => ({
  name,
  run: async (round) => {
    turns.push(name);
    const wallMs = 10 * msEach * (round + 1);
    return { signIns: 10, wallMs, cpuMs: wallMs / 2, engineCpuMs: 0, rssMb: 1 };
  },
  itemBytes: async () => 0,
  close: () => {},
});

describe('the comparison', () => {
  it('is by turns and round by round, so that a machine that gets slower changes no ratio', async () => {
    const turns: string[] = [];
    const both = [contestant('Countersign, `kms`', 10, turns), contestant('other', 25, turns)];
    const { results, ratios } = await headToHead(both, { rounds: 3, atOnce: 1 }, () => {});
    expect(turns.slice(0, 4)).toEqual(['Countersign, `kms`', 'other', 'other', 'Countersign, `kms`']);
    expect(turns).toHaveLength(8);
    expect(ratios).toHaveLength(1);
    expect(ratios[0]?.rate).toEqual({ median: 2.5, least: 2.5, most: 2.5 });
    expect(ratios[0]?.cpu.median).toBeCloseTo(0.4);
    // The first round does not count: the median of 20, 30 and 40 ms each.
    expect(results[0]?.perSecond).toBeCloseTo(1000 / 30);
    expect(median([3, 1, 2])).toBe(2);
  });

  it('is drawn as a bar for each, by its length', () => {
    const drawn = bars('A & B', [
      { name: 'Countersign, `kms`', value: 20 },
      { name: 'other', value: 10 },
    ]);
    expect(drawn).toContain('A &amp; B');
    expect([...drawn.matchAll(/<rect x="250".*?width="(\d+)"/g)].map(([, width]) => width)).toEqual([
      '300',
      '150',
    ]);
  });
});

describe('the model of a storm', () => {
  const halves = () => 0.5;
  const quiet = { people: 100, seconds: 60, coldMs: 250, warmMs: 40, concurrency: 1000 };
  const wide = { rate: 5000, burst: 5000 };

  it('throttles nobody where there is room', () => {
    expect(storm({ ...quiet, throttle: wide }, Math.random)).toMatchObject({
      throttledByLambda: 0,
      throttledByGateway: 0,
    });
  });

  it('takes a burst at the gateway, and as many at a time as functions may run', () => {
    const atOnce = { ...quiet, people: 1000 };
    const byGateway = storm({ ...atOnce, throttle: { rate: 1, burst: 300 } }, halves);
    expect(byGateway).toMatchObject({ throttledByGateway: 700, peakConcurrent: 300 });
    const byLambda = storm({ ...atOnce, concurrency: 400, throttle: wide }, halves);
    expect(byLambda).toMatchObject({ throttledByLambda: 600, peakConcurrent: 400 });
  });
});
