import { describe, expect, it } from 'vitest';
import {
  authenticatorLabel,
  base32Secret,
  matchTotp,
  otpauthUri,
  slowMinutes,
} from '../../../lambdas/core/factors/rfc6238.ts';
import { base32Bytes, independentCode } from '../../support/independent-totp.ts';

const secret = new TextEncoder().encode('12345678901234567890');
const never = -1;

/** RFC 6238, appendix B, SHA-1: the time in seconds and the 8 digits, of which an app shows the last 6. */
const vectors: [number, string][] = [
  [59, '94287082'],
  [1111111109, '07081804'],
  [1111111111, '14050471'],
  [1234567890, '89005924'],
  [2000000000, '69279037'],
  [20000000000, '65353130'],
];

describe('a clock that is slow', () => {
  const step = 1_000_000;
  const at = step * 30_000;
  const codeOf = (offset: number) => independentCode(secret, at + offset * 30_000);

  it.each([
    [-2, 1],
    [-3, 2],
    [-6, 3],
    [-7, 4],
    [-20, 10],
  ])('R73 is named by the code of %i steps ago: %i minutes', (offset, minutes) => {
    expect(slowMinutes(secret, codeOf(offset), at, never)).toBe(minutes);
  });

  it('R73 is not named by a code of more than ten minutes ago, nor by any to come', () => {
    for (const offset of [-21, -40, 1, 2, 3, 10, 20]) {
      expect([offset, slowMinutes(secret, codeOf(offset), at, never)]).toEqual([offset, undefined]);
    }
  });

  it('R73 nor by a code of a step that was used: it was only kept', () => {
    expect(slowMinutes(secret, codeOf(-6), at, step - 6)).toBeUndefined();
    expect(slowMinutes(secret, codeOf(-6), at, step - 7)).toBe(3);
    expect(slowMinutes(secret, codeOf(-6), at, step + 1)).toBeUndefined();
  });
});

describe('a code of a time step', () => {
  it.each(vectors)('RFC 6238 appendix B: at %d s it is %s, truncated to 6 digits', (seconds, digits) => {
    expect(independentCode(secret, seconds * 1000, 8)).toBe(digits);
    const match = matchTotp(secret, digits.slice(2), seconds * 1000, never, true);
    expect(match).toEqual({ timeStep: Math.floor(seconds / 30), used: false });
  });

  it('R19 matches within its step and the steps beside it, to the millisecond', () => {
    const step = 1_000_000;
    const code = independentCode(secret, step * 30_000);
    const from = (step - 1) * 30_000;
    const until = (step + 2) * 30_000;
    expect(matchTotp(secret, code, from - 1, never, false)).toBeUndefined();
    expect(matchTotp(secret, code, from, never, false)).toEqual({ timeStep: step, used: false });
    expect(matchTotp(secret, code, until - 1, never, false)).toEqual({ timeStep: step, used: false });
    expect(matchTotp(secret, code, until, never, false)).toBeUndefined();
  });

  it('R19 with the strict window matches within its own step alone', () => {
    const step = 1_000_000;
    const code = independentCode(secret, step * 30_000);
    expect(matchTotp(secret, code, step * 30_000 - 1, never, true)).toBeUndefined();
    expect(matchTotp(secret, code, step * 30_000, never, true)?.used).toBe(false);
    expect(matchTotp(secret, code, (step + 1) * 30_000 - 1, never, true)?.used).toBe(false);
    expect(matchTotp(secret, code, (step + 1) * 30_000, never, true)).toBeUndefined();
  });

  it('R20 is used at or below the last accepted step, and fresh above it', () => {
    const step = 1_000_000;
    const at = step * 30_000;
    for (const [offset, last, used] of [
      [0, step, true],
      [0, step - 1, false],
      [-1, step, true],
      [1, step, false],
      [1, step + 1, true],
      [0, step + 1, true],
      [-1, step - 2, false],
    ] as const) {
      const match = matchTotp(secret, independentCode(secret, at + offset * 30_000), at, last, false);
      expect([offset, last, match]).toEqual([offset, last, { timeStep: step + offset, used }]);
    }
  });

  it('R20 stays used when the clock is set back behind the whole window', () => {
    const at = 1_000_000 * 30_000;
    const code = independentCode(secret, at);
    expect(matchTotp(secret, code, at, 1_000_050, false)).toEqual({ timeStep: 1_000_000, used: true });
    expect(matchTotp(secret, code, at, 1_000_001, true)?.used).toBe(true);
  });

  it("is nobody else's: another secret's code is no match", () => {
    const other = new TextEncoder().encode('09876543210987654321');
    expect(matchTotp(secret, independentCode(other, 59_000), 59_000, never, false)).toBeUndefined();
  });
});

describe('what an authenticator app is given', () => {
  it('R3 base32 without padding, as RFC 4648 has it', () => {
    expect(base32Secret(secret)).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
    expect(Buffer.from(secret).equals(base32Bytes(base32Secret(secret)))).toBe(true);
  });

  it('R2 a name or an account that is too long is cut, so that a camera can read the code', () => {
    const uri = new URL(otpauthUri('x'.repeat(500), `${'y'.repeat(500)}@example.com`, secret));
    expect(uri.searchParams.get('issuer')).toBe('x'.repeat(60));
    expect(uri.pathname).toMatch(/^\/x{60}:y{1,60}$/);
  });

  it.each(['a:b', 'a?b', 'a&secret=AAAA', 'a#b', '100%', 'ö ü', '🔐', 'a/b'])(
    'R2 a URI that holds, whatever the names are: %s',
    (name) => {
      const uri = new URL(otpauthUri(name, `${name}@example.com`, secret));
      expect(uri.host).toBe('totp');
      expect(uri.searchParams.getAll('secret')).toEqual([base32Secret(secret)]);
      expect(uri.searchParams.getAll('issuer')).toEqual([name.replaceAll(':', ' ')]);
      expect(uri.hash).toBe('');
      const plain = name.replaceAll(':', ' ');
      expect(decodeURIComponent(uri.pathname)).toBe(`/${plain}:${plain}@example.com`);
    },
  );

  it('R71 labels are one line of at most 64 characters, and never empty', () => {
    expect(authenticatorLabel(' My\r\n\tphone\u202e ')).toBe('My phone');
    expect([...authenticatorLabel('🔐'.repeat(100))]).toHaveLength(64);
    expect(authenticatorLabel(' \n ')).toBe(authenticatorLabel(undefined));
    expect(authenticatorLabel(undefined)).not.toBe('');
  });
});
