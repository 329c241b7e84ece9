/** The dialogs in which codes by email or by text message are turned on: a number where one is needed, then the code. */
import { html, nothing, type TemplateResult } from 'lit';
import { type CodeSent, CountersignError, type Proof } from '../../client/browser.ts';
import { button } from '../base/button.ts';
import { codeField, isSixDigits, plainCode } from '../base/code-field.ts';
import type { Failure } from '../base/failures.ts';
import { field } from '../base/field.ts';
import { SentCode } from '../base/sent-code.ts';
import { askedToAdd } from './acts.ts';
import type { CountersignSecurity } from './security.ts';

export type Sent = 'email' | 'sms';
export type SentStep = { name: 'phone' } | { name: 'sent'; method: Sent };

export type SentMethodOptions = {
  show: (step: SentStep | undefined) => void;
  /** Whether a failure ends the dialog. */
  takeOver: (failure: Failure) => boolean;
  onCancel: () => void;
};

export class SentMethod {
  readonly #card: CountersignSecurity;
  readonly #options: SentMethodOptions;
  #error: string | undefined;
  #sentCode: SentCode | undefined;
  /** A code that a sensitive act has sent, which the dialog of codes takes over. */
  #started: CodeSent | undefined;
  #phone = '';

  constructor(card: CountersignSecurity, options: SentMethodOptions) {
    this.#card = card;
    this.#options = options;
  }

  askNumber(): void {
    this.#show({ name: 'phone' }, 'phone');
  }

  async start(method: Sent, proof?: Proof): Promise<void> {
    const { client } = this.#card;
    const body = proof ? { proof } : {};
    this.#started =
      method === 'email'
        ? await client.startEmailMethod(body)
        : await client.startSmsMethod({ phone: this.#phone, ...body });
  }

  /** Asks for the code; sends it unless a sensitive act has. */
  async askCode(method: Sent): Promise<void> {
    const card = this.#card;
    const already = this.#started;
    this.#started = undefined;
    this.#sentCode?.end();
    this.#sentCode = new SentCode(card, {
      send: () => this.#send(method),
      sentTo: method === 'sms' ? this.#phone : card.twoFactor?.email,
      onFailure: this.#options.takeOver,
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

  #show(step: SentStep, focus: string): void {
    this.#error = undefined;
    this.#options.show(step);
    this.#card.focusNext(`#${this.#card.uid}-${focus}`);
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
    this.#say(isNumberWrong ? this.#card.text('phone.empty') : text + tries, name);
  }

  #say(error: string, name: 'code' | 'phone'): void {
    this.#error = error;
    this.#card.focusNext(`#${this.#card.uid}-${name}`);
  }

  readonly #onPhone = (event: SubmitEvent): void => {
    event.preventDefault();
    const typed = String(new FormData(event.target as HTMLFormElement).get('phone')).trim();
    this.#phone = typed.replace(/[^\d+]/g, '').replace(/^00/, '+');
    if (!/^\+[1-9]\d{6,14}$/.test(this.#phone)) {
      this.#say(this.#card.text('phone.empty'), 'phone');
    } else if (this.#card.isOn) {
      this.proveNumber();
    } else {
      void this.#sendFirst();
    }
  };

  /** Sends the number its code once the act is proven. */
  proveNumber(): void {
    const card = this.#card;
    this.#options.show(undefined);
    card.act.open({
      ...askedToAdd(card),
      name: 'turnSmsOn',
      title: card.text('security.acts.sms.on.title'),
      text: html`<p>${card.rich('security.acts.sms.on.text', { sentTo: html`<bdi dir="ltr">${this.#phone}</bdi>` })}</p>`,
      places: ['phone'],
      perform: (proof) => this.start('sms', proof),
      onDone: () => void this.askCode('sms'),
    });
  }

  /** The first text message goes out before the form asks for its code: the number may be refused. */
  async #sendFirst(): Promise<void> {
    const result = await this.#card.run(() => this.start('sms'), this.#card.text('sending'));
    if ('answer' in result) {
      await this.askCode('sms');
    } else if (!this.#options.takeOver(result.failure)) {
      this.#fail(result.failure, 'phone');
    }
  }

  async #confirm(method: Sent, code: string): Promise<void> {
    const card = this.#card;
    if (card.busy) {
      return;
    }
    const confirm = () =>
      method === 'email' ? card.client.confirmEmailMethod({ code }) : card.client.confirmSmsMethod({ code });
    const result = await card.run(confirm);
    if ('answer' in result) {
      this.#options.show(undefined);
      await card.confirmed(result.answer, `${method}_method_added`, card.text(`security.ways.${method}.on`));
    } else if (!this.#options.takeOver(result.failure)) {
      this.#fail(result.failure, 'code');
    }
  }

  view(step: SentStep): TemplateResult {
    return step.name === 'phone' ? this.#phoneForm() : this.#codeForm(step.method);
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
      </form>`;
  }

  #codeForm(method: Sent): TemplateResult {
    const card = this.#card;
    const { expiresAtMs, sentTo, isSent } = this.#sentCode as SentCode;
    const values = {
      sentTo: html`<bdi dir="ltr">${sentTo}</bdi>`,
      time: expiresAtMs && card.time(expiresAtMs, { timeStyle: 'short' }),
    };
    const onSubmit = (event: SubmitEvent) => {
      event.preventDefault();
      const code = plainCode(String(new FormData(event.target as HTMLFormElement).get('code')));
      if (isSixDigits(code)) {
        void this.#confirm(method, code);
      } else {
        this.#say(card.text(code === '' ? 'code.empty' : 'code.short'), 'code');
      }
    };
    return html`${card.subheading(card.text(`security.${method}.title`))}
      ${isSent ? html`<p>${card.rich('security.sent', values)}</p>` : nothing}
      <form class="cs-stack" novalidate @submit=${onSubmit}>
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
      </form>`;
  }

  #buttons(label: string): TemplateResult {
    const card = this.#card;
    return html`<div class="cs-actions">${button({ label, look: 'primary', busy: card.busy })}
      ${button({ label: card.text('cancel'), onClick: this.#options.onCancel })}</div>`;
  }
}
