import { describe, expect, it } from 'vitest';
import { recoveryHasher } from '../../lambdas/adapters/recovery-hasher.ts';

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const hex = (hash: Uint8Array) => Buffer.from(hash).toString('hex');

describe('the hasher of recovery codes', () => {
  // The published vectors of RFC 6070, made with HMAC-SHA-512; the first 128 bits of each.
  it.each([
    [1, '867f70cf1ade02cff3752599a3a53dc4'],
    [2, 'e1d9c16aa681708a45f5c7c4e215ceb6'],
    [4096, 'd197b1b33db0143e018b12f3d1d1479e'],
  ])('S33 is PBKDF2-HMAC-SHA-512 with as many rounds as it is told (%i)', async (rounds, expected) => {
    const hash = await recoveryHasher(210_000).hash('password', bytes('salt'), rounds);
    expect(hex(hash)).toBe(expected);
  });

  it('a stored batch is checked at the cost that it was made with, whatever new ones cost', async () => {
    const [cheap, dear] = [recoveryHasher(1000), recoveryHasher(2000)];
    expect(hex(await cheap.hash('code', bytes('s'), 1000))).toBe(
      hex(await dear.hash('code', bytes('s'), 1000)),
    );
    expect(hex(await cheap.hash('code', bytes('s'), 1000))).not.toBe(
      hex(await cheap.hash('code', bytes('s'), 2000)),
    );
  });

  it('the same code under another salt has another hash', async () => {
    const { hash } = recoveryHasher(1000);
    expect(hex(await hash('code', bytes('a'), 1000))).not.toBe(hex(await hash('code', bytes('b'), 1000)));
  });
});
