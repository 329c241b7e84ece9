/** TOTP secrets as other systems write them down: one lenient base32 decoder, and the other encodings by name. */
import type { SecretEncoding } from './format.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export type Decoded = { secret: Uint8Array; warnings: string[] } | { reason: string };

/**
 * Reads a secret in the named encoding. Never guesses: the same text means other bytes in another encoding.
 */
export function decodeSecret(text: string, encoding: SecretEncoding): Decoded {
  switch (encoding) {
    case 'base32':
      return decodeBase32(text);
    case 'hex':
      return /^([0-9a-f]{2})+$/i.test(text) ? bytes(Buffer.from(text, 'hex')) : notIn('hexadecimal');
    case 'base64':
      return /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) ? bytes(Buffer.from(text, 'base64')) : notIn('base64');
    case 'utf8':
      return text === '' ? { reason: 'The secret is empty.' } : bytes(Buffer.from(text, 'utf8'));
  }
}

const bytes = (buffer: Buffer): Decoded => ({ secret: new Uint8Array(buffer), warnings: [] });
const notIn = (encoding: string): Decoded => ({ reason: `The secret is not ${encoding}.` });

/**
 * RFC 4648 base32 as people and programs write it: lower case, in groups, with hyphens, padded or not. Bits left over at
 * the end are dropped as authenticator apps drop them, and named.
 */
export function decodeBase32(text: string): Decoded {
  const letters = text.toUpperCase().replaceAll(/[\s=-]/g, '');
  if (letters === '') {
    return { reason: 'The secret is empty.' };
  }
  const wrong = [...letters].find((letter) => !alphabet.includes(letter));
  if (wrong !== undefined) {
    return {
      reason: `The secret is not base32: it has ${JSON.stringify(wrong)}, which is not among A-Z and 2-7.`,
    };
  }
  const secret = new Uint8Array(Math.floor((letters.length * 5) / 8));
  let left = 0;
  let bits = 0;
  let at = 0;
  for (const letter of letters) {
    left = ((left << 5) | alphabet.indexOf(letter)) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      secret[at] = (left >> bits) & 0xff;
      at += 1;
    }
  }
  const lost = bits >= 5 || (left & ((1 << bits) - 1)) !== 0;
  const warnings = lost
    ? ['The secret has bits left over at its end; they are dropped, as authenticator apps do.']
    : [];
  return { secret, warnings };
}

/** The canonical form: upper case, without padding. */
export function encodeBase32(secret: Uint8Array): string {
  let text = '';
  let left = 0;
  let bits = 0;
  for (const byte of secret) {
    left = ((left << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(left >> bits) & 31];
    }
  }
  return bits > 0 ? text + alphabet[(left << (5 - bits)) & 31] : text;
}
