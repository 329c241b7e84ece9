/** The texts of `<countersign-admin>`. */
import { withAct } from './act.ts';
import en from './admin/en.json';

export const adminCatalogues = withAct({
  en,
  load: {
    de: () => import('./admin/de.json'),
    fr: () => import('./admin/fr.json'),
    es: () => import('./admin/es.json'),
  },
});
