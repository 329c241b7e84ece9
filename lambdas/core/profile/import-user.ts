/** Moving somebody in from another system, with the authenticator that they have. */
import type { Context, Decision, Ports } from '../decision.ts';
import { normalRecoveryCode } from '../factors/recovery-code.ts';
import { authenticatorLabel } from '../factors/rfc6238.ts';
import { isEnabled } from '../factors/table.ts';
import { withEvent } from '../notices/events.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { type Loaded, type Profile, refOf, type User, type UserRef, without } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import { syncedUser } from './sync-user.ts';

export type ImportUser = {
  profile: Profile;
  authenticators: readonly { label?: string | undefined; secret: Uint8Array }[];
  recoveryCodes: readonly string[];
  /** Whether the person is mailed about it. */
  notify: boolean;
};

/**
 * Makes the person known, with these authenticators on at once and these recovery codes. Their last time step is that of
 * the import, so that no code from before passes; the next sign-in asks for them. Refuses `already_enabled` where
 * two-factor is on, and `forbidden` where an enrolment is owed after a reset.
 */
export async function importUser(
  loaded: Loaded,
  ref: UserRef,
  command: ImportUser,
  ports: Pick<Ports, 'secrets' | 'hasher' | 'fresh'>,
  context: Context,
): Promise<Decision<{ status: 'imported' }>> {
  const refusal = loaded.user && noImport(loaded.user);
  if (refusal) {
    return { answer: refusal };
  }
  const known = syncedUser(loaded, ref, command.profile, context);
  const authenticators = await Promise.all(
    command.authenticators.map((one) => authenticatorOf(known, one, ports, context)),
  );
  const recoveryCodes = await batchOf(command.recoveryCodes, ports, context);
  // Whatever waits to be turned on was started without a proof.
  const rest = without(known, 'pendingAuthenticator', 'pendingEmailMethod', 'pendingSmsMethod');
  const on = { ...rest, authenticators, enabledAtMs: context.nowMs, ...(recoveryCodes && { recoveryCodes }) };
  const save = withEvent(on, 'imported', context, {
    counts: { enrolled: 1 },
    detail: {
      authenticators: String(authenticators.length),
      recoveryCodes: String(command.recoveryCodes.length),
    },
    ...(command.notify ? {} : { isMailed: false }),
  });
  return { save, answer: { status: 'imported' } };
}

function noImport(user: User): Refusal | undefined {
  if (isEnabled(user)) {
    return refuse('already_enabled', { detail: 'The user has two-factor authentication on already.' });
  }
  return user.enrollmentRequired
    ? refuse('forbidden', {
        reason: 'sign_in',
        detail: 'The user was reset, and proves the mailbox at the next sign-in before anything is on.',
      })
    : undefined;
}

async function authenticatorOf(
  user: User,
  { label, secret }: ImportUser['authenticators'][number],
  { secrets }: Pick<Ports, 'secrets'>,
  { nowMs, newId }: Context,
) {
  const id = newId('aut');
  return {
    id,
    label: authenticatorLabel(label),
    secret: await secrets.seal(secret, refOf(user), id, nowMs),
    createdAtMs: nowMs,
    imported: true,
    ...(secret.length < limits.imports.secretBytes.strong && { weak: true }),
    lastTimeStep: Math.floor(nowMs / 1000 / limits.totp.periodSeconds),
  };
}

/** They are the person's own list already: nobody has to say that it is saved. */
async function batchOf(
  codes: readonly string[],
  { hasher, fresh }: Pick<Ports, 'hasher' | 'fresh'>,
  { nowMs }: Context,
): Promise<User['recoveryCodes']> {
  if (codes.length === 0) {
    return undefined;
  }
  const { salt } = fresh.recoveryCodes();
  const { rounds } = hasher;
  const hashes = await Promise.all(codes.map((code) => hasher.hash(normalRecoveryCode(code), salt, rounds)));
  return { salt, rounds, hashes, generatedAtMs: nowMs };
}
