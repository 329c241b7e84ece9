/** One sign-in as the API described it, and how far it has come. */
import type { Action, OfferedMethod, SignInMethod, Started } from '../../client/browser.ts';
import { skewMs } from '../base/server-clock.ts';
import { forget, keep, kept } from '../base/tab-storage.ts';
import { isFallback, usable } from './methods.ts';

/** What `POST /v1/challenges` answered; a step-up brings its `action` along. */
export type PromptChallenge = Started & { action?: Action };
type Pending = Exclude<PromptChallenge, { status: 'passed' }>;

/** After the mailbox is proven: the token of the next stage, kept by the tab so that a reload goes on. */
type Stage = { challengeToken: string; expiresAt: string; methods: OfferedMethod[] };

const lifetimeMs = 600_000;

export class SignIn {
  readonly #challenge: Pending;
  #stage: Stage | undefined;
  /** How far the server's clock is ahead of the browser's. */
  readonly skewMs: number;

  constructor(challenge: Pending) {
    this.#challenge = challenge;
    this.#stage = kept<Stage>(this.key('stage'));
    this.skewMs = kept<number>(this.key('skew')) ?? skewMs(challenge.expiresAt);
    keep(this.key('skew'), this.skewMs, lifetimeMs);
  }

  /** Under which the tab keeps something of this sign-in. */
  key(what: string): string {
    return `${what}:${this.#challenge.challengeId}`;
  }

  /** Goes on to the enrolment, by the token of that stage. */
  goOn({ challengeToken, expiresAt, methods }: Stage): void {
    this.#stage = { challengeToken, expiresAt, methods };
    keep(this.key('stage'), this.#stage, lifetimeMs);
  }

  /** It has passed: nothing of it is kept. */
  forget(): void {
    forget(this.key('stage'));
  }

  get token(): string {
    return (this.#stage ?? this.#challenge).challengeToken;
  }

  /** On the browser's clock. */
  get expiresAtMs(): number {
    return Date.parse((this.#stage ?? this.#challenge).expiresAt) - this.skewMs;
  }

  get contact(): string | undefined {
    return this.#challenge.supportContact;
  }

  /** What a step-up confirms. */
  get action(): Action | undefined {
    return this.#challenge.action;
  }

  get methods(): OfferedMethod[] {
    return usable((this.#stage ?? this.#challenge).methods);
  }

  offered(method: SignInMethod): OfferedMethod | undefined {
    return this.methods.find((offered) => offered.method === method);
  }

  /** The masked address or number to which a code of this method goes. */
  sentTo(method: SignInMethod): string | undefined {
    return this.#bootstrap?.sentTo ?? this.offered(method)?.sentTo;
  }

  get #bootstrap() {
    return this.#challenge.status === 'enrollment_required' ? this.#challenge.bootstrap : null;
  }

  /** Whether a second step must be set up before this sign-in can pass. */
  get mustEnrol(): boolean {
    return this.#challenge.status === 'enrollment_required';
  }

  /** Whether the mailbox is to be proven first. */
  get isMailbox(): boolean {
    return this.#bootstrap !== null && !this.#stage;
  }

  othersThan(method: SignInMethod | undefined): OfferedMethod[] {
    return this.mustEnrol ? [] : this.methods.filter((offered) => offered.method !== method);
  }

  /** For how many days this way of signing in may leave a trusted device behind; 0 for not at all. */
  rememberDays(method: SignInMethod): number {
    const { status } = this.#challenge;
    const { allowed, days } =
      status === 'challenge' ? this.#challenge.rememberDevice : { allowed: false, days: 0 };
    return allowed && !this.action && !isFallback(method) ? days : 0;
  }
}
