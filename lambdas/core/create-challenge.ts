/** Whether a sign-in that passed its first factor needs a second one, and which. */
import type { ChallengeClaims } from './challenge-token.ts';
import { ask, type Context, type Step } from './decision.ts';
import { limits } from './limits.ts';
import { isAllowed, isEnabled, maskedEmail, type OfferedMethod, offer, usableMethods } from './methods.ts';
import { isRequired, type Method } from './policy.ts';
import { resultClaims, type SecondFactor } from './result-claims.ts';
import { type Account, type Loaded, newUser, type Profile, type User } from './state.ts';

export type CreateChallenge = {
  accountId: string;
  user: Profile & { id: string };
  firstFactor: { method: ChallengeClaims['firstFactor']; amr?: string[] };
};

export type ChallengeAnswer =
  | {
      status: 'passed';
      token: string;
      expiresAtMs: number;
      secondFactor: SecondFactor;
    }
  | {
      status: 'challenge';
      challengeToken: string;
      challengeId: string;
      expiresAtMs: number;
      methods: OfferedMethod[];
      rememberDevice: { allowed: boolean; days: number };
      supportContact?: string;
    }
  | {
      status: 'enrollment_required';
      challengeToken: string;
      challengeId: string;
      expiresAtMs: number;
      bootstrap: { method: 'email'; sentTo: string } | null;
      methods: OfferedMethod[];
      supportContact?: string;
    };

/**
 * Decides what follows a first factor, evaluated anew at each sign-in: pass (no second factor wanted), a challenge by the
 * usable methods, or an enrolment that must come first. A user seen for the first time, or whose profile changed, is
 * saved; nothing else is. Refuses nothing: the app has vouched for the first factor.
 */
export function decideChallenge(
  loaded: Loaded,
  command: CreateChallenge,
  context: Context,
): Step<ChallengeAnswer> {
  const { account } = loaded;
  const ref = { accountId: command.accountId, userId: command.user.id };
  const known = loaded.user ?? newUser(ref, command.user.email, context.nowMs);
  const user = withProfile(known, command.user);
  const save = loaded.user === user ? {} : { save: user };
  const claims: ChallengeClaims = {
    ...ref,
    challengeId: context.newId('chl'),
    firstFactor: command.firstFactor.method,
    amr: command.firstFactor.amr ?? [],
    policyVersion: account.policyVersion,
    stage: 'verify',
    expiresAtMs: context.nowMs + limits.challenge.lifetimeMs,
  };
  if (needsNoSecondFactor(user, account, claims, context.nowMs)) {
    const result = resultClaims(claims, 'none', context.newId('jti'), context.nowMs);
    return ask('sign-result', { claims: result }, (token) => ({
      ...save,
      answer: {
        status: 'passed',
        token,
        expiresAtMs: result.exp * 1000,
        secondFactor: 'none',
      },
    }));
  }
  const methods = signInMethods({ user, account }, claims, context.nowMs);
  const step = methods ? challenge(user, account, claims, methods) : enrolment(user, account, claims);
  return ask('seal-challenge', { claims: step.claims }, (challengeToken) => ({
    ...save,
    answer: { ...step.answer, challengeToken },
  }));
}

/** The user with what the app says of them now. The same object when nothing changed, so that nothing is written. */
export function withProfile(user: User, profile: Profile): User {
  const { email, phone, displayName, locale, isAdmin } = profile;
  const said = Object.entries({
    email,
    phone,
    displayName,
    locale,
    isAdmin,
  }).filter(([, value]) => value !== undefined);
  const changed = said.some(([key, value]) => user[key] !== value) || user.writeId === '';
  return changed ? { ...user, ...Object.fromEntries(said) } : user;
}

/**
 * A first factor that passes alone: an API key always; a federated sign-in where the policy leaves the second factor to
 * the provider; anybody where two-factor is neither required nor turned on nor owed after a reset.
 */
function needsNoSecondFactor(user: User, account: Account, claims: ChallengeClaims, nowMs: number): boolean {
  const { federated } = account.policy;
  if (claims.firstFactor === 'api_key') {
    return true;
  }
  if (claims.firstFactor === 'federated' && federated !== 'challenge') {
    return federated === 'bypass' || claims.amr.includes('mfa');
  }
  return !isEnabled(user) && !user.enrollmentRequired && !isRequired(account.policy, nowMs);
}

/**
 * The methods that complete this sign-in, best first, or undefined when something must be enrolled before. After a reset
 * nothing does, unless the policy's only way is the mailed code itself.
 */
export function signInMethods(
  state: { user: User; account: Account },
  challenge: Pick<ChallengeClaims, 'firstFactor'>,
  nowMs: number,
): Method[] | undefined {
  const { user, account } = state;
  const mailOnly = account.policy.methods.every((method) => method === 'email');
  if (user.enrollmentRequired && mailOnly && challenge.firstFactor !== 'email_link') {
    return ['email'];
  }
  const usable = usableMethods(state, nowMs, challenge.firstFactor);
  if (user.enrollmentRequired || usable.length === 0) {
    return undefined;
  }
  const hasRecoveryCodes = (user.recoveryCodes?.hashes.length ?? 0) > 0;
  return hasRecoveryCodes ? [...usable, 'recovery_code'] : usable;
}

/** The methods that an enrolment inside a sign-in can turn on. */
export const enrollableMethods = (user: User, account: Account): OfferedMethod[] =>
  offer(user, isAllowed(account, 'totp') ? ['totp'] : []);

type Sealed<A> = { claims: ChallengeClaims; answer: Omit<A, 'challengeToken'> };

function challenge(
  user: User,
  account: Account,
  claims: ChallengeClaims,
  methods: Method[],
): Sealed<Extract<ChallengeAnswer, { status: 'challenge' }>> {
  return {
    claims,
    answer: {
      status: 'challenge',
      challengeId: claims.challengeId,
      expiresAtMs: claims.expiresAtMs,
      methods: offer(user, methods),
      rememberDevice: {
        allowed: account.policy.rememberDevice.allowed,
        days: account.policy.rememberDevice.days,
      },
      ...contact(account),
    },
  };
}

/**
 * The mailbox comes first, so that a password thief cannot be the one who enrols; only a first factor that came by
 * e-mail link has proven it already. A policy without bootstrap trusts the first factor, but never after a reset.
 */
function enrolment(
  user: User,
  account: Account,
  claims: ChallengeClaims,
): Sealed<Extract<ChallengeAnswer, { status: 'enrollment_required' }>> {
  const wantsMailbox = account.policy.bootstrap === 'email' || user.enrollmentRequired || isEnabled(user);
  const bootstraps = wantsMailbox && claims.firstFactor !== 'email_link';
  return {
    claims: { ...claims, stage: bootstraps ? 'bootstrap' : 'enroll' },
    answer: {
      status: 'enrollment_required',
      challengeId: claims.challengeId,
      expiresAtMs: claims.expiresAtMs,
      bootstrap: bootstraps ? { method: 'email', sentTo: maskedEmail(user.email) } : null,
      methods: enrollableMethods(user, account),
      ...contact(account),
    },
  };
}

const contact = (account: Account): { supportContact?: string } =>
  account.supportContact === undefined ? {} : { supportContact: account.supportContact };
