import { describe, expect, it } from 'vitest';
import { fresh, newId } from '../../../lambdas/edge/run/decide.ts';

const draws = 100_000;

/** How far the counts are from equal, in standard deviations of chi-square's own spread. */
function unevenness(counts: number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  const degrees = counts.length - 1;
  return (chiSquare - degrees) / Math.sqrt(2 * degrees);
}

function tally(values: number[], buckets: number): number[] {
  const counts = new Array<number>(buckets).fill(0);
  for (const value of values) {
    counts[value] = (counts[value] ?? 0) + 1;
  }
  return counts;
}

describe('mailed codes', () => {
  const codes = Array.from({ length: draws }, fresh.sixDigits);

  it('S30 each is 6 ASCII digits, those that begin with zeros too', () => {
    expect(codes.every((code) => /^[0-9]{6}$/.test(code))).toBe(true);
    expect(codes.filter((code) => code.startsWith('00')).length).toBeGreaterThan(draws / 200);
  });

  it('S30 over 100,000 draws every thousand of codes is equally likely', () => {
    const thousands = codes.map((code) => Math.floor(Number(code) / 1000));
    expect(unevenness(tally(thousands, 1000))).toBeLessThan(7);
  });

  it('S30 so is every digit in every place', () => {
    for (let place = 0; place < 6; place += 1) {
      expect(
        unevenness(
          tally(
            codes.map((code) => Number(code[place])),
            10,
          ),
        ),
      ).toBeLessThan(10);
    }
  });
});

describe('ids', () => {
  it('each says what it is of, fits a path and a mail tag, and has 96 bits of its own', () => {
    const ids = Array.from({ length: 20_000 }, () => newId('chl'));
    expect(ids.every((id) => /^chl_[A-Za-z0-9_-]{16}$/.test(id))).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('no bit of them stands still', () => {
    const bytes = Array.from({ length: 2000 }, () => Buffer.from(newId('evt').slice(4), 'base64url'));
    for (let bit = 0; bit < 96; bit += 1) {
      const ones = bytes.filter((id) => ((id[bit >> 3] as number) >> (bit & 7)) & 1).length;
      expect(ones).toBeGreaterThan(700);
      expect(ones).toBeLessThan(1300);
    }
  });
});
