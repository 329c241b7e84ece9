/** Starting a passkey: a challenge for a key that the person's device makes. */
import { type Context, type Decision, type Here, isRefused, type Ports } from '../decision.ts';
import { isAllowed } from '../factors/methods.ts';
import { passkeysOf } from '../factors/passkey.ts';
import type { ProofAttempt, SpendPorts } from '../factors/spend.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import type { Loaded, State } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import { allowedToEnrol, type Enroller, enrollingUser, signInOf } from './enroller.ts';

export type StartPasskey = { by: Enroller; label?: string | undefined; proof?: ProofAttempt | undefined };

export type StartedPasskey = State & { passkeyId: string; challenge: Uint8Array; expiresAtMs: number };

/**
 * Starts a passkey. Live ones keep working; an earlier pending one is replaced. Refuses `not_found`, `method_not_allowed`,
 * `forbidden` at five passkeys, what `allowedToEnrol` refuses, and for an enrolment inside a sign-in what a spent challenge
 * refuses.
 */
export async function startPasskey(
  loaded: Loaded,
  command: StartPasskey,
  ports: SpendPorts & Pick<Ports, 'fresh'>,
  context: Context,
): Promise<Decision<StartedPasskey>> {
  const { account } = loaded;
  const user = enrollingUser(loaded, command.by, context);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const refusal = passkeysRefused({ user, account }, context) ?? noMore(user);
  if (refusal) {
    return { answer: refusal };
  }
  const allowed = await allowedToEnrol({ user, account }, command, ports, context);
  if (isRefused(allowed)) {
    return allowed;
  }
  const id = context.newId('pky');
  const challenge = ports.fresh.passkeyChallenge();
  const challengeId = signInOf(command.by);
  const expiresAtMs = context.nowMs + limits.passkey.pendingMs;
  const pendingPasskey = {
    id,
    challenge,
    expiresAtMs,
    failures: 0,
    ...(command.label === undefined ? {} : { label: command.label }),
    ...(challengeId === undefined ? {} : { challengeId }),
  };
  const save = { ...allowed.user, pendingPasskey };
  return { save, answer: { passkeyId: id, challenge, user: save, account, expiresAtMs } };
}

/** `method_not_allowed` where the account's policy or the deployment has none. */
export const passkeysRefused = ({ account }: State, here: Here): Refusal | undefined =>
  isAllowed(account, 'passkey', here)
    ? undefined
    : refuse('method_not_allowed', { reason: 'policy', detail: 'The account does not allow passkeys.' });

const noMore = (user: State['user']): Refusal | undefined =>
  passkeysOf(user).length < limits.passkey.perUser
    ? undefined
    : refuse('forbidden', { reason: 'five_passkeys', detail: 'Remove a passkey before you add another.' });
