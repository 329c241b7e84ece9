/**
 * How core speaks to the world without touching it. A decision says what to save and what to answer. Where it needs
 * something that only the outside has (a decrypted secret, a MAC, a signature, randomness), it returns a question and
 * how to go on with its answer; `edge/run/decide.ts` answers the questions and does the saving.
 */

import type { Refusal } from './refusal.ts';
import type { ChallengeClaims } from './state/challenge-claims.ts';
import type { User, UserRef } from './state/item.ts';
import type { ResultClaims } from './state/result-claims.ts';

/** What may be asked, with what, and what comes back. */
type Questions = {
  /** The TOTP secrets behind these ciphertexts, by authenticator id. */
  'open-secrets': {
    asked: {
      ref: UserRef;
      sealed: { authenticatorId: string; secret: Uint8Array }[];
    };
    answered: Record<string, Uint8Array>;
  };
  /** A fresh TOTP secret, in the clear and sealed for that authenticator. */
  'new-secret': {
    asked: { ref: UserRef; authenticatorId: string };
    answered: { secret: Uint8Array; sealed: Uint8Array };
  };
  /** MACs of a text under every live key of the keyring, newest key first. */
  macs: { asked: { text: string }; answered: Uint8Array[] };
  /** A fresh 6-digit code, and its MAC within `scope`. */
  'new-code': {
    asked: { scope: string };
    answered: { code: string; mac: Uint8Array };
  };
  /** A fresh device token: shown once, kept as its hash. */
  'new-device-token': { asked: Record<string, never>; answered: { token: string; hash: Uint8Array } };
  'recovery-hash': {
    asked: { code: string; salt: Uint8Array; rounds: number };
    answered: Uint8Array;
  };
  'new-recovery-codes': {
    asked: Record<string, never>;
    answered: {
      codes: string[];
      salt: Uint8Array;
      rounds: number;
      hashes: Uint8Array[];
    };
  };
  'seal-challenge': { asked: { claims: ChallengeClaims }; answered: string };
  'sign-result': { asked: { claims: ResultClaims }; answered: string };
};
export type QuestionKind = keyof Questions;
export type Asked<K extends QuestionKind> = Questions[K]['asked'];
export type Answered<K extends QuestionKind> = Questions[K]['answered'];

export type Question<A> = {
  [K in QuestionKind]: {
    ask: K;
    of: Asked<K>;
    next: (answered: Answered<K>) => Step<A>;
  };
}[QuestionKind];

/**
 * `save` is the user's whole new state; absent, nothing changed. A refusal may have something to save too. `smsUsed`: the
 * code of a text message was spent, which counts in the account's favour.
 */
export type Decision<A> = { save?: User; answer: A | Refusal; smsUsed?: { atMs: number } };

/**
 * A decision whose answer is only made once it is saved: what is asked for then cannot be timed by somebody whose save
 * never landed.
 */
export type SavedFirst<A> = { save: User; smsUsed?: { atMs: number }; afterSave: Question<A> };

export type Made<A> = Decision<A> | SavedFirst<A>;
export type Step<A> = Made<A> | Question<A>;

/** What a decision is told about the world: the time, fresh ids, and whom an event will name. */
export type Context = {
  nowMs: number;
  newId: (prefix: 'chl' | 'aut' | 'dev' | 'chg' | 'evt' | 'jti') => string;
  actor: { kind: 'user' | 'app' | 'admin' | 'support' | 'system'; id?: string };
  ip?: string;
  userAgent?: string;
  /** What the deployment says of text messages; absent where it sends none. */
  sms?: SmsRules | undefined;
};

/** `countries` (ISO 3166 alpha-2): where text messages may go, unless the account has a list of its own. */
export type SmsRules = { countries: readonly string[] };

export function ask<K extends QuestionKind, A>(
  kind: K,
  of: Asked<K>,
  then: (answered: Answered<K>) => Step<A>,
): Step<A> {
  return { ask: kind, of, next: then } as unknown as Question<A>;
}

/** Saves first, and only then asks for what the answer needs. */
export function saveThenAsk<K extends QuestionKind, A>(
  save: User,
  kind: K,
  of: Asked<K>,
  then: (answered: Answered<K>) => A,
): SavedFirst<A> {
  const afterSave = ask<K, A>(kind, of, (answered) => ({ answer: then(answered) })) as Question<A>;
  return { save, afterSave };
}

/** The same step, with its decision changed once it is made. */
export function thenDecided<A>(step: Step<A>, change: (made: Made<A>) => Made<A>): Step<A> {
  return 'ask' in step
    ? ({ ...step, next: (answered: never) => thenDecided(step.next(answered), change) } as Step<A>)
    : change(step);
}
