/**
 * The mails. A code mail holds a code and nothing to click; a notice holds neither a code nor a link to sign in. The texts
 * are in the catalogues, the looks in `mail-layout.ts`.
 */

import type { OutboxEvent } from '../state/item.ts';
import { type NoticeType, treatmentOf } from './event-types.ts';
import { type Device, factsOf, type Reader, valuesOf } from './mail-facts.ts';
import { type Content, compose, type Page, type Part } from './mail-layout.ts';
import { codeTexts, frameTexts, noticeTexts, oneLine, type Speech, say, speechOf } from './mail-texts.ts';

export type CodePurpose = 'sign_in' | 'proof' | 'enable_email' | 'policy_change';

/** Whose mails they are. */
export type Brand = {
  product: string;
  supportContact?: string | undefined;
  settingsUrl?: string | undefined;
};

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
 * The notice of an event: who did what, when, from where, and what to do if it was unwanted. `device` is what the event's
 * user agent stands for. Undefined for events that are for the audit trail alone; an event of a newer release is described
 * in general words.
 */
export function noticeMail(
  event: OutboxEvent,
  brand: Brand,
  reader: Reader = {},
  device: Device = {},
): Content | undefined {
  if (!treatmentOf(event.type).mailed) {
    return undefined;
  }
  const speech = speechOf(reader.locale);
  const { types, advice } = noticeTexts[speech.language];
  const type = Object.hasOwn(types, event.type) ? (event.type as NoticeType) : 'other';
  const values = valuesOf(event, speech, reader);
  const happened = say(types[type].happened, speech, values);
  const kind = adviceFor(type, event);
  const facts = { facts: factsOf(event, speech, reader, device) };
  const contact = brand.supportContact ?? say(frameTexts[speech.language].administrator, speech);
  const advised = paragraphs(say(advice[kind], speech, { contact }));
  return framed(speech, brand, {
    title: say(types[type].title, speech, values),
    preheader: happened,
    parts: [
      ...paragraphs(happened),
      ...warningsOf(event),
      ...(kind === 'enforcement' ? [...advised, facts] : [facts, ...advised]),
      ...settingsOf(speech, brand),
      ...(kind === 'by_others' || kind === 'imported' ? [] : contactOf(speech, brand)),
    ],
  });
}

type Advice = keyof (typeof noticeTexts)['en']['advice'];

/** What a reader is advised to do, where that is not a matter of who caused the event. */
const adviceOf: Partial<Record<NoticeType | 'other', Advice>> = {
  two_factor_reset: 'by_others',
  exemption_granted: 'by_others',
  exemption_ended: 'by_others',
  unlocked: 'by_others',
  temporary_code_created: 'by_others',
  imported: 'imported',
  sign_in_failures: 'failures',
  codes_disabled: 'failures',
  policy_changed: 'policy',
  policy_set_by_operator: 'policy',
  enforcement_on: 'enforcement',
  enforcement_reminder: 'enforcement',
};

/** What others did may be unwanted; anything else the reader did, or somebody in their place. */
function adviceFor(type: NoticeType | 'other', { actor: { kind } }: OutboxEvent): Advice {
  const byOthers = kind === 'admin' || kind === 'support' || kind === 'operator';
  return adviceOf[type] ?? (byOthers ? 'by_others' : 'own');
}

/** Sentences about what a policy opens, as the API answered them to whoever set it. */
const warningsOf = ({ detail }: OutboxEvent): Part[] =>
  detail?.warnings ? detail.warnings.split('\n').map((line) => ({ text: oneLine(line) })) : [];

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
