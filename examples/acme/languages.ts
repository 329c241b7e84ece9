/** Acme's texts: written in English where they are used, translated by a catalogue of sentences. */
import de from './languages/de.json' with { type: 'json' };

/** The text in the page's language, `{name}` replaced by the value of that name. */
export type Translate = (text: string, values?: Record<string, string | number>) => string;

const catalogues: Record<string, Record<string, string>> = { de };
export const languages = ['en', ...Object.keys(catalogues)];

export function translator(language: string): Translate {
  return (text, values = {}) => {
    const translated = catalogues[language]?.[text] ?? text;
    return translated.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
  };
}
