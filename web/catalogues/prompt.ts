/** The texts of `<countersign-prompt>`. */
import { withBase } from './base.ts';
import en from './prompt/en.json';

export const promptCatalogues = withBase({
  en,
  load: {
    de: () => import('./prompt/de.json'),
    fr: () => import('./prompt/fr.json'),
    es: () => import('./prompt/es.json'),
  },
});
