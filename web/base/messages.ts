/**
 * What people read: one JSON catalogue per language. A text holds `{name}` placeholders; a text with a plural is an object
 * by the categories of `Intl.PluralRules`, chosen by the value `n`. English is in the bundle, the others load when needed.
 */

export type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };
export type Catalogue = Readonly<Record<string, string | Plural>>;
export type Language = 'en' | 'de' | 'fr' | 'es';

/** The texts of an element: English at once, the other languages on demand. */
export type Catalogues<C extends Catalogue = Catalogue> = {
  en: C;
  load: Record<Exclude<Language, 'en'>, () => Promise<{ default: Record<keyof C, string | Plural> }>>;
};

/** The language of the catalogues for a BCP 47 tag: that of its primary subtag, else English. */
export function languageOf(tag: string): Language {
  const primary = tag.toLowerCase().split(/[-_]/)[0];
  return primary === 'de' || primary === 'fr' || primary === 'es' ? primary : 'en';
}

/** The catalogue of a language. One that cannot be loaded is replaced by English, so that a sign-in never waits for words. */
export async function loadCatalogue(catalogues: Catalogues, language: Language): Promise<Catalogue> {
  if (language === 'en') {
    return catalogues.en;
  }
  const loaded = await catalogues.load[language]().catch(() => undefined);
  return loaded ? { ...catalogues.en, ...loaded.default } : catalogues.en;
}

/** A text in pieces, with each placeholder's value between them. Numbers are written as `locale` does. */
export function fill<V>(
  message: string | Plural,
  values: Readonly<Record<string, V>>,
  locale: string,
): (string | V)[] {
  return textOf(message, values.n, locale)
    .split(/\{(\w+)\}/)
    .map((piece, index) => (index % 2 === 0 ? piece : written(values[piece], locale)));
}

function textOf(message: string | Plural, n: unknown, locale: string): string {
  if (typeof message === 'string') {
    return message;
  }
  return message[new Intl.PluralRules(locale).select(Number(n))] ?? message.other;
}

function written<V>(value: V | undefined, locale: string): string | V {
  if (typeof value === 'number') {
    return new Intl.NumberFormat(locale).format(value);
  }
  return value ?? '';
}

/** A BCP 47 tag that `Intl` accepts, or `en`: an app may have written anything into `lang`. */
export function localeOf(tag: string): string {
  try {
    return Intl.getCanonicalLocales(tag.replaceAll('_', '-'))[0] ?? 'en';
  } catch {
    return 'en';
  }
}
