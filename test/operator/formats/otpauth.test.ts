import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isUnusable } from '../../../operator/formats/format.ts';
import { otpauth, readOtpauth } from '../../../operator/formats/otpauth.ts';
import { entriesOf, reasonsIn } from '../../support/operator-formats.ts';

const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

describe('an otpauth URI', () => {
  it.each([
    [
      'as most apps write it',
      `otpauth://totp/Acme:ada@example.com?secret=${secret}&issuer=Acme`,
      'ada@example.com',
    ],
    ['with the host in capitals', `otpauth://TOTP/Acme:ada@example.com?secret=${secret}`, 'ada@example.com'],
    ['with an encoded colon', `otpauth://totp/Acme%3Aada%40example.com?secret=${secret}`, 'ada@example.com'],
    [
      'with a literal and an encoded colon',
      `otpauth://totp/Acme%3ACo:ada@example.com?secret=${secret}`,
      'ada@example.com',
    ],
    [
      'with a plus in the address',
      `otpauth://totp/Acme:ada+acme@example.com?secret=${secret}`,
      'ada+acme@example.com',
    ],
    ['without an issuer', `otpauth://totp/ada@example.com?secret=${secret}`, 'ada@example.com'],
    [
      'with two issuers that differ',
      `otpauth://totp/Old:ada@example.com?secret=${secret}&issuer=New`,
      'ada@example.com',
    ],
    ['with an encoded padding', `otpauth://totp/ada@example.com?secret=${secret}%3D%3D`, 'ada@example.com'],
    ['with a broken escape', `otpauth://totp/100%:ada@example.com?secret=${secret}`, 'ada@example.com'],
  ])('is read %s', (_, uri, login) => {
    const [entry] = entriesOf(otpauth, uri);
    expect(entry).toMatchObject({ login, algorithm: 'SHA1', digits: 6, periodSeconds: 30, warnings: [] });
    expect(entry?.secret).toHaveLength(20);
  });

  it('says what is not SHA-1, 6 digits, 30 seconds', () => {
    const [entry] = entriesOf(
      otpauth,
      `otpauth://totp/a?secret=${secret}&algorithm=SHA256&digits=8&period=60`,
    );
    expect(entry).toMatchObject({ algorithm: 'SHA256', digits: 8, periodSeconds: 60 });
  });

  it.each([
    [`otpauth://hotp/Acme:ada@example.com?secret=${secret}&counter=1`, 'hotp'],
    ['steam://HXDMVJECJJWSRB3H', 'Steam'],
    ['https://example.com', 'no otpauth'],
    ['otpauth://totp/Acme:ada@example.com', 'empty'],
    ['otpauth://totp/Acme:ada@example.com?secret=0189', 'not base32'],
  ])('is refused by name: %s', (uri, word) => {
    expect(reasonsIn(otpauth, uri)).toEqual([expect.stringContaining(word)]);
  });
});

it('a list has its line numbers, comments and blank lines apart', () => {
  const list = `# from the old system\r\n\r\notpauth://totp/a@b.example?secret=${secret}\r\nnonsense\r\n`;
  expect(otpauth.read([list], {}).map(({ place }) => place)).toEqual(['line 3', 'line 4']);
});

it('whatever is written is read again: who, and the bytes', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
  const written = fc.record({
    id: fc.stringMatching(/^[A-Za-z0-9|+%&=._-]{1,40}$/),
    email: fc.emailAddress(),
    label: text,
    secret: fc.uint8Array({ minLength: 10, maxLength: 64 }),
  });
  fc.assert(
    fc.property(written, text, (entry, issuer) => {
      const [line] = (otpauth.write?.([entry], issuer)[0] ?? '').split('\n');
      const read = readOtpauth(line as string, 'line 1', 'uri');
      expect(isUnusable(read)).toBe(false);
      expect(read).toMatchObject({ id: entry.id, email: entry.email, secret: entry.secret });
    }),
  );
});
