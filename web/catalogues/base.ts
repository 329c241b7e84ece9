/** The texts that all elements share: codes, recovery codes, setting up an authenticator, and errors. */
import type { Catalogue, Catalogues } from '../base/messages.ts';
import en from './base/en.json';

export type BaseCatalogue = typeof en;

const base = {
  en,
  load: {
    de: () => import('./base/de.json'),
    fr: () => import('./base/fr.json'),
    es: () => import('./base/es.json'),
  },
} satisfies Catalogues<BaseCatalogue>;

/** The texts of two catalogues; the second one's win. */
export function merged<A extends Catalogue, B extends Catalogue>(
  one: Catalogues<A>,
  other: Catalogues<B>,
): Catalogues<A & B> {
  const both = (language: 'de' | 'fr' | 'es') => async () => {
    const [first, second] = await Promise.all([one.load[language](), other.load[language]()]);
    return { default: { ...first.default, ...second.default } };
  };
  return {
    en: { ...one.en, ...other.en },
    load: { de: both('de'), fr: both('fr'), es: both('es') },
  };
}

/** The shared texts with those of one element. */
export const withBase = <C extends Catalogue>(own: Catalogues<C>): Catalogues<BaseCatalogue & C> =>
  merged(base, own);
