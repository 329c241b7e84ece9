/** The second factor that proves a sensitive act: by which method, and what is typed or presented for it. */
import { html, nothing, type TemplateResult } from 'lit';
import type { OfferedMethod, PasskeyAssertion, PasskeyOptions, Proof } from '../../client/browser.ts';
import type { ActCatalogue } from '../catalogues/act.ts';
import { button } from './button.ts';
import { codeField, errorMessage, isRecoveryCode, isSixDigits, plainCode } from './code-field.ts';
import { patiently } from './failures.ts';
import { canUsePasskeys, PasskeySheet } from './passkey.ts';
import { SentCode } from './sent-code.ts';
import type { SettingsElement } from './settings-element.ts';

type ProofMethod = Proof['method'];

const known: readonly string[] = ['passkey', 'totp', 'sms', 'email', 'recovery_code'];
/** What a passkey signs lives for 5 minutes; a little less, so that nothing is signed in vain. */
const optionsMs = 4.5 * 60_000;

export class ActProof {
  readonly #host: SettingsElement<ActCatalogue>;
  /** A sent code is good for 10 minutes, whichever dialog it was sent for. */
  readonly #sentCodes = new Map<string, SentCode>();
  readonly #sheet = new PasskeySheet();
  #prepared: { options: PasskeyOptions; untilMs: number } | undefined;
  /** Presented, and not spent yet: a wrong password must not open the sheet again. */
  #assertion: PasskeyAssertion | undefined;
  #method: ProofMethod | undefined;
  #isChoosing = false;

  constructor(host: SettingsElement<ActCatalogue>) {
    this.#host = host;
  }

  /** The method in use, or undefined where nothing is asked. */
  get method(): ProofMethod | undefined {
    return this.#method;
  }

  get isChoosing(): boolean {
    return this.#isChoosing;
  }

  /** The browser's sheet is open. */
  get isPresenting(): boolean {
    return this.#sheet.isOpen;
  }

  /** Asks for the API's choice, or for nothing. False where the person has nothing to prove themselves with. */
  begin(isAsked: boolean): boolean {
    this.end();
    const method = isAsked
      ? (this.#methods.find((offered) => offered.default) ?? this.#methods[0])?.method
      : undefined;
    this.#use(method as ProofMethod | undefined);
    return method !== undefined;
  }

  /** The dialog is gone, and the sheet with it. */
  end(): void {
    this.#method = undefined;
    this.#isChoosing = false;
    this.#assertion = undefined;
    this.#sheet.close();
  }

  /** What may prove the act, in the API's order. A recovery code is always the last. */
  get #methods(): OfferedMethod[] {
    const { proof, methods = [], recoveryCodes } = this.#host.twoFactor ?? {};
    const offered = (proof?.methods ?? methods).filter(
      ({ method }) => known.includes(method) && (method !== 'passkey' || canUsePasskeys()),
    );
    const hasCodes = (recoveryCodes?.remaining ?? 0) > 0;
    const listed = offered.some(({ method }) => method === 'recovery_code');
    return hasCodes && !listed ? [...offered, { method: 'recovery_code', default: false }] : offered;
  }

  #use(method: ProofMethod | undefined): void {
    this.#method = method;
    this.#isChoosing = false;
    this.#sheet.close();
    if (method === 'passkey') {
      void this.#prepare();
    } else if (method === 'email' || method === 'sms') {
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

  // What is presented.

  /** What is wrong with the code as typed, in words. */
  check(form: FormData): string | undefined {
    if (this.#method === undefined || this.#method === 'passkey') {
      return undefined;
    }
    const code = typed(form);
    const isRecovery = this.#method === 'recovery_code';
    const isWhole = isRecovery ? isRecoveryCode(code) : isSixDigits(code);
    const set = isRecovery ? 'recovery' : 'code';
    return isWhole ? undefined : this.#host.text(code === '' ? `${set}.empty` : `${set}.short`);
  }

  /** The proof of the form; for a passkey it opens the sheet, so call it in the submit handler itself. Otherwise the problem with it. */
  async present(form: FormData): Promise<{ proof: Proof | undefined } | { problem: string }> {
    const method = this.#method;
    if (method !== 'passkey') {
      return { proof: method && { method, code: typed(form) } };
    }
    if (this.#assertion) {
      return { proof: { method, assertion: this.#assertion } };
    }
    const host = this.#host;
    const isLive = this.#prepared !== undefined && this.#prepared.untilMs > Date.now();
    const problem = isLive ? undefined : await this.#prepare();
    if (this.#prepared === undefined) {
      return { problem: problem ?? '' };
    }
    const asking = this.#sheet.get(this.#prepared.options);
    host.say(host.text('passkey.waiting'));
    host.requestUpdate();
    const asked = await asking;
    if ('problem' in asked) {
      return { problem: host.text(`passkey.problem.${asked.problem}`) };
    }
    this.#assertion = asked.answer;
    return { proof: { method, assertion: asked.answer } };
  }

  /** What was presented counts no more, whatever came of it. */
  spent(): void {
    this.#assertion = undefined;
    this.#prepared = undefined;
    if (this.#method === 'passkey') {
      void this.#prepare();
    }
  }

  /** Gets what a passkey is to sign, before the click. Answers why it could not. */
  async #prepare(): Promise<string | undefined> {
    this.#prepared = undefined;
    const result = await patiently(() => this.#host.client.startPasskeyProof());
    if ('failure' in result) {
      return this.#host.errorText(result.failure, ['passkey']);
    }
    this.#prepared = { options: result.answer.options, untilMs: Date.now() + optionsMs };
    return undefined;
  }

  // What is seen.

  /** Its field, and the ways to others. */
  view(id: string, error: string | undefined, onChosen: () => void): TemplateResult | typeof nothing {
    const method = this.#method;
    if (method === undefined) {
      return nothing;
    }
    return html`<div class="cs-stack-s">
      ${method === 'passkey' ? this.#passkey(id, error) : this.#code(method, id, error)}
      ${method === 'email' || method === 'sms' ? this.#sentCode(method).view() : nothing}
      ${this.#links(method, onChosen)}</div>`;
  }

  #code(method: ProofMethod, id: string, error: string | undefined): TemplateResult {
    const host = this.#host;
    const isRecovery = method === 'recovery_code';
    return codeField({
      id,
      label: host.text(isRecovery ? 'recovery.label' : 'code.label'),
      kind: isRecovery ? 'recovery_code' : 'code',
      hint: this.#hint(method),
      error,
      errorPrefix: host.text('error.prefix'),
    });
  }

  #passkey(id: string, error: string | undefined): TemplateResult {
    const host = this.#host;
    return html`<div class="cs-field" role="group" id=${id} tabindex="-1" aria-labelledby="${id}-label" aria-describedby="${id}-hint ${id}-error">
      <p class="cs-label" id="${id}-label">${host.text('method.passkey')}</p>
      <p class="cs-hint" id="${id}-hint">${host.text('act.passkey')}</p>
      ${errorMessage(`${id}-error`, error, host.text('error.prefix'))}</div>`;
  }

  #hint(method: ProofMethod): unknown {
    const host = this.#host;
    if (method === 'recovery_code') {
      return host.text('recovery.hint');
    }
    if (method !== 'email' && method !== 'sms') {
      return host.text('act.app');
    }
    const { isSent, sentTo } = this.#sentCode(method);
    const values = { sentTo: html`<bdi dir="ltr">${sentTo}</bdi>`, subject: host.text('act.proof.subject') };
    return isSent ? host.rich(method === 'email' ? 'act.sent' : 'act.sent.plain', values) : nothing;
  }

  #links(method: ProofMethod, onChosen: () => void): TemplateResult {
    const host = this.#host;
    const others = this.#methods.filter((one) => one.method !== method);
    const ways = others.filter((one) => one.method !== 'recovery_code');
    const link = (label: string, act: () => void) =>
      button({
        label,
        look: 'link',
        onClick: () => {
          act();
          onChosen();
        },
      });
    const another = () => {
      const [only, more] = ways;
      if (only && !more) {
        this.#use(only.method as ProofMethod);
      } else {
        this.#isChoosing = true;
      }
    };
    return html`<div class="cs-links">
      ${others.length > ways.length ? link(host.text('recovery.instead'), () => this.#use('recovery_code')) : nothing}
      ${ways.length > 0 ? link(host.text('another.method'), another) : nothing}</div>`;
  }

  /** The list of methods. */
  choosing(id: string, onChosen: () => void): TemplateResult {
    const host = this.#host;
    const choose = (method: ProofMethod | undefined) => () => {
      this.#use(method);
      onChosen();
    };
    return html`<ul class="cs-choices" id=${id}>${this.#methods.map(
      ({ method, sentTo }) =>
        html`<li>${button({
          label: host.text(`method.${method as ProofMethod}`, { sentTo }),
          wide: true,
          onClick: choose(method as ProofMethod),
        })}</li>`,
    )}</ul>
      <div>${button({ label: host.text('back'), look: 'link', onClick: choose(this.#method) })}</div>`;
  }
}

const typed = (form: FormData): string =>
  plainCode(String(form.get('code') ?? form.get('recovery-code') ?? ''));
