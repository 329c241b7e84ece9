/** What a notice says about its event: values for its sentences, and rows of facts. */
import type { OutboxEvent } from '../state/item.ts';
import type { NoticeType } from './event-types.ts';
import { noticeTexts, oneLine, type Speech, say } from './mail-texts.ts';
import { timeIn } from './mail-times.ts';

/** Who reads a mail, as far as it is known. */
export type Reader = {
  email?: string | undefined;
  locale?: string | undefined;
  timeZone?: string | undefined;
};

/** A browser and a system by their known names; neither of an agent that is not known. */
export type Device = { browser?: string | undefined; system?: string | undefined };

/** The values of a notice's placeholders. A reason that an admin gave is for the audit trail alone. */
export function valuesOf({ detail = {}, atMs }: OutboxEvent, speech: Speech, reader: Reader) {
  const date = detail.from ?? detail.until;
  const dateMs = date === undefined ? atMs : Date.parse(date);
  return {
    remaining: Number(detail.remaining ?? 0),
    codes: detail.codes ?? '',
    days: Number(detail.days ?? 0),
    start: dateMs > atMs ? 'later' : 'now',
    date: zonedTime(dateMs, speech, reader) ?? utcTime(dateMs, speech),
  };
}

/** The rows of a notice: name and value, as far as they are known. */
export function factsOf(event: OutboxEvent, speech: Speech, reader: Reader, device: Device) {
  const { facts } = noticeTexts[speech.language];
  const { mode, methods } = policyIn(event, speech);
  const known: [string, string | undefined][] = [
    [facts.account, reader.email],
    [facts.when, utcTime(event.atMs, speech)],
    [facts.your_time, zonedTime(event.atMs, speech, reader)],
    [facts.before, event.detail?.before],
    [facts.after, event.detail?.after],
    [facts.changes, changesIn(event, speech)],
    [facts.times, timesOf(event, speech)],
    [facts.by, actorOf(event, speech)],
    [facts.address, withVia(event.ip, event.detail?.viaIp)],
    [facts.device, withVia(event.userAgent && nameOf(device, speech), event.detail?.viaUserAgent)],
    [facts.mode, mode],
    [facts.methods, methods],
  ];
  return known.flatMap(([name, value]) =>
    value ? [{ name: say(name, speech), value: oneLine(value) }] : [],
  );
}

/** With the connection's own, where the app's back end passed the call on. */
const withVia = (own: string | undefined, via: string | undefined): string | undefined =>
  own && via ? `${own} (via ${via})` : (own ?? via);

function utcTime(atMs: number, speech: Speech): string {
  const time = timeIn('UTC', atMs, speech.locale) ?? '';
  return say(noticeTexts[speech.language].values.utc, speech, { time });
}

/** The time on the reader's own clock, where their zone is known. */
function zonedTime(atMs: number, speech: Speech, { timeZone: zone }: Reader): string | undefined {
  const time = zone && timeIn(zone, atMs, speech.locale);
  return time && say(noticeTexts[speech.language].values.zoned, speech, { time, zone });
}

/** How many events a notice stands for, where it is more than one. */
const timesOf = ({ times = 1 }: OutboxEvent, speech: Speech): string | undefined =>
  times > 1 ? say(noticeTexts[speech.language].values.times, speech, { times }) : undefined;

/** The titles of the notices that a notice of several changes stands for. */
function changesIn(event: OutboxEvent, speech: Speech): string | undefined {
  const { types } = noticeTexts[speech.language];
  const kinds = event.type === 'several_changes' ? (event.detail?.types ?? '').split(' ') : [];
  const titles = kinds
    .filter((kind) => Object.hasOwn(types, kind) && kind !== 'several_changes')
    .map((kind) => say(types[kind as NoticeType].title, speech, valuesOf(event, speech, {})));
  return titles.length > 0 ? titles.join('; ') : undefined;
}

/** Staff by their ids too: there is more than one of them. */
function actorOf({ actor: { kind, id } }: OutboxEvent, speech: Speech): string {
  const { actors, values } = noticeTexts[speech.language];
  const actor = Object.hasOwn(actors, kind) ? say(actors[kind as keyof typeof actors], speech) : kind;
  const isStaff = kind === 'admin' || kind === 'support' || kind === 'operator';
  return isStaff && id !== undefined ? say(values.with_id, speech, { actor, id }) : actor;
}

function nameOf({ browser, system }: Device, speech: Speech): string {
  const { values } = noticeTexts[speech.language];
  return browser && system
    ? say(values.browser_on, speech, { browser, system })
    : (browser ?? system ?? say(values.unknown_device, speech));
}

/** What a changed policy requires now. */
function policyIn({ type, detail = {} }: OutboxEvent, speech: Speech): { mode?: string; methods?: string } {
  const { mode, methods } = detail;
  const isPolicy = type === 'policy_changed' || type === 'policy_set_by_operator';
  if (!isPolicy || mode === undefined || methods === undefined) {
    return {};
  }
  const { values, methods: names } = noticeTexts[speech.language];
  const named = methods
    .split(' ')
    .map((method) =>
      Object.hasOwn(names, method) ? say(names[method as keyof typeof names], speech) : method,
    );
  const list = new Intl.ListFormat(speech.locale, { type: 'unit' });
  return { mode: say(values.mode, speech, { mode }), methods: list.format(named) };
}
