/** What follows when a user turns a factor on or everything off, and the recovery codes that come with it. */
import type { Context, Ports } from '../decision.ts';
import { type EventType, withEvent } from '../notices/events.ts';
import { type User, without } from '../state/item.ts';
import { methods } from '../state/methods.ts';
import { normalRecoveryCode } from './recovery-code.ts';
import { factors, isEnabled } from './table.ts';
import { withoutPending, withoutTemporaryCode } from './temporary-code.ts';

type Enabled = { user: User; recoveryCodes?: string[] };

/**
 * The user `after` turning one more factor on, with its event in the outbox, and with ten recovery codes if there were
 * none: shown once, kept as hashes. `before` is the user without that factor. Whatever else is pending when the first
 * factor goes on was started without a proof, by a stolen session perhaps, and ends. So does what else a temporary code let
 * somebody start: it enrols one factor. From here on the best one is offered first.
 */
export async function enableFactor(
  before: User,
  after: User,
  added: EventType,
  ports: Pick<Ports, 'hasher' | 'fresh'>,
  context: Context,
): Promise<Enabled> {
  const first = !isEnabled(before);
  const kept = first ? { ...withoutPending(after), enabledAtMs: context.nowMs } : withoutUsedCode(after);
  const event = first ? 'two_factor_enabled' : added;
  const user = withEvent(
    { ...without(kept, 'lastMethod'), enrollmentRequired: false },
    event,
    context,
    first ? { counts: { enrolled: 1 } } : {},
  );
  return user.recoveryCodes ? { user } : withNewRecoveryCodes(user, ports, context);
}

const withoutUsedCode = (user: User): User =>
  user.temporaryCode?.signIn === undefined ? user : withoutTemporaryCode(user);

/** The user whose recovery codes are ten new ones; every earlier one is gone with the same write. */
export async function withNewRecoveryCodes(
  user: User,
  { fresh, hasher }: Pick<Ports, 'hasher' | 'fresh'>,
  { nowMs }: Context,
): Promise<{ user: User; recoveryCodes: string[] }> {
  const { codes, salt } = fresh.recoveryCodes();
  const { rounds } = hasher;
  const hashes = await Promise.all(codes.map((code) => hasher.hash(normalRecoveryCode(code), salt, rounds)));
  const recoveryCodes = { salt, rounds, hashes, generatedAtMs: nowMs, unsaved: true };
  return { user: { ...user, recoveryCodes }, recoveryCodes: codes };
}

/**
 * The user with two-factor off: every factor, pending one, recovery code and trusted device is gone, and no
 * result of an earlier sign-in is answered any more. The count of failures stays, so that turning it off and on buys a guesser nothing.
 */
export function withoutFactors(user: User, { nowMs }: Pick<Context, 'nowMs'>): User {
  const removed = methods.reduce((rest, method) => factors[method].removedFrom(rest), user);
  const challenges = Object.fromEntries(
    Object.entries(removed.challenges).map(([id, memory]) => [id, without(memory, 'repeat', 'result')]),
  );
  const rest = without(removed, 'enabledAtMs', 'proofs', 'defaultMethod', 'lastMethod');
  return { ...rest, challenges, factorsEndedAtMs: nowMs, trustedDevices: [] };
}
