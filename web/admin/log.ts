/** The account's audit trail, newest first. */
import { html, nothing, type TemplateResult } from 'lit';
import type { AuditEvent, EventsQuery, Page } from '../../client/browser.ts';
import { button } from '../base/button.ts';
import { field } from '../base/field.ts';
import { isSignedOut } from '../base/settings-element.ts';
import { adminCatalogues } from '../catalogues/admin.ts';
import type { AdminTexts, CountersignAdmin } from './admin.ts';
import { deviceName } from './device-name.ts';

const pageSize = 25;
const typePrefix = 'admin.log.types.';

export class Log {
  readonly #host: CountersignAdmin;
  #rows: AuditEvent[] = [];
  #nextCursor: string | null = null;
  #filter: Pick<EventsQuery, 'userId' | 'type' | 'from' | 'to'> = {};
  #error: string | undefined;
  #personError: string | undefined;

  constructor(host: CountersignAdmin) {
    this.#host = host;
  }

  get query(): EventsQuery {
    return { limit: pageSize, ...this.#filter };
  }

  take({ data, nextCursor }: Page<AuditEvent>): void {
    this.#rows = data;
    this.#nextCursor = nextCursor;
  }

  /** Reads the newest page again, after something was done. */
  async refresh(): Promise<void> {
    const page = await this.#host.client.listEvents(this.query).catch(() => undefined);
    if (page) {
      this.take(page);
      this.#host.requestUpdate();
    }
  }

  readonly #onFilter = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const of = (name: string) => String(form.get(name)).trim();
    const [from, to] = [of('from'), of('to')];
    this.#error = from && to && to < from ? this.#host.text('admin.log.reversed') : undefined;
    if (this.#error) {
      this.#host.focusNext(`#${this.#host.uid}-log-to`);
      return;
    }
    const filter = {
      ...(of('type') && { type: of('type') }),
      ...(from && { from: new Date(`${from}T00:00`).toISOString() }),
      ...(to && { to: new Date(`${to}T23:59:59.999`).toISOString() }),
    };
    void this.#search(filter, of('person'));
  };

  async #search(filter: EventsQuery, person: string): Promise<void> {
    const host = this.#host;
    this.#personError = undefined;
    const result = await host.run(async () => {
      const userId = person === '' ? undefined : await this.#idOf(person);
      this.#filter = { ...filter, ...(userId !== undefined && { userId }) };
      return host.client.listEvents(this.query);
    });
    if ('answer' in result) {
      this.take(result.answer);
      host.requestUpdate();
      const n = this.#rows.length;
      host.announce('log', host.text(n === 0 ? 'admin.log.found.none' : 'admin.log.found', { n }));
    } else {
      this.#refused(result.failure);
    }
  }

  /** The log is asked by id; people know addresses. */
  async #idOf(person: string): Promise<string> {
    const { data } = await this.#host.client.listUsers({ email: person, limit: 1 });
    return data[0]?.id ?? person;
  }

  #refused(failure: Parameters<CountersignAdmin['errorText']>[0]): void {
    const host = this.#host;
    if (isSignedOut(failure)) {
      host.endSession(failure);
      return;
    }
    this.#personError = host.errorText(failure);
    host.focusNext(`#${host.uid}-log-person`);
  }

  async #more(): Promise<void> {
    const host = this.#host;
    const first = this.#rows.length;
    const cursor = this.#nextCursor ?? undefined;
    const result = await host.run(() => host.client.listEvents({ ...this.query, cursor }));
    if ('answer' in result) {
      this.#rows = [...this.#rows, ...result.answer.data];
      this.#nextCursor = result.answer.nextCursor;
      host.focusNext(`#${host.uid}-event-${first}`);
    } else {
      host.announce('log', host.errorText(result.failure), true);
    }
  }

  // What is seen.

  view(): TemplateResult {
    const host = this.#host;
    return html`<section class="cs-card cs-stack" aria-label=${host.text('admin.log.title')}>
      ${this.#form()} ${host.newsOf('log')}
      ${
        this.#rows.length === 0
          ? html`${host.heading(host.text('admin.log.title'), 'cs-subheading', 'log-title', 1)}<p class="cs-muted">${host.text('admin.log.empty')}</p>`
          : this.#table()
      }
      ${this.#nextCursor ? html`<div>${button({ label: host.text('admin.log.more'), busy: host.busy, onClick: () => void this.#more() })}</div>` : nothing}
    </section>`;
  }

  #form(): TemplateResult {
    const host = this.#host;
    const errorPrefix = host.text('error.prefix');
    const input = (name: 'person' | 'from' | 'to', error?: string) =>
      field({
        id: `${host.uid}-log-${name}`,
        name,
        type: name === 'person' ? 'search' : 'date',
        label: host.text(`admin.log.${name}`),
        error,
        errorPrefix,
        className: name === 'person' ? 'cs-grow' : '',
      });
    const types = (Object.keys(adminCatalogues.en) as (keyof AdminTexts)[]).filter((key) =>
      key.startsWith(typePrefix),
    );
    return html`<form class="cs-filter" role="search" aria-label=${host.text('admin.log.title')} novalidate @submit=${this.#onFilter}>
      ${input('person', this.#personError)}
      <div class="cs-field"><label class="cs-label" for="${host.uid}-log-type">${host.text('admin.log.what')}</label>
        <select class="cs-input" id="${host.uid}-log-type" name="type">
          <option value="">${host.text('admin.log.everything')}</option>
          ${types.map((key) => html`<option value=${key.slice(typePrefix.length)}>${host.text(key)}</option>`)}
        </select></div>
      ${input('from')} ${input('to', this.#error)}
      ${button({ label: host.text('admin.log.filter') })}
    </form>`;
  }

  #table(): TemplateResult {
    const host = this.#host;
    const columns = ['time', 'what', 'who', 'person', 'address', 'device'] as const;
    return html`<table class="cs-table" role="table"><caption>${host.text('admin.log.title')}</caption>
      <thead role="rowgroup"><tr role="row">${columns.map((name) => html`<th scope="col" role="columnheader">${host.text(`admin.log.${name}`)}</th>`)}</tr></thead>
      <tbody role="rowgroup">${this.#rows.map((row, index) => this.#row(row, index))}</tbody></table>`;
  }

  #row(row: AuditEvent, index: number): TemplateResult {
    const host = this.#host;
    const cell = (name: 'what' | 'who' | 'person' | 'address' | 'device', content: unknown) =>
      html`<td role="cell" data-label=${host.text(`admin.log.${name}`)}>${content}</td>`;
    const { reason } = row.detail;
    return html`<tr role="row"><th scope="row" role="rowheader"><span id="${host.uid}-event-${index}" tabindex="-1">
        ${host.time(row.at, { dateStyle: 'medium', timeStyle: 'short' })}</span></th>
      ${cell('what', html`<span>${this.#what(row.type)}${reason ? html`<span class="cs-hint cs-block">${host.rich('admin.log.reason', { reason: html`<bdi>${reason}</bdi>` })}</span>` : nothing}</span>`)}
      ${cell('who', this.#who(row))}
      ${cell('person', row.userId ? html`<bdi dir="ltr">${host.people.nameOf(row.userId)}</bdi>` : '–')}
      ${cell('address', row.ip ? html`<bdi dir="ltr">${row.ip}</bdi>` : '–')}
      ${cell('device', deviceName(row.userAgent) ?? '–')}</tr>`;
  }

  /** An event that this release does not know is shown by its name. */
  #what(type: string): string {
    const key = `${typePrefix}${type}` as keyof AdminTexts;
    return key in adminCatalogues.en ? this.#host.text(key) : type;
  }

  #who({ actor, userId }: AuditEvent): unknown {
    const host = this.#host;
    const key = `admin.log.actors.${actor.kind}` as keyof AdminTexts;
    const name = key in adminCatalogues.en ? host.text(key) : actor.kind;
    const isOther = actor.id !== undefined && actor.id !== userId;
    return isOther
      ? html`<span>${name}<span class="cs-hint cs-block"><bdi dir="ltr">${host.people.nameOf(actor.id as string)}</bdi></span></span>`
      : name;
  }
}
