/**
 * The mails. A code mail holds a code and nothing to click; a notice holds neither code nor sign-in link: what is to be
 * said is in the catalogues, how it looks in `mail-layout.ts`.
 */

import type { OutboxEvent } from '../state/item.ts';
import { type NoticeType, silentEvents } from './events.ts';
import { type Content, compose, type Page, type Part } from './mail-layout.ts';
import { codeTexts, frameTexts, noticeTexts, oneLine, type Speech, say, speechOf } from './mail-texts.ts';
import { timeIn } from './mail-times.ts';

export type CodePurpose = 'sign_in' | 'proof' | 'enable_email' | 'policy_change';

/** Who speaks. */
export type Brand = {
  product: string;
  supportContact?: string | undefined;
  settingsUrl?: string | undefined;
};

/** Who reads, and what is known of them. */
export type Reader = {
  email?: string | undefined;
  locale?: string | undefined;
  timeZone?: string | undefined;
};

/** A browser and a system by their known names; neither of an agent that is not known. */
export type Device = { browser?: string | undefined; system?: string | undefined };

/** The mail that carries a 6-digit code. */
export function codeMail(
  { purpose, code, minutes }: { purpose: CodePurpose; code: string; minutes: number },
  brand: Brand,
  reader: Reader = {},
): Content {
  const speech = speechOf(reader.locale);
  const { purposes, rules } = codeTexts[speech.language];
  const { title, intro } = purposes[purpose];
  const lasts = say(rules.lasts, speech, { minutes });
  return framed(speech, brand, {
    title: say(title, speech),
    preheader: lasts,
    parts: [
      { text: say(intro, speech, { product: brand.product }) },
      { code },
      { text: lasts },
      { text: say(rules.secret, speech) },
      { text: say(rules.unasked, speech) },
      ...contactOf(speech, brand),
    ],
  });
}

/**
 * The notice of an event: who did what, when, from where, and what to do if it was somebody else. `device` is what the
 * event's user agent says it is. Undefined for events that are for the audit trail alone; an event of a newer release is
 * told in general words.
 */
export function noticeMail(
  event: OutboxEvent,
  brand: Brand,
  reader: Reader = {},
  device: Device = {},
): Content | undefined {
  if (silentEvents.some((type) => type === event.type)) {
    return undefined;
  }
  const speech = speechOf(reader.locale);
  const { types, advice } = noticeTexts[speech.language];
  const type = Object.hasOwn(types, event.type) ? (event.type as NoticeType) : 'other';
  const values = valuesOf(event, speech, reader);
  const happened = say(types[type].happened, speech, values);
  const kind = adviceOf[type] ?? 'own';
  const facts = { facts: factsOf(event, speech, reader, device) };
  const advised = paragraphs(say(advice[kind], speech));
  return framed(speech, brand, {
    title: say(types[type].title, speech, values),
    preheader: happened,
    parts: [
      ...paragraphs(happened),
      ...(kind === 'enforcement' ? [...advised, facts] : [facts, ...advised]),
      ...settingsOf(speech, brand),
      ...contactOf(speech, brand),
    ],
  });
}

type Advice = keyof (typeof noticeTexts)['en']['advice'];

/** What a reader is told to do. Where it is not named here, the reader may have done it, or somebody in their place. */
const adviceOf: Partial<Record<NoticeType | 'other', Advice>> = {
  two_factor_reset: 'by_others',
  exemption_granted: 'by_others',
  exemption_ended: 'by_others',
  unlocked: 'by_others',
  sign_in_failures: 'failures',
  codes_disabled: 'failures',
  policy_changed: 'policy',
  enforcement_on: 'enforcement',
  enforcement_reminder: 'enforcement',
};

/** What the messages may name. A reason that an admin gave is for the audit trail alone. */
function valuesOf({ detail = {}, atMs }: OutboxEvent, speech: Speech, reader: Reader) {
  const date = detail.from ?? detail.until;
  const dateMs = date === undefined ? atMs : Date.parse(date);
  return {
    remaining: Number(detail.remaining ?? 0),
    days: Number(detail.days ?? 0),
    start: dateMs > atMs ? 'later' : 'now',
    date: zonedTime(dateMs, speech, reader) ?? utcTime(dateMs, speech),
  };
}

function factsOf(event: OutboxEvent, speech: Speech, reader: Reader, device: Device) {
  const { facts } = noticeTexts[speech.language];
  const { mode, methods } = policyIn(event, speech);
  const known: [string, string | undefined][] = [
    [facts.account, reader.email],
    [facts.when, utcTime(event.atMs, speech)],
    [facts.your_time, zonedTime(event.atMs, speech, reader)],
    [facts.by, actorOf(event, speech)],
    [facts.address, event.ip],
    [facts.device, event.userAgent && nameOf(device, speech)],
    [facts.mode, mode],
    [facts.methods, methods],
  ];
  return known.flatMap(([name, value]) =>
    value ? [{ name: say(name, speech), value: oneLine(value) }] : [],
  );
}

function utcTime(atMs: number, speech: Speech): string {
  const time = timeIn('UTC', atMs, speech.locale) ?? '';
  return say(noticeTexts[speech.language].values.utc, speech, { time });
}

/** The time on the reader's own clock, where their zone is known. */
function zonedTime(atMs: number, speech: Speech, { timeZone: zone }: Reader): string | undefined {
  const time = zone && timeIn(zone, atMs, speech.locale);
  return time && say(noticeTexts[speech.language].values.zoned, speech, { time, zone });
}

/** Staff by their ids too: there is more than one of them. */
function actorOf({ actor: { kind, id } }: OutboxEvent, speech: Speech): string {
  const { actors, values } = noticeTexts[speech.language];
  const actor = say(actors[kind], speech);
  const isStaff = kind === 'admin' || kind === 'support';
  return isStaff && id !== undefined ? say(values.with_id, speech, { actor, id }) : actor;
}

function nameOf({ browser, system }: Device, speech: Speech): string {
  const { values } = noticeTexts[speech.language];
  return browser && system
    ? say(values.browser_on, speech, { browser, system })
    : (browser ?? system ?? say(values.unknown_device, speech));
}

/** What a changed policy says now. */
function policyIn({ type, detail = {} }: OutboxEvent, speech: Speech): { mode?: string; methods?: string } {
  const { mode, methods } = detail;
  if (type !== 'policy_changed' || mode === undefined || methods === undefined) {
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

/** A message of several paragraphs has each on a line of its own. */
const paragraphs = (text: string): Part[] => text.split('\n').map((line) => ({ text: line }));

const contactOf = (speech: Speech, { supportContact: contact }: Brand): Part[] =>
  contact ? [{ text: say(frameTexts[speech.language].contact, speech, { contact }) }] : [];

const settingsOf = (speech: Speech, { settingsUrl: url }: Brand): Part[] =>
  url ? [{ text: say(frameTexts[speech.language].settings, speech, { url }), url }] : [];

function framed(speech: Speech, brand: Brand, page: Pick<Page, 'title' | 'preheader' | 'parts'>): Content {
  const frame = frameTexts[speech.language];
  const product = [...oneLine(brand.product)].slice(0, 100).join('');
  return compose({
    ...page,
    language: speech.language,
    product,
    subject: say(frame.subject, speech, { product, title: page.title }),
    footer: say(frame.automatic, speech, { product }),
  });
}
