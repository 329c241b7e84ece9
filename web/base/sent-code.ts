/** A code that is sent: when, to whom, and "Send a new code" with its countdown. */
import { html, nothing, type TemplateResult } from 'lit';
import type { CodeSent } from '../../client/browser.ts';
import type { BaseCatalogue } from '../catalogues/base.ts';
import { button } from './button.ts';
import { errorMessage } from './code-field.ts';
import type { CountersignElement } from './element.ts';
import type { Failure } from './failures.ts';
import { skewMs } from './server-clock.ts';
import { keep, kept } from './tab-storage.ts';

export type SentCodeOptions = {
  send: () => Promise<CodeSent>;
  /** The masked address or number, until an answer says it. */
  sentTo?: string | undefined;
  /** Under which the tab remembers that a code was sent, so that a reload sends none. */
  storageKey?: string;
  /** The server's clock is ahead by this much; found out from the answer unless given. */
  skewMs?: number;
  /** Takes over a failure that ends more than this step, such as `challenge_expired`. True where it did. */
  onFailure?: (failure: Failure) => boolean;
};

/** What is known of the last code, on the browser's clock. */
type Sent = { sentTo: string; resendAtMs: number; expiresAtMs?: number };

const rememberedMs = 600_000;

export class SentCode {
  readonly #host: CountersignElement<BaseCatalogue>;
  readonly #options: SentCodeOptions;
  #sent: Sent | undefined;
  #error: string | undefined;
  /** A code is being sent now. */
  isSending = false;
  #ticking: ReturnType<typeof setInterval> | undefined;

  constructor(host: CountersignElement<BaseCatalogue>, options: SentCodeOptions) {
    this.#host = host;
    this.#options = options;
  }

  /** Sends the first code, unless this tab has done so before. Also takes a code that another call has sent. */
  async begin(already?: CodeSent): Promise<void> {
    const { storageKey } = this.#options;
    const before = already ? this.#onThisClock(already) : storageKey && kept<Sent>(storageKey);
    if (before) {
      this.#remember(before);
    } else {
      await this.#send('code.sent');
    }
  }

  /** No code is on its way: the first one could not be sent, or has not been yet. */
  get hasFailed(): boolean {
    return this.#error !== undefined && this.#sent === undefined;
  }

  get sentTo(): string {
    return this.#sent?.sentTo ?? this.#options.sentTo ?? '';
  }

  /** Until when the last code works, or undefined where that is not known. */
  get expiresAtMs(): number | undefined {
    return this.#sent?.expiresAtMs;
  }

  get isSent(): boolean {
    return this.#sent !== undefined;
  }

  async #send(news: 'code.sent' | 'code.sent.again'): Promise<void> {
    this.#error = undefined;
    this.isSending = true;
    const result = await this.#host.run(this.#options.send, this.#host.text('sending'));
    this.isSending = false;
    if ('answer' in result) {
      this.#remember(this.#onThisClock(result.answer));
      const said = this.#host.text(news, { sentTo: this.sentTo });
      if (news === 'code.sent') {
        this.#host.sayAloud(said);
      } else {
        this.#host.say(said);
      }
    } else if (!this.#options.onFailure?.(result.failure)) {
      this.#refused(result.failure);
    }
    this.#host.requestUpdate();
  }

  #refused(failure: Failure): void {
    const waitMs = (failure.retryAfterSeconds ?? 60) * 1000;
    const { sentTo } = this;
    if (failure.code === 'resend_too_soon') {
      const wasSent = this.#sent !== undefined;
      this.#remember({ ...this.#sent, sentTo, resendAtMs: Date.now() + waitMs });
      this.#error = wasSent ? this.#words(failure, waitMs) : undefined;
    } else {
      this.#error = this.#words(failure, waitMs);
    }
  }

  #words(failure: Failure, waitMs: number): string {
    const host = this.#host;
    const time = host.timeText(Date.now() + waitMs, { timeStyle: 'short' });
    return host.errorText(failure, ['sent'], { sentTo: this.sentTo, time, n: Math.ceil(waitMs / 1000) });
  }

  #onThisClock({ sentTo, resendAvailableAt, expiresAt }: CodeSent): Sent {
    const ahead = this.#options.skewMs ?? skewMs(expiresAt);
    return {
      sentTo,
      resendAtMs: Date.parse(resendAvailableAt) - ahead,
      expiresAtMs: Date.parse(expiresAt) - ahead,
    };
  }

  #remember(sent: Sent): void {
    this.#sent = sent;
    if (this.#options.storageKey) {
      keep(this.#options.storageKey, sent, rememberedMs);
    }
    this.#tick();
  }

  get #secondsLeft(): number {
    return Math.max(0, Math.ceil(((this.#sent?.resendAtMs ?? 0) - Date.now()) / 1000));
  }

  #tick(): void {
    clearInterval(this.#ticking);
    this.#host.requestUpdate();
    if (this.#secondsLeft === 0) {
      return;
    }
    this.#ticking = setInterval(() => {
      if (!this.#host.isConnected) {
        clearInterval(this.#ticking);
      } else if (this.#secondsLeft === 0) {
        clearInterval(this.#ticking);
        this.#host.sayAlso(this.#host.text('code.ready'));
      }
      this.#host.requestUpdate();
    }, 1000);
  }

  /** Stops counting; the step is left. */
  end(): void {
    clearInterval(this.#ticking);
  }

  /** "Send a new code", usable once the wait is over; the wait is seen, and heard only on asking. */
  view(): TemplateResult {
    const host = this.#host;
    const seconds = this.#secondsLeft;
    const waitId = `${host.uid}-resend-wait`;
    const errorId = `${host.uid}-resend-error`;
    return html`<div class="cs-resend">
      ${errorMessage(errorId, this.#error, host.text('error.prefix'))}
      ${button({
        label: host.text('code.send'),
        look: 'link',
        waiting: seconds > 0,
        describedBy: seconds > 0 ? waitId : this.#error ? errorId : undefined,
        onClick: () => void this.#send('code.sent.again'),
      })}
      ${seconds > 0 ? html`<p class="cs-hint" id=${waitId} aria-hidden="true">${host.text('code.wait', { n: seconds })}</p>` : nothing}
    </div>`;
  }
}
