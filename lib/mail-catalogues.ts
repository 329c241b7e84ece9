/**
 * The texts of the mails on their way into the functions: the built-in ones, with those of a deployment's own folder in
 * their place, checked and parsed here, so that the functions carry no parser and no message can fail on the first user.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';
import { IntlMessageFormat } from 'intl-messageformat';

/** Messages by key, in groups. */
export type Catalogue = { [key: string]: string | Catalogue };

const builtInDir = fileURLToPath(new URL('../lambdas/core/notices/catalogues', import.meta.url));
const catalogueFile = /[\\/]notices[\\/]catalogues[\\/][a-z]{2}\.json$/;

/** The languages that mails are written in. */
export const languages = readdirSync(builtInDir).map((file) => basename(file, '.json'));

/**
 * The texts of one language; those in `<mailsDir>/<language>.json`, where there is one, replace the built-in ones.
 * Throws an error that names every wrong key, placeholder, syntax and language of that folder.
 */
export function readCatalogue(language: string, mailsDir?: string): Catalogue {
  const builtIn = readJson(join(builtInDir, `${language}.json`));
  const own = mailsDir === undefined ? {} : ownTexts(language, mailsDir);
  const problems = problemsOf(builtIn, own);
  if (problems.length > 0) {
    throw new Error(`The mail texts in ${mailsDir}/${language}.json are not valid:\n${problems.join('\n')}`);
  }
  return merged(builtIn, own);
}

/**
 * What is wrong with `texts`, one line each: a key that `model` does not have, a message that is not in the ICU format, a
 * placeholder that is missing or that nobody fills in. Keys may be left out.
 */
export function problemsOf(model: Catalogue, texts: Catalogue, path = ''): string[] {
  return Object.entries(texts).flatMap(([key, own]) => {
    const at = `${path}${key}`;
    const wanted = Object.hasOwn(model, key) ? model[key] : undefined;
    if (wanted === undefined) return [`${at}: there is no such text`];
    if (typeof wanted === 'object') {
      return typeof own === 'object'
        ? problemsOf(wanted, own, `${at}.`)
        : [`${at}: must be a group of texts`];
    }
    return typeof own === 'string' ? problemsOfMessage(at, wanted, own) : [`${at}: must be a text`];
  });
}

function problemsOfMessage(at: string, wanted: string, own: string): string[] {
  let placeholders: Set<string>;
  try {
    placeholders = placeholdersIn(parsed(own));
  } catch (error) {
    return [`${at}: is not an ICU message: ${(error as Error).message}`];
  }
  const known = placeholdersIn(parsed(wanted));
  return [
    ...[...known].filter((name) => !placeholders.has(name)).map((name) => `${at}: {${name}} is missing`),
    ...[...placeholders]
      .filter((name) => !known.has(name))
      .map((name) => `${at}: {${name}} is not known here`),
  ];
}

type Message = ReturnType<IntlMessageFormat['getAst']>;

const parsed = (message: string): Message =>
  new IntlMessageFormat(message, 'en', undefined, { ignoreTag: true }).getAst();

const literal = 0;

function placeholdersIn(message: Message): Set<string> {
  const names = message.flatMap((element) => [
    ...('value' in element && element.type !== literal ? [element.value] : []),
    ...('options' in element
      ? Object.values(element.options).flatMap((option) => [...placeholdersIn(option.value)])
      : []),
  ]);
  return new Set(names);
}

function ownTexts(language: string, mailsDir: string): Catalogue {
  const files = readdirSync(mailsDir).filter((file) => file.endsWith('.json'));
  const unknown = files.filter((file) => !languages.includes(basename(file, '.json')));
  if (unknown.length > 0) {
    throw new Error(`Mails are written in ${languages.join(', ')}, not in ${mailsDir}/${unknown.join(', ')}`);
  }
  return files.includes(`${language}.json`) ? readJson(join(mailsDir, `${language}.json`)) : {};
}

function readJson(file: string): Catalogue {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as Error).message}`);
  }
}

function merged(builtIn: Catalogue, own: Catalogue): Catalogue {
  const texts = Object.entries(builtIn).map(([key, text]) => {
    const mine = own[key] ?? text;
    return [key, typeof text === 'object' && typeof mine === 'object' ? merged(text, mine) : mine];
  });
  return Object.fromEntries(texts);
}

type Parsed = { [key: string]: Message | Parsed };

const inParts = (catalogue: Catalogue): Parsed =>
  Object.fromEntries(
    Object.entries(catalogue).map(([key, text]) => [
      key,
      typeof text === 'string' ? parsed(text) : inParts(text),
    ]),
  );

/**
 * Gives every bundle that holds mails the texts of `mailsDir` over the built-in ones, parsed. Throws what `readCatalogue`
 * throws, before anything is built.
 */
export function mailCatalogues(mailsDir?: string): Plugin {
  const contents = new Map(
    languages.map((language) => [language, JSON.stringify(inParts(readCatalogue(language, mailsDir)))]),
  );
  return {
    name: 'mail-catalogues',
    setup: ({ onLoad }) =>
      onLoad({ filter: catalogueFile }, ({ path }) => ({
        contents: contents.get(basename(path, '.json')) as string,
        loader: 'json',
      })),
  };
}
