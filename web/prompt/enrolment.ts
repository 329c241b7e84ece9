/** Setting up a second step inside a sign-in: choose, set up, save the recovery codes; the sign-in is complete with it. */
import { html, type TemplateResult } from 'lit';
import type { Confirmed, SignInMethod } from '../../client/browser.ts';
import { EnrolAuthenticator, labelOf } from '../base/enrol-authenticator.ts';
import { EnrolPhone } from '../base/enrol-phone.ts';
import type { Failure } from '../base/failures.ts';
import { icon } from '../base/icons.ts';
import { RecoveryCodes } from '../base/recovery-codes.ts';
import { actionFacts } from './action.ts';
import { iconOf } from './methods.ts';
import type { CountersignPrompt } from './prompt.ts';
import type { SignIn } from './sign-in.ts';
import { endsSignIn } from './step.ts';

/** What can be set up in a sign-in, and how it is called there. */
const enrollable = ['totp', 'sms'] as const;
type Enrollable = (typeof enrollable)[number];

export class Enrolment {
  readonly #prompt: CountersignPrompt;
  readonly #signIn: SignIn;
  readonly #authenticator: EnrolAuthenticator;
  readonly #phone: EnrolPhone;
  readonly #codes: RecoveryCodes;
  #chosen: Enrollable | undefined;
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
      onConfirmed: (confirmed, { otpauthUri }) => this.#confirm(confirmed, labelOf(otpauthUri)),
      onFailure,
    });
    this.#phone = new EnrolPhone(prompt, {
      start: (phone) => prompt.client.startSmsMethod({ phone }, this.#as),
      confirm: (code) => prompt.client.confirmSmsMethod({ code }, this.#as),
      onConfirmed: (confirmed) => this.#confirm(confirmed, {}),
      onFailure,
    });
  }

  get #as() {
    return { challengeToken: this.#signIn.token };
  }

  /** Asks for the method, or goes straight on where there is one alone. */
  begin(): void {
    const [only, another] = this.#choices;
    if (only && !another) {
      this.#choose(only);
    } else {
      this.#prompt.focusNext(`#${this.#prompt.uid}-subheading`);
    }
  }

  /** Nothing but the recovery codes is on the page. */
  get showsCodes(): boolean {
    return this.#codes.isOpen;
  }

  /** Leaving the page no longer asks: the codes are saved, or another sign-in begins. */
  end(): void {
    this.#codes.release();
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
    return this.#chosen === 'totp' ? this.#authenticator.view() : this.#phone.view();
  }

  get #choices(): Enrollable[] {
    return enrollable.filter((method) => this.#signIn.offered(method));
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
    const first = method === 'totp' ? 'subheading' : 'phone';
    this.#prompt.focusNext(`#${this.#prompt.uid}-${first}`);
    if (method === 'totp') {
      void this.#authenticator.begin();
    }
  }

  #confirm(confirmed: Confirmed, { product, account }: { product?: string; account?: string }): void {
    this.#confirmed = confirmed;
    if (confirmed.recoveryCodes) {
      this.#codes.show({ codes: confirmed.recoveryCodes, product, account });
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
