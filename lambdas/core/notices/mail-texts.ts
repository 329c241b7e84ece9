/** What mails and text messages say, in the reader's language. The texts are ICU messages; in the bundles they arrive parsed. */
import { IntlMessageFormat } from 'intl-messageformat';
import * as de from './catalogues/de.json';
import * as en from './catalogues/en.json';
import * as es from './catalogues/es.json';
import * as fr from './catalogues/fr.json';

// One constant for each part, so that the bundle of a flow that only sends codes holds no notices.
export const frameTexts = { de: de.frame, en: en.frame, es: es.frame, fr: fr.frame };
export const codeTexts = { de: de.codes, en: en.codes, es: es.codes, fr: fr.codes };
export const smsTexts = { de: de.sms, en: en.sms, es: es.sms, fr: fr.sms };
export const noticeTexts = { de: de.notices, en: en.notices, es: es.notices, fr: fr.notices };

type Language = keyof typeof frameTexts;

/** `language` has a catalogue; `locale` is of that language and knows the region's way to write dates. */
export type Speech = { language: Language; locale: string };

/** The language of a locale such as `de-CH`, without regard to the region; English for one that has no catalogue. */
export function speechOf(locale: string | undefined): Speech {
  const known = knownLocale(locale);
  const language = known?.split('-')[0] ?? '';
  return known && Object.hasOwn(frameTexts, language)
    ? { language: language as Language, locale: known }
    : { language: 'en', locale: 'en' };
}

function knownLocale(locale: string | undefined): string | undefined {
  try {
    return locale && Intl.getCanonicalLocales(locale.replaceAll('_', '-'))[0];
  } catch {
    return undefined;
  }
}

/** A message with its values filled in. Values come from people and become one line each. */
export function say(
  message: string,
  { locale }: Speech,
  values: Record<string, string | number> = {},
): string {
  const lines = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === 'string' ? oneLine(value) : value,
  ]);
  const format = new IntlMessageFormat(message, locale, undefined, { ignoreTag: true });
  return String(format.format(Object.fromEntries(lines)));
}

/** No line breaks and no control characters, so that nothing typed can start a header or a line of its own. */
export function oneLine(text: string): string {
  const line = text.replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return [...line].slice(0, 200).join('');
}
