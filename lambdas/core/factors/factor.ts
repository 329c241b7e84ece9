/** What a second factor is: everything that differs between one and another, in one type. `table.ts` lists them. */
import type { Context, Here, Ports } from '../decision.ts';
import type { Account, State, User } from '../state/item.ts';
import type { Method } from '../state/methods.ts';
import type { Place } from './places.ts';

export type Factor<M extends Method = Method> = {
  readonly method: M;
  /** What it adds to `amr` (RFC 8176); `mfa` with it where the factor is strong enough to say so. */
  readonly amr: readonly string[];
  /**
   * Which budget its wrong attempts count in. Recovery codes have their own: they open when guessing has locked the rest.
   * Keys share the row of failures and its back-off with codes, but not the 30-day count: nobody guesses a signature.
   */
  readonly budget: 'codes' | 'keys' | 'recovery';
  /** Whether it proves more than a guess can: presenting it ends every lock and count of wrong codes. */
  readonly liftsLocks: boolean;
  /** Whether an enrolment inside a sign-in can turn it on. */
  readonly enrolsInSignIn: boolean;
  /** Whether somebody who presents it may have the device trusted. */
  readonly mintsTrust: boolean;
  isOn(user: User): boolean;
  /** Whether the deployment and the account's entitlement have it at all, whatever the policy says. */
  isOffered(account: Account, here: Here): boolean;
  /** Whether what the user has of it can be presented here; a factor that cannot be still protects its account. */
  isPresentable(user: User, here: Here): boolean;
  /** The user without it, and without what waits to replace it. */
  removedFrom(user: User): User;
  /** Where its codes go, masked for somebody who has proven a first factor only; undefined where nothing is sent. */
  sentTo(user: User): string | undefined;
  /** For the person whose attempt was wrong, or right but used: what to do next. */
  readonly advice: { incorrect: string; used: string };
};

/** What somebody presents: the method, and what that method's factor defines beside it. */
export type CodeAttempt<M extends Method = Method> = { method: M; code: string };

/**
 * `spent`: the user with the attempt used up, so that it never passes again; `amr` is what this very attempt adds to its
 * factor's. `incorrect`: the user where a wrong attempt leaves something behind, or where `detail` says more than the factor's
 * advice.
 */
export type Verdict =
  | { spent: User; amr?: readonly string[] }
  | { incorrect: User; detail?: string }
  | 'incorrect'
  | 'used';

/** Judges an attempt against the user's factor. `P` names the ports that it takes. */
export type Judge<A extends { method: Method }, P extends keyof Ports> = (
  state: State,
  place: Place,
  attempt: A,
  ports: Pick<Ports, P>,
  context: Context,
) => Promise<Verdict>;
