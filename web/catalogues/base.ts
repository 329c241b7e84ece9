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

/** The shared texts with those of one element. */
export function withBase<C extends Catalogue>(own: Catalogues<C>): Catalogues<BaseCatalogue & C> {
  const both = (language: 'de' | 'fr' | 'es') => async () => {
    const [shared, mine] = await Promise.all([base.load[language](), own.load[language]()]);
    return { default: { ...shared.default, ...mine.default } };
  };
  return {
    en: { ...en, ...own.en },
    load: { de: both('de'), fr: both('fr'), es: both('es') },
  };
}
