/** Load, decide, save: how every decision about a user becomes real. */
import { randomBytes, randomInt } from 'node:crypto';
import type { Answered, Asked, Context, Made, Question, QuestionKind, Step } from '../../core/decision.ts';
import { codeText } from '../../core/factors/attempts.ts';
import { normalRecoveryCode, recoveryCodeFrom } from '../../core/factors/recovery-code.ts';
import type {
  ChallengeSeal,
  RecoveryHasher,
  SecretBox,
  SmsCounts,
  TokenSigner,
  UserStore,
} from '../../core/ports.ts';
import { type Refusal, refuse } from '../../core/refusal.ts';
import { deviceTokenHash } from '../../core/sign-in/trusted-device.ts';
import type { Account, Loaded, UserRef } from '../../core/state/item.ts';
import { limits } from '../../core/state/limits.ts';
import { reportFailure } from './report.ts';

/** The ports that a flow's questions need. One that is not wired is a mistake in the flow, and answered as an outage. */
export type DecisionPorts = {
  store: UserStore;
  secrets?: SecretBox;
  seal?: ChallengeSeal;
  signer?: TokenSigner;
  hasher?: RecoveryHasher;
  counts?: SmsCounts;
};

const attempts = 3;

/**
 * Loads the user's state, decides, answers what the decision asks, and saves with one conditional write. A lost race
 * decides again on the new state, three times at most, then `busy`. What was answered once in this request (a decrypted
 * secret, a new code) is not asked of the outside again. Nothing is said before the write has landed, and a signature is
 * not even asked for: a right code whose write was lost takes no longer than a wrong one.
 */
export async function decideAndSave<A>(
  ports: DecisionPorts,
  ref: UserRef,
  decide: (loaded: Loaded) => Step<A>,
): Promise<A | Refusal> {
  const answerOnce = answering(ports);
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const made = await resolve(decide(await ports.store.load(ref)), answerOnce);
    if (!made.save || (await ports.store.save(made.save)) === 'saved') {
      await countUsedSms(ports, ref, made);
      return answerOf(made, answerOnce);
    }
  }
  return busy();
}

/** A count that could not be kept makes the account's text messages look worse, and refuses nobody who had the code. */
async function countUsedSms({ counts }: DecisionPorts, { accountId }: UserRef, { smsUsed }: Made<unknown>) {
  if (smsUsed) {
    await counts?.countUse(accountId, smsUsed.atMs).catch((error) => reportFailure('sms-counts', '', error));
  }
}

/** Load, decide, save for an account's own item, which no question is ever asked about. */
export async function changeAccount<A>(
  store: UserStore,
  accountId: string,
  decide: (account: Account) => { save?: Account; answer: A | Refusal },
): Promise<A | Refusal> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const { save, answer } = decide(await store.loadAccount(accountId));
    if (!save || (await store.saveAccount(save)) === 'saved') {
      return answer;
    }
  }
  return busy();
}

const busy = (): Refusal => refuse('busy', { detail: 'Several requests at once. Try again.' });

/** A fresh id: 96 random bits, so that none is ever guessed or met twice. */
export const newId: Context['newId'] = (prefix) => `${prefix}_${randomBytes(12).toString('base64url')}`;

/** Six digits, each of the million codes equally likely. */
export const newSixDigits = (): string => randomInt(0, 1_000_000).toString().padStart(6, '0');

type Answering = (question: Question<unknown>) => Promise<never>;

/** The answer, made now where it had to wait for the save. */
async function answerOf<A>(made: Made<A>, answer: Answering): Promise<A | Refusal> {
  return 'afterSave' in made ? answerOf(await resolve(made.afterSave, answer), answer) : made.answer;
}

async function resolve<A>(step: Step<A>, answer: Answering): Promise<Made<A>> {
  let current = step;
  while ('ask' in current) {
    current = current.next(await answer(current as Question<unknown>));
  }
  return current;
}

/** Answers questions, each distinct one once. */
function answering(ports: DecisionPorts): Answering {
  const answered = new Map<string, Promise<unknown>>();
  return ({ ask, of }) => {
    const key = JSON.stringify([ask, of]);
    const answer = answered.get(key) ?? (answers[ask] as Answer<QuestionKind>)(ports, of as never);
    answered.set(key, answer);
    return answer as Promise<never>;
  };
}

type Answer<K extends QuestionKind> = (ports: DecisionPorts, asked: Asked<K>) => Promise<Answered<K>>;

const answers: { [K in QuestionKind]: Answer<K> } = {
  'open-secrets': async (ports, { ref, sealed }) => {
    const box = wired(ports, 'secrets');
    const opened = sealed.map(async ({ authenticatorId, secret }) => [
      authenticatorId,
      await box.open(secret, ref, authenticatorId),
    ]);
    return Object.fromEntries(await Promise.all(opened));
  },
  'new-secret': async (ports, { ref, authenticatorId }) => {
    const secret = new Uint8Array(randomBytes(limits.totp.secretBytes));
    return { secret, sealed: await wired(ports, 'secrets').seal(secret, ref, authenticatorId) };
  },
  macs: (ports, { text }) => wired(ports, 'seal').macs(text),
  'new-code': async (ports, { scope }) => {
    const code = newSixDigits();
    const [mac] = await wired(ports, 'seal').macs(codeText(scope, code));
    return { code, mac: mac as Uint8Array };
  },
  'new-device-token': async () => {
    const token = randomBytes(limits.trustedDevice.tokenBytes).toString('base64url');
    return { token, hash: deviceTokenHash(token) };
  },
  'recovery-hash': (ports, { code, salt, rounds }) => wired(ports, 'hasher').hash(code, salt, rounds),
  'new-recovery-codes': async (ports) => {
    const { rounds, hash } = wired(ports, 'hasher');
    const salt = new Uint8Array(randomBytes(limits.recovery.saltBytes));
    const codes = Array.from({ length: limits.recovery.codes }, () => recoveryCodeFrom(randomBytes(16)));
    const hashes = await Promise.all(codes.map((code) => hash(normalRecoveryCode(code), salt, rounds)));
    return { codes, salt, rounds, hashes };
  },
  'seal-challenge': (ports, { claims }) => wired(ports, 'seal').seal(claims),
  'sign-result': (ports, { claims }) => wired(ports, 'signer').signResult(claims),
};

function wired<K extends keyof DecisionPorts>(ports: DecisionPorts, name: K): NonNullable<DecisionPorts[K]> {
  const port = ports[name];
  if (!port) {
    throw new Error(`the flow does not wire ${name}`);
  }
  return port;
}
