/** Starting an authenticator: a pending secret beside whatever is live. */

import { ask, type Context, type Step } from '../decision.ts';
import { attemptsOf } from '../factors/attempts.ts';
import type { CodeAttempt } from '../factors/factor.ts';
import { isAllowed, isEnabled } from '../factors/methods.ts';
import { authenticatorLabel } from '../factors/totp.ts';
import { userUnknown } from '../profile/user-unknown.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { userOfChallenge } from '../sign-in/challenge.ts';
import { signInMethods } from '../sign-in/create-challenge.ts';
import type { ChallengeClaims } from '../state/challenge-claims.ts';
import { type Account, type Loaded, refOf, type User } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import { type UserTokenClaims, withProof } from './proof.ts';

/** Who enrols: somebody signed in, by a user token, or somebody in a sign-in that must enrol first. */
export type Enroller = { token: UserTokenClaims } | { challenge: ChallengeClaims };

export type StartAuthenticator = { by: Enroller; label?: string; proof?: CodeAttempt };

export type StartedAuthenticator = {
  authenticatorId: string;
  secret: Uint8Array;
  account: Account;
  email: string;
  expiresAtMs: number;
};

/**
 * Starts an authenticator. A live one keeps working until the new one is proven; an earlier pending one is replaced.
 * The secret is made here and nowhere else. Refuses `not_found`, `method_not_allowed`, `forbidden` at five
 * authenticators, what `withProof` refuses, and for an enrolment inside a sign-in what a spent challenge refuses. After a
 * reset only a sign-in may enrol (`forbidden` otherwise): it proves the mailbox, and a stolen session may outlive a reset.
 */
export function decideStartAuthenticator(
  loaded: Loaded,
  command: StartAuthenticator,
  context: Context,
): Step<StartedAuthenticator> {
  const user = enrollingUser(loaded, command.by, context.nowMs);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const { account } = loaded;
  if (!isAllowed(account, 'totp')) {
    return {
      answer: refuse('method_not_allowed', { detail: 'The account does not allow authenticator apps.' }),
    };
  }
  if (user.authenticators.length >= limits.totp.perUser) {
    return { answer: refuse('forbidden', { detail: 'Remove an authenticator before you add another.' }) };
  }
  return withRightToEnrol({ user, account }, command, context, (proven) =>
    pend(proven, account, command, context),
  );
}

/**
 * Lets an enrolment that may begin through to `begin`: inside a sign-in as it is, by a user token with what `withProof`
 * asks. After a reset only a sign-in may enrol (`forbidden` otherwise).
 */
export function withRightToEnrol<A>(
  state: { user: User; account: Account },
  { by, proof }: { by: Enroller; proof?: CodeAttempt },
  context: Context,
  begin: (user: User) => Step<A>,
): Step<A> {
  if ('challenge' in by) {
    return begin(state.user);
  }
  if (state.user.enrollmentRequired) {
    return { answer: refuse('forbidden', { detail: 'Sign in again: the mailbox is proven first.' }) };
  }
  return withProof(state, by.token, proof, context, begin);
}

/**
 * The user who may enrol by this token, or the refusal. An `enroll` token is worth nothing once the user has a factor that
 * completes a sign-in: from there on, changes want a proof. Nor is one from before a reset that proved no mailbox.
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
  const { bootstrappedAtMs } = attemptsOf(user, by.challenge, nowMs);
  const mailboxProven = bootstrappedAtMs !== undefined || by.challenge.firstFactor === 'email_link';
  if (user.enrollmentRequired && !mailboxProven) {
    return refuse('challenge_used', { detail: 'Sign in again: the mailbox is proven first.' });
  }
  const enrolled = !user.enrollmentRequired && isEnabled(user);
  return enrolled && signInMethods(state, by.challenge, nowMs)
    ? refuse('challenge_used', { detail: 'Two-factor authentication is set up already. Sign in again.' })
    : user;
}

function pend(
  user: User,
  account: Account,
  command: StartAuthenticator,
  context: Context,
): Step<StartedAuthenticator> {
  const id = context.newId('aut');
  return ask('new-secret', { ref: refOf(user), authenticatorId: id }, ({ secret, sealed }) => {
    const expiresAtMs = context.nowMs + limits.totp.pendingMs;
    const inSignIn = 'challenge' in command.by ? { challengeId: command.by.challenge.challengeId } : {};
    const label = authenticatorLabel(command.label);
    const pendingAuthenticator = { id, label, secret: sealed, expiresAtMs, failures: 0, ...inSignIn };
    return {
      save: { ...user, pendingAuthenticator },
      answer: { authenticatorId: id, secret, account, email: user.email, expiresAtMs },
    };
  });
}
