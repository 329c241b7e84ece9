/** Setting up a second step inside a sign-in: choose, set up, save the recovery codes; the sign-in is complete with it. */
import { html, type TemplateResult } from 'lit';
import type { Confirmed, SignInMethod } from '../../client/browser.ts';
import { button } from '../base/button.ts';
import { EnrolAuthenticator } from '../base/enrol-authenticator.ts';
import { EnrolPasskey } from '../base/enrol-passkey.ts';
import { EnrolPhone } from '../base/enrol-phone.ts';
import type { Failure } from '../base/failures.ts';
import { icon } from '../base/icons.ts';
import { hasScreenLock } from '../base/passkey.ts';
import { RecoveryCodes } from '../base/recovery-codes.ts';
import { actionFacts } from './action.ts';
import { iconOf } from './methods.ts';
import type { CountersignPrompt } from './prompt.ts';
import type { SignIn } from './sign-in.ts';
import { endsSignIn } from './step.ts';

/** What can be set up in a sign-in, and how it is called there. */
const enrollable = ['passkey', 'totp', 'sms'] as const;
type Enrollable = (typeof enrollable)[number];

export class Enrolment {
  readonly #prompt: CountersignPrompt;
  readonly #signIn: SignIn;
  readonly #authenticator: EnrolAuthenticator;
  readonly #phone: EnrolPhone;
  readonly #passkey: EnrolPasskey;
  readonly #codes: RecoveryCodes;
  #chosen: Enrollable | undefined;
  /** Whether a passkey can be made on this very device. */
  #hasScreenLock = false;
  #confirmed: Confirmed | undefined;

  constructor(prompt: CountersignPrompt, signIn: SignIn) {
    this.#prompt = prompt;
    this.#signIn = signIn;
    this.#codes = new RecoveryCodes(prompt);
    const onFailure = (failure: Failure) => endsSignIn(failure) && prompt.halted(failure, 'totp');
    this.#authenticator = new EnrolAuthenticator(prompt, {
      storageKey: () => signIn.key('authenticator'),
      start: () => prompt.client.startAuthenticator({}, this.#as),
      confirm: (id, code) => prompt.client.confirmAuthenticator(id, { code }, this.#as),
      onConfirmed: (confirmed) => this.#confirm(confirmed),
      onFailure,
    });
    this.#passkey = new EnrolPasskey(prompt, {
      start: () => prompt.client.startPasskey({}, this.#as),
      confirm: (id, body) => prompt.client.confirmPasskey(id, body, this.#as),
      onConfirmed: (confirmed) => this.#confirm(confirmed),
      onFailure,
    });
    this.#phone = new EnrolPhone(prompt, {
      start: (phone) => prompt.client.startSmsMethod({ phone }, this.#as),
      confirm: (code) => prompt.client.confirmSmsMethod({ code }, this.#as),
      onConfirmed: (confirmed) => this.#confirm(confirmed),
      onFailure,
    });
  }

  get #as() {
    return { challengeToken: this.#signIn.token };
  }

  /**
   * Asks for the method. Goes straight on where there is one alone, and to the app where a passkey would need another
   * device: a link leads from there to the others.
   */
  async begin(): Promise<void> {
    this.#hasScreenLock = await hasScreenLock();
    const here = this.#choices.filter((method) => method !== 'passkey' || this.#hasScreenLock);
    const [only, another] = here.length === 0 ? this.#choices : here;
    if (only && !another) {
      this.#choose(only);
    } else {
      this.#ask();
    }
  }

  #ask(): void {
    this.#chosen = undefined;
    this.#passkey.end();
    this.#prompt.focusNext(`#${this.#prompt.uid}-subheading`);
  }

  /** Nothing but the recovery codes is on the page. */
  get showsCodes(): boolean {
    return this.#codes.isOpen;
  }

  /** Leaving the page no longer asks: the codes are saved, or another sign-in begins. */
  end(): void {
    this.#codes.release();
    this.#passkey.end();
  }

  view(): TemplateResult {
    if (this.#codes.isOpen) {
      return this.#codes.view({ onSaved: () => void this.#saved() });
    }
    return html`${actionFacts(this.#prompt)}${this.#stepView()}`;
  }

  #stepView(): TemplateResult {
    if (this.#chosen === undefined) {
      return this.#chooseView();
    }
    const step = { totp: this.#authenticator, sms: this.#phone, passkey: this.#passkey }[this.#chosen];
    return html`${step.view()}${this.#otherWay()}`;
  }

  /** What can be set up, what goes best on this device first. */
  get #choices(): Enrollable[] {
    const order = this.#hasScreenLock ? enrollable : ([...enrollable.slice(1), 'passkey'] as const);
    return order.filter((method) => this.#signIn.offered(method));
  }

  #otherWay(): unknown {
    const prompt = this.#prompt;
    return this.#choices.length > 1
      ? html`<div class="cs-links">${button({
          label: prompt.text('another.method'),
          look: 'link',
          waiting: prompt.busy,
          onClick: () => this.#ask(),
        })}</div>`
      : '';
  }

  #chooseView(): TemplateResult {
    const prompt = this.#prompt;
    return html`${prompt.subheading(prompt.text('enrol.choose.title'))}
      <p>${prompt.text('enrol.choose.text')}</p>
      <ul class="cs-choices" aria-labelledby="${prompt.uid}-subheading">${this.#choices.map(
        (
          method,
          index,
        ) => html`<li><button type="button" class="cs-choice" @click=${() => this.#choose(method)}>
          ${icon(iconOf[method])}<span>${prompt.text(`choose.${method}`)}
            <span class="cs-hint">${prompt.text(`choose.${method}.hint`)}</span></span>
          ${index === 0 ? html`<span class="cs-tag">${prompt.text('choose.recommended')}</span>` : ''}
        </button></li>`,
      )}</ul>`;
  }

  #choose(method: Enrollable): void {
    this.#chosen = method;
    this.#prompt.focusNext(`#${this.#prompt.uid}-${method === 'sms' ? 'phone' : 'subheading'}`);
    if (method === 'totp') {
      void this.#authenticator.begin();
    } else if (method === 'passkey') {
      void this.#passkey.begin();
    }
  }

  #confirm(confirmed: Confirmed): void {
    this.#confirmed = confirmed;
    const { recoveryCodes } = confirmed;
    if (recoveryCodes) {
      this.#codes.show({ ...confirmed, recoveryCodes });
    } else {
      this.#finish(confirmed);
    }
  }

  /** People print for longer than a token lives, so the API gives a new one. Without an answer the first one has to do. */
  async #saved(): Promise<void> {
    const prompt = this.#prompt;
    const result = await prompt.run(() => prompt.client.recoveryCodesSaved(this.#as));
    this.#finish({ ...(this.#confirmed as Confirmed), ...('answer' in result ? result.answer : {}) });
  }

  #finish({ token, redirectTo }: Confirmed): void {
    const method = this.#chosen as SignInMethod;
    this.#prompt.pass({
      secondFactor: method,
      ...(token !== undefined && { token }),
      ...(redirectTo !== undefined && { redirectTo }),
    });
  }
}
