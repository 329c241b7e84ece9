/** Passkeys and security keys (WebAuthn): a signature that only the person's own key makes, and only for our pages. */
import { createHmac } from 'node:crypto';
import type { Here, Ports } from '../decision.ts';
import { withEvent } from '../notices/events.ts';
import type { Assertion } from '../ports.ts';
import { type Passkey, type User, type UserRef, without } from '../state/item.ts';
import type { Factor, Judge } from './factor.ts';
import { memoryOf, type Place, withMemory } from './places.ts';

export const passkey: Factor<'passkey'> = {
  method: 'passkey',
  // RFC 8176 and, for `pop`, OpenID EAP. Never `hwk`: without attestation nobody vouches for the hardware.
  amr: ['pop', 'user', 'mfa'],
  budget: 'keys',
  liftsLocks: false,
  enrolsInSignIn: true,
  mintsTrust: true,
  isOn: (user) => passkeysOf(user).length > 0,
  isOffered: (_account, here) => here.passkeys !== undefined,
  isPresentable: (user, here) => passkeysHere(user, here).length > 0,
  removedFrom: (user) => without(user, 'passkeys', 'pendingPasskey'),
  sentTo: () => undefined,
  advice: {
    incorrect: 'That passkey was not accepted. Try again, or use another method.',
    used: 'This answer of the passkey was already used. Try again.',
  },
};

export const passkeysOf = ({ passkeys = [] }: User): Passkey[] => passkeys;

/** Those that a page of this deployment can ask for. */
export const passkeysHere = (user: User, { passkeys: party }: Here): Passkey[] =>
  passkeysOf(user).filter(({ rpId }) => rpId === party?.rpId);

/** What somebody presents. */
export type PasskeyAttempt = { method: 'passkey'; assertion: Assertion };

/**
 * What the user's keys are to sign in a challenge (base64url), one for each live key of the keyring, newest first: derived
 * from the challenge, so that nothing is stored before somebody answers, and never the id itself.
 */
export async function challengesOf(
  { accountId, userId }: UserRef,
  { challengeId }: { challengeId: string },
  { macs }: { macs(text: string): Promise<Uint8Array[]> },
): Promise<string[]> {
  const texts = await macs(JSON.stringify(['assertion', accountId, userId, challengeId]));
  return texts.map(base64url);
}

/**
 * A user handle (WebAuthn 5.4.3): 32 bytes that name the person to their key and to nobody else. Under no secret: it must
 * stay the same for as long as the key lives, whatever becomes of ours.
 */
export const userHandleOf = ({ accountId, userId }: UserRef): string =>
  createHmac('sha256', 'countersign user handle')
    .update(JSON.stringify([accountId, userId]))
    .digest('base64url');

export const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/**
 * Looks the key up among the user's own and has its signature checked before anything is said or counted. The challenge of
 * a proof is spent with its first answer, right or wrong; that of a sign-in takes one assertion.
 */
export const judgePasskey: Judge<PasskeyAttempt, 'seal' | 'assertions'> = async (
  { user },
  place,
  { assertion },
  ports,
  context,
) => {
  const incorrect = withoutAssertion(user, place, context.nowMs);
  const key = passkeysHere(user, context).find(({ credentialId }) => credentialId === assertion.id);
  const signed = key && (await signedBy(key, user, place, assertion, ports, context));
  if (!signed) {
    return { incorrect };
  }
  if (memoryOf(user, place, context.nowMs).assertedAtMs !== undefined) {
    return 'used';
  }
  const rises = signed.counter > key.counter || (signed.counter === 0 && key.counter === 0);
  const told = rises
    ? incorrect
    : withEvent(incorrect, 'passkey_count_not_rising', context, { detail: { passkey: key.label } });
  if (!rises && key.backup === undefined) {
    return { incorrect: told };
  }
  const backup = signed.synced ? 'synced' : key.backup && 'eligible';
  const used = {
    ...key,
    counter: signed.counter,
    lastUsedAtMs: context.nowMs,
    ...(backup ? ({ backup } as const) : {}),
  };
  const passkeys = passkeysOf(told).map((one) => (one.id === key.id ? used : one));
  const spent = withAsserted({ ...told, passkeys }, place, context.nowMs);
  return signed.synced ? { spent, amr: ['swk'] } : { spent };
};

async function signedBy(
  key: Passkey,
  user: User,
  place: Place,
  assertion: Assertion,
  { seal, assertions }: Pick<Ports, 'seal' | 'assertions'>,
  { nowMs, passkeys: party }: Here,
) {
  const { userHandle } = assertion.response;
  if (!party || (userHandle !== undefined && userHandle !== userHandleOf(user))) {
    return undefined;
  }
  const challenges = await expectedAt(user, place, seal, nowMs);
  const { credentialId, publicKey } = key;
  return challenges.length > 0
    ? assertions.verify(assertion, { ...party, challenges }, { credentialId, publicKey })
    : undefined;
}

async function expectedAt(user: User, place: Place, seal: Ports['seal'], nowMs: number): Promise<string[]> {
  if (typeof place === 'object') {
    return challengesOf(user, place, seal);
  }
  const { assertion } = memoryOf(user, place, nowMs);
  return assertion && assertion.expiresAtMs > nowMs ? [base64url(assertion.challenge)] : [];
}

/** The user without the challenge that a place has stored, if it has one. */
function withoutAssertion(user: User, place: Place, nowMs: number): User {
  const memory = memoryOf(user, place, nowMs);
  return memory.assertion ? withMemory(user, place, without(memory, 'assertion'), nowMs) : user;
}

function withAsserted(user: User, place: Place, nowMs: number): User {
  return withMemory(user, place, { ...memoryOf(user, place, nowMs), assertedAtMs: nowMs }, nowMs);
}
