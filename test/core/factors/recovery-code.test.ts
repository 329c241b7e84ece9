import { describe, expect, it } from 'vitest';
import {
  normalRecoveryCode,
  recoveryCodeFrom,
  withoutRecoveryCode,
} from '../../../lambdas/core/factors/recovery-code.ts';
import { bodies } from '../../../lambdas/schemas.ts';
import { batchOf, recoveryCodesOf, recoveryHashOf, userWith } from '../../support/world.ts';

describe('a recovery code', () => {
  it('R6 is 16 characters of Crockford base32 in four groups', () => {
    const code = recoveryCodeFrom(Uint8Array.from({ length: 16 }, (_, index) => index));
    expect(code).toBe('0123-4567-89ab-cdef');
  });

  it('R6 takes 5 bits of each byte, so that all 32 characters are equally likely', () => {
    const counts = new Map<string, number>();
    for (let byte = 0; byte < 256; byte += 1) {
      const [character] = recoveryCodeFrom(new Uint8Array(16).fill(byte));
      counts.set(character as string, (counts.get(character as string) ?? 0) + 1);
    }
    expect([...counts.keys()].sort().join('')).toBe('0123456789abcdefghjkmnpqrstvwxyz');
    expect(new Set(counts.values())).toEqual(new Set([8]));
  });

  it('is read in any case, with or without dashes and spaces, and with the letters that look like digits', () => {
    for (const typed of [
      '01AB-01ab-0000-1111',
      'o1ab 01AB OoOo iIlL',
      '01ab01ab00001111',
      ' 01ab--01ab 0000 1111 ',
    ]) {
      expect(normalRecoveryCode(typed)).toBe('01ab01ab00001111');
    }
  });

  it('R25 whatever is made here is accepted by the contract as it is shown, and as it is copied by hand', () => {
    const shown = recoveryCodeFrom(Uint8Array.from({ length: 16 }, (_, index) => index * 37));
    const accepts = (code: string) =>
      bodies['verify-challenge'].safeParse({ challengeToken: 'x', method: 'recovery_code', code }).success;
    for (const typed of [shown, shown.toUpperCase(), shown.replaceAll('-', ' '), shown.replaceAll('-', '')]) {
      expect([typed, accepts(typed)]).toEqual([typed, true]);
    }
    expect(accepts('OOOO-IIII-LLLL-0000')).toBe(true);
    expect(accepts(shown.slice(1))).toBe(false);
  });
});

describe('spending one', () => {
  const codes = recoveryCodesOf(10);
  const user = userWith({ recoveryCodes: batchOf(codes) });

  it('R26 takes that one away and leaves the others', () => {
    const spent = withoutRecoveryCode(user, recoveryHashOf(codes[3] as string));
    expect(spent?.recoveryCodes?.hashes).toEqual(batchOf(codes.filter((_, index) => index !== 3)).hashes);
    expect(withoutRecoveryCode(spent ?? user, recoveryHashOf(codes[3] as string))).toBeUndefined();
    expect(withoutRecoveryCode(spent ?? user, recoveryHashOf(codes[4] as string))).toBeDefined();
  });

  it('R26 a code that is none changes nothing', () => {
    expect(withoutRecoveryCode(user, recoveryHashOf('zzzz-zzzz-zzzz-zzzz'))).toBeUndefined();
    expect(withoutRecoveryCode(userWith(), recoveryHashOf(codes[0] as string))).toBeUndefined();
  });
});
