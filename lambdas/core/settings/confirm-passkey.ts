/** Confirming a pending passkey by what its device made. */
import type { Context, Decision, Ports } from '../decision.ts';
import { enableFactor } from '../factors/enable.ts';
import { base64url, passkeysOf } from '../factors/passkey.ts';
import { passkeyName } from '../factors/passkey-names.ts';
import type { NewPasskey, Registration } from '../ports.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { type Loaded, type Passkey, type State, type User, without } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import { type Enrolled, type Enroller, enrolled, enrollingUser, signInOf } from './enroller.ts';
import { passkeysRefused } from './start-passkey.ts';

export type ConfirmPasskey = {
  by: Enroller;
  passkeyId: string;
  credential: Registration;
  label?: string | undefined;
};

type Pending = NonNullable<User['pendingPasskey']>;

/**
 * Confirms the newest pending passkey; inside a sign-in this completes it with a result token. Refuses `not_found`,
 * `already_enabled`, `enrollment_expired` after 10 minutes, `too_many_attempts` after 5 that were not accepted, and
 * `code_incorrect`. A wrong one costs a try of this passkey alone: who registers presents a key of their own and guesses
 * nothing.
 */
export async function confirmPasskey(
  loaded: Loaded,
  command: ConfirmPasskey,
  ports: Pick<Ports, 'registrations' | 'hasher' | 'fresh' | 'signer'>,
  context: Context,
): Promise<Decision<Enrolled>> {
  const user = enrollingUser(loaded, command.by, context);
  if (isRefusal(user)) {
    return { answer: user };
  }
  const state = { user, account: loaded.account };
  const pending = passkeysRefused(state, context) ?? pendingOf(state, command, context.nowMs);
  if (isRefusal(pending)) {
    return { answer: pending };
  }
  const made = await madeFor(pending, command.credential, ports, context);
  if (!made) {
    return wrong(user, pending);
  }
  if (passkeysOf(user).some(({ credentialId }) => credentialId === made.credentialId)) {
    return { answer: refuse('already_enabled', { detail: 'This passkey is on already.' }) };
  }
  const after = withPasskey(user, pending, made, command, context);
  const enabled = await enableFactor(user, after, 'passkey_added', ports, context);
  const amr = made.backup === 'synced' ? ['swk'] : [];
  return enrolled(enabled, 'passkey', command.by, ports, context, amr);
}

function pendingOf({ user }: State, command: ConfirmPasskey, nowMs: number): Pending | Refusal {
  const pending = user.pendingPasskey;
  if (passkeysOf(user).some(({ id }) => id === command.passkeyId)) {
    return refuse('already_enabled', { detail: 'This passkey is confirmed already.' });
  }
  if (pending?.id !== command.passkeyId || pending.challengeId !== signInOf(command.by)) {
    return refuse('not_found', { reason: 'passkey', detail: 'Start the passkey again.' });
  }
  if (pending.expiresAtMs <= nowMs) {
    return refuse('enrollment_expired', { detail: 'That took too long. Start the passkey again.' });
  }
  return pending.failures < limits.challenge.tries
    ? pending
    : refuse('too_many_attempts', {
        reason: 'spent',
        detail: 'Too many wrong answers. Start the passkey again.',
        retryAtMs: pending.expiresAtMs,
      });
}

/** The key, unless it is wrong or larger than a user's item bears. */
async function madeFor(
  pending: Pending,
  credential: Registration,
  { registrations }: Pick<Ports, 'registrations'>,
  { passkeys: party }: Context,
): Promise<NewPasskey | undefined> {
  const ceremony = party && { ...party, challenges: [base64url(pending.challenge)] };
  const made = ceremony && (await registrations.verify(credential, ceremony));
  const { credentialIdLength, publicKeyBytes } = limits.passkey;
  return made && made.credentialId.length <= credentialIdLength && made.publicKey.length <= publicKeyBytes
    ? made
    : undefined;
}

function wrong(user: User, pending: Pending): Decision<Enrolled> {
  const tried = { ...pending, failures: pending.failures + 1 };
  return {
    save: { ...user, pendingPasskey: tried },
    answer: refuse('code_incorrect', {
      detail:
        'This passkey was not accepted. Use a device that asks for your fingerprint, face or PIN; set a PIN on a security key first.',
      attemptsRemaining: limits.challenge.tries - tried.failures,
    }),
  };
}

/** A new passkey ends the trust that was given on the strength of the old factors. */
function withPasskey(
  user: User,
  { id, label }: Pending,
  { aaguid, ...made }: NewPasskey,
  command: ConfirmPasskey,
  { nowMs, passkeys: party }: Context,
): User {
  const { transports } = command.credential.response;
  const model = Buffer.from(aaguid.replaceAll('-', ''), 'hex');
  const passkey: Passkey = {
    id,
    label: passkeyLabel(command.label ?? label) ?? passkeyName(aaguid) ?? 'Passkey',
    ...made,
    rpId: party?.rpId ?? '',
    ...(transports && transports.length > 0 ? { transports } : {}),
    ...(model.some((byte) => byte !== 0) ? { aaguid: new Uint8Array(model) } : {}),
    createdAtMs: nowMs,
  };
  return {
    ...without(user, 'pendingPasskey'),
    passkeys: [...passkeysOf(user), passkey],
    trustedDevices: [],
  };
}

/** A label as shown in lists: one line of at most 64 characters; undefined where there is nothing to read. */
function passkeyLabel(label = ''): string | undefined {
  const line = label
    .toWellFormed()
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim();
  return [...line].slice(0, limits.passkey.labelLength).join('') || undefined;
}
