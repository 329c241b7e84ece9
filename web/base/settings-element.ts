/** What the elements for signed-in people share: user tokens, a fresh first factor, loading, and sensitive acts. */
import { html, type PropertyValues, type TemplateResult } from 'lit';
import {
  BrowserClient,
  CountersignError,
  type TwoFactor,
  type UserTokenProvider,
} from '../../client/browser.ts';
import type { ActCatalogue } from '../catalogues/act.ts';
import { button } from './button.ts';
import { CountersignElement } from './element.ts';
import { emit } from './events.ts';
import { type Failure, patiently } from './failures.ts';
import { icon } from './icons.ts';

/** Checks the password that somebody typed, or without one sends them through their provider. */
export type Reauthenticate = (password: string | undefined) => Promise<{ ok: boolean }>;

type LoadState = 'waiting' | 'loading' | 'failed' | 'signed_out' | 'ready';

const quietMs = 400;
/** How long the API takes a first factor for fresh; a little less, so that no act is begun too late. */
const freshMs = 4.5 * 60_000;

export abstract class SettingsElement<C extends ActCatalogue = ActCatalogue> extends CountersignElement<C> {
  static override properties = {
    reauthenticate: { attribute: false },
    provider: {},
    loadState: { state: true },
    twoFactor: { state: true },
  };

  /** Checks the first factor again; without it the event `countersign-reauthenticate` asks the page. */
  declare reauthenticate: Reauthenticate | undefined;
  /** The name of the provider, such as "Google", of somebody who has no password here. */
  declare provider: string | undefined;
  declare protected loadState: LoadState;
  /** The person's own two-factor authentication. @internal */
  declare twoFactor: TwoFactor | undefined;

  #failure: Failure | undefined;
  #token: Promise<string> | undefined;
  #renewToken = false;
  #acceptedAtMs: number | undefined;

  constructor() {
    super();
    this.loadState = 'waiting';
  }

  /** Reads what the view shows. */
  protected abstract read(): Promise<void>;

  /** What is rendered once everything is read. */
  protected abstract readyView(): unknown;

  override get contact(): string | undefined {
    return this.twoFactor?.supportContact;
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const isConnected = this.userToken !== undefined || this.transport !== undefined;
    const isOther = ['api', 'userToken', 'transport'].some((name) => changed.has(name));
    if (isConnected && isOther) {
      this.#token = undefined;
      void this.load();
    }
  }

  /** A token is kept until it is refused, or until a fresh first factor wants it to say so. */
  override get client(): BrowserClient {
    const { api: url, transport, userToken } = this;
    const tokens = userToken && ((options: { forceFresh?: boolean }) => this.#userToken(userToken, options));
    return new BrowserClient({ url, transport, userToken: tokens });
  }

  async #userToken(userToken: UserTokenProvider, { forceFresh = false }): Promise<string> {
    if (forceFresh || this.#renewToken) {
      this.#token = userToken({ forceFresh: true });
      this.#renewToken = false;
    }
    this.#token ??= userToken({});
    try {
      return await this.#token;
    } catch (cause) {
      this.#token = undefined;
      throw new CountersignError('credentials_invalid', { status: 401, cause });
    }
  }

  /** What the user token says of its holder, or `{}` where the app's back end keeps it to itself. */
  protected async tokenClaims(): Promise<{ role?: string; sub?: string }> {
    const token = await this.#token?.catch(() => undefined);
    try {
      const payload = token?.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? '';
      return JSON.parse(atob(payload));
    } catch {
      return {};
    }
  }

  /** Reads everything anew. What is shown stays until the answer is there. */
  async load(): Promise<void> {
    const isFirst = this.loadState !== 'ready';
    const late = setTimeout(() => {
      this.loadState = isFirst ? 'loading' : this.loadState;
    }, quietMs);
    const result = await patiently(() => this.read());
    clearTimeout(late);
    if (!('failure' in result)) {
      this.issuer ||= this.twoFactor?.product;
      this.loadState = 'ready';
      return;
    }
    this.#failure = result.failure;
    this.loadState = isSignedOut(result.failure) ? 'signed_out' : 'failed';
  }

  /** Whether the first factor has to be checked again before a sensitive act is sent. */
  get isStale(): boolean {
    const { proof } = this.twoFactor ?? {};
    const isAccepted = this.#acceptedAtMs !== undefined && Date.now() - this.#acceptedAtMs < freshMs;
    return !isAccepted && (proof?.password ?? true);
  }

  /** Somebody comes back from their provider: unless the API knows better, that was a fresh first factor. */
  protected isBackFromProvider(): void {
    this.#acceptedAtMs = this.twoFactor?.proof === undefined ? Date.now() : undefined;
  }

  /** The first factor is not fresh, whatever was thought before: the API said so. */
  forgetAcceptance(): void {
    this.#acceptedAtMs = undefined;
  }

  /** Has the app check the first factor; from then on the user token says so. False for a wrong password. */
  async checkFirstFactor(password: string | undefined): Promise<boolean> {
    const { reauthenticate } = this;
    const ok = reauthenticate ? (await reauthenticate(password)).ok : await this.#askPage(password);
    if (ok) {
      this.#acceptedAtMs = Date.now();
      this.#renewToken = true;
    }
    return ok;
  }

  async #askPage(password: string | undefined): Promise<boolean> {
    let answer: Promise<boolean> | boolean = false;
    emit(this, 'countersign-reauthenticate', {
      ...(password === undefined ? {} : { password }),
      respondWith: (given) => {
        answer = given;
      },
    });
    return answer;
  }

  protected override view(): unknown {
    switch (this.loadState) {
      case 'waiting':
        return this.heading(this.text('title'));
      case 'loading':
        return html`${this.heading(this.text('title'))}
          <p class="cs-loading" aria-busy="true"><span class="cs-spinner"></span>${this.text('loading')}</p>`;
      case 'ready':
        return this.readyView();
      default:
        return html`<div class="cs-stack">${this.heading(this.text('title'))}${this.#failedView()}</div>`;
    }
  }

  #failedView(): TemplateResult {
    const isSignedOutNow = this.loadState === 'signed_out';
    const failure = this.#failure ?? { code: 'unknown' };
    const text =
      isSignedOutNow || failure.code === 'offline' ? this.errorText(failure) : this.text('load.failed');
    const onClick = () =>
      isSignedOutNow
        ? void emit(this, 'countersign-restart', { code: failure.code })
        : void this.#loadAgain();
    return html`<div class="cs-banner cs-banner-danger">${icon('error')}<p>${text}</p>
      ${button({ label: this.text(isSignedOutNow ? 'act.sign.in.again' : 'try.again'), onClick })}</div>`;
  }

  async #loadAgain(): Promise<void> {
    await this.run(() => this.load());
    this.focusNext(`#${this.uid}-heading`);
  }

  /** The session behind the user token is over: nothing here can go on. */
  endSession(failure: Failure): void {
    this.#failure = failure;
    this.loadState = 'signed_out';
  }
}

export const isSignedOut = ({ code }: Failure): boolean =>
  code === 'credentials_invalid' || code === 'credentials_missing';
