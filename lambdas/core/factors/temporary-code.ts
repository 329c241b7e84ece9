/**
 * Temporary codes: 10 characters of Crockford's base32, 50 bits, made at the desk for somebody whose factors are not at
 * hand, once support has verified by other means who asks. One sign-in, and one factor enrolled after it.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Context, Ports } from '../decision.ts';
import { withEvent } from '../notices/events.ts';
import { type User, type UserRef, without } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import type { UserTokenClaims } from '../state/user-token-claims.ts';
import type { CodeAttempt, Factor, Judge } from './factor.ts';
import { crockford, normalRecoveryCode } from './recovery-code.ts';

export const temporaryCode: Factor<'temporary_code'> = {
  method: 'temporary_code',
  amr: [],
  budget: 'recovery',
  // Support's word is no proof of a factor: the locks of guessing stay as they are.
  liftsLocks: false,
  enrolsInSignIn: false,
  mintsTrust: false,
  isOn: (user) => user.temporaryCode?.mac !== undefined,
  isOffered: () => true,
  isPresentable: (user) => user.temporaryCode?.mac !== undefined,
  removedFrom: (user) => withoutTemporaryCode(user),
  sentTo: () => undefined,
  advice: {
    incorrect: 'That temporary code is not right, or it was used before.',
    used: 'This temporary code was already used. Ask for a new one.',
  },
};

/** A right code is deleted and reported to its owner. What the sign-in leaves behind is `withTemporarySignIn`. */
export const judgeTemporaryCode: Judge<CodeAttempt<'temporary_code'>, 'seal'> = async (
  { user },
  _place,
  { code },
  { seal },
  context,
) => {
  const stored = user.temporaryCode?.mac;
  if (!stored || !isTemporaryCodeLive(user, context.nowMs)) {
    return 'incorrect';
  }
  const macs = await seal.macs(temporaryCodeText(user, code));
  return macs.some((mac) => timingSafeEqual(mac, stored))
    ? { spent: withEvent(withoutTemporaryCode(user), 'temporary_code_used', context) }
    : 'incorrect';
};

/** Whether there is a code that passes now. */
export const isTemporaryCodeLive = ({ temporaryCode: code }: User, nowMs: number): boolean =>
  code?.mac !== undefined && code.expiresAtMs > nowMs;

/** What is MACed: whose code it is, then the code. */
const temporaryCodeText = ({ accountId, userId }: UserRef, code: string): string =>
  JSON.stringify(['temporary code', accountId, userId, normalRecoveryCode(code)]);

/** A code made of 10 random bytes: the low 5 bits of each. */
export const temporaryCodeFrom = (random: Uint8Array): string => crockford(random.subarray(0, 10));

/** The user with this code in place of an earlier one, for as long as it lives. */
export async function withNewTemporaryCode(
  user: User,
  validMs: number,
  { seal, fresh }: Pick<Ports, 'seal' | 'fresh'>,
  { nowMs }: Context,
): Promise<{ user: User; code: string; expiresAtMs: number }> {
  const code = fresh.temporaryCode();
  const [mac] = await seal.macs(temporaryCodeText(user, code));
  const expiresAtMs = nowMs + validMs;
  const made = { mac: mac as Uint8Array, expiresAtMs };
  return { user: { ...withoutTemporaryCode(user), temporaryCode: made }, code, expiresAtMs };
}

/** The user after a sign-in by a temporary code: for a while, that sign-in may enrol one factor. */
export const withTemporarySignIn = (user: User, jti: string, nowMs: number): User => ({
  ...user,
  temporaryCode: { signIn: jti, expiresAtMs: nowMs + limits.temporaryCode.enrolMs },
});

/** Whether this token's sign-in was by a temporary code that lets one factor be enrolled without a proof now. */
export const mayEnrolUnproven = (
  { temporaryCode: code }: User,
  { temporarySignIn }: UserTokenClaims,
  nowMs: number,
): boolean => temporarySignIn !== undefined && code?.signIn === temporarySignIn && code.expiresAtMs > nowMs;

/** The user without a temporary code, used or not, and without what was started on the strength of a used one. */
export function withoutTemporaryCode(user: User): User {
  const rest = without(user, 'temporaryCode');
  return user.temporaryCode?.signIn === undefined ? rest : withoutPending(rest);
}

/** The user without what waits for its first code. */
export const withoutPending = (user: User): User =>
  without(user, 'pendingAuthenticator', 'pendingPasskey', 'pendingEmailMethod', 'pendingSmsMethod');
