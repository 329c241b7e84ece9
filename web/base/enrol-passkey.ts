/** Setting up a passkey: a name, then the browser's own sheet. The same inside a sign-in and in the settings. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Confirmed, PasskeyCredential, StartedPasskey } from '../../client/browser.ts';
import type { BaseCatalogue } from '../catalogues/base.ts';
import { button } from './button.ts';
import { errorMessage } from './code-field.ts';
import type { CountersignElement } from './element.ts';
import type { Failure } from './failures.ts';
import { field } from './field.ts';
import { PasskeySheet } from './passkey.ts';

export type EnrolPasskeyOptions = {
  start: () => Promise<StartedPasskey>;
  confirm: (passkeyId: string, body: { credential: PasskeyCredential; label?: string }) => Promise<Confirmed>;
  onConfirmed: (confirmed: Confirmed) => void;
  /** Takes over a failure that ends more than this step, such as `challenge_expired`. True where it did. */
  onFailure: (failure: Failure) => boolean;
  /** What "Cancel" does; without it there is no such button. */
  onCancel?: () => void;
};

/** Failures after which these options are worth nothing any more. */
const needsNewOptions = ({ code }: Failure): boolean =>
  ['enrollment_expired', 'not_found', 'code_incorrect', 'too_many_attempts'].includes(code);

export class EnrolPasskey {
  readonly #host: CountersignElement<BaseCatalogue>;
  readonly #options: EnrolPasskeyOptions;
  readonly #sheet = new PasskeySheet();
  #started: StartedPasskey | undefined;
  #error: string | undefined;
  #isAgain = false;

  constructor(host: CountersignElement<BaseCatalogue>, options: EnrolPasskeyOptions) {
    this.#host = host;
    this.#options = options;
  }

  /** Gets what the browser needs, so that the click on the button can open its sheet at once. */
  async begin(): Promise<void> {
    this.#error = undefined;
    this.#isAgain = false;
    await this.#startAnew();
  }

  /** The sheet goes with the step. */
  end(): void {
    this.#started = undefined;
    this.#sheet.close();
  }

  async #startAnew(): Promise<void> {
    this.#started = undefined;
    this.#host.requestUpdate();
    const result = await this.#host.run(this.#options.start);
    if ('answer' in result) {
      this.#started = result.answer;
      this.#host.requestUpdate();
    } else if (!this.#options.onFailure(result.failure)) {
      this.#fail(this.#host.errorText(result.failure, ['passkey']));
    }
  }

  readonly #onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    event.stopPropagation();
    const label = String(new FormData(event.target as HTMLFormElement).get('label') ?? '').trim();
    const started = this.#started;
    if (started && !this.#sheet.isOpen && !this.#host.busy) {
      void this.#create(started, label);
    } else if (!started) {
      void this.#startAnew();
    }
  };

  async #create(started: StartedPasskey, label: string): Promise<void> {
    const creating = this.#sheet.create(started.options);
    this.#error = undefined;
    this.#host.requestUpdate();
    this.#host.say(this.#host.text('passkey.waiting'));
    const made = await creating;
    if (this.#started !== started) {
      return;
    }
    this.#host.say('');
    if ('problem' in made) {
      this.#fail(this.#host.text(`passkey.problem.${made.problem}`));
    } else {
      await this.#confirm(started.passkeyId, made.answer, label);
    }
  }

  async #confirm(passkeyId: string, credential: PasskeyCredential, label: string): Promise<void> {
    const body = { credential, ...(label && { label }) };
    const result = await this.#host.run(() => this.#options.confirm(passkeyId, body));
    if ('answer' in result) {
      this.end();
      this.#options.onConfirmed(result.answer);
    } else if (!this.#options.onFailure(result.failure)) {
      if (needsNewOptions(result.failure)) {
        await this.#startAnew();
      }
      this.#fail(this.#host.errorText(result.failure, ['passkey']));
    }
  }

  #fail(error: string): void {
    this.#error = error;
    this.#isAgain = true;
    this.#host.focusNext(`#${this.#host.uid}-make-passkey`);
  }

  view(): TemplateResult {
    const host = this.#host;
    const { uid } = host;
    const errorId = `${uid}-passkey-error`;
    const { onCancel } = this.#options;
    return html`${host.subheading(host.text('passkey.enrol.title'))}
      <p>${host.text('passkey.enrol.text')}</p>
      <form class="cs-stack" novalidate @submit=${this.#onSubmit}>
        ${field({
          id: `${uid}-passkey-name`,
          name: 'label',
          label: host.text('passkey.name'),
          hint: host.text('passkey.name.hint'),
          errorPrefix: '',
        })}
        ${errorMessage(errorId, this.#error, host.text('error.prefix'))}
        <div class="cs-actions">${button({
          id: `${uid}-make-passkey`,
          label: host.text(this.#isAgain ? 'try.again' : 'passkey.make'),
          look: 'primary',
          busy: this.#sheet.isOpen || host.busy,
          describedBy: this.#error ? errorId : undefined,
        })} ${onCancel ? button({ label: host.text('cancel'), onClick: onCancel }) : nothing}</div>
      </form>`;
  }
}
