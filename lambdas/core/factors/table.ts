/** Every second factor. One that is missing, or leaves a question of `Factor` open, does not compile. */
import type { User } from '../state/item.ts';
import { type FactorMethod, factorMethods, type Method } from '../state/methods.ts';
import { email } from './email.ts';
import type { Factor } from './factor.ts';
import { passkey } from './passkey.ts';
import { recoveryCode } from './recovery-code.ts';
import { sms } from './sms.ts';
import { temporaryCode } from './temporary-code.ts';
import { totp } from './totp.ts';

export const factors: { readonly [M in Method]: Factor<M> } = {
  passkey,
  totp,
  sms,
  email,
  recovery_code: recoveryCode,
  temporary_code: temporaryCode,
};

/** The factors that a person has turned on, whatever the policy says of them today, best first. */
export const turnedOn = (user: User): FactorMethod[] =>
  factorMethods.filter((method) => factors[method].isOn(user));

/** Two-factor is on. */
export const isEnabled = (user: User): boolean => turnedOn(user).length > 0;
