/** What an administrator or a supporter does to somebody else's two-factor authentication, each with a reason. */
import { html } from 'lit';
import type { ListedUser, WithReason } from '../../client/browser.ts';
import { emit } from '../base/events.ts';
import { field } from '../base/field.ts';
import type { Act, FieldErrors } from '../base/sensitive-act.ts';
import type { CountersignAdmin } from './admin.ts';

const dayMs = 86_400_000;
const maxDays = 90;
const usualDays = 7;
/** How long a temporary code may pass, in minutes; the API takes 15 to 1440. */
const validities = [15, 60, 240, 1440] as const;

type DeskAct = {
  name: 'reset' | 'unlock' | 'exempt' | 'end.exemption' | 'temporary';
  isGrave?: boolean;
  /** What it asks for besides a reason. */
  more?: 'until' | 'validity';
  perform: (body: WithReason, form: FormData) => Promise<unknown>;
  /** Said when it is done, unless there is something to show first. */
  news: () => string;
  show?: () => void;
};

export function reset(host: CountersignAdmin, row: ListedUser): void {
  open(host, row, {
    name: 'reset',
    isGrave: true,
    perform: (body) => host.client.resetTwoFactor(row.id, body),
    news: () => host.text('admin.people.is.reset', { email: row.email }),
  });
}

export function unlock(host: CountersignAdmin, row: ListedUser): void {
  open(host, row, {
    name: 'unlock',
    perform: (body) => host.client.unlockUser(row.id, body),
    news: () => host.text('admin.people.is.unlocked', { email: row.email }),
  });
}

export function exempt(host: CountersignAdmin, row: ListedUser): void {
  let until = '';
  open(host, row, {
    name: 'exempt',
    more: 'until',
    perform: (body, form) => {
      until = new Date(String(form.get('until'))).toISOString();
      return host.client.exemptUser(row.id, { ...body, until });
    },
    news: () =>
      host.text('admin.people.is.exempt', {
        email: row.email,
        date: host.timeText(until, { dateStyle: 'medium', timeStyle: 'short' }),
      }),
  });
}

export function endExemption(host: CountersignAdmin, row: ListedUser): void {
  open(host, row, {
    name: 'end.exemption',
    perform: (body) => host.client.exemptUser(row.id, { ...body, until: null }),
    news: () => host.text('admin.people.exemption.ended', { email: row.email }),
  });
}

export function temporaryCode(host: CountersignAdmin, row: ListedUser): void {
  let made = { code: '', expiresAt: '' };
  open(host, row, {
    name: 'temporary',
    more: 'validity',
    perform: async (body, form) => {
      const validMinutes = Number(form.get('validity'));
      made = await host.client.createTemporaryCode(row.id, { ...body, validMinutes });
    },
    show: () => host.temporaryCode.show({ row, ...made }),
    news: () => '',
  });
}

function open(host: CountersignAdmin, row: ListedUser, act: DeskAct): void {
  const { name, isGrave = false, more } = act;
  host.act.open({
    name,
    isGrave,
    asksPassword: host.isStale,
    // An API that does not say what it asks takes no proof for acts on others.
    asksFactor: host.twoFactor?.proof?.factor ?? false,
    title: host.rich(`admin.acts.${name}.title`, { email: html`<bdi dir="ltr">${row.email}</bdi>` }),
    text: html`<p>${host.text(`admin.acts.${name}.text`)}</p>`,
    fields: (errors) => html`${reasonField(host, errors)} ${more === 'until' ? untilField(host, errors) : ''}
      ${more === 'validity' ? validityField(host) : ''}`,
    places: [name],
    check: (form) => checked(host, form, more === 'until'),
    refused: (pointer) => refusedField(host, pointer),
    perform: async (proof, form) => {
      const reason = String(form.get('reason')).trim();
      await act.perform({ reason, ...(proof && { proof }) }, form);
    },
    onDone: () => {
      emit(host, 'countersign-changed', { what: `user_${name.replace('.', '_')}` });
      if (act.show) {
        act.show();
      } else {
        void host.people.refresh(row, act.news());
      }
    },
  } satisfies Act);
}

function reasonField(host: CountersignAdmin, errors: FieldErrors): unknown {
  return field({
    id: `${host.uid}-act-reason`,
    name: 'reason',
    label: host.text('admin.acts.reason'),
    hint: host.text('admin.acts.reason.hint'),
    error: errors.reason,
    errorPrefix: host.text('error.prefix'),
  });
}

function untilField(host: CountersignAdmin, errors: FieldErrors): unknown {
  return field({
    id: `${host.uid}-act-until`,
    name: 'until',
    type: 'datetime-local',
    label: host.text('admin.acts.until'),
    hint: host.text('admin.acts.until.hint'),
    value: localMinute(Date.now() + usualDays * dayMs),
    min: localMinute(Date.now()),
    max: localMinute(Date.now() + maxDays * dayMs),
    error: errors.until,
    errorPrefix: host.text('error.prefix'),
    className: 'cs-field-s',
  });
}

/** In words of the reader's language, such as "4 hours". */
function validityField(host: CountersignAdmin): unknown {
  const id = `${host.uid}-act-validity`;
  const words = (minutes: number) => {
    const [count, unit] = minutes < 60 ? [minutes, 'minute'] : [minutes / 60, 'hour'];
    return new Intl.NumberFormat(host.locale, { style: 'unit', unit, unitDisplay: 'long' }).format(count);
  };
  return html`<div class="cs-field cs-field-s"><label class="cs-label" for=${id}>${host.text('admin.acts.validity')}</label>
    <select class="cs-input" id=${id} name="validity">
      ${validities.map((minutes) => html`<option value=${minutes}>${words(minutes)}</option>`)}
    </select></div>`;
}

/** As a `datetime-local` input writes it, in the reader's own time zone. */
function localMinute(atMs: number): string {
  const offsetMs = new Date(atMs).getTimezoneOffset() * 60_000;
  return new Date(atMs - offsetMs).toISOString().slice(0, 16);
}

function checked(host: CountersignAdmin, form: FormData, hasUntil: boolean): FieldErrors {
  const untilMs = Date.parse(String(form.get('until')));
  const isWithin = untilMs > Date.now() && untilMs <= Date.now() + maxDays * dayMs;
  return {
    ...(String(form.get('reason')).trim() === '' && { reason: host.text('admin.acts.reason.missing') }),
    ...(hasUntil && !isWithin && { until: host.text('admin.acts.until.wrong') }),
  };
}

function refusedField(host: CountersignAdmin, pointer: string): FieldErrors | undefined {
  const errors: Record<string, FieldErrors> = {
    '/reason': { reason: host.text('admin.acts.reason.missing') },
    '/until': { until: host.text('admin.acts.until.wrong') },
  };
  return errors[pointer];
}
