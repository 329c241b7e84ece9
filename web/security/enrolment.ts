/** The dialogs in which a factor is turned on: an authenticator app, codes by email, codes by text message. */
import { html, nothing, type TemplateResult } from 'lit';
import {
  type CodeSent,
  CountersignError,
  type Proof,
  type StartedAuthenticator,
} from '../../client/browser.ts';
import { button } from '../base/button.ts';
import { codeField, isSixDigits, plainCode } from '../base/code-field.ts';
import { dialog } from '../base/dialog.ts';
import { EnrolAuthenticator } from '../base/enrol-authenticator.ts';
import type { Failure } from '../base/failures.ts';
import { field } from '../base/field.ts';
import { icon } from '../base/icons.ts';
import { SentCode } from '../base/sent-code.ts';
import { isSignedOut } from '../base/settings-element.ts';
import { asked, ownActs } from './acts.ts';
import type { CountersignSecurity } from './security.ts';
import { isAvailable } from './ways-to-sign-in.ts';

type Sent = 'email' | 'sms';
type Step = { name: 'choose' } | { name: 'app' } | { name: 'phone' } | { name: 'sent'; method: Sent };
type Choice = 'totp' | Sent;

const storageKey = 'settings-authenticator';

export class Enrolment {
  readonly #card: CountersignSecurity;
  readonly #app: EnrolAuthenticator;
  #step: Step | undefined;
  #error: string | undefined;
  #sentCode: SentCode | undefined;
  /** A code that a sensitive act has sent, which the dialog of codes takes over. */
  #started: CodeSent | undefined;
  #phone = '';
  /** An authenticator that a sensitive act has started, which the panel takes over. */
  #startedApp: StartedAuthenticator | undefined;

  constructor(card: CountersignSecurity) {
    this.#card = card;
    this.#app = new EnrolAuthenticator(card, {
      storageKey: () => storageKey,
      start: () => this.#start(),
      confirm: (id, code) => card.client.confirmAuthenticator(id, { code }),
      onConfirmed: (confirmed, { otpauthUri }) => {
        this.#step = undefined;
        const news = card.text('security.ways.app.new');
        void card.confirmed(confirmed, 'authenticator_added', news, otpauthUri);
      },
      onFailure: (failure) => this.#takeOver(failure),
      onCancel: this.cancel,
    });
  }

  get isOpen(): boolean {
    return this.#step !== undefined;
  }

  get #choices(): Choice[] {
    return (['totp', 'sms', 'email'] as const).filter((method) => isAvailable(this.#card, method));
  }

  /** Turns two-factor authentication on: at once with the only method, else with one that is chosen. */
  async begin(): Promise<void> {
    // Email is the way of those who have no phone: it does not make a choice necessary.
    const [first, second] = this.#choices.filter((method) => method !== 'email');
    if (second) {
      this.#show({ name: 'choose' });
    } else {
      await this.#choose(first ?? 'email');
    }
  }

  beginSms(): void {
    this.#show({ name: 'phone' }, 'phone');
  }

  cancel = (): void => {
    this.#app.forget();
    this.#step = undefined;
    this.#error = undefined;
    this.#card.requestUpdate();
  };

  // A second app, once a sensitive act has been confirmed.

  async startApp(proof: Proof | undefined, label: string): Promise<void> {
    const body = { ...(label === '' ? {} : { label }), ...(proof ? { proof } : {}) };
    this.#startedApp = await this.#card.client.startAuthenticator(body);
  }

  async showApp(): Promise<void> {
    this.#app.forget();
    this.#show({ name: 'app' });
    await this.#app.begin();
  }

  async #start(): Promise<StartedAuthenticator> {
    const started = this.#startedApp;
    this.#startedApp = undefined;
    return started ?? this.#card.client.startAuthenticator({});
  }

  async startEmail(proof?: Proof): Promise<void> {
    this.#started = await this.#card.client.startEmailMethod(proof ? { proof } : {});
  }

  async startSms(proof?: Proof): Promise<void> {
    this.#started = await this.#card.client.startSmsMethod({ phone: this.#phone, ...(proof && { proof }) });
  }

  /** Asks for the code; sends it unless a sensitive act has. */
  async showSent(method: Sent): Promise<void> {
    const card = this.#card;
    const already = this.#started;
    this.#started = undefined;
    this.#sentCode?.end();
    this.#sentCode = new SentCode(card, {
      send: () => this.#send(method),
      sentTo: method === 'sms' ? this.#phone : card.twoFactor?.email,
      onFailure: (failure) => this.#takeOver(failure),
    });
    this.#show({ name: 'sent', method }, 'code');
    await this.#sentCode.begin(already);
    await card.updateComplete;
    if (already) {
      card.say(card.text('code.sent', { sentTo: this.#sentCode.sentTo }));
    }
  }

  /** With two-factor authentication on, each code that is sent needs a proof of its own. */
  #send(method: Sent): Promise<CodeSent> {
    const { client, isOn } = this.#card;
    if (isOn) {
      return Promise.reject(new CountersignError('proof_required', { status: 0 }));
    }
    return method === 'email' ? client.startEmailMethod() : client.startSmsMethod({ phone: this.#phone });
  }

  #show(step: Step, focus = 'subheading'): void {
    this.#step = step;
    this.#error = undefined;
    this.#card.focusNext(`#${this.#card.uid}-${focus}`);
  }

  async #choose(method: Choice): Promise<void> {
    if (method === 'totp') {
      this.#show({ name: 'app' });
      await this.#app.begin();
    } else if (method === 'sms') {
      this.beginSms();
    } else {
      await this.showSent('email');
    }
  }

  /** Whether a failure ends the dialog: the session is over, or the act needs a new proof. */
  #takeOver(failure: Failure): boolean {
    if (isSignedOut(failure)) {
      this.cancel();
      this.#card.endSession(failure);
      return true;
    }
    const wantsProof = failure.code === 'reauthentication_required' || failure.code === 'proof_required';
    if (wantsProof) {
      const method = this.#step?.name === 'sent' ? this.#step.method : 'totp';
      this.cancel();
      const acts = ownActs(this.#card);
      ({ totp: acts.addApp, email: acts.turnEmailOn, sms: () => this.#proveSms() })[method]();
    }
    return wantsProof;
  }

  #fail(failure: Failure, name: 'code' | 'phone'): void {
    const seconds = failure.retryAfterSeconds ?? 60;
    const time = this.#card.timeText(Date.now() + seconds * 1000, { timeStyle: 'short' });
    const sentTo = this.#sentCode?.sentTo;
    const isNumberWrong = failure.code === 'request_invalid' && name === 'phone';
    const places = name === 'phone' ? ['phone'] : ['sent'];
    const text = this.#card.errorText(failure, places, { time, sentTo, n: seconds });
    const triesLeft = failure.attemptsRemaining ?? Number.POSITIVE_INFINITY;
    const tries = triesLeft > 2 ? '' : ` ${this.#card.text('code.tries', { n: triesLeft })}`;
    this.#error = isNumberWrong ? this.#card.text('phone.empty') : text + tries;
    this.#card.focusNext(`#${this.#card.uid}-${name}`);
  }

  // Text messages: the number, then with two-factor on the proof, then the code.

  readonly #onPhone = (event: SubmitEvent): void => {
    event.preventDefault();
    const typed = String(new FormData(event.target as HTMLFormElement).get('phone')).trim();
    this.#phone = typed.replace(/[^\d+]/g, '').replace(/^00/, '+');
    if (!/^\+[1-9]\d{6,14}$/.test(this.#phone)) {
      this.#error = this.#card.text('phone.empty');
      this.#card.focusNext(`#${this.#card.uid}-phone`);
    } else if (this.#card.isOn) {
      this.#proveSms();
    } else {
      void this.#sendFirst();
    }
  };

  #proveSms(): void {
    const card = this.#card;
    this.#step = undefined;
    card.act.open({
      ...asked(card),
      name: 'turnSmsOn',
      title: card.text('security.acts.sms.on.title'),
      text: html`<p>${card.rich('security.acts.sms.on.text', { sentTo: html`<bdi dir="ltr">${this.#phone}</bdi>` })}</p>`,
      places: ['phone'],
      perform: (proof) => this.startSms(proof),
      onDone: () => void this.showSent('sms'),
    });
  }

  /** The first text message goes out before the form asks for its code: the number may be refused. */
  async #sendFirst(): Promise<void> {
    const result = await this.#card.run(() => this.startSms(), this.#card.text('sending'));
    if ('answer' in result) {
      await this.showSent('sms');
    } else if (!this.#takeOver(result.failure)) {
      this.#fail(result.failure, 'phone');
    }
  }

  readonly #onCode = (event: SubmitEvent): void => {
    event.preventDefault();
    const code = plainCode(String(new FormData(event.target as HTMLFormElement).get('code')));
    if (isSixDigits(code)) {
      void this.#confirm(code);
    } else {
      this.#error = this.#card.text(code === '' ? 'code.empty' : 'code.short');
      this.#card.focusNext(`#${this.#card.uid}-code`);
    }
  };

  async #confirm(code: string): Promise<void> {
    const card = this.#card;
    if (this.#step?.name !== 'sent' || card.busy) {
      return;
    }
    const { method } = this.#step;
    const confirm = () =>
      method === 'email' ? card.client.confirmEmailMethod({ code }) : card.client.confirmSmsMethod({ code });
    const result = await card.run(confirm);
    if ('answer' in result) {
      this.#step = undefined;
      await card.confirmed(result.answer, `${method}_method_added`, card.text(`security.ways.${method}.on`));
    } else if (!this.#takeOver(result.failure)) {
      this.#fail(result.failure, 'code');
    }
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
      case 'phone':
        return this.#phoneForm();
      default:
        return this.#codeForm(step.method);
    }
  }

  #choosing(): TemplateResult {
    const card = this.#card;
    const shapes = { totp: 'app', sms: 'message', email: 'mail' } as const;
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
      : html`<div>${button({
          label: card.text('another.method'),
          look: 'link',
          onClick: () => this.#show({ name: 'choose' }),
        })}</div>`;
  }

  #phoneForm(): TemplateResult {
    const card = this.#card;
    return html`${card.subheading(card.text('security.sms.title'))}
      <form class="cs-stack" novalidate @submit=${this.#onPhone}>
        ${field({
          id: `${card.uid}-phone`,
          name: 'phone',
          type: 'tel',
          autocomplete: 'tel',
          label: card.text('phone.label'),
          hint: card.text('phone.hint'),
          value: this.#phone,
          error: this.#error,
          errorPrefix: card.text('error.prefix'),
        })}
        ${this.#buttons(card.text('phone.send'))}
      </form>${this.#otherMethod('sms')}`;
  }

  #codeForm(method: Sent): TemplateResult {
    const card = this.#card;
    const { expiresAtMs, sentTo, isSent } = this.#sentCode as SentCode;
    const values = {
      sentTo: html`<bdi dir="ltr">${sentTo}</bdi>`,
      time: expiresAtMs && card.time(expiresAtMs, { timeStyle: 'short' }),
    };
    return html`${card.subheading(card.text(`security.${method}.title`))}
      ${isSent ? html`<p>${card.rich('security.sent', values)}</p>` : nothing}
      <form class="cs-stack" novalidate @submit=${this.#onCode}>
        ${codeField({
          id: `${card.uid}-code`,
          label: card.text('code.label'),
          kind: 'code',
          hint: card.text('code.instant'),
          error: this.#error,
          errorPrefix: card.text('error.prefix'),
          onWhole: () => card.renderRoot.querySelector<HTMLFormElement>('dialog form')?.requestSubmit(),
        })}
        ${this.#sentCode?.view()}
        ${this.#buttons(card.text('enrol.verify'))}
      </form>${this.#otherMethod(method)}`;
  }

  #buttons(label: string): TemplateResult {
    const card = this.#card;
    return html`<div class="cs-actions">${button({ label, look: 'primary', busy: card.busy })}
      ${button({ label: card.text('cancel'), onClick: this.cancel })}</div>`;
  }
}
