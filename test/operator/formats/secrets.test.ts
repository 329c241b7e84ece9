import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase32, decodeSecret, encodeBase32 } from '../../../operator/formats/secrets.ts';
import { base32Bytes } from '../../support/independent-totp.ts';

const secretIn = (text: string): Buffer => {
  const decoded = decodeBase32(text);
  if ('reason' in decoded) {
    throw new Error(decoded.reason);
  }
  return Buffer.from(decoded.secret);
};

describe('base32 as people and programs write it', () => {
  it('gives back every secret, however it is spelt', () => {
    const spelt = fc.tuple(
      fc.uint8Array({ minLength: 1, maxLength: 64 }),
      fc.boolean(),
      fc.nat(6),
      fc.nat(6),
    );
    fc.assert(
      fc.property(spelt, ([secret, lower, padding, group]) => {
        const canonical = encodeBase32(secret);
        const grouped = group === 0 ? canonical : canonical.replace(new RegExp(`(.{${group}})`, 'g'), '$1 ');
        const text = `${lower ? grouped.toLowerCase() : grouped}${'='.repeat(padding)}`;
        expect(secretIn(text)).toEqual(Buffer.from(secret));
        expect(base32Bytes(canonical)).toEqual(Buffer.from(secret));
      }),
    );
  });

  it.each([
    ['lower case', 'jbswy3dpehpk3pxp'],
    ['groups of four', 'JBSW Y3DP EHPK 3PXP'],
    ['hyphens', 'JBSW-Y3DP-EHPK-3PXP'],
    ['more padding than there should be', 'JBSWY3DPEHPK3PXP======'],
    ['a no-break space', 'JBSWY3DP\u00a0EHPK3PXP'],
  ])('takes %s', (_, text) => {
    expect(secretIn(text)).toEqual(base32Bytes('JBSWY3DPEHPK3PXP'));
    expect(decodeBase32(text)).toMatchObject({ warnings: [] });
  });

  it('keeps the bytes of a text whose last bits are not zero, and says so', () => {
    const decoded = decodeBase32('MZ');
    expect(decoded).toMatchObject({ secret: new Uint8Array(Buffer.from('f')) });
    expect((decoded as { warnings: string[] }).warnings).toHaveLength(1);
  });

  it.each(['JBSWY3DPEHPK3PX0', 'JBSWY3DP1', 'JBSWY3DP8', 'JBSWY3DPÄ'])(
    'refuses %s, and names the letter',
    (text) => {
      expect(decodeBase32(text)).toMatchObject({ reason: expect.stringContaining(`"${text.at(-1)}"`) });
    },
  );

  it.each(['', '   ', '===='])('refuses the empty secret %j', (text) => {
    expect(decodeBase32(text)).toMatchObject({ reason: 'The secret is empty.' });
  });
});

describe('other encodings', () => {
  const secret = new Uint8Array(Buffer.from('12345678901234567890'));

  it.each([
    ['hex', Buffer.from(secret).toString('hex')],
    ['base64', Buffer.from(secret).toString('base64')],
    ['base64', Buffer.from(secret).toString('base64url')],
    ['utf8', '12345678901234567890'],
  ] as const)('are read as they are named: %s', (encoding, text) => {
    expect(decodeSecret(text, encoding)).toEqual({ secret, warnings: [] });
  });

  it.each([
    ['hex', 'abc'],
    ['hex', 'xyz0'],
    ['base64', 'a b'],
    ['utf8', ''],
  ] as const)('refuse what is none: %s %j', (encoding, text) => {
    expect(decodeSecret(text, encoding)).toHaveProperty('reason');
  });
});
