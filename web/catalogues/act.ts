/** The texts of a sensitive act, shared by the security and the admin element. */
import type { Catalogue, Catalogues } from '../base/messages.ts';
import en from './act/en.json';
import { type BaseCatalogue, merged, withBase } from './base.ts';

export type ActCatalogue = BaseCatalogue & typeof en;

const act = {
  en,
  load: {
    de: () => import('./act/de.json'),
    fr: () => import('./act/fr.json'),
    es: () => import('./act/es.json'),
  },
} satisfies Catalogues<typeof en>;

/** The texts for signed-in people with those of one element. */
export const withAct = <C extends Catalogue>(own: Catalogues<C>): Catalogues<ActCatalogue & C> =>
  withBase(merged(act, own));
