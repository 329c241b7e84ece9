/** One dialog for a sensitive act: what it does, the first factor where it is not fresh, a second one, "Confirm". */
import { html, nothing, type TemplateResult } from 'lit';
import type { Proof } from '../../client/browser.ts';
import type { ActCatalogue } from '../catalogues/act.ts';
import { type FirstFactorState, firstFactor } from './act-first-factor.ts';
import { ActProof } from './act-proof.ts';
import { button } from './button.ts';
import { dialog } from './dialog.ts';
import type { Failure } from './failures.ts';
import { errorSummary } from './field.ts';
import { isSignedOut, type SettingsElement } from './settings-element.ts';
import { forget, keep, kept } from './tab-storage.ts';

/** By the name of a field of the form, or `form` for the whole of it: what is wrong, in words. */
export type FieldErrors = Record<string, string>;

export type Act = {
  /** Tells this act from others while a person is away at their provider. */
  name: string;
  /** The heading is the question. */
  title: unknown;
  /** One sentence of consequence. */
  text: unknown;
  isGrave?: boolean;
  asksPassword: boolean;
  asksFactor: boolean;
  /** Fields of the act's own, above those that prove who acts. */
  fields?: (errors: FieldErrors) => unknown;
  check?: (form: FormData) => FieldErrors;
  /** The field of the act's own that a pointer of `request_invalid` is about, and its words. */
  refused?: (pointer: string) => FieldErrors | undefined;
  /** Does it. What it throws is said in the dialog. */
  perform: (proof: Proof | undefined, form: FormData) => Promise<void>;
  /** After it is done and the dialog is gone. */
  onDone: () => void;
  /** What `forbidden` and `not_found` are about, for the text of a refusal. */
  places?: readonly string[];
};

type Open = Act & { password: FirstFactorState; wasAsked: boolean; errors: FieldErrors };

/** How long somebody may be away at their provider. */
const awayMs = 600_000;
const placesOf = {
  passkey: 'passkey',
  totp: 'totp',
  email: 'sent',
  sms: 'sent',
  recovery_code: 'recovery_code',
} as const;

export class SensitiveAct {
  readonly #host: SettingsElement<ActCatalogue>;
  readonly #proof: ActProof;
  #open: Open | undefined;

  constructor(host: SettingsElement<ActCatalogue>) {
    this.#host = host;
    this.#proof = new ActProof(host);
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** The name of the act that somebody left for their provider, once. */
  takeUp(): string | undefined {
    const name = kept<string>('act');
    forget('act');
    return name;
  }

  open(act: Act): void {
    this.#open = { ...act, password: act.asksPassword ? 'ask' : 'fresh', wasAsked: false, errors: {} };
    this.#host.say('');
    this.#focusFirst();
    this.#proof.begin(act.asksFactor);
  }

  close = (): void => {
    this.#open = undefined;
    this.#proof.end();
    this.#host.requestUpdate();
  };

  #id(name: string): string {
    return `${this.#host.uid}-act-${name}`;
  }

  #focusFirst(): void {
    this.#host.focusNext(`#${this.#id('form')} :is(input:not([readonly]), button)`);
  }

  readonly #onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    event.stopPropagation();
    const open = this.#open;
    if (open && !this.#host.busy && !this.#proof.isPresenting) {
      void this.#submit(open, new FormData(event.target as HTMLFormElement));
    }
  };

  async #submit(open: Open, form: FormData): Promise<void> {
    const errors = { ...open.check?.(form), ...this.#checkOwn(open, form) };
    if (Object.keys(errors).length > 0) {
      this.#show(errors);
      return;
    }
    const presented = await this.#proof.present(form);
    if (this.#open !== open) {
      return;
    }
    if ('problem' in presented) {
      this.#host.say('');
      this.#show({ code: presented.problem });
      return;
    }
    const result = await this.#host.run(() => this.#perform(open, presented.proof, form));
    if (this.#open === open) {
      this.#answered(open, result);
    }
  }

  #answered(open: Open, result: { answer: boolean } | { failure: Failure }): void {
    if ('failure' in result) {
      this.#refused(open, result.failure);
    } else if (!result.answer) {
      this.#show({ password: this.#host.text('act.password.wrong') });
    } else {
      this.close();
      open.onDone();
    }
  }

  #checkOwn({ password }: Open, form: FormData): FieldErrors {
    const isMissing =
      password === 'ask' && this.#host.provider === undefined && String(form.get('password')) === '';
    const code = this.#proof.check(form);
    return {
      ...(isMissing && { password: this.#host.text('act.password.missing') }),
      ...(code !== undefined && { code }),
    };
  }

  /** False for a wrong password; then the proof was not sent. */
  async #perform(open: Open, proof: Proof | undefined, form: FormData): Promise<boolean> {
    if (open.password === 'ask') {
      if (!(await this.#host.checkFirstFactor(String(form.get('password'))))) {
        return false;
      }
      open.password = 'accepted';
    }
    await open.perform(proof, form);
    return true;
  }

  #show(errors: FieldErrors): void {
    const open = this.#open;
    if (!open) {
      return;
    }
    open.errors = errors;
    const only = Object.keys(errors).length === 1 && this.#fieldCount(open) === 1 && !errors.form;
    this.#host.focusNext(`#${this.#id(only ? (Object.keys(errors)[0] as string) : 'problems')}`);
  }

  #fieldCount({ fields, password }: Open): number {
    return (fields ? 1 : 0) + (password === 'ask' ? 1 : 0) + (this.#proof.method ? 1 : 0);
  }

  #refused(open: Open, failure: Failure): void {
    if (isSignedOut(failure)) {
      this.close();
      this.#host.endSession(failure);
      return;
    }
    if (failure.code === 'reauthentication_required') {
      this.#askAgain(open);
      return;
    }
    if (failure.code === 'proof_required' && this.#proof.method === undefined && this.#proof.begin(true)) {
      open.errors = {};
      this.#host.say(this.#host.text('error.proof_required'));
      this.#host.focusNext(`#${this.#id('code')}`);
      return;
    }
    this.#show(this.#inWords(open, failure));
    this.#proof.spent();
  }

  #askAgain(open: Open): void {
    this.#host.forgetAcceptance();
    const place = this.#host.provider === undefined ? [] : ['provider'];
    const text = this.#host.errorText({ code: 'reauthentication_required' }, place, {
      provider: this.#host.provider,
    });
    const isSecondTime = open.password !== 'fresh' || open.wasAsked;
    open.password = 'ask';
    open.wasAsked = true;
    if (isSecondTime) {
      this.#show({ password: text });
    } else {
      open.errors = {};
      this.#host.focusNext(`#${this.#id('password')}`);
    }
  }

  #inWords(open: Open, failure: Failure): FieldErrors {
    const { method } = this.#proof;
    const own = failure.errors
      ?.map(({ pointer }) => open.refused?.(pointer))
      .find((found) => found !== undefined);
    if (own) {
      return own;
    }
    const isAboutCode = /^(code_|too_many_attempts|codes_disabled)/.test(failure.code);
    const place = method ? [placesOf[method]] : [];
    const inSeconds = (failure.retryAfterSeconds ?? 60) * 1000;
    const time = this.#host.timeText(Date.now() + inSeconds, { timeStyle: 'short' });
    const text = this.#host.errorText(failure, [...(open.places ?? []), ...place], { time });
    const triesLeft = failure.attemptsRemaining ?? Number.POSITIVE_INFINITY;
    const tries = triesLeft > 2 ? '' : ` ${this.#host.text('code.tries', { n: triesLeft })}`;
    return isAboutCode && method ? { code: text + tries } : { form: text };
  }

  readonly #leave = async (): Promise<void> => {
    const open = this.#open as Open;
    keep('act', open.name, awayMs);
    const result = await this.#host.run(() => this.#host.checkFirstFactor(undefined));
    if ('answer' in result && result.answer) {
      forget('act');
      open.password = 'accepted';
      this.#focusFirst();
    }
  };

  /** Another method was chosen, or the list of them. */
  readonly #onChosen = (): void => {
    const open = this.#open as Open;
    open.errors = {};
    const target = this.#proof.isChoosing ? `${this.#id('choices')} button` : this.#id('code');
    this.#host.focusNext(`#${target}`);
  };

  view(): TemplateResult | typeof nothing {
    const open = this.#open;
    if (!open) {
      return nothing;
    }
    const host = this.#host;
    const choosing = () =>
      html`${host.heading(host.text('act.choose'), 'cs-subheading', 'act-title', 1)}
        ${this.#proof.choosing(this.#id('choices'), this.#onChosen)}`;
    return dialog({
      labelledBy: this.#id('title'),
      onCancel: this.close,
      content: this.#proof.isChoosing ? choosing() : this.#asking(open),
    });
  }

  #asking(open: Open): TemplateResult {
    const host = this.#host;
    const { errors, password: state } = open;
    const listed = Object.entries(errors).map(([name, text]) => ({ fieldId: this.#id(name), text }));
    const isListed = errors.form !== undefined || this.#fieldCount(open) > 1;
    const onProvider = () => void this.#leave();
    return html`${host.heading(open.title, 'cs-subheading', 'act-title', 1)}
      <div id=${this.#id('text')} class="cs-stack-s">${open.text}</div>
      <form class="cs-stack" id=${this.#id('form')} novalidate @submit=${this.#onSubmit}>
        ${isListed ? errorSummary(this.#id('problems'), host.text('act.problem'), listed) : nothing}
        ${open.fields?.(errors)}
        ${firstFactor({ host, id: this.#id('password'), state, error: errors.password, onProvider })}
        ${this.#proof.view(this.#id('code'), errors.code, this.#onChosen)}
        <div class="cs-actions">
          ${button({
            label: host.text('act.confirm'),
            look: open.isGrave ? 'danger' : 'primary',
            busy: host.busy || this.#proof.isPresenting,
            describedBy: this.#id('title'),
          })}
          ${button({ label: host.text('cancel'), onClick: this.close })}
        </div>
      </form>`;
  }
}
