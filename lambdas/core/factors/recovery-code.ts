/** Recovery codes: 16 characters of Crockford's base32, 80 bits, shown as `xxxx-xxxx-xxxx-xxxx`. */
import { timingSafeEqual } from 'node:crypto';
import { withEvent } from '../notices/events.ts';
import { type User, without } from '../state/item.ts';
import type { CodeAttempt, Factor, Judge } from './factor.ts';

export const recoveryCode: Factor<'recovery_code'> = {
  method: 'recovery_code',
  amr: [],
  budget: 'recovery',
  liftsLocks: true,
  enrolsInSignIn: false,
  // It says that the factors were not at hand.
  mintsTrust: false,
  isOn: (user) => (user.recoveryCodes?.hashes.length ?? 0) > 0,
  isOffered: () => true,
  isPresentable: (user) => (user.recoveryCodes?.hashes.length ?? 0) > 0,
  removedFrom: (user) => without(user, 'recoveryCodes'),
  sentTo: () => undefined,
  advice: {
    incorrect: 'That recovery code is not right, or it was used before.',
    used: 'This recovery code was already used. Take another one.',
  },
};

/** A right code is deleted, ends every trusted device, and is reported to its owner. */
export const judgeRecoveryCode: Judge<CodeAttempt<'recovery_code'>, 'hasher'> = async (
  { user },
  _place,
  { code },
  { hasher },
  context,
) => {
  const batch = user.recoveryCodes;
  if (!batch || batch.hashes.length === 0) {
    return 'incorrect';
  }
  const hash = await hasher.hash(normalRecoveryCode(code), batch.salt, batch.rounds);
  const rest = withoutRecoveryCode(user, hash);
  if (!rest) {
    return 'incorrect';
  }
  const detail = { remaining: String(rest.recoveryCodes?.hashes.length ?? 0) };
  return { spent: withEvent({ ...rest, trustedDevices: [] }, 'recovery_code_used', context, { detail }) };
};

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** A code made of 16 random bytes: the low 5 bits of each, so every character is equally likely. */
export function recoveryCodeFrom(random: Uint8Array): string {
  return crockford(random.subarray(0, 16)).replace(/(.{4})(?=.)/g, '$1-');
}

/** One character for each byte. */
export const crockford = (random: Uint8Array): string =>
  [...random].map((byte) => alphabet[byte & 31]).join('');

/**
 * What a code of another system is worth in the form that is hashed: its characters, drawn of the digits, of hexadecimal, or
 * of the 32 of Crockford's alphabet. In bits.
 */
export function bitsOfCode(code: string): number {
  const normal = normalRecoveryCode(code);
  const size = /^[0-9]*$/.test(normal) ? 10 : /^[0-9a-f]*$/.test(normal) ? 16 : 32;
  return normal.length * Math.log2(size);
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
