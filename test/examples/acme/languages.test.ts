import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import de from '../../../examples/acme/languages/de.json';
import { translator } from '../../../examples/acme/languages.ts';
import { roleNames, secondFactorNames } from '../../../examples/acme/pages/dashboard.ts';
import { moves } from '../../../examples/acme/pages/demo-tools.ts';
import { links } from '../../../examples/acme/pages/layout.ts';
import { tasks } from '../../../examples/acme/pages/tour.ts';

const root = new URL('../../../examples/acme/', import.meta.url);

function textsOfSource(): string[] {
  const files = ['pages', 'routes'].flatMap((folder) =>
    readdirSync(new URL(folder, root)).map((name) =>
      readFileSync(new URL(`${folder}/${name}`, root), 'utf8'),
    ),
  );
  return files.flatMap((source) =>
    [...source.matchAll(/\bt\(\s*(?:'((?:[^'\\]|\\.)*)'|"([^"]*)")/g)].map(([, single, double]) =>
      (single ?? double ?? '').replaceAll("\\'", "'"),
    ),
  );
}

const texts = new Set([
  ...textsOfSource(),
  ...Object.values(roleNames),
  ...Object.values(secondFactorNames),
  ...moves.map(([, name]) => name),
  ...links.map(([, name]) => name),
  ...tasks.flatMap(({ title, text, link, see }) => [title, text, link[1], see]),
]);

it('every text of Acme is there in German', () => {
  // A program's name is its name.
  const missing = [...texts].filter((text) => !(text in de) && text !== 'Acme Desktop 1.0');
  expect(missing).toEqual([]);
});

it('no German text is left over', () => {
  expect(Object.keys(de).filter((text) => !texts.has(text))).toEqual([]);
});

it('a translation keeps the values of its text', () => {
  const names = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  for (const [text, german] of Object.entries(de)) {
    expect(names(german), text).toEqual(names(text));
  }
});

it('values are put in, and a language that there is not is English', () => {
  expect(translator('de')('Hello, {name}', { name: 'Mia' })).toBe('Guten Tag, Mia');
  expect(translator('fi')('Hello, {name}', { name: 'Mia' })).toBe('Hello, Mia');
});
