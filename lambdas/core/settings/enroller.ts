/** Who may turn a factor on, and what ends an enrolment inside a sign-in. */
import type { Context, Ports, Proceed, Refused } from '../decision.ts';
import { memoryOf } from '../factors/places.ts';
import type { Attempt, SpendPorts } from '../factors/spend.ts';
import { isEnabled } from '../factors/table.ts';
import { userUnknown } from '../profile/user-unknown.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { signInMethods, userOfChallenge } from '../sign-in/challenge.ts';
import { resultClaims } from '../sign-in/result-claims.ts';
import { withPassedChallenge } from '../sign-in/verify-challenge.ts';
import type { ChallengeClaims } from '../state/challenge-claims.ts';
import type { Loaded, State, User } from '../state/item.ts';
import type { FactorMethod } from '../state/methods.ts';
import type { UserTokenClaims } from '../state/user-token-claims.ts';
import { proven } from './proof.ts';

/** Somebody signed in, by a user token, or somebody in a sign-in that must enrol first. */
export type Enroller = { token: UserTokenClaims } | { challenge: ChallengeClaims };

/** The sign-in that a pending factor belongs to; undefined for one that was started in the settings. */
export const signInOf = (by: Enroller): string | undefined =>
  'challenge' in by ? by.challenge.challengeId : undefined;

/**
 * The user who may enrol by this token, or the refusal. An `enroll` token is worth nothing once the user has a factor that
 * completes a sign-in: from there on, changes take a proof. Nor is one from before a reset that proved no mailbox.
 */
export function enrollingUser(loaded: Loaded, by: Enroller, nowMs: number): User | Refusal {
  if ('token' in by) {
    return loaded.user ?? userUnknown();
  }
  const user = userOfChallenge(loaded, by.challenge, nowMs);
  if (isRefusal(user)) {
    return user;
  }
  const state = { user, account: loaded.account };
  const { bootstrappedAtMs } = memoryOf(user, by.challenge, nowMs);
  const mailboxProven = bootstrappedAtMs !== undefined || by.challenge.firstFactor === 'email_link';
  if (user.enrollmentRequired && !mailboxProven) {
    return refuse('challenge_used', { detail: 'Sign in again: the mailbox is proven first.' });
  }
  const enrolled = !user.enrollmentRequired && isEnabled(user);
  return enrolled && signInMethods(state, by.challenge, nowMs)
    ? refuse('challenge_used', { detail: 'Two-factor authentication is set up already. Sign in again.' })
    : user;
}

/**
 * The user for whom an enrolment may begin: inside a sign-in as it is, by a user token with what `proven` asks. After a
 * reset only a sign-in may enrol (`forbidden` otherwise): it proves the mailbox, and a stolen session may outlive a reset.
 */
export async function allowedToEnrol(
  state: State,
  { by, proof }: { by: Enroller; proof?: Attempt | undefined },
  ports: SpendPorts,
  context: Context,
): Promise<Proceed | Refused> {
  if ('challenge' in by) {
    return { user: state.user };
  }
  if (state.user.enrollmentRequired) {
    return { answer: refuse('forbidden', { detail: 'Sign in again: the mailbox is proven first.' }) };
  }
  return proven(state, { token: by.token, proof }, ports, context);
}

export type Enrolled = {
  status: 'enabled';
  recoveryCodes?: string[] | undefined;
  token?: string;
  expiresAtMs?: number;
};

/**
 * Ends an enrolment with the user `enabled`. Inside a sign-in the challenge is spent with it and a result token follows,
 * signed before the save: a signature that fails must not cost the recovery codes, which are shown this once.
 */
export async function enrolled(
  { user, recoveryCodes }: { user: User; recoveryCodes?: string[] },
  method: FactorMethod,
  by: Enroller,
  { signer }: Pick<Ports, 'signer'>,
  context: Context,
): Promise<{ save: User; answer: Enrolled }> {
  const answer = { status: 'enabled' as const, ...(recoveryCodes ? { recoveryCodes } : {}) };
  if ('token' in by) {
    return { save: user, answer };
  }
  const claims = resultClaims(by.challenge, method, context.newId('jti'), context.nowMs);
  const token = await signer.signResult(claims);
  return {
    save: withPassedChallenge(user, by.challenge, context),
    answer: { ...answer, token, expiresAtMs: claims.exp * 1000 },
  };
}
