/** Whether a sign-in that passed its first factor needs a second one, and which. */

import { ask, type Context, type Step } from '../decision.ts';
import {
  isAllowed,
  isEnabled,
  maskedEmail,
  type OfferedMethod,
  offer,
  usableMethods,
} from '../factors/methods.ts';
import { syncedUser } from '../profile/sync-user.ts';
import type { ChallengeClaims } from '../state/challenge-claims.ts';
import type { Account, Loaded, Profile, User } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import { isRequired, type Method, type Policy } from '../state/policy.ts';
import { resultClaims, type SecondFactor } from '../state/result-claims.ts';
import { trustedDeviceOf, withSeenDevice } from './trusted-device.ts';

export type CreateChallenge = {
  accountId: string;
  user: Profile & { id: string };
  firstFactor: { method: ChallengeClaims['firstFactor']; amr?: string[] };
  deviceToken?: string;
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
 * Decides what follows a first factor, evaluated anew at each sign-in: pass (no second factor wanted, or a trusted device
 * stands for it), a challenge by the usable methods, or an enrolment that must come first. A user seen for the first time,
 * or whose profile changed, is saved; nothing else is. Refuses nothing: the app has vouched for the first factor.
 */
export function decideChallenge(
  loaded: Loaded,
  command: CreateChallenge,
  context: Context,
): Step<ChallengeAnswer> {
  const { account } = loaded;
  const { nowMs } = context;
  const ref = { accountId: command.accountId, userId: command.user.id };
  const user = syncedUser(loaded, ref, command.user, context);
  const claims: ChallengeClaims = {
    ...ref,
    challengeId: context.newId('chl'),
    firstFactor: command.firstFactor.method,
    amr: command.firstFactor.amr ?? [],
    policyVersion: account.policyVersion,
    stage: 'verify',
    expiresAtMs: nowMs + limits.challenge.lifetimeMs,
  };
  const alone = passesAlone(user, account, claims, nowMs);
  if (alone) {
    return pass(loaded, user, claims, alone, context);
  }
  const methods = signInMethods({ user, account }, claims, nowMs);
  const device = methods && trustedDeviceOf({ user, account }, command.deviceToken, nowMs);
  if (device) {
    return pass(loaded, withSeenDevice(user, device, nowMs), claims, 'trusted_device', context);
  }
  const step = methods ? challenge(user, account, claims, methods) : enrolment(user, account, claims);
  return ask('seal-challenge', { claims: step.claims }, (challengeToken) => ({
    ...saveIfChanged(loaded, user),
    answer: { ...step.answer, challengeToken },
  }));
}

function pass(
  loaded: Loaded,
  user: User,
  challenge: ChallengeClaims,
  secondFactor: SecondFactor,
  context: Context,
): Step<ChallengeAnswer> {
  const claims = resultClaims(challenge, secondFactor, context.newId('jti'), context.nowMs);
  return ask('sign-result', { claims }, (token) => ({
    ...saveIfChanged(loaded, user),
    answer: { status: 'passed', token, expiresAtMs: claims.exp * 1000, secondFactor },
  }));
}

const saveIfChanged = (loaded: Loaded, user: User) => (loaded.user === user ? {} : { save: user });

/**
 * What lets a first factor pass alone: an API key always; a live exemption; a federated sign-in where the policy leaves
 * the second factor to the provider; anybody where two-factor is neither required nor turned on nor owed after a reset.
 */
function passesAlone(
  user: User,
  account: Account,
  claims: ChallengeClaims,
  nowMs: number,
): 'none' | 'exempt' | undefined {
  if (claims.firstFactor === 'api_key' || providerSuffices(account.policy, claims)) {
    return 'none';
  }
  if (user.exemption && user.exemption.untilMs > nowMs) {
    return 'exempt';
  }
  return isEnabled(user) || user.enrollmentRequired || isRequired(account.policy, nowMs) ? undefined : 'none';
}

/** Whether the policy leaves the second factor of this sign-in to the identity provider. */
function providerSuffices({ federated }: Policy, { firstFactor, amr }: ChallengeClaims): boolean {
  const suffices = { bypass: true, challenge: false, challenge_unless_mfa: amr.includes('mfa') };
  return firstFactor === 'federated' && suffices[federated];
}

/**
 * The methods that complete this sign-in, best first, or undefined when something must be enrolled before. After a reset,
 * or where the policy has taken every factor away, nothing does, unless there is nothing to enrol but the mailbox itself.
 */
export function signInMethods(
  state: { user: User; account: Account },
  challenge: Pick<ChallengeClaims, 'firstFactor'>,
  nowMs: number,
): Method[] | undefined {
  const { user, account } = state;
  const usable = user.enrollmentRequired ? [] : usableMethods(state, nowMs, challenge.firstFactor);
  if (usable.length === 0) {
    const mailAlone = isAllowed(account, 'email') && enrollableMethods(user, account).length === 0;
    return mailAlone && challenge.firstFactor !== 'email_link' ? ['email'] : undefined;
  }
  const hasRecoveryCodes = (user.recoveryCodes?.hashes.length ?? 0) > 0;
  return hasRecoveryCodes ? [...usable, 'recovery_code'] : usable;
}

/** The methods that an enrolment inside a sign-in can turn on. */
export const enrollableMethods = (user: User, account: Account): OfferedMethod[] =>
  offer(
    user,
    (['totp', 'sms'] as const).filter((method) => isAllowed(account, method)),
  );

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
