/** The people of an account: who has two-factor authentication on, and what may be done for them. */
import { html, nothing, type TemplateResult } from 'lit';
import type { ListedUser, Page, Status, UsersQuery } from '../../client/browser.ts';
import { button } from '../base/button.ts';
import { field } from '../base/field.ts';
import { icon } from '../base/icons.ts';
import { isSignedOut } from '../base/settings-element.ts';
import type { CountersignAdmin } from './admin.ts';
import { methodsText } from './comparison.ts';
import { endExemption, exempt, reset, temporaryCode, unlock } from './desk-acts.ts';

const pageSize = 25;

export class People {
  readonly #host: CountersignAdmin;
  #rows: ListedUser[] = [];
  #nextCursor: string | null = null;
  #email = '';
  #status: Status | undefined;

  constructor(host: CountersignAdmin) {
    this.#host = host;
  }

  get query(): UsersQuery {
    return { limit: pageSize, status: this.#status, email: this.#email || undefined };
  }

  take({ data, nextCursor }: Page<ListedUser>): void {
    this.#rows = data;
    this.#nextCursor = nextCursor;
  }

  /** The address of somebody who is on the list, else their id. */
  nameOf(id: string): string {
    return this.#rows.find((row) => row.id === id)?.email ?? id;
  }

  readonly #onSearch = (event: Event): void => {
    event.preventDefault();
    const form = new FormData((event.currentTarget as HTMLElement).closest('form') as HTMLFormElement);
    this.#email = String(form.get('email')).trim();
    const status = String(form.get('status'));
    this.#status = status === 'enabled' || status === 'disabled' ? status : undefined;
    void this.#search();
  };

  async #search(): Promise<void> {
    const host = this.#host;
    const result = await host.run(() => host.client.listUsers(this.query));
    if ('answer' in result) {
      this.take(result.answer);
      host.requestUpdate();
      this.#sayCount();
    } else if (isSignedOut(result.failure)) {
      host.endSession(result.failure);
    } else {
      host.announce('people', host.errorText(result.failure), true);
    }
  }

  #sayCount(): void {
    const n = this.#rows.length;
    const key = this.#nextCursor ? 'admin.people.found.more' : 'admin.people.found';
    this.#host.announce('people', this.#host.text(n === 0 ? 'admin.people.found.none' : key, { n }));
  }

  async #more(): Promise<void> {
    const host = this.#host;
    const first = this.#rows.length;
    const cursor = this.#nextCursor ?? undefined;
    const result = await host.run(() => host.client.listUsers({ ...this.query, cursor }));
    if ('answer' in result) {
      this.#rows = [...this.#rows, ...result.answer.data];
      this.#nextCursor = result.answer.nextCursor;
      host.focusNext(`#${host.uid}-person-${first}`);
      this.#sayCount();
    } else {
      host.announce('people', host.errorText(result.failure), true);
    }
  }

  /** Shows one person anew after an act, with the focus on their name. */
  async refresh({ id, email }: ListedUser, news: string): Promise<void> {
    const host = this.#host;
    const found = await host.client
      .listUsers({ email, limit: 1 })
      .catch(() => ({ data: [] as ListedUser[] }));
    const now = found.data.find((one) => one.id === id);
    this.#rows = this.#rows.map((row) => (row.id === id && now ? now : row));
    void host.log.refresh();
    host.focusNext(`#${host.uid}-person-${this.#rows.findIndex((row) => row.id === id)}`);
    await host.updateComplete;
    host.announce('people', news);
  }

  // What is seen.

  view(): TemplateResult {
    const host = this.#host;
    return html`<section class="cs-card cs-stack" aria-label=${host.text('admin.people.title')}>
      ${this.#filter()} ${host.newsOf('people')}
      ${this.#rows.length === 0 ? this.#nobody() : this.#table()}
      ${this.#nextCursor ? html`<div>${button({ label: host.text('admin.people.more'), busy: host.busy, onClick: () => void this.#more() })}</div>` : nothing}
    </section>`;
  }

  #nobody(): TemplateResult {
    const host = this.#host;
    const isFiltered = this.#email !== '' || this.#status !== undefined;
    const query = html`<bdi>${this.#email}</bdi>`;
    const text =
      this.#email === ''
        ? host.text('admin.people.nobody.there')
        : host.rich('admin.people.nobody.found', { query });
    return html`${host.heading(host.text('admin.people.title'), 'cs-subheading', 'people-title', 1)}
      <p class="cs-muted">${isFiltered ? text : host.text('admin.people.nobody')}</p>`;
  }

  #filter(): TemplateResult {
    const host = this.#host;
    const id = `${host.uid}-people`;
    const statuses = [
      ['', 'all'],
      ['enabled', 'on'],
      ['disabled', 'off'],
    ] as const;
    return html`<form class="cs-filter" role="search" novalidate @submit=${this.#onSearch}>
      ${field({
        id: `${id}-email`,
        name: 'email',
        type: 'search',
        label: host.text('admin.people.search'),
        errorPrefix: '',
        className: 'cs-grow',
      })}
      <div class="cs-field"><label class="cs-label" for="${id}-status">${host.text('admin.people.status')}</label>
        <select class="cs-input" id="${id}-status" name="status" @change=${this.#onSearch}>
          ${statuses.map(([value, key]) => html`<option value=${value}>${host.text(`admin.people.${key}`)}</option>`)}
        </select></div>
      ${button({ label: host.text('admin.people.find') })}
    </form>`;
  }

  #table(): TemplateResult {
    const host = this.#host;
    const columns = ['person', 'status', 'methods', 'since', 'actions'] as const;
    return html`<table class="cs-table" role="table"><caption>${host.text('admin.people.title')}</caption>
      <thead role="rowgroup"><tr role="row">${columns.map((name) => html`<th scope="col" role="columnheader">${host.text(`admin.people.${name}`)}</th>`)}</tr></thead>
      <tbody role="rowgroup">${this.#rows.map((row, index) => this.#row(row, index))}</tbody></table>`;
  }

  #row(row: ListedUser, index: number): TemplateResult {
    const host = this.#host;
    const id = `${host.uid}-person-${index}`;
    const cell = (name: 'status' | 'methods' | 'since' | 'actions', content: unknown) =>
      html`<td role="cell" data-label=${host.text(`admin.people.${name}`)}>${content}</td>`;
    return html`<tr role="row"><th scope="row" role="rowheader"><span id=${id} tabindex="-1" class="cs-person"><bdi dir="ltr">${row.email}</bdi></span>
        ${row.displayName ? html`<span class="cs-hint cs-block"><bdi>${row.displayName}</bdi></span>` : nothing}</th>
      ${cell('status', this.#state(row))}
      ${cell('methods', row.methods.length === 0 ? '–' : methodsText(host, row.methods))}
      ${cell('since', row.enabledAt ? host.time(row.enabledAt, { dateStyle: 'medium' }) : '–')}
      ${cell('actions', this.#actions(row, id))}</tr>`;
  }

  #state(row: ListedUser): TemplateResult {
    const host = this.#host;
    const at = (time: string) => ({ date: host.time(time, { dateStyle: 'medium', timeStyle: 'short' }) });
    const tag = (tone: string, text: unknown) => html`<span class="cs-tag ${tone}">${text}</span>`;
    return html`<span class="cs-tags">
      ${
        row.status === 'enabled'
          ? html`<span class="cs-badge">${icon('tick')}${host.text('admin.people.enabled')}</span>`
          : tag('cs-tag-plain', host.text('admin.people.disabled'))
      }
      ${row.lockedUntil ? tag('cs-tag-danger', html`<span>${host.rich('admin.people.locked.until', at(row.lockedUntil))}</span>`) : nothing}
      ${row.codesDisabled ? tag('cs-tag-danger', host.text('admin.people.codes.off')) : nothing}
      ${row.exemptUntil ? tag('cs-tag-warn', html`<span>${host.rich('admin.people.exempt.until', at(row.exemptUntil))}</span>`) : nothing}
      ${row.mailBounced ? tag('cs-tag-warn', host.text('admin.people.bounced')) : nothing}</span>`;
  }

  #actions(row: ListedUser, describedBy: string): unknown {
    const host = this.#host;
    if (row.id === host.ownId) {
      return html`<span class="cs-hint">${host.text('admin.people.you')}</span>`;
    }
    const { policy } = host.policyForm;
    const mayAct = policy !== undefined && host.mayAct(policy);
    const isLocked = row.lockedUntil !== undefined || row.codesDisabled === true;
    const act = (label: string, onClick: () => void) => button({ label, describedBy, onClick });
    return html`<span class="cs-row-actions">
      ${mayAct && row.status === 'enabled' ? act(host.text('admin.people.reset'), () => reset(host, row)) : nothing}
      ${mayAct && row.status === 'enabled' ? act(host.text('admin.people.temporary.code'), () => temporaryCode(host, row)) : nothing}
      ${mayAct && isLocked ? act(host.text('admin.people.unlock'), () => unlock(host, row)) : nothing}
      ${host.deskRole === 'admin' ? this.#exemption(row, act) : nothing}</span>`;
  }

  #exemption(row: ListedUser, act: (label: string, onClick: () => void) => TemplateResult): TemplateResult {
    const host = this.#host;
    return row.exemptUntil
      ? act(host.text('admin.people.end.exemption'), () => endExemption(host, row))
      : act(host.text('admin.people.exempt'), () => exempt(host, row));
  }
}
