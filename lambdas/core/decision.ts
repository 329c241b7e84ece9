/**
 * What a decision is: an async function of the loaded state, a command, the ports that it names, and a context. It reads
 * from top to bottom, changes nothing itself, and returns what to save and what to answer. `edge/run/decide.ts` does the
 * saving, once.
 */
import type { Outside, RelyingParty } from './ports.ts';
import type { Refusal } from './refusal.ts';
import type { User } from './state/item.ts';

/**
 * `save` is the user's whole new state; absent, nothing changed. A refusal may have something to save too. `recordsOnly`: it
 * only puts an attempt on record, so that the answer stands although others keep writing; `once`: it is not tried again.
 */
export type Decision<A> = { save?: User; recordsOnly?: 'once' | 'again' | undefined; answer: A | Refusal };

/**
 * A decision whose answer is made after the save has landed: a signature that is made only then cannot be timed by
 * somebody whose save was lost.
 */
type SavedFirst<A> = { save: User; afterSave: () => Promise<A>; answer?: never };

export type Decided<A> = Decision<A> | SavedFirst<A>;

/** A refusal on its way out, with the state that it leaves behind. Pass it on whole, or a wrong code costs nothing. */
export type Refused = { save?: User; recordsOnly?: 'once'; answer: Refusal };

/** A step that went well: the user to go on with. */
export type Proceed = {
  user: User;
  /** What this attempt adds to `amr` beside its factor's values. */
  amr?: readonly string[] | undefined;
  answer?: never;
};

export const isRefused = (outcome: Proceed | Refused): outcome is Refused => 'answer' in outcome;

declare const remembering: unique symbol;

/**
 * The ports as a decision gets them: each remembers within one request what it answered, so that a decision made again
 * after a lost race opens no secret and hashes no code twice. The brand keeps plain ports out: only `decideAndSave` makes
 * these.
 */
export type Ports = { [K in keyof Outside]: Outside[K] & { readonly [remembering]: true } };

/** Time, ids and whom an event names. */
export type Context = {
  nowMs: number;
  newId: (prefix: 'chl' | 'aut' | 'pky' | 'dev' | 'chg' | 'evt' | 'jti') => string;
  actor: { kind: 'user' | 'app' | 'operator' | 'admin' | 'support' | 'system'; id?: string };
  ip?: string;
  userAgent?: string;
  /** The connection's own address and agent, where they are not the person's. */
  via?: { ip?: string; userAgent?: string };
  /** The deployment keeps no record of attempts. */
  unrecorded?: boolean;
  /** The deployment's rules for text messages; absent where it sends none. */
  sms?: SmsRules | undefined;
  /** Absent where the deployment has no passkeys. */
  passkeys?: RelyingParty | undefined;
};

/** What tells, beside policy and user, which factors can be presented: the time, and what the deployment has. */
export type Here = Pick<Context, 'nowMs' | 'passkeys'>;

/** `countries` (ISO 3166 alpha-2): where text messages may go, unless the account has a list of its own. */
export type SmsRules = { countries: readonly string[] };
