/** The step that shows recovery codes, once: a list to copy, download or print, and "I've saved them". */
import { html, type TemplateResult } from 'lit';
import type { RecoverySheet } from '../../client/browser.ts';
import type { BaseCatalogue } from '../catalogues/base.ts';
import { button } from './button.ts';
import { copied } from './clipboard.ts';
import { errorMessage } from './code-field.ts';
import type { CountersignElement } from './element.ts';

/** As the API answers them: file and paper name the product, the account and the day. */
export type ShownCodes = Partial<RecoverySheet> & { recoveryCodes: readonly string[] };

export type RecoveryCodesOptions = {
  onSaved: () => void;
  /** The sentences before the list, where they are others than those of a sign-in. */
  intro?: unknown;
};

const warnBeforeLeaving = (event: BeforeUnloadEvent) => event.preventDefault();

/** Keeps the codes on the page until the person says that they are saved; leaving the page before asks. */
export class RecoveryCodes {
  readonly #host: CountersignElement<BaseCatalogue>;
  #shown: ShownCodes | undefined;
  #copyBlocked = false;

  constructor(host: CountersignElement<BaseCatalogue>) {
    this.#host = host;
  }

  /** Whether codes wait to be saved. */
  get isOpen(): boolean {
    return this.#shown !== undefined;
  }

  show(shown: ShownCodes): void {
    this.#shown = shown;
    this.#copyBlocked = false;
    addEventListener('beforeunload', warnBeforeLeaving);
    this.#host.focusNext(`#${this.#host.uid}-subheading`);
  }

  hide(): void {
    this.#shown = undefined;
    this.release();
    this.#host.requestUpdate();
  }

  /** Leaving the page no longer asks, although the codes are still shown. */
  release(): void {
    removeEventListener('beforeunload', warnBeforeLeaving);
  }

  view({ onSaved, intro }: RecoveryCodesOptions): TemplateResult {
    const host = this.#host;
    const { uid, busy } = host;
    const blocked = `${uid}-copy-error`;
    return html`${host.subheading(host.text('codes.title'))}
      <p>${intro ?? host.text('codes.intro')}</p>
      <div class="cs-print">
        <div class="cs-print-only">${this.#about().map((line) => html`<p>${line}</p>`)}</div>
        <ol class="cs-codes" role="list" aria-label=${host.text('codes.list')}>
          ${this.#shown?.recoveryCodes.map((code) => html`<li><bdi dir="ltr">${code}</bdi></li>`)}
        </ol>
      </div>
      <div class="cs-stack-s">
        ${errorMessage(blocked, this.#copyBlocked ? host.text('copy.blocked') : undefined, host.text('error.prefix'))}
        <div class="cs-actions">
          ${button({
            label: host.text('copy'),
            onClick: () => void this.#copy(),
            describedBy: this.#copyBlocked ? blocked : undefined,
          })}
          ${button({ label: host.text('codes.download'), onClick: () => this.#download() })}
          ${button({ label: host.text('codes.print'), onClick: print })}
        </div>
      </div>
      <div>${button({
        label: host.text('codes.saved'),
        look: 'primary',
        wide: true,
        busy,
        onClick: onSaved,
        describedBy: `${uid}-subheading`,
      })}</div>`;
  }

  async #copy(): Promise<void> {
    const codes = this.#shown?.recoveryCodes ?? [];
    this.#copyBlocked = !(await copied(codes.join('\n')));
    this.#host.say(this.#copyBlocked ? '' : this.#host.text('codes.copied', { n: codes.length }));
    this.#host.requestUpdate();
  }

  #download(): void {
    const { text, name } = this.#file();
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    this.#host.say(this.#host.text('codes.file.saved', { file: name }));
  }

  /** What a file or a sheet of paper says above the codes. */
  #about(): string[] {
    const host = this.#host;
    const { email: account, product = host.text('product'), generatedAt = Date.now() } = this.#shown ?? {};
    return [
      host.text('codes.file.title', { product }),
      ...(account === undefined ? [] : [host.text('codes.file.account', { account })]),
      host.text('codes.file.date', { date: host.timeText(generatedAt, { dateStyle: 'long' }) }),
      host.text('codes.file.use'),
    ];
  }

  #file(): { name: string; text: string } {
    const host = this.#host;
    const { recoveryCodes = [], email, product = host.text('product'), generatedAt } = this.#shown ?? {};
    const day = new Intl.DateTimeFormat('en-CA').format(generatedAt ? new Date(generatedAt) : new Date());
    const name = [product, host.text('codes.file.name'), email, day].filter(Boolean).join('-');
    const text = [...this.#about(), '', ...recoveryCodes, ''].join('\r\n');
    return { name: `${name.replace(/[^\p{L}\p{N}@._-]+/gu, '-')}.txt`, text };
  }
}

/** Prints the codes alone; what is marked `cs-print` stays visible. */
function print(): void {
  const root = document.documentElement;
  root.classList.add('cs-printing');
  addEventListener('afterprint', () => root.classList.remove('cs-printing'), { once: true });
  window.print();
}
