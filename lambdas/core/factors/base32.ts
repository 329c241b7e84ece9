/** RFC 4648 base32 as people and programs write it. */

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * The bytes of a base32 text: lower case, in groups, with hyphens, padded or not. `lost`: there are bits left over at its
 * end, which are dropped as authenticator apps drop them. `wrong`: its first character outside the alphabet.
 */
export function decodedBase32(text: string): { bytes: Uint8Array; lost: boolean } | { wrong: string } {
  const letters = text.toUpperCase().replaceAll(/[\s=-]/g, '');
  const wrong = [...letters].find((letter) => !alphabet.includes(letter));
  if (wrong !== undefined) {
    return { wrong };
  }
  const bytes = new Uint8Array(Math.floor((letters.length * 5) / 8));
  let left = 0;
  let bits = 0;
  let at = 0;
  for (const letter of letters) {
    left = ((left << 5) | alphabet.indexOf(letter)) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at] = (left >> bits) & 0xff;
      at += 1;
    }
  }
  return { bytes, lost: bits >= 5 || (left & ((1 << bits) - 1)) !== 0 };
}
