import { describe, expect, it } from 'vitest';
import { googleAuthenticator } from '../../../operator/formats/google-authenticator.ts';
import { codeByOathtool, codeOf, entriesOf, reasonsIn } from '../../support/operator-formats.ts';

/** A message as the protobuf encoding has it, written out by hand: field numbers to numbers, texts and bytes. */
function message(fields: [number, number | string | Uint8Array][]): Buffer {
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
  return Buffer.concat(
    fields.map(([field, value]) => {
      const bytes = typeof value === 'number' ? undefined : Buffer.from(value as never);
      return bytes
        ? Buffer.concat([Buffer.from([...varint(field * 8 + 2), ...varint(bytes.length)]), bytes])
        : Buffer.from([...varint(field * 8), ...varint(value as number)]);
    }),
  );
}

const secret = Buffer.from('12345678901234567890');
const otp = (name: string, more: [number, number][] = []) =>
  message([[1, secret], [2, name], [3, 'Acme'], [4, 1], [5, 1], [6, 2], ...more]);
const uri = (data: Buffer, encode: (text: string) => string = encodeURIComponent) =>
  `otpauth-migration://offline?data=${encode(data.toString('base64'))}`;
const batch = (index: number, size: number, name: string) =>
  uri(
    message([
      [1, otp(name)],
      [2, 1],
      [3, size],
      ...(index > 0 ? ([[4, index]] as [number, number][]) : []),
      [5, 77],
    ]),
  );

it('the well-known example of an export is read', () => {
  const example =
    'otpauth-migration://offline?data=CjEKCkhlbGxvId6tvu8SGEV4YW1wbGU6YWxpY2VAZ29vZ2xlLmNvbRoHRXhhbXBsZTAC';
  const [entry] = entriesOf(googleAuthenticator, example);
  expect(entry).toMatchObject({ login: 'alice@google.com', algorithm: 'SHA1', digits: 6, periodSeconds: 30 });
  expect(codeOf(entry as never)).toBe(codeByOathtool('JBSWY3DPEHPK3PXP'));
});

it('the secret is raw bytes, and what is unspecified is SHA-1 and 6 digits', () => {
  const bare = message([
    [
      1,
      message([
        [1, secret],
        [2, 'ada@example.com'],
      ]),
    ],
  ]);
  expect(entriesOf(googleAuthenticator, uri(bare))[0]).toMatchObject({
    login: 'ada@example.com',
    secret: new Uint8Array(secret),
    algorithm: 'SHA1',
    digits: 6,
  });
});

it.each([
  ['8 digits', [[5, 2]], { digits: 8 }],
  ['SHA-256', [[4, 2]], { algorithm: 'SHA256' }],
  ['SHA-512', [[4, 3]], { algorithm: 'SHA512' }],
  ['MD5', [[4, 4]], { algorithm: 'MD5' }],
] as [string, [number, number][], object][])('%s is read as such', (_, more, expected) => {
  expect(entriesOf(googleAuthenticator, uri(message([[1, otp('ada', more)]])))[0]).toMatchObject(expected);
});

it('HOTP is refused by name', () => {
  expect(reasonsIn(googleAuthenticator, uri(message([[1, otp('Acme:ada', [[6, 1]])]])))).toEqual([
    expect.stringContaining('HOTP'),
  ]);
});

describe('an export of several QR codes', () => {
  const parts = [batch(0, 3, 'Acme:ada'), batch(1, 3, 'Acme:bob'), batch(2, 3, 'Acme:cleo')];

  it('is read in any order, over files, and a code that was scanned twice counts once', () => {
    const entries = entriesOf(googleAuthenticator, [
      `${parts[2]}\n${parts[0]}`,
      `${parts[1]}\n${parts[1]}\n`,
    ]);
    expect(entries.map(({ login }) => login).sort()).toEqual(['ada', 'bob', 'cleo']);
  });

  it('is refused while one is missing', () => {
    expect(() => googleAuthenticator.read([`${parts[0]}\n${parts[2]}`], {})).toThrow(
      '3 QR codes; 2 is missing',
    );
  });
});

it('a plus of base64 stays one, escaped, unescaped, or made into a space', () => {
  // Bytes that give `+` in base64.
  const data = message([
    [
      1,
      message([
        [1, Buffer.alloc(20, 0xfb)],
        [2, 'ada'],
      ]),
    ],
  ]);
  expect(data.toString('base64')).toContain('+');
  for (const text of [uri(data), uri(data, (one) => one), uri(data, (one) => one.replaceAll('+', '%20'))]) {
    expect(entriesOf(googleAuthenticator, text)[0]?.secret).toEqual(new Uint8Array(20).fill(0xfb));
  }
});

it.each(['otpauth://totp/a?secret=JBSWY3DP', 'otpauth-migration://offline?data=%FF%FFnonsense'])(
  'what is no such text is refused: %s',
  (text) => {
    expect(() => googleAuthenticator.read([text], {})).toThrow('line 1');
  },
);
