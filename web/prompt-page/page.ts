/** The hosted prompt: a page on the API's own domain, to which an app sends the browser and from which it comes back. */
import { html, nothing, type PropertyDeclarations, type PropertyValues } from 'lit';
import { button } from '../base/button.ts';
import { CountersignElement } from '../base/element.ts';
import type { Passed } from '../base/events.ts';
import type { Failure } from '../base/failures.ts';
import { pageCatalogues } from '../catalogues/page.ts';
import '../prompt.ts';
import { forgetChallenge, type HostedChallenge, readChallenge, takeToken } from './challenge.ts';

const slowMs = 4000;

class PromptPage extends CountersignElement<typeof pageCatalogues.en> {
  static override properties: PropertyDeclarations = {
    ...CountersignElement.properties,
    challenge: { state: true },
    failure: { state: true },
    goingTo: { state: true },
    linkIsShown: { state: true },
  };

  declare private challenge: HostedChallenge | undefined;
  /** Why there is no prompt. */
  declare private failure: Failure | undefined;
  /** Where the person goes back to, once passed. */
  declare private goingTo: string | undefined;
  declare private linkIsShown: boolean;

  protected override readonly catalogues = pageCatalogues;

  override get contact(): string | undefined {
    return this.challenge?.supportContact;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.headingLevel = 1;
    const seen = { subtree: true, childList: true, attributeFilter: ['aria-invalid'] };
    new MutationObserver(() => this.nameWindow()).observe(this, seen);
    void this.load();
  }

  private async load(): Promise<void> {
    const token = takeToken();
    this.failure = token === undefined ? { code: 'challenge_invalid' } : undefined;
    if (token === undefined) {
      return;
    }
    const result = await this.run(() => readChallenge(token));
    if ('failure' in result) {
      this.failure = result.failure;
      return;
    }
    this.issuer = result.answer.product;
    this.lang = result.answer.locale ?? '';
    this.challenge = result.answer;
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    document.documentElement.lang = this.locale;
    this.nameWindow();
  }

  /** The window's title says when something is wrong, for those who hear it first. */
  private nameWindow(): void {
    const isWrong = this.failure !== undefined || this.querySelector('[aria-invalid="true"]') !== null;
    const title = this.text(this.challenge ? 'page.title' : 'page.title.alone');
    document.title = isWrong ? `${this.text('error.prefix')} ${title}` : title;
  }

  private pass({ redirectTo }: Passed): void {
    forgetChallenge();
    const target = redirectTo === undefined ? undefined : new URL(redirectTo);
    if (target && /^https?:$/.test(target.protocol)) {
      this.goingTo = target.href;
      location.replace(target.href);
    }
    setTimeout(() => {
      this.linkIsShown = true;
    }, slowMs);
  }

  private restart(): void {
    const { returnOrigin } = this.challenge ?? {};
    forgetChallenge();
    if (returnOrigin === undefined) {
      this.failure = { code: 'challenge_invalid' };
    } else {
      location.assign(returnOrigin);
    }
  }

  protected override view(): unknown {
    if (this.failure) {
      return this.failed(this.failure);
    }
    const { challenge } = this;
    return challenge
      ? html`<p class="page-product">${challenge.product}</p>${this.who(challenge)}
          <countersign-prompt heading-level="1" lang=${this.locale} issuer=${challenge.product} .challenge=${challenge}
            @countersign-passed=${(event: CustomEvent<Passed>) => this.pass(event.detail)}
            @countersign-restart=${() => this.restart()}></countersign-prompt>${this.wayBack()}`
      : html`<p class="cs-loading" aria-busy="true">${this.busy ? this.text('loading') : nothing}</p>`;
  }

  private who({ email, client, action }: HostedChallenge): unknown {
    const place = [client?.device, client?.ip].filter(Boolean).join(', ');
    const address = html`<bdi dir="ltr">${email}</bdi>`;
    const key = action ? 'page.stepup.who' : 'page.who';
    return html`<p class="page-who">${
      place === ''
        ? this.rich(key, { email: address })
        : this.rich(`${key}.from`, { email: address, place: html`<bdi>${place}</bdi>` })
    }</p>`;
  }

  private wayBack(): unknown {
    return this.linkIsShown && this.goingTo !== undefined
      ? html`<p role="status">${this.text(this.challenge?.action ? 'page.stepup.passed' : 'page.passed')} <a href=${this.goingTo}>${this.text('page.back')}</a></p>`
      : nothing;
  }

  private failed(failure: Failure): unknown {
    const isOver = failure.code.startsWith('challenge_') || failure.code === 'request_invalid';
    const { returnOrigin } = this.challenge ?? {};
    return html`<div class="page-card cs-stack">${this.heading(this.text('title'))}
      ${this.subheading(this.text(isOver ? 'page.ended.title' : 'load.failed'))}
      <p>${this.errorText(isOver && failure.code === 'request_invalid' ? { code: 'challenge_invalid' } : failure)}</p>
      ${
        isOver
          ? html`<p>${returnOrigin ? html`<a href=${returnOrigin}>${this.text('page.again')}</a>` : this.text('page.again')}</p>`
          : html`<div>${button({ label: this.text('try.again'), look: 'primary', busy: this.busy, onClick: () => void this.load() })}</div>`
      }</div>`;
  }
}

customElements.define('countersign-prompt-page', PromptPage);
