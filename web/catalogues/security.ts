/** The texts of `<countersign-security>`. */
import { withAct } from './act.ts';
import en from './security/en.json';

export const securityCatalogues = withAct({
  en,
  load: {
    de: () => import('./security/de.json'),
    fr: () => import('./security/fr.json'),
    es: () => import('./security/es.json'),
  },
});
