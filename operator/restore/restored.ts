/**
 * What becomes of one item of a restored table. A backup knows nothing of what happened after it: a code that was used, a
 * device that was revoked, a factor that was removed, a person who was erased. None of it may come back.
 */

import type { Account, User } from '../../lambdas/core/state/item.ts';
import { limits } from '../../lambdas/core/state/limits.ts';

export type RestoredUser = {
  outcome: 'kept' | 'must_enrol' | 'without_factor';
  user: User;
  removedFactors: number;
};

/**
 * The user as they may go on. `old` is the same user in the table that was in use:
 * - without it nobody knows what was removed since: whoever has a factor proves the mailbox and enrols anew;
 * - factors that are not there any more were removed, and are again;
 * - failures there count on.
 * Trusted devices, recovery codes, exemptions, everything pending and every open challenge end for all; the last step of
 * every authenticator moves past any code that could have been used by now (RFC 6238 5.2).
 */
export function restoredUser(backup: User, old: User | undefined, nowMs: number): RestoredUser {
  const ended = withoutPending(backup, nowMs);
  const had = factorsOf(backup);
  if (!old) {
    const user = had === 0 ? ended : withoutFactors(ended);
    const outcome = had === 0 ? 'without_factor' : 'must_enrol';
    return { outcome, user: renumbered(user, backup, old, nowMs), removedFactors: had };
  }
  const kept = { ...withFactorsStillIn(ended, old, nowMs), ...countedOn(old) };
  const left = factorsOf(kept);
  if (left > 0) {
    return { outcome: 'kept', user: renumbered(kept, backup, old, nowMs), removedFactors: had - left };
  }
  return { ...owing(kept, old, nowMs), removedFactors: had };
}

/**
 * Somebody of the old table whom the backup does not have: they came after it. Whoever had a factor there must not be
 * taken for a newcomer who has none.
 */
export function missingUser(old: User, nowMs: number): RestoredUser {
  return { ...owing(withoutPending(old, nowMs), old, nowMs), removedFactors: factorsOf(old) };
}

/** Without any factor: they owe an enrolment if the old table has one for them, or has them owe it already. */
function owing(
  user: User,
  old: User,
  nowMs: number,
): { outcome: 'must_enrol' | 'without_factor'; user: User } {
  const enrollmentRequired = factorsOf(old) > 0 || old.enrollmentRequired;
  return {
    outcome: enrollmentRequired ? 'must_enrol' : 'without_factor',
    user: renumbered({ ...withoutFactors(user), enrollmentRequired }, user, old, nowMs),
  };
}

type Identified = { id: string };
const listOf = (user: User, name: string): Identified[] => (user[name] as Identified[] | undefined) ?? [];

const factorsOf = (user: User): number =>
  user.authenticators.length +
  listOf(user, 'passkeys').length +
  (user.emailMethod ? 1 : 0) +
  (user.smsMethod ? 1 : 0);

/** What is left out is absent in the stored item: nothing trusted, nothing pending, nothing sent. */
const endedByRestore = [
  'pendingAuthenticator',
  'pendingPasskey',
  'pendingEmailMethod',
  'pendingSmsMethod',
  'pendingPolicyChange',
  'pendingImport',
  'proofs',
  'recoveryCodes',
  'temporaryCode',
  'exemption',
  'setAside',
] as const;

function withoutPending(backup: User, nowMs: number): User {
  const user: User = { ...backup, trustedDevices: [], challenges: {}, outbox: [], evidenceFromMs: nowMs };
  for (const name of endedByRestore) {
    delete user[name];
  }
  return user;
}

/** They prove their mailbox and enrol before any token exists. */
function withoutFactors(user: User): User {
  const { emailMethod: _email, smsMethod: _sms, enabledAtMs: _since, passkeys: _passkeys, ...rest } = user;
  return { ...rest, authenticators: [], enrollmentRequired: true } as User;
}

/** A code of the next step may have been used already. */
const lastPossibleStep = (nowMs: number): number => Math.floor(nowMs / 1000 / limits.totp.periodSeconds) + 1;

function withFactorsStillIn(user: User, old: User, nowMs: number): User {
  const isThere = (name: string) => {
    const ids = new Set(listOf(old, name).map(({ id }) => id));
    return ({ id }: Identified) => ids.has(id);
  };
  const passkeys = listOf(user, 'passkeys').filter(isThere('passkeys'));
  const { emailMethod, smsMethod, passkeys: _passkeys, ...rest } = user;
  return {
    ...rest,
    authenticators: user.authenticators
      .filter(isThere('authenticators'))
      .map((one) => ({ ...one, lastTimeStep: Math.max(one.lastTimeStep, lastPossibleStep(nowMs)) })),
    ...(passkeys.length > 0 && { passkeys }),
    ...(emailMethod && old.emailMethod && { emailMethod }),
    ...(smsMethod && old.smsMethod?.phone === smsMethod.phone && { smsMethod }),
  } as User;
}

/** Guesses that were made since count: a restore is no fresh budget. */
const countedOn = ({ failures, recoveryFailures, codesSentAtMs }: User) => ({
  failures,
  recoveryFailures,
  codesSentAtMs,
});

/** No write of before may take this item for the one that it read. */
function renumbered(user: User, backup: User, old: User | undefined, nowMs: number): User {
  const rev = Math.max(backup.rev, old?.rev ?? 0, nowMs) + 1;
  return { ...user, rev, writeId: 'restored', earlierWriteIds: [] };
}

/**
 * The account as it goes on: the newer of both policies, no trusted device of before, no notice sent twice. Without the
 * old table the backup's policy holds, and the operator is asked to look at it.
 */
export function restoredAccount(backup: Account, old: Account | undefined, nowMs: number): Account {
  const newer = old && old.policyVersion > backup.policyVersion ? old : backup;
  const { fanOuts: _fanOuts, setAside: _setAside, ...rest } = backup;
  return {
    ...rest,
    policy: newer.policy,
    policyVersion: newer.policyVersion,
    outbox: [],
    trustEndedAtMs: nowMs,
    rev: Math.max(backup.rev, old?.rev ?? 0) + 1,
    writeId: 'restored',
    earlierWriteIds: [],
  };
}
