/** Whether a sign-in that passed its first factor needs a second one, and which. */

import type { Context, Decision, Ports } from '../decision.ts';
import { mailboxOf, maskedEmail } from '../factors/email.ts';
import { enrollableMethods, type OfferedMethod, offer } from '../factors/methods.ts';
import { isEnabled } from '../factors/table.ts';
import { syncedUser } from '../profile/sync-user.ts';
import type { ChallengeClaims, Client } from '../state/challenge-claims.ts';
import type { Account, Loaded, Profile, User } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import type { Method } from '../state/methods.ts';
import { federatedOf, isRequired, type Policy, requiredFromOf } from '../state/policy.ts';
import { mustReplaceFactors, signInMethods } from './challenge.ts';
import { resultClaims, type SecondFactor } from './result-claims.ts';
import { trustedDeviceOf, withSeenDevice } from './trusted-device.ts';

export type CreateChallenge = {
  accountId: string;
  user: Profile & { id: string };
  firstFactor: { method: ChallengeClaims['firstFactor']; amr?: string[] | undefined };
  deviceToken?: string | undefined;
  client?: Client | undefined;
  /** Where the hosted prompt sends the browser back to. */
  returnTo?: string | undefined;
};

export type ChallengeAnswer =
  | {
      status: 'passed';
      token: string;
      expiresAtMs: number;
      secondFactor: SecondFactor;
      requiredFromMs?: number;
    }
  | {
      status: 'challenge';
      challengeToken: string;
      challengeId: string;
      expiresAtMs: number;
      methods: OfferedMethod[];
      rememberDevice: { allowed: boolean; days: number };
      supportContact?: string;
      requiredFromMs?: number;
    }
  | {
      status: 'enrollment_required';
      challengeToken: string;
      challengeId: string;
      expiresAtMs: number;
      bootstrap: { method: 'email'; sentTo: string } | null;
      methods: OfferedMethod[];
      supportContact?: string;
      requiredFromMs?: number;
    };

/**
 * Decides what follows a first factor, evaluated anew at each sign-in: pass (no second factor is due, or a trusted device
 * stands for it), a challenge by the usable methods, or an enrolment that must come first. A user seen for the first time,
 * or whose profile changed, is saved; nothing else is. Refuses nothing: the app has vouched for the first factor.
 */
export async function createChallenge(
  loaded: Loaded,
  command: CreateChallenge,
  ports: Pick<Ports, 'seal' | 'signer'>,
  context: Context,
): Promise<Decision<ChallengeAnswer>> {
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
    startedAtMs: nowMs,
    ...(command.client ? { client: command.client } : {}),
    ...(command.returnTo === undefined ? {} : { returnTo: command.returnTo }),
    stage: 'verify',
    expiresAtMs: nowMs + limits.challenge.lifetimeMs,
  };
  const alone = passesAlone(user, account, claims, nowMs);
  if (alone) {
    return pass(loaded, user, claims, alone, ports, context);
  }
  const methods = signInMethods({ user, account }, claims, nowMs);
  const state = { user, account };
  const device = methods && !mustReplaceFactors(state) && trustedDeviceOf(state, command.deviceToken, nowMs);
  if (device) {
    return pass(loaded, withSeenDevice(user, device, nowMs), claims, 'trusted_device', ports, context);
  }
  const begun = methods ? challenge(user, account, claims, methods) : enrolment(user, account, claims);
  const challengeToken = await ports.seal.seal(begun.claims);
  return {
    ...saveIfChanged(loaded, user),
    answer: { ...begun.answer, challengeToken, ...coming(user, account, nowMs) },
  };
}

async function pass(
  loaded: Loaded,
  user: User,
  challenge: ChallengeClaims,
  secondFactor: SecondFactor,
  { signer }: Pick<Ports, 'signer'>,
  context: Context,
): Promise<Decision<ChallengeAnswer>> {
  const claims = resultClaims(challenge, secondFactor, context.newId('jti'), context.nowMs);
  const token = await signer.signResult(claims);
  return {
    ...saveIfChanged(loaded, user),
    answer: {
      status: 'passed',
      token,
      expiresAtMs: claims.exp * 1000,
      secondFactor,
      ...coming(user, loaded.account, context.nowMs),
    },
  };
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
  if (claims.firstFactor === 'api_key' || providerSuffices(account.policy, claims, nowMs)) {
    return 'none';
  }
  if (user.exemption && user.exemption.untilMs > nowMs) {
    return 'exempt';
  }
  return isEnabled(user) || user.enrollmentRequired || isRequired(account.policy, nowMs) ? undefined : 'none';
}

/** Whether the policy leaves the second factor of this sign-in to the identity provider. */
function providerSuffices(policy: Policy, { firstFactor, amr }: ChallengeClaims, nowMs: number): boolean {
  const suffices = { bypass: true, challenge: false, challenge_unless_mfa: amr.includes('mfa') };
  return firstFactor === 'federated' && suffices[federatedOf(policy, nowMs)];
}

type Sealed<A> = { claims: ChallengeClaims; answer: Omit<A, 'challengeToken'> };

export function challenge(
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
 * email link has proven it already. A policy without bootstrap trusts the first factor, but never after a reset.
 */
export function enrolment(
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
      bootstrap: bootstraps ? { method: 'email', sentTo: maskedEmail(mailboxOf(user)) } : null,
      methods: enrollableMethods(user, account),
      ...contact(account),
    },
  };
}

/** A requirement that is coming, for somebody who does not meet it yet. */
function coming(user: User, { policy }: Account, nowMs: number): { requiredFromMs?: number } {
  const requiredFromMs = isEnabled(user) ? undefined : requiredFromOf(policy, nowMs);
  return requiredFromMs === undefined ? {} : { requiredFromMs };
}

const contact = (account: Account): { supportContact?: string } =>
  account.supportContact === undefined ? {} : { supportContact: account.supportContact };
