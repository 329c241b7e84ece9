/** Completing a sign-in by a second factor. */
import { type Context, type Decided, isRefused, type Ports } from '../decision.ts';
import { enrollableMethods, type OfferedMethod, offer } from '../factors/methods.ts';
import { memoryOf, withMemory } from '../factors/places.ts';
import { type SpendPorts, spendFactor } from '../factors/spend.ts';
import { factors } from '../factors/table.ts';
import { withAttempt } from '../notices/attempts.ts';
import { withEvent } from '../notices/events.ts';
import { isRefusal, refuse } from '../refusal.ts';
import type { ChallengeClaims } from '../state/challenge-claims.ts';
import type { Loaded, State, User } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import { challengeExpired, methodsOfChallenge, mustReplaceFactors, userOfChallenge } from './challenge.ts';
import { type Handed, handOver, passing, withPassedChallenge } from './pass.ts';
import { answerRepeat, type Repeatable, repeatOf } from './repeat.ts';
import type { SecondFactor } from './result-claims.ts';
import { rememberDevice } from './trusted-device.ts';

export type Verification =
  | (Handed & {
      status: 'passed';
      secondFactor: SecondFactor;
      recoveryCodesRemaining?: number | undefined;
      deviceToken?: string | undefined;
    })
  | {
      status: 'enrollment_required';
      challengeToken: string;
      challengeId: string;
      expiresAtMs: number;
      methods: OfferedMethod[];
    };

export type VerifyChallenge = Repeatable & {
  /** The user asked for this device to be remembered. */
  remember?: boolean | undefined;
};

/**
 * Checks an attempt within a challenge. Right: the challenge is spent with the attempt and a result token follows, or after
 * a bootstrap the same challenge goes on to its enrolment. With an `Idempotency-Key`, the same key, challenge and attempt
 * within 60 s of success get the same claims again. Refuses `challenge_invalid`, `challenge_expired`, `challenge_used`,
 * `method_not_allowed`, and what `spendFactor` refuses.
 */
export async function verifyChallenge(
  loaded: Loaded,
  command: VerifyChallenge,
  ports: SpendPorts & Pick<Ports, 'signer' | 'fresh'>,
  context: Context,
): Promise<Decided<Verification>> {
  const { challenge, attempt } = command;
  if (challenge.expiresAtMs <= context.nowMs) {
    return { answer: challengeExpired() };
  }
  const repeated = await answerRepeat(loaded, command, ports, context);
  if (repeated) {
    return repeated;
  }
  const user = userOfChallenge(loaded, challenge, context.nowMs);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const state = { user, account: loaded.account };
  if (!methodsOfChallenge(state, challenge, context).includes(attempt.method)) {
    return {
      answer: refuse('method_not_allowed', {
        reason: 'sign_in',
        detail: 'Choose one of the methods of this sign-in.',
      }),
    };
  }
  const spent = await spendFactor(state, challenge, attempt, ports, context);
  if (isRefused(spent)) {
    return spent;
  }
  const after = { ...state, user: spent.user };
  const mustEnrol =
    challenge.stage === 'bootstrap' || (mustReplaceFactors(state, context) && !challenge.factorProven);
  return mustEnrol
    ? goOnToEnrolment(after, command, ports, context)
    : pass(after, command, spent.amr, ports, context);
}

/**
 * The mailbox is proven, or a factor that the policy no longer allows: the same challenge goes on under a token of stage
 * `enroll`, with ten minutes of its own. Where nothing but email can be turned on, it goes on with a mailed code.
 */
async function goOnToEnrolment(
  { user, account }: State,
  { challenge, attempt: { method } }: VerifyChallenge,
  { seal }: Pick<Ports, 'seal'>,
  context: Context,
): Promise<Decided<Verification>> {
  const { nowMs } = context;
  const { challengeId } = challenge;
  const { assertedAtMs } = memoryOf(user, challenge, nowMs);
  const expiresAtMs = nowMs + limits.challenge.lifetimeMs;
  const factorProven = challenge.stage === 'verify';
  const enrollable = enrollableMethods(user, account, context);
  const byMail = factorProven && enrollable.length === 0;
  const memory = {
    failures: 0,
    ...(assertedAtMs === undefined ? {} : { assertedAtMs }),
    ...(byMail ? {} : { bootstrappedAtMs: nowMs }),
    expiresAtMs,
  };
  const stage = byMail ? 'verify' : 'enroll';
  const challengeToken = await seal.seal({ ...challenge, stage, factorProven, expiresAtMs });
  const methods = byMail ? offer(user, ['email']) : enrollable;
  const moved = withMemory(user, challenge, memory, nowMs);
  return {
    save: withAttempt(moved, 'moved_on', { method, place: challenge }, context),
    answer: { status: 'enrollment_required', challengeToken, challengeId, expiresAtMs, methods },
  };
}

/** A right attempt: the result token, and where it was asked for a trusted device. */
async function pass(
  state: State,
  command: VerifyChallenge,
  amr: readonly string[] | undefined,
  ports: Pick<Ports, 'seal' | 'signer' | 'fresh'>,
  context: Context,
): Promise<Decided<Verification>> {
  const { challenge, attempt } = command;
  const secondFactor = attempt.method;
  const recoveryCodesRemaining =
    secondFactor === 'recovery_code' ? state.user.recoveryCodes?.hashes.length : undefined;
  // A code that only proves the mailbox after a reset is no reason for trust, nor is one that confirms an act.
  const remember =
    command.remember === true &&
    factors[secondFactor].mintsTrust &&
    !state.user.enrollmentRequired &&
    !challenge.action;
  const passed = passing(challenge, secondFactor, ports, context, { remember, amr });
  const { user, deviceToken } =
    remember && challenge.returnTo === undefined
      ? rememberDevice(state, ports, context)
      : { user: state.user };
  const said = { secondFactor, recoveryCodesRemaining };
  const repeat = await repeatOf(command, recoveryCodesRemaining, ports);
  const more = repeat ? { repeat } : {};
  return {
    save: withPassedChallenge(turnedOnByMail(user, challenge, context), challenge, passed, context, more),
    afterSave: async () => ({
      status: 'passed',
      ...(await handOver(challenge, passed, ports, context)),
      ...said,
      deviceToken,
    }),
  };
}

/** Under a policy of email alone the mailed code turns email on: after a reset, or in place of what the policy ruled out. */
function turnedOnByMail(user: User, challenge: ChallengeClaims, context: Context): User {
  if (challenge.factorProven && !user.emailMethod) {
    const emailMethod = { enabledAtMs: context.nowMs };
    return withEvent({ ...user, emailMethod }, 'email_method_added', context);
  }
  if (!user.enrollmentRequired) {
    return user;
  }
  const on = { enabledAtMs: context.nowMs, emailMethod: { enabledAtMs: context.nowMs } };
  return withEvent({ ...user, ...on, enrollmentRequired: false }, 'two_factor_enabled', context, {
    counts: { enrolled: 1 },
  });
}
