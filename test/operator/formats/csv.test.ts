import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csv, writeSpreadsheet } from '../../../operator/formats/csv.ts';
import { textOf } from '../../../operator/formats/format.ts';
import { entriesOf, reasonsIn } from '../../support/operator-formats.ts';

const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const header = 'id,email,secret\n';

describe('the columns', () => {
  it.each([
    ['an unknown one', 'id,email,secret,shoe_size\n', 'unknown: shoe_size'],
    ['a missing one', 'id,email\n', 'missing: secret'],
    ['one that is there twice', 'id,email,secret,secret\n', 'secret'],
    ['a misspelt one', 'id,mail,secret\n', 'unknown: mail; missing: email'],
  ])('stop everything before the first row: %s', (_, columns, words) => {
    expect(() => csv.read([`${columns}1,ada@example.com,${secret}\n`], {})).toThrow(words);
  });

  it('may have other names, and some are left out on request', () => {
    const text = `user_id,mail,login_totp,shoe_size\n7,ada@example.com,${secret},41\n`;
    const columns = { id: 'user_id', email: 'mail', secret: 'login_totp' };
    const [entry] = entriesOf(csv, text, { columns, ignoredColumns: ['shoe_size'] });
    expect(entry).toMatchObject({ id: '7', email: 'ada@example.com' });
  });

  it('say account, label, name, settings and recovery codes', () => {
    const text =
      'id,email,secret,account_id,label,name,algorithm,digits,period,recovery_codes\n' +
      `7,ada@example.com,${secret},acme,"Phone, new",Ada,SHA256,8,60,aaaa-bbbb cccc-dddd\n`;
    expect(entriesOf(csv, text)[0]).toMatchObject({
      accountId: 'acme',
      label: 'Phone, new',
      displayName: 'Ada',
      algorithm: 'SHA256',
      digits: 8,
      periodSeconds: 60,
      recoveryCodes: ['aaaa-bbbb', 'cccc-dddd'],
    });
  });
});

describe('the file', () => {
  it('may begin with a byte order mark', () => {
    const bytes = Buffer.from(`\ufeff${header}7,ada@example.com,${secret}\n`);
    expect(entriesOf(csv, textOf(bytes, 'users.csv'))).toHaveLength(1);
  });

  it.each(['utf16le', 'UTF-16 with its bytes swapped'])('is refused in words as %s', (encoding) => {
    const little = Buffer.from(`\ufeff${header}`, 'utf16le');
    const bytes = encoding === 'utf16le' ? little : Buffer.from(little).swap16();
    expect(() => textOf(bytes, 'users.csv')).toThrow('users.csv is UTF-16. Save it as UTF-8');
  });

  it('is refused where it is not text', () => {
    expect(() => textOf(Buffer.from([0x50, 0x4b, 0xfe, 0x80]), 'users.zip')).toThrow(
      'users.zip is not UTF-8',
    );
  });

  it('is refused with broken quotes and with rows of another length', () => {
    expect(() => csv.read([`${header}7,"ada@example.com,${secret}\n`], {})).toThrow(
      'Quoted field unterminated',
    );
    expect(() => csv.read([`${header}7,ada@example.com\n`], {})).toThrow('line 2');
  });
});

describe('a row', () => {
  it('may hold a whole URI, as password managers do', () => {
    const uri = `otpauth://totp/Acme:ada@example.com?secret=${secret}&digits=8`;
    expect(entriesOf(csv, `${header}7,ada@example.com,${uri}\n`)[0]).toMatchObject({ digits: 8 });
  });

  it.each([
    ['7,ada@example.com,', 'empty'],
    ['7,ada@example.com,steam://HXDMVJECJJWSRB3H', 'Steam'],
    [',ada@example.com,JBSWY3DP', 'no id'],
    ['7,,JBSWY3DP', 'no email'],
  ])('is refused alone: %s', (row, word) => {
    const text = `${header}${row}\n8,bob@example.com,${secret}\n`;
    expect(reasonsIn(csv, text)).toEqual([expect.stringContaining(word)]);
    expect(csv.read([text], {})).toHaveLength(2);
  });

  it('has its secret in the encoding that is named, never in a guessed one', () => {
    const text = `${header}7,ada@example.com,12345678901234567890\n`;
    const [entry] = entriesOf(csv, text, { secretEncoding: 'utf8' });
    expect(Buffer.from(entry?.secret ?? []).toString()).toBe('12345678901234567890');
    expect(reasonsIn(csv, text)).toEqual([expect.stringContaining('not base32')]);
  });
});

it('whatever is written is read again, exactly', () => {
  const field = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .map((text) => text.trim())
    .filter(Boolean);
  const written = fc.record({
    id: fc.stringMatching(/^[A-Za-z0-9=+@"',-]{1,40}$/),
    email: fc.emailAddress(),
    label: field,
    displayName: field,
    secret: fc.uint8Array({ minLength: 10, maxLength: 64 }),
  });
  fc.assert(
    fc.property(fc.array(written, { minLength: 1, maxLength: 5 }), (entries) => {
      const read = entriesOf(csv, csv.write?.(entries, 'Acme') ?? []);
      expect(
        read.map(({ id, email, label, displayName, secret: bytes }) => ({
          id,
          email,
          label,
          displayName,
          secret: bytes,
        })),
      ).toEqual(entries);
    }),
  );
});

it('a spreadsheet runs nothing of it', () => {
  expect(writeSpreadsheet([{ name: '=HYPERLINK("x")', phone: '+49 30' }])).toContain(`'=HYPERLINK`);
});
