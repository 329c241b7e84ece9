/** The dialog in which a factor is turned on: which one, then its own steps. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Confirmed, Proof, StartedAuthenticator, StartedPasskey } from '../../client/browser.ts';
import { button } from '../base/button.ts';
import { dialog } from '../base/dialog.ts';
import { EnrolAuthenticator } from '../base/enrol-authenticator.ts';
import { EnrolPasskey } from '../base/enrol-passkey.ts';
import type { Failure } from '../base/failures.ts';
import { icon } from '../base/icons.ts';
import { hasScreenLock } from '../base/passkey.ts';
import { isSignedOut } from '../base/settings-element.ts';
import { ownActs } from './acts.ts';
import type { CountersignSecurity } from './security.ts';
import { SentMethod, type SentStep } from './sent-method.ts';
import { isAvailable } from './ways-to-sign-in.ts';

type Step = { name: 'choose' } | { name: 'app' } | { name: 'passkey' } | SentStep;
type Choice = 'passkey' | 'totp' | 'sms' | 'email';

const storageKey = 'settings-authenticator';
const shapes = { passkey: 'key', totp: 'app', sms: 'message', email: 'mail' } as const;

export class Enrolment {
  readonly #card: CountersignSecurity;
  readonly #app: EnrolAuthenticator;
  readonly #passkey: EnrolPasskey;
  readonly sent: SentMethod;
  #step: Step | undefined;
  /** What a sensitive act has started, which the panel takes over. */
  #startedApp: StartedAuthenticator | undefined;
  #startedPasskey: StartedPasskey | undefined;
  #hasScreenLock = false;

  constructor(card: CountersignSecurity) {
    this.#card = card;
    this.#app = new EnrolAuthenticator(card, {
      storageKey: () => storageKey,
      start: () => this.#takeApp() ?? card.client.startAuthenticator({}),
      confirm: (id, code) => card.client.confirmAuthenticator(id, { code }),
      onConfirmed: (confirmed) =>
        this.#confirmed(confirmed, 'authenticator_added', card.text('security.ways.app.new')),
      onFailure: (failure) => this.#takeOver(failure),
      onCancel: this.cancel,
    });
    this.#passkey = new EnrolPasskey(card, {
      start: () => this.#takePasskey() ?? card.client.startPasskey({}),
      confirm: (id, body) => card.client.confirmPasskey(id, body),
      onConfirmed: (confirmed) =>
        this.#confirmed(confirmed, 'passkey_added', card.text('security.ways.passkey.new')),
      onFailure: (failure) => this.#takeOver(failure),
      onCancel: this.cancel,
    });
    this.sent = new SentMethod(card, {
      show: (step) => this.#show(step),
      takeOver: (failure) => this.#takeOver(failure),
      onCancel: this.cancel,
    });
  }

  get isOpen(): boolean {
    return this.#step !== undefined;
  }

  /** What may be turned on, what goes best on this device first. Email is the way of those who have nothing else. */
  get #choices(): Choice[] {
    const order: Choice[] = this.#hasScreenLock
      ? ['passkey', 'totp', 'sms', 'email']
      : ['totp', 'sms', 'passkey', 'email'];
    return order.filter((method) => isAvailable(this.#card, method));
  }

  /**
   * Turns two-factor authentication on: at once with the only method that this device can do, else with one that is chosen.
   * Email makes no choice necessary, nor does a passkey that would need another device: a link leads to them.
   */
  async begin(): Promise<void> {
    this.#hasScreenLock = await hasScreenLock();
    const here = this.#choices.filter(
      (method) => method !== 'email' && (method !== 'passkey' || this.#hasScreenLock),
    );
    const [only, another] = here.length === 0 ? this.#choices : here;
    if (!only || another) {
      this.#ask();
    } else {
      await this.#choose(only);
    }
  }

  cancel = (): void => {
    this.#app.forget();
    this.#passkey.end();
    this.#show(undefined);
  };

  #show(step: Step | undefined): void {
    this.#step = step;
    this.#card.requestUpdate();
  }

  #read(step: Step): void {
    this.#show(step);
    this.#card.focusNext(`#${this.#card.uid}-subheading`);
  }

  #ask(): void {
    this.#passkey.end();
    this.#read({ name: 'choose' });
  }

  async #choose(method: Choice): Promise<void> {
    if (method === 'totp') {
      this.#read({ name: 'app' });
      await this.#app.begin();
    } else if (method === 'passkey') {
      await this.showPasskey();
    } else if (method === 'sms') {
      this.sent.askNumber();
    } else {
      await this.sent.askCode('email');
    }
  }

  // One more, once a sensitive act has been confirmed.

  async startApp(proof: Proof | undefined, label: string): Promise<void> {
    const body = { ...(label === '' ? {} : { label }), ...(proof ? { proof } : {}) };
    this.#startedApp = await this.#card.client.startAuthenticator(body);
  }

  async showApp(): Promise<void> {
    this.#app.forget();
    await this.#choose('totp');
  }

  async startPasskey(proof: Proof | undefined): Promise<void> {
    this.#startedPasskey = await this.#card.client.startPasskey(proof ? { proof } : {});
  }

  async showPasskey(): Promise<void> {
    this.#read({ name: 'passkey' });
    await this.#passkey.begin();
  }

  #takeApp(): Promise<StartedAuthenticator> | undefined {
    const started = this.#startedApp;
    this.#startedApp = undefined;
    return started && Promise.resolve(started);
  }

  #takePasskey(): Promise<StartedPasskey> | undefined {
    const started = this.#startedPasskey;
    this.#startedPasskey = undefined;
    return started && Promise.resolve(started);
  }

  #confirmed(confirmed: Confirmed, what: string, news: string): void {
    this.#show(undefined);
    void this.#card.confirmed(confirmed, what, news);
  }

  /** Whether a failure ends the dialog: the session is over, or the act needs a new proof. */
  #takeOver(failure: Failure): boolean {
    if (isSignedOut(failure)) {
      this.cancel();
      this.#card.endSession(failure);
      return true;
    }
    if (failure.code === 'already_enabled') {
      // An answer was lost: it is on, and the card asks for new recovery codes where the first ones were never seen.
      this.cancel();
      void this.#card.changed(this.#card.text('security.turned.on'), 'authenticator_added');
      return true;
    }
    const wantsProof = failure.code === 'reauthentication_required' || failure.code === 'proof_required';
    if (wantsProof) {
      const { name } = this.#step ?? {};
      const isEmail = this.#step?.name === 'sent' && this.#step.method === 'email';
      this.cancel();
      const acts = ownActs(this.#card);
      if (name === 'sent' || name === 'phone') {
        isEmail ? acts.turnEmailOn() : this.sent.proveNumber();
      } else {
        name === 'passkey' ? acts.addPasskey() : acts.addApp();
      }
    }
    return wantsProof;
  }

  // What is seen.

  view(): TemplateResult {
    return dialog({
      labelledBy: `${this.#card.uid}-subheading`,
      onCancel: this.cancel,
      content: this.#content(this.#step as Step),
    });
  }

  #content(step: Step): unknown {
    switch (step.name) {
      case 'choose':
        return this.#choosing();
      case 'app':
        return html`${this.#app.view()}${this.#otherMethod('totp')}`;
      case 'passkey':
        return html`${this.#passkey.view()}${this.#otherMethod('passkey')}`;
      default:
        return html`${this.sent.view(step)}${this.#otherMethod(step.name === 'phone' ? 'sms' : step.method)}`;
    }
  }

  #choosing(): TemplateResult {
    const card = this.#card;
    return html`${card.subheading(card.text('security.choose'))}
      <ul class="cs-choices">${this.#choices.map(
        (
          method,
          index,
        ) => html`<li><button class="cs-choice" type="button" @click=${() => void this.#choose(method)}>
          ${icon(shapes[method])}<span>${card.text(`choose.${method}`)}
            <span class="cs-hint">${card.text(`choose.${method}.hint`)}</span></span>
          ${index === 0 ? html`<span class="cs-tag">${card.text('choose.recommended')}</span>` : nothing}</button></li>`,
      )}</ul>
      <div>${button({ label: card.text('cancel'), onClick: this.cancel })}</div>`;
  }

  /** The way to the other methods, in the very first set-up alone: later each has a button of its own. */
  #otherMethod(shown: Choice): unknown {
    const card = this.#card;
    return card.isOn || this.#choices.every((method) => method === shown)
      ? nothing
      : html`<div>${button({ label: card.text('another.method'), look: 'link', onClick: () => this.#ask() })}</div>`;
  }
}
