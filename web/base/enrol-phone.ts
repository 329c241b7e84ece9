/** Setting up codes by text message: a mobile number, then the code that it gets. In a sign-in and in the settings. */
import { html, nothing, type TemplateResult } from 'lit';
import type { CodeSent, Confirmed } from '../../client/browser.ts';
import type { BaseCatalogue } from '../catalogues/base.ts';
import { button } from './button.ts';
import { codeField, errorMessage, isSixDigits, plainCode } from './code-field.ts';
import type { CountersignElement } from './element.ts';
import type { Failure } from './failures.ts';
import { SentCode } from './sent-code.ts';

export type EnrolPhoneOptions = {
  start: (phone: string) => Promise<CodeSent>;
  confirm: (code: string) => Promise<Confirmed>;
  onConfirmed: (confirmed: Confirmed) => void;
  /** Takes over a failure that ends more than this step, such as `challenge_expired`. True where it did. */
  onFailure: (failure: Failure) => boolean;
  /** What "Cancel" does; without it there is no such button. */
  onCancel?: () => void;
};

export class EnrolPhone {
  readonly #host: CountersignElement<BaseCatalogue>;
  readonly #options: EnrolPhoneOptions;
  #sentCode: SentCode | undefined;
  #error: string | undefined;

  constructor(host: CountersignElement<BaseCatalogue>, options: EnrolPhoneOptions) {
    this.#host = host;
    this.#options = options;
  }

  view(): TemplateResult {
    const host = this.#host;
    const onSubmit = (event: SubmitEvent) => {
      event.preventDefault();
      event.stopPropagation();
      const typed = (event.target as HTMLFormElement).querySelector('input')?.value ?? '';
      void (this.#sentCode ? this.#confirm(typed) : this.#sendTo(typed));
    };
    const label = host.text(this.#sentCode ? 'enrol.verify' : 'phone.send');
    return html`${host.subheading(host.text('phone.title'))}
      <form class="cs-stack" novalidate @submit=${onSubmit}>
        ${this.#sentCode ? this.#codeField(this.#sentCode) : this.#numberField()}
        <div class="cs-actions">${button({ label, look: 'primary', busy: host.busy })}${this.#cancel()}</div>
      </form>
      ${this.#sentCode ? this.#links(this.#sentCode) : nothing}`;
  }

  #numberField(): TemplateResult {
    const host = this.#host;
    const id = `${host.uid}-phone`;
    const described = this.#error ? `${id}-error ${id}-hint` : `${id}-hint`;
    return html`<div class="cs-field">
      <label class="cs-label" for=${id}>${host.text('phone.label')}</label>
      <p class="cs-hint" id="${id}-hint">${host.text('phone.hint')}</p>
      ${errorMessage(`${id}-error`, this.#error, host.text('error.prefix'))}
      <input class="cs-input" id=${id} name="phone" type="tel" autocomplete="tel" enterkeyhint="send" dir="ltr"
        aria-invalid=${this.#error ? 'true' : nothing} aria-describedby=${described}></div>`;
  }

  #codeField(sentCode: SentCode): TemplateResult {
    const host = this.#host;
    const sentTo = html`<bdi dir="ltr">${sentCode.sentTo}</bdi>`;
    return html`<p id="${host.uid}-intro">${host.rich('phone.sent', { sentTo })}</p>${codeField({
      id: `${host.uid}-code`,
      label: host.text('code.label'),
      kind: 'code',
      hint: host.text('code.instant'),
      error: this.#error,
      errorPrefix: host.text('error.prefix'),
      describedBy: `${host.uid}-intro`,
      onWhole: () => host.renderRoot.querySelector<HTMLFormElement>('form:has(.cs-code)')?.requestSubmit(),
    })}`;
  }

  #links(sentCode: SentCode): TemplateResult {
    const onClick = () => {
      sentCode.end();
      this.#sentCode = undefined;
      this.#error = undefined;
      this.#host.focusNext(`#${this.#host.uid}-phone`);
    };
    return html`<div class="cs-links">${sentCode.view()}
      ${button({ label: this.#host.text('phone.change'), look: 'link', onClick })}</div>`;
  }

  async #sendTo(typed: string): Promise<void> {
    const host = this.#host;
    const phone = typed.replace(/[\s().\p{Pd}]/gu, '').replace(/^00/, '+');
    if (!/^\+[1-9]\d{6,14}$/.test(phone)) {
      this.#fail(host.text('phone.empty'), 'phone');
      return;
    }
    const { start, onFailure } = this.#options;
    const result = await host.run(() => start(phone), host.text('sending'));
    if ('answer' in result) {
      this.#error = undefined;
      this.#sentCode = new SentCode(host, { send: () => start(phone), onFailure });
      await this.#sentCode.begin(result.answer);
      host.sayAloud(host.text('code.sent', { sentTo: result.answer.sentTo }));
      host.focusNext(`#${host.uid}-code`);
    } else if (!onFailure(result.failure)) {
      this.#fail(this.#words(result.failure, ['phone', 'sent']), 'phone');
    }
  }

  async #confirm(typed: string): Promise<void> {
    const host = this.#host;
    const code = plainCode(typed);
    if (!isSixDigits(code)) {
      this.#fail(host.text(code === '' ? 'code.empty' : 'code.short'), 'code');
      return;
    }
    const { confirm, onConfirmed, onFailure } = this.#options;
    const result = await host.run(() => confirm(code));
    if ('answer' in result) {
      this.#sentCode?.end();
      onConfirmed(result.answer);
    } else if (!onFailure(result.failure)) {
      this.#fail(this.#words(result.failure, ['sent']), 'code');
    }
  }

  #words(failure: Failure, places: string[]): string {
    const host = this.#host;
    const waitSeconds = failure.retryAfterSeconds ?? 60;
    const time = host.timeText(Date.now() + waitSeconds * 1000, { timeStyle: 'short' });
    const sentence = host.errorText(failure, places, {
      time,
      n: waitSeconds,
      sentTo: this.#sentCode?.sentTo,
    });
    const { attemptsRemaining: tries = Number.POSITIVE_INFINITY } = failure;
    return tries > 2 ? sentence : `${sentence} ${host.text('code.tries', { n: tries })}`;
  }

  #fail(error: string, field: 'phone' | 'code'): void {
    this.#error = error;
    this.#host.focusNext(`#${this.#host.uid}-${field}`);
  }

  #cancel(): TemplateResult | typeof nothing {
    const { onCancel } = this.#options;
    return onCancel ? button({ label: this.#host.text('cancel'), onClick: onCancel }) : nothing;
  }
}
