/** Who may turn a factor on, and what ends an enrolment inside a sign-in. */
import type { Context, Here, Ports, Proceed, Refused } from '../decision.ts';
import { memoryOf } from '../factors/places.ts';
import type { ProofAttempt, SpendPorts } from '../factors/spend.ts';
import { isEnabled } from '../factors/table.ts';
import { withAttempt } from '../notices/attempts.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { mustReplaceFactors, signInMethods, userOfChallenge } from '../sign-in/challenge.ts';
import { type Handed, handOver, passing, withPassedChallenge } from '../sign-in/pass.ts';
import type { ChallengeClaims } from '../state/challenge-claims.ts';
import type { Loaded, State, User } from '../state/item.ts';
import type { FactorMethod } from '../state/methods.ts';
import type { UserTokenClaims } from '../state/user-token-claims.ts';
import { ownUser } from './own-user.ts';
import { proven, provenToEnrol } from './proof.ts';

/** Somebody signed in, by a user token, or somebody in a sign-in that must enrol first. */
export type Enroller = { token: UserTokenClaims } | { challenge: ChallengeClaims };

/** The sign-in that a pending factor belongs to; undefined for one that was started in the settings. */
export const signInOf = (by: Enroller): string | undefined =>
  'challenge' in by ? by.challenge.challengeId : undefined;

/**
 * The user who may enrol by this token, or the refusal. An `enroll` token is worth nothing once the user has a factor that
 * completes a sign-in: from there on, changes take a proof. Nor is one from before a reset that proved no mailbox.
 */
export function enrollingUser(loaded: Loaded, by: Enroller, here: Here): User | Refusal {
  if ('token' in by) {
    return ownUser(loaded, by.token);
  }
  const user = userOfChallenge(loaded, by.challenge, here.nowMs);
  if (isRefusal(user)) {
    return user;
  }
  const state = { user, account: loaded.account };
  const { bootstrappedAtMs } = memoryOf(user, by.challenge, here.nowMs);
  const mailboxProven = bootstrappedAtMs !== undefined || by.challenge.firstFactor === 'email_link';
  if (user.enrollmentRequired && !mailboxProven) {
    return refuse('challenge_used', {
      reason: 'moved_on',
      detail: 'Sign in again: the mailbox is proven first.',
    });
  }
  return mayReplace(state, by.challenge, here)
    ? user
    : refuse('challenge_used', {
        reason: 'enrolled',
        detail: 'Two-factor authentication is set up already. Sign in again.',
      });
}

/** Nothing on yet, nothing on that could have been asked for, or what the policy ruled out is proven. */
function mayReplace(state: State, challenge: ChallengeClaims, here: Here): boolean {
  if (state.user.enrollmentRequired || !isEnabled(state.user)) {
    return true;
  }
  return mustReplaceFactors(state, here)
    ? challenge.factorProven === true
    : signInMethods(state, challenge, here) === undefined;
}

/**
 * The user for whom an enrolment may begin: inside a sign-in as it is, by a user token with what `provenToEnrol` asks, and
 * for one that `replaces` a factor with what `proven` asks. After a
 * reset only a sign-in may enrol (`forbidden` otherwise): it proves the mailbox, and a stolen session may outlive a reset.
 */
export async function allowedToEnrol(
  state: State,
  { by, proof, replaces = false }: { by: Enroller; proof?: ProofAttempt | undefined; replaces?: boolean },
  ports: SpendPorts,
  context: Context,
): Promise<Proceed | Refused> {
  if ('challenge' in by) {
    return { user: state.user };
  }
  if (state.user.enrollmentRequired) {
    return {
      answer: refuse('forbidden', {
        reason: 'sign_in',
        detail: 'Sign in again: the mailbox is proven first.',
      }),
    };
  }
  const asked = replaces ? proven : provenToEnrol;
  return asked(state, { token: by.token, proof }, ports, context);
}

export type Enrolled = Partial<Handed> & { status: 'enabled'; recoveryCodes?: string[] | undefined };

/**
 * Ends an enrolment with the user `enabled`. Inside a sign-in the challenge is spent with it and a result token follows,
 * signed before the save: a signature that fails must not cost the recovery codes, which are shown this once.
 */
export async function enrolled(
  { user, recoveryCodes }: { user: User; recoveryCodes?: string[] },
  method: FactorMethod,
  by: Enroller,
  ports: Pick<Ports, 'signer' | 'fresh'>,
  context: Context,
  amr: readonly string[] = [],
): Promise<{ save: User; answer: Enrolled }> {
  const answer = { status: 'enabled' as const, ...(recoveryCodes ? { recoveryCodes } : {}) };
  if ('token' in by) {
    return { save: user, answer };
  }
  const { challenge } = by;
  const passed = passing(challenge, method, ports, context, { amr });
  const handed = await handOver(challenge, passed, ports, context);
  const spent = withPassedChallenge(user, challenge, passed, context);
  return {
    save: withAttempt(spent, 'passed', { method, place: challenge }, context),
    answer: { ...answer, ...handed },
  };
}
