/** One dialog for a sensitive act: what it does, the first factor where it is not fresh, a second one, "Confirm". */
import { html, nothing, type TemplateResult } from 'lit';
import type { OfferedMethod, Proof } from '../../client/browser.ts';
import type { ActCatalogue } from '../catalogues/act.ts';
import { button } from './button.ts';
import { codeField, isRecoveryCode, isSixDigits, plainCode } from './code-field.ts';
import { dialog } from './dialog.ts';
import type { Failure } from './failures.ts';
import { errorSummary, field } from './field.ts';
import { SentCode } from './sent-code.ts';
import { isSignedOut, type SettingsElement } from './settings-element.ts';
import { forget, keep, kept } from './tab-storage.ts';

type ProofMethod = 'totp' | 'email' | 'sms' | 'recovery_code';
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

type Open = Act & {
  method: ProofMethod | undefined;
  /** `accepted`: the app has just checked it. */
  password: 'ask' | 'accepted' | 'fresh';
  wasAsked: boolean;
  isChoosing: boolean;
  errors: FieldErrors;
};

/** How long somebody may be away at their provider. */
const awayMs = 600_000;
const known: readonly string[] = ['totp', 'sms', 'email', 'recovery_code'];
const placesOf = { totp: 'totp', email: 'sent', sms: 'sent', recovery_code: 'recovery_code' } as const;

export class SensitiveAct {
  readonly #host: SettingsElement<ActCatalogue>;
  /** A sent code is good for 10 minutes, whichever dialog it was sent for. */
  readonly #sentCodes = new Map<string, SentCode>();
  #open: Open | undefined;

  constructor(host: SettingsElement<ActCatalogue>) {
    this.#host = host;
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
    const method = act.asksFactor ? this.#methods[0]?.method : undefined;
    const password = act.asksPassword ? 'ask' : 'fresh';
    this.#open = {
      ...act,
      method: method as ProofMethod | undefined,
      password,
      wasAsked: false,
      isChoosing: false,
      errors: {},
    };
    this.#host.say('');
    this.#focusFirst();
    this.#sendUnlessSent();
  }

  close = (): void => {
    this.#open = undefined;
    this.#host.requestUpdate();
  };

  /** What may prove the act, the API's own order. A recovery code is always the last. */
  get #methods(): OfferedMethod[] {
    const { proof, methods = [], recoveryCodes } = this.#host.twoFactor ?? {};
    const offered = (proof?.methods ?? methods).filter(({ method }) => known.includes(method));
    const hasCodes = (recoveryCodes?.remaining ?? 0) > 0;
    const listed = offered.some(({ method }) => method === 'recovery_code');
    return hasCodes && !listed ? [...offered, { method: 'recovery_code', default: false }] : offered;
  }

  #id(name: string): string {
    return `${this.#host.uid}-act-${name}`;
  }

  #focusFirst(): void {
    this.#host.focusNext(`#${this.#id('form')} :is(input:not([readonly]), button)`);
  }

  // What is typed.

  readonly #onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    event.stopPropagation();
    const open = this.#open;
    if (open && !this.#host.busy) {
      void this.#submit(open, new FormData(event.target as HTMLFormElement));
    }
  };

  async #submit(open: Open, form: FormData): Promise<void> {
    const errors = { ...open.check?.(form), ...this.#checkOwn(open, form) };
    if (Object.keys(errors).length > 0) {
      this.#show(errors);
      return;
    }
    const result = await this.#host.run(() => this.#perform(open, form));
    if ('failure' in result) {
      this.#refused(open, result.failure);
    } else if (!result.answer) {
      this.#show({ password: this.#host.text('act.password.wrong') });
    } else {
      this.close();
      open.onDone();
    }
  }

  #checkOwn({ password, method }: Open, form: FormData): FieldErrors {
    const { provider } = this.#host;
    const errors: FieldErrors = {};
    if (password === 'ask' && provider === undefined && String(form.get('password')) === '') {
      errors.password = this.#host.text('act.password.missing');
    }
    const code = plainCode(String(form.get('code') ?? form.get('recovery-code') ?? ''));
    const isRecovery = method === 'recovery_code';
    const isWhole = isRecovery ? isRecoveryCode(code) : isSixDigits(code);
    if (method && !isWhole) {
      const set = isRecovery ? 'recovery' : 'code';
      errors.code = this.#host.text(code === '' ? `${set}.empty` : `${set}.short`);
    }
    return errors;
  }

  /** False for a wrong password; then the code was not sent. */
  async #perform(open: Open, form: FormData): Promise<boolean> {
    if (open.password === 'ask') {
      if (!(await this.#host.checkFirstFactor(String(form.get('password'))))) {
        return false;
      }
      open.password = 'accepted';
    }
    const code = plainCode(String(form.get('code') ?? form.get('recovery-code') ?? ''));
    await open.perform(open.method && { method: open.method, code }, form);
    return true;
  }

  // What is refused.

  #show(errors: FieldErrors): void {
    const open = this.#open;
    if (!open) {
      return;
    }
    open.errors = errors;
    const only = Object.keys(errors).length === 1 && this.#fieldCount(open) === 1 && !errors.form;
    this.#host.focusNext(`#${this.#id(only ? (Object.keys(errors)[0] as string) : 'problems')}`);
  }

  #fieldCount({ fields, password, method }: Open): number {
    return (fields ? 1 : 0) + (password === 'ask' ? 1 : 0) + (method ? 1 : 0);
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
    if (failure.code === 'proof_required' && open.method === undefined && this.#methods.length > 0) {
      open.method = this.#methods[0]?.method as ProofMethod;
      open.errors = {};
      this.#host.say(this.#host.text('error.proof_required'));
      this.#host.focusNext(`#${this.#id('code')}`);
      this.#sendUnlessSent();
      return;
    }
    this.#show(this.#inWords(open, failure));
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
    const { method } = open;
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

  // By which method it is proven.

  #choose(method: ProofMethod): void {
    const open = this.#open;
    if (open) {
      Object.assign(open, { method, isChoosing: false, errors: {} });
      this.#host.focusNext(`#${this.#id('code')}`);
      this.#sendUnlessSent();
    }
  }

  #sendUnlessSent(): void {
    const method = this.#open?.method;
    if (method === 'email' || method === 'sms') {
      const sentCode = this.#sentCode(method);
      const isLive = (sentCode.expiresAtMs ?? 0) > Date.now();
      void (isLive ? undefined : sentCode.begin());
    }
  }

  #sentCode(method: 'email' | 'sms'): SentCode {
    const before = this.#sentCodes.get(method);
    if (before) {
      return before;
    }
    const made = new SentCode(this.#host, {
      send: () => this.#host.client.mailProofCode({ method }),
      sentTo: this.#methods.find((one) => one.method === method)?.sentTo,
    });
    this.#sentCodes.set(method, made);
    return made;
  }

  // What is seen.

  view(): TemplateResult | typeof nothing {
    const open = this.#open;
    if (!open) {
      return nothing;
    }
    return dialog({
      labelledBy: this.#id('title'),
      onCancel: this.close,
      content: open.isChoosing ? this.#choosing() : this.#asking(open),
    });
  }

  #asking(open: Open): TemplateResult {
    const host = this.#host;
    const { errors } = open;
    const listed = Object.entries(errors).map(([name, text]) => ({ fieldId: this.#id(name), text }));
    const isListed = errors.form !== undefined || this.#fieldCount(open) > 1;
    return html`${host.heading(open.title, 'cs-subheading', 'act-title', 1)}
      <div id=${this.#id('text')} class="cs-stack-s">${open.text}</div>
      <form class="cs-stack" id=${this.#id('form')} novalidate @submit=${this.#onSubmit}>
        ${isListed ? errorSummary(this.#id('problems'), host.text('act.problem'), listed) : nothing}
        ${open.fields?.(errors)} ${this.#passwordField(open)} ${this.#proofField(open)}
        <div class="cs-actions">
          ${button({
            label: host.text('act.confirm'),
            look: open.isGrave ? 'danger' : 'primary',
            busy: host.busy,
            describedBy: this.#id('title'),
          })}
          ${button({ label: host.text('cancel'), onClick: this.close })}
        </div>
      </form>`;
  }

  #passwordField(open: Open): unknown {
    const host = this.#host;
    if (open.password === 'fresh') {
      return nothing;
    }
    if (open.password === 'accepted') {
      return html`<p class="cs-muted">${host.text('act.accepted')}</p>`;
    }
    if (host.provider !== undefined) {
      return this.#providerButton(open, host.provider);
    }
    return html`<input class="cs-visually-hidden" type="text" name="username" autocomplete="username" readonly
        tabindex="-1" aria-hidden="true" .value=${host.twoFactor?.email ?? ''}>
      ${field({
        id: this.#id('password'),
        name: 'password',
        type: 'password',
        autocomplete: 'current-password',
        label: host.text('act.password'),
        error: open.errors.password,
        errorPrefix: host.text('error.prefix'),
      })}`;
  }

  #providerButton(open: Open, provider: string): TemplateResult {
    const host = this.#host;
    const leave = async () => {
      keep('act', open.name, awayMs);
      const result = await host.run(() => host.checkFirstFactor(undefined));
      if ('answer' in result && result.answer) {
        forget('act');
        open.password = 'accepted';
        this.#focusFirst();
      }
    };
    return html`<div class="cs-stack-s"><p class="cs-hint" id=${this.#id('provider')}>${host.text('act.provider.hint', { provider })}</p>
      <div>${button({
        id: this.#id('password'),
        label: host.text('act.continue.with', { provider }),
        busy: host.busy,
        describedBy: this.#id('provider'),
        onClick: () => void leave(),
      })}</div></div>`;
  }

  #proofField({ method, errors }: Open): unknown {
    if (method === undefined) {
      return nothing;
    }
    const host = this.#host;
    const isRecovery = method === 'recovery_code';
    const others = this.#methods.filter((one) => one.method !== method);
    const useRecovery = others.some((one) => one.method === 'recovery_code');
    const link = (label: string, onClick: () => void) => button({ label, look: 'link', onClick });
    return html`<div class="cs-stack-s">
      ${codeField({
        id: this.#id('code'),
        label: host.text(isRecovery ? 'recovery.label' : 'code.label'),
        kind: isRecovery ? 'recovery_code' : 'code',
        hint: this.#hint(method),
        error: errors.code,
        errorPrefix: host.text('error.prefix'),
      })}
      ${method === 'email' || method === 'sms' ? this.#sentCode(method).view() : nothing}
      <div class="cs-links">
        ${useRecovery ? link(host.text('recovery.instead'), () => this.#choose('recovery_code')) : nothing}
        ${others.length > (useRecovery ? 1 : 0) ? link(host.text('another.method'), () => this.#chooseOther(others)) : nothing}
      </div></div>`;
  }

  #hint(method: ProofMethod): unknown {
    const host = this.#host;
    if (method === 'recovery_code') {
      return host.text('recovery.hint');
    }
    if (method === 'totp') {
      return host.text('act.app');
    }
    const { isSent, sentTo } = this.#sentCode(method);
    const values = { sentTo: html`<bdi dir="ltr">${sentTo}</bdi>`, subject: host.text('act.proof.subject') };
    return isSent ? host.rich(method === 'email' ? 'act.sent' : 'act.sent.plain', values) : nothing;
  }

  #chooseOther(others: OfferedMethod[]): void {
    const ways = others.filter(({ method }) => method !== 'recovery_code');
    const onlyOne = ways.length === 1 ? (ways[0]?.method as ProofMethod) : undefined;
    if (onlyOne) {
      this.#choose(onlyOne);
    } else if (this.#open) {
      this.#open.isChoosing = true;
      this.#host.focusNext(`#${this.#id('choices')} button`);
    }
  }

  #choosing(): TemplateResult {
    const host = this.#host;
    const back = () => this.#choose(this.#open?.method ?? 'totp');
    return html`${host.heading(host.text('act.choose'), 'cs-subheading', 'act-title', 1)}
      <ul class="cs-choices" id=${this.#id('choices')}>${this.#methods.map(
        ({ method, sentTo }) =>
          html`<li>${button({
            label: host.text(`method.${method as ProofMethod}`, { sentTo }),
            wide: true,
            onClick: () => this.#choose(method as ProofMethod),
          })}</li>`,
      )}</ul>
      <div>${button({ label: host.text('back'), look: 'link', onClick: back })}</div>`;
  }
}
