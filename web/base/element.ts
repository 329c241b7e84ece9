/** What the three elements share: light DOM, language, one status line, focus, one call at a time, and errors in words. */
import {
  html,
  LitElement,
  nothing,
  type PropertyDeclarations,
  type PropertyValues,
  type TemplateResult,
} from 'lit';
import { BrowserClient, type Transport, type UserTokenProvider } from '../../client/browser.ts';
import { errorKeys, type Failure, patiently } from './failures.ts';
import { type Catalogue, type Catalogues, fill, languageOf, loadCatalogue, localeOf } from './messages.ts';

const quietMs = 400;
let elements = 0;

export abstract class CountersignElement<C extends Catalogue = Catalogue> extends LitElement {
  static override properties: PropertyDeclarations = {
    api: {},
    lang: { reflect: true },
    organizationName: { attribute: 'organization-name' },
    issuer: {},
    headingLevel: { attribute: 'heading-level', type: Number },
    transport: { attribute: false },
    userToken: { attribute: false },
    busy: { state: true },
  };

  /** The base URL of the API, such as `https://2fa.example.com`. */
  declare api: string;
  /** A language tag; without it the nearest `lang` around the element, then the browser's. */
  declare lang: string;
  /** The customer's name in sentences such as "Acme requires …"; without it "Your team". */
  declare organizationName: string | undefined;
  /** The product's name, as the authenticator app shows it. */
  declare issuer: string | undefined;
  /** The level of the main heading, 1 to 5. */
  declare headingLevel: number;
  /** Carries the calls instead of `fetch`, for example by way of the app's own back end. */
  declare transport: Transport | undefined;
  /** Gets a user token from the app; settings and admin pages need it, a sign-in does not. */
  declare userToken: UserTokenProvider | undefined;
  /** A call is under way: buttons say so by `aria-disabled`, and a second submit does nothing. @internal */
  declare busy: boolean;

  /** The beginning of ids, different for each element of a page. @internal */
  readonly uid = `cs${++elements}`;

  protected abstract readonly catalogues: Catalogues<C>;
  #texts: Catalogue | undefined;
  #language: string | undefined;
  readonly #status = document.createElement('p');
  #focusNext: string | undefined;
  #opener: HTMLElement | undefined;

  constructor() {
    super();
    this.api = '';
    this.headingLevel = 2;
    this.busy = false;
    this.#status.className = 'cs-status';
    this.#status.setAttribute('role', 'status');
  }

  /** The contact for "Still stuck?", where the API named one. @internal */
  abstract get contact(): string | undefined;

  /** What is rendered once the texts are there. */
  protected abstract view(): unknown;

  // Light DOM, or password managers see no field. What stood in the tag is a placeholder until now.
  protected override createRenderRoot(): HTMLElement {
    const body = document.createElement('div');
    body.className = 'cs-body';
    this.replaceChildren(body, this.#status);
    return body;
  }

  protected override willUpdate(_changed: PropertyValues): void {
    const language = languageOf(this.locale);
    if (language === this.#language) {
      return;
    }
    this.#language = language;
    const { catalogues } = this;
    if (language === 'en') {
      this.#texts = catalogues.en;
      return;
    }
    void loadCatalogue(catalogues as Catalogues, language).then((texts) => {
      if (this.#language === language) {
        this.#texts = texts;
        this.requestUpdate();
      }
    });
  }

  protected override render(): unknown {
    const body = this.renderRoot as HTMLElement;
    body.lang = languageOf(this.locale);
    return this.hasTexts ? this.view() : nothing;
  }

  protected override updated(_changed: PropertyValues): void {
    const open = this.renderRoot.querySelector('dialog');
    if (open && !open.open) {
      this.#opener ??= document.activeElement as HTMLElement;
      open.showModal();
      open.append(this.#status);
    } else if (!open && this.#opener) {
      this.append(this.#status);
      this.#focusNext ??= this.#opener.isConnected ? '' : `#${this.uid}-heading`;
      if (this.#focusNext === '') {
        this.#opener.focus();
        this.#focusNext = undefined;
      }
      this.#opener = undefined;
    }
    this.#moveFocus();
  }

  #moveFocus(): void {
    const target = this.#focusNext === undefined ? null : this.renderRoot.querySelector(this.#focusNext);
    if (target instanceof HTMLElement) {
      this.#focusNext = undefined;
      target.focus();
      if (target instanceof HTMLInputElement && target.value !== '') {
        target.select();
      }
    }
  }

  /** Moves the focus to the first match once it is rendered; a field's text is selected. */
  focusNext(selector: string): void {
    this.#focusNext = selector;
    this.requestUpdate();
  }

  /** Whether the texts of the language are there; nothing is rendered before. */
  protected get hasTexts(): boolean {
    return this.#texts !== undefined;
  }

  /** The BCP 47 tag for dates and numbers: the element's own `lang`, that around it, or the browser's. @internal */
  get locale(): string {
    const around = this.closest('[lang]')?.getAttribute('lang');
    return localeOf(this.lang || around || navigator.language);
  }

  /** A text of the catalogue in pieces, for values that are markup. */
  rich(key: keyof C & string, values: Record<string, unknown> = {}): unknown[] {
    const message = this.#texts?.[key] ?? '';
    return fill(message, { ...this.#named(), ...values }, this.locale);
  }

  /** A text of the catalogue. `{team}`, `{product}` and `{contact}` are filled by themselves. */
  text(key: keyof C & string, values: Record<string, string | number | undefined> = {}): string {
    return this.rich(key, values).join('');
  }

  #named(): Record<string, string | undefined> {
    const { organizationName, issuer, contact } = this;
    const word = (key: string) => {
      const message = this.#texts?.[key];
      return typeof message === 'string' ? message : undefined;
    };
    return {
      team: organizationName || word('team'),
      product: issuer || word('product'),
      contact: contact || word('contact'),
    };
  }

  /** A failure in words, or `error.unknown` with the request's id where no text knows its code. */
  errorText(
    failure: Failure,
    places: readonly string[] = [],
    values: Record<string, string | number | undefined> = {},
  ): string {
    const key = errorKeys(failure, places).find((candidate) => this.#texts?.[candidate] !== undefined);
    if (key !== undefined) {
      return this.text(key as keyof C & string, values);
    }
    const reference = failure.requestId ? this.text('error.reference', { requestId: failure.requestId }) : '';
    return [this.text('error.unknown'), reference].join(' ').trim();
  }

  /** The API, by this element's address, transport and user token. @internal */
  get client(): BrowserClient {
    const { api: url, transport, userToken } = this;
    return new BrowserClient({ url, transport, userToken });
  }

  /** Says a piece of news in the one live region, or takes the last one away. */
  say(news: string): void {
    this.#status.textContent = news;
    this.#status.classList.remove('cs-visually-hidden');
  }

  /** Says what is to be seen elsewhere on the page already: for those who listen alone. */
  sayAloud(news: string): void {
    this.#status.textContent = news;
    this.#status.classList.add('cs-visually-hidden');
  }

  /** Says another piece of news after the last one, which stays. */
  sayAlso(news: string): void {
    this.say([this.#status.textContent, news].filter(Boolean).join(' '));
  }

  /**
   * Does one thing at a time, and answers what `work` answers, or the failure. What is short of capacity is tried twice
   * more by itself. A second call while one runs does nothing and never comes back: the first one deals with the answer.
   * `news` is said when it takes longer than a moment.
   */
  async run<T>(
    work: () => Promise<T>,
    news = this.text('checking'),
  ): Promise<{ answer: T } | { failure: Failure }> {
    if (this.busy) {
      return new Promise(() => {});
    }
    this.busy = true;
    this.say('');
    const slow = setTimeout(() => this.say(news), quietMs);
    const result = await patiently(work);
    clearTimeout(slow);
    this.say('');
    this.busy = false;
    return result;
  }

  /** The main heading, which names the element in every state. */
  heading(content: unknown, className = 'cs-heading', id = 'heading', level = 0): TemplateResult {
    const attributes = { id: `${this.uid}-${id}`, className };
    return headingOf(Math.min(this.headingLevel + level, 6), attributes, content);
  }

  /** The heading of a step, one level below. It takes the focus where a step is to be read first. */
  subheading(content: unknown, id = 'subheading'): TemplateResult {
    return this.heading(content, 'cs-subheading', id, 1);
  }

  /** A moment in the reader's own words and time zone. */
  time(at: string | number, options: Intl.DateTimeFormatOptions): TemplateResult {
    const date = new Date(at);
    return html`<time datetime=${date.toISOString()}>${this.timeText(at, options)}</time>`;
  }

  timeText(at: string | number, options: Intl.DateTimeFormatOptions): string {
    return new Intl.DateTimeFormat(this.locale, options).format(new Date(at));
  }
}

function headingOf(level: number, { id, className }: { id: string; className: string }, content: unknown) {
  switch (level) {
    case 1:
      return html`<h1 id=${id} class=${className} tabindex="-1">${content}</h1>`;
    case 2:
      return html`<h2 id=${id} class=${className} tabindex="-1">${content}</h2>`;
    case 3:
      return html`<h3 id=${id} class=${className} tabindex="-1">${content}</h3>`;
    case 4:
      return html`<h4 id=${id} class=${className} tabindex="-1">${content}</h4>`;
    case 5:
      return html`<h5 id=${id} class=${className} tabindex="-1">${content}</h5>`;
    default:
      return html`<h6 id=${id} class=${className} tabindex="-1">${content}</h6>`;
  }
}
