/** TOTP secrets as other systems write them down: one lenient base32 decoder, and the other encodings by name. */
import { decodedBase32 } from '../../lambdas/core/factors/base32.ts';
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
  if (text.replaceAll(/[\s=-]/g, '') === '') {
    return { reason: 'The secret is empty.' };
  }
  const decoded = decodedBase32(text);
  if ('wrong' in decoded) {
    const wrong = JSON.stringify(decoded.wrong);
    return { reason: `The secret is not base32: it has ${wrong}, which is not among A-Z and 2-7.` };
  }
  const warnings = decoded.lost
    ? ['The secret has bits left over at its end; they are dropped, as authenticator apps do.']
    : [];
  return { secret: decoded.bytes, warnings };
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
