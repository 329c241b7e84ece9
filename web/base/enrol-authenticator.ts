/** Setting up an authenticator app: QR code and key, then its first code. The same inside a sign-in and in the settings. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Confirmed, StartedAuthenticator } from '../../client/browser.ts';
import type { BaseCatalogue } from '../catalogues/base.ts';
import { button } from './button.ts';
import { copied } from './clipboard.ts';
import { codeField, errorMessage, isSixDigits, plainCode } from './code-field.ts';
import type { CountersignElement } from './element.ts';
import type { Failure } from './failures.ts';
import { qrCode } from './qr.ts';
import { forget, keep, kept } from './tab-storage.ts';

export type EnrolAuthenticatorOptions = {
  /** Under which the tab keeps the started enrolment, so that a reload goes on with the same QR code. */
  storageKey: () => string;
  start: () => Promise<StartedAuthenticator>;
  confirm: (authenticatorId: string, code: string) => Promise<Confirmed>;
  onConfirmed: (confirmed: Confirmed) => void;
  /** Takes over a failure that ends more than this step, such as `challenge_expired`. True where it did. */
  onFailure: (failure: Failure) => boolean;
  /** What "Cancel" does; without it there is no such button. */
  onCancel?: () => void;
};

/** How long QR code and key are good for. */
const pendingMs = 600_000;

/** Failures after which this QR code is worth nothing any more. */
const endsEnrolment = ({ code, reason, attemptsRemaining }: Failure): boolean =>
  ['enrollment_expired', 'not_found', 'already_enabled'].includes(code) ||
  attemptsRemaining === 0 ||
  (code === 'too_many_attempts' && reason !== 'backoff');

export class EnrolAuthenticator {
  readonly #host: CountersignElement<BaseCatalogue>;
  readonly #options: EnrolAuthenticatorOptions;
  #started: StartedAuthenticator | undefined;
  #error: string | undefined;
  /** Why QR code and key are dead: "Start again". */
  #ended: string | undefined;
  #keyBlocked = false;

  constructor(host: CountersignElement<BaseCatalogue>, options: EnrolAuthenticatorOptions) {
    this.#host = host;
    this.#options = options;
  }

  /** Goes on with the enrolment that this tab keeps, or starts one. */
  async begin(): Promise<void> {
    const before = kept<StartedAuthenticator>(this.#options.storageKey());
    if (before) {
      this.#show(before);
    } else {
      await this.#startAnew();
    }
  }

  /** Forgets secret and QR code. */
  forget(): void {
    forget(this.#options.storageKey());
    this.#started = undefined;
    this.#error = undefined;
    this.#ended = undefined;
  }

  #show(started: StartedAuthenticator): void {
    this.#started = started;
    this.#error = undefined;
    this.#ended = undefined;
    this.#host.focusNext(`#${this.#host.uid}-subheading`);
  }

  async #startAnew(): Promise<void> {
    this.forget();
    this.#host.requestUpdate();
    const result = await this.#host.run(this.#options.start);
    if ('answer' in result) {
      keep(this.#options.storageKey(), result.answer, pendingMs);
      this.#show(result.answer);
    } else if (!this.#options.onFailure(result.failure)) {
      this.#end(this.#host.errorText(result.failure, ['setup']));
    }
  }

  #end(why: string): void {
    forget(this.#options.storageKey());
    this.#ended = why;
    this.#host.focusNext(`#${this.#host.uid}-subheading`);
  }

  /** Checks what stands in the field. */
  async submit(form: HTMLFormElement): Promise<void> {
    const code = plainCode(form.querySelector<HTMLInputElement>('.cs-code')?.value ?? '');
    const started = this.#started;
    if (started === undefined || !isSixDigits(code)) {
      this.#fail(this.#host.text(code === '' ? 'code.empty' : 'code.short'));
      return;
    }
    const result = await this.#host.run(() => this.#options.confirm(started.authenticatorId, code));
    if ('answer' in result) {
      this.forget();
      this.#options.onConfirmed(result.answer);
    } else if (!this.#options.onFailure(result.failure)) {
      this.#refused(result.failure);
    }
  }

  #refused(failure: Failure): void {
    const time = this.#host.timeText(Date.now() + (failure.retryAfterSeconds ?? 60) * 1000, {
      timeStyle: 'short',
    });
    const text = this.#host.errorText(failure, ['setup'], { time });
    if (endsEnrolment(failure)) {
      this.#end(failure.attemptsRemaining === 0 ? this.#host.text('error.too_many_attempts.setup') : text);
    } else {
      this.#fail(text, failure.attemptsRemaining);
    }
  }

  #fail(error: string, triesLeft = Number.POSITIVE_INFINITY): void {
    this.#error = triesLeft > 2 ? error : `${error} ${this.#host.text('code.tries', { n: triesLeft })}`;
    this.#host.focusNext(`#${this.#host.uid}-code`);
  }

  view(): TemplateResult {
    const host = this.#host;
    const title = host.subheading(host.text('enrol.title'));
    if (this.#ended !== undefined) {
      return html`${title}${errorMessage(`${host.uid}-ended`, this.#ended, host.text('error.prefix'))}
        <div class="cs-actions">
          ${button({ label: host.text('enrol.again'), look: 'primary', busy: host.busy, onClick: () => void this.#startAnew() })}
          ${this.#cancel()}
        </div>`;
    }
    return this.#started === undefined
      ? html`${title}<p class="cs-loading" aria-busy="true"><span class="cs-spinner"></span>${host.text('loading')}</p>`
      : html`${title}${this.#steps(this.#started)}`;
  }

  #steps(started: StartedAuthenticator): TemplateResult {
    const host = this.#host;
    const onSubmit = (event: SubmitEvent) => {
      event.preventDefault();
      event.stopPropagation();
      void this.submit(event.target as HTMLFormElement);
    };
    return html`<ol class="cs-steps">
        <li><p>${host.text('enrol.install')}</p></li>
        <li><p>${host.text('enrol.scan')}</p>
          <p class="cs-on-touch"><a class="cs-button cs-button-wide" href=${started.otpauthUri}>${host.text('enrol.open')}</a></p>
          <div class="cs-scan">${qrCode(started.qrSvg, host.text('enrol.qr'))}${this.#key(started.secret)}</div></li>
        <li><form class="cs-stack" novalidate @submit=${onSubmit}>
          ${codeField({
            id: `${host.uid}-code`,
            label: host.text('code.label'),
            kind: 'code',
            hint: html`${host.text('enrol.enter')} ${host.text('code.instant')}`,
            error: this.#error,
            errorPrefix: host.text('error.prefix'),
            onWhole: () => host.renderRoot.querySelector('form')?.requestSubmit(),
          })}
          <div class="cs-actions">
            ${button({ label: host.text('enrol.verify'), look: 'primary', busy: host.busy })}
            ${this.#cancel()}
          </div></form></li>
      </ol>`;
  }

  #key(secret: string): TemplateResult {
    const host = this.#host;
    const groups = secret.match(/.{1,4}/g) ?? [];
    const blocked = `${host.uid}-key-error`;
    return html`<div class="cs-key">
      <span class="cs-label" id="${host.uid}-key">${host.text('enrol.key')}</span>
      <code aria-labelledby="${host.uid}-key"><bdi dir="ltr">${groups.join(' ')}</bdi></code>
      ${errorMessage(blocked, this.#keyBlocked ? host.text('enrol.key.blocked') : undefined, host.text('error.prefix'))}
      ${button({ label: host.text('enrol.key.copy'), onClick: () => void this.#copyKey(secret), describedBy: this.#keyBlocked ? blocked : undefined })}
    </div>`;
  }

  async #copyKey(secret: string): Promise<void> {
    this.#keyBlocked = !(await copied(secret));
    this.#host.say(this.#keyBlocked ? '' : this.#host.text('enrol.key.copied'));
    this.#host.requestUpdate();
  }

  #cancel(): TemplateResult | typeof nothing {
    const { onCancel } = this.#options;
    return onCancel ? button({ label: this.#host.text('cancel'), onClick: onCancel }) : nothing;
  }
}
