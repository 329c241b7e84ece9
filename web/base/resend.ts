/** "Send a new code", with the wait until it can be used. */
import { html, nothing, type TemplateResult } from 'lit';
import type { BaseCatalogue } from '../catalogues/base.ts';
import { button } from './button.ts';
import type { CountersignElement } from './element.ts';

export class Resend {
  readonly #host: CountersignElement<BaseCatalogue>;
  #readyAtMs = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(host: CountersignElement<BaseCatalogue>) {
    this.#host = host;
  }

  /** `at` is RFC 3339. */
  startUntil(at: string | undefined): void {
    this.startFor(Math.ceil((Date.parse(at ?? '') - Date.now()) / 1000) || 0);
  }

  startFor(seconds: number): void {
    clearInterval(this.#timer);
    this.#readyAtMs = Date.now() + seconds * 1000;
    this.#timer = setInterval(() => this.#tick(), 1000);
    this.#host.requestUpdate();
  }

  #tick(): void {
    if (this.#secondsLeft === 0) {
      clearInterval(this.#timer);
      this.#host.say(this.#host.text('code.ready'));
    }
    this.#host.requestUpdate();
  }

  get #secondsLeft(): number {
    return Math.max(0, Math.ceil((this.#readyAtMs - Date.now()) / 1000));
  }

  /** The button keeps its name all the time; the seconds below it are for the eye alone. */
  view(onClick: () => void): TemplateResult {
    const host = this.#host;
    const n = this.#secondsLeft;
    return html`<div>
      ${button({ label: host.text('code.send'), look: 'link', waiting: n > 0, onClick })}
      ${n > 0 ? html`<p class="cs-hint" aria-hidden="true">${host.text('code.wait', { n })}</p>` : nothing}
    </div>`;
  }
}
