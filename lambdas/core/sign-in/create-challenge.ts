/** Whether a sign-in that passed its first factor needs a second one, and which. */

import type { Context, Decision, Here, Ports } from '../decision.ts';
import { mailboxOf, maskedEmail } from '../factors/email.ts';
import { enrollableMethods, type OfferedMethod, offer } from '../factors/methods.ts';
import { withPasskeyOptions } from '../factors/passkey-options.ts';
import { isEnabled } from '../factors/table.ts';
import { withAttempt } from '../notices/attempts.ts';
import { syncedUser } from '../profile/sync-user.ts';
import { isRefusal } from '../refusal.ts';
import type { Action } from '../state/action.ts';
import { type ChallengeClaims, type Client, fittingClaims } from '../state/challenge-claims.ts';
import type { Account, Loaded, Profile, User } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import type { Method } from '../state/methods.ts';
import { requiredFromOf } from '../state/policy.ts';
import { mustReplaceFactors, signInMethods } from './challenge.ts';
import { bypassOf, passesAlone } from './passes-alone.ts';
import { resultClaims, type SecondFactor } from './result-claims.ts';
import { trustedDeviceOf, withSeenDevice } from './trusted-device.ts';

export type CreateChallenge = {
  accountId: string;
  user: Profile & { id: string };
  firstFactor: { method: ChallengeClaims['firstFactor']; amr?: string[] | undefined };
  deviceToken?: string | undefined;
  client?: Client | undefined;
  /** Makes a step-up. */
  action?: Action | undefined;
  /** Where the hosted prompt sends the browser back to. */
  returnTo?: string | undefined;
};

type Begun = {
  challengeToken: string;
  challengeId: string;
  expiresAtMs: number;
  methods: OfferedMethod[];
  action?: Action;
  supportContact?: string;
  requiredFromMs?: number;
};

export type ChallengeAnswer =
  | {
      status: 'passed';
      token: string;
      expiresAtMs: number;
      secondFactor: SecondFactor;
      requiredFromMs?: number;
    }
  | (Begun & { status: 'challenge'; rememberDevice: { allowed: boolean; days: number } })
  | (Begun & { status: 'enrollment_required'; bootstrap: { method: 'email'; sentTo: string } | null });

/**
 * Decides what follows a first factor, evaluated anew at each sign-in: pass (no second factor is due, or a trusted device
 * stands for it), a challenge by the usable methods, or an enrolment that must come first. A step-up never passes here: it
 * asks for a factor now. A user seen for the first time, or whose profile changed, is saved; nothing else is. Refuses
 * nothing but what `fittingClaims` does: the app has vouched for the first factor.
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
  const claims = fittingClaims({
    ...ref,
    challengeId: context.newId('chl'),
    firstFactor: command.firstFactor.method,
    amr: command.firstFactor.amr ?? [],
    policyVersion: account.policyVersion,
    startedAtMs: nowMs,
    ...(command.client ? { client: command.client } : {}),
    ...(command.action ? { action: command.action } : {}),
    ...(command.returnTo === undefined ? {} : { returnTo: command.returnTo }),
    stage: 'verify',
    expiresAtMs: nowMs + limits.challenge.lifetimeMs,
  });
  if (isRefusal(claims)) {
    return { answer: claims };
  }
  const state = { user, account };
  const alone = passesAlone(state, claims, nowMs);
  if (alone) {
    const by = alone === 'none' ? bypassOf(state, claims, nowMs) : alone;
    return pass(loaded, { user, by }, claims, alone, ports, context);
  }
  const methods = signInMethods(state, claims, context);
  const mayBeTrusted = methods && !claims.action && !mustReplaceFactors(state, context);
  const device = mayBeTrusted && trustedDeviceOf(state, command.deviceToken, nowMs);
  if (device) {
    const seen = {
      user: withSeenDevice(user, device, nowMs),
      by: 'trusted_device',
      deviceId: device.id,
    } as const;
    return pass(loaded, seen, claims, 'trusted_device', ports, context);
  }
  const begun = methods
    ? challenge(user, account, claims, methods)
    : enrolment(user, account, claims, context);
  const offered = await withPasskeyOptions(begun.answer, user, ports.seal, context);
  const challengeToken = await ports.seal.seal(begun.claims);
  return {
    ...saveIfChanged(loaded, user),
    answer: { ...offered, challengeToken, ...coming(user, account, nowMs) },
  };
}

/** Who passes, and by what, where a second factor was due and something stood for it. */
type Passing = { user: User; by?: 'trusted_device' | 'exempt' | 'bypass' | undefined; deviceId?: string };

async function pass(
  loaded: Loaded,
  { user, by, deviceId }: Passing,
  challenge: ChallengeClaims,
  secondFactor: SecondFactor,
  { signer }: Pick<Ports, 'signer'>,
  context: Context,
): Promise<Decision<ChallengeAnswer>> {
  const claims = resultClaims(challenge, secondFactor, context.newId('jti'), context.nowMs);
  const token = await signer.signResult(claims, context.nowMs);
  const told = { method: by as NonNullable<typeof by>, place: challenge, ...(deviceId && { deviceId }) };
  const recorded = by === undefined ? user : withAttempt(user, 'passed', told, context);
  return {
    ...saveIfChanged(loaded, recorded),
    recordsOnly: loaded.user === user ? 'again' : undefined,
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
        allowed: account.policy.rememberDevice.allowed && !claims.action,
        days: account.policy.rememberDevice.days,
      },
      ...shownAction(claims),
      ...contact(account),
    },
  };
}

/**
 * The mailbox comes first, so that a password thief cannot be the one who enrols; only a first factor that came by
 * email link has proven it already. A policy without bootstrap trusts the first factor, but never after a reset, nor for a
 * step-up.
 */
export function enrolment(
  user: User,
  account: Account,
  claims: ChallengeClaims,
  here: Here,
): Sealed<Extract<ChallengeAnswer, { status: 'enrollment_required' }>> {
  const wantsMailbox =
    account.policy.bootstrap === 'email' ||
    user.enrollmentRequired ||
    isEnabled(user) ||
    claims.action !== undefined;
  const bootstraps = wantsMailbox && claims.firstFactor !== 'email_link';
  return {
    claims: { ...claims, stage: bootstraps ? 'bootstrap' : 'enroll' },
    answer: {
      status: 'enrollment_required',
      challengeId: claims.challengeId,
      expiresAtMs: claims.expiresAtMs,
      bootstrap: bootstraps ? { method: 'email', sentTo: maskedEmail(mailboxOf(user)) } : null,
      methods: enrollableMethods(user, account, here),
      ...shownAction(claims),
      ...contact(account),
    },
  };
}

/** A requirement that is coming, for somebody who does not meet it yet. */
function coming(user: User, { policy }: Account, nowMs: number): { requiredFromMs?: number } {
  const requiredFromMs = isEnabled(user) ? undefined : requiredFromOf(policy, nowMs);
  return requiredFromMs === undefined ? {} : { requiredFromMs };
}

const shownAction = ({ action }: ChallengeClaims): { action?: Action } => (action ? { action } : {});

const contact = (account: Account): { supportContact?: string } =>
  account.supportContact === undefined ? {} : { supportContact: account.supportContact };
