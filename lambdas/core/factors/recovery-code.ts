/** Recovery codes: 16 characters of Crockford's base32, 80 bits, shown as `xxxx-xxxx-xxxx-xxxx`. */
import { timingSafeEqual } from 'node:crypto';
import type { User } from '../state/item.ts';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** A code made of 16 random bytes: the low 5 bits of each, so every character is equally likely. */
export function recoveryCodeFrom(random: Uint8Array): string {
  const characters = [...random.subarray(0, 16)].map((byte) => alphabet[byte & 31]).join('');
  return characters.replace(/(.{4})(?=.)/g, '$1-');
}

/** What was typed, in the one form that is hashed: Crockford reads O as 0, I and L as 1, and ignores case and dashes. */
export function normalRecoveryCode(typed: string): string {
  return typed.toLowerCase().replaceAll(/[\s-]/g, '').replaceAll('o', '0').replaceAll(/[il]/g, '1');
}

/** The user without the code that hashes to `hash`, or undefined when no remaining code does. */
export function withoutRecoveryCode(user: User, hash: Uint8Array): User | undefined {
  const batch = user.recoveryCodes;
  if (!batch) {
    return undefined;
  }
  const hashes = batch.hashes.filter((stored) => !timingSafeEqual(stored, hash));
  return hashes.length < batch.hashes.length ? { ...user, recoveryCodes: { ...batch, hashes } } : undefined;
}
