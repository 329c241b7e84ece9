/** The texts of the hosted prompt's page. */
import { withBase } from './base.ts';
import en from './page/en.json';

export const pageCatalogues = withBase({
  en,
  load: {
    de: () => import('./page/de.json'),
    fr: () => import('./page/fr.json'),
    es: () => import('./page/es.json'),
  },
});
