import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Catalogue, Plural } from '../../web/base/messages.ts';

const root = fileURLToPath(new URL('../../web/catalogues', import.meta.url));
const read = (folder: string, language: string): Catalogue =>
  JSON.parse(readFileSync(join(root, folder, `${language}.json`), 'utf8'));
const folders = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const forms = (message: string | Plural): string[] =>
  typeof message === 'string' ? [message] : Object.values(message);
const placeholders = (message: string | Plural) =>
  [
    ...new Set(forms(message).flatMap((form) => [...form.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))),
  ].sort();

describe.each(folders)('the texts of %s', (folder) => {
  const english = read(folder, 'en');

  it.each(['de', 'fr', 'es'])('are complete in %s, with the same values in them', (language) => {
    const other = read(folder, language);
    expect(Object.keys(other).sort()).toEqual(Object.keys(english).sort());
    for (const [key, message] of Object.entries(other)) {
      expect([key, placeholders(message)]).toEqual([key, placeholders(english[key] as string)]);
    }
  });

  it.each(['en', 'de', 'fr', 'es'])(
    'are not empty in %s, have the plurals of the language and no stray braces',
    (language) => {
      for (const [key, message] of Object.entries(read(folder, language))) {
        const texts = forms(message);
        expect([key, texts.every((text) => text.trim() === text && text !== '')]).toEqual([key, true]);
        expect([key, texts.some((text) => /[{}]/.test(text.replace(/\{\w+\}/g, '')))]).toEqual([key, false]);
        if (typeof message !== 'string') {
          expect(message).toHaveProperty('other');
        }
      }
    },
  );
});

it('the labels of the contract stand letter by letter', () => {
  const base = read('base', 'en');
  const prompt = read('prompt', 'en');
  expect({
    title: base.title,
    label: base['code.label'],
    verify: base['code.verify'],
    recovery: base['recovery.instead'],
    recoveryLabel: base['recovery.label'],
    another: base['another.method'],
    send: base['code.send'],
    enable: base['enrol.verify'],
    copy: base.copy,
    download: base['codes.download'],
    saved: base['codes.saved'],
    remember: prompt.remember,
    help: prompt['help.open'],
  }).toEqual({
    title: 'Two-factor authentication',
    label: 'Authentication code',
    verify: 'Verify',
    recovery: 'Use a recovery code instead',
    recoveryLabel: 'Recovery code',
    another: 'Use another method',
    send: 'Send a new code',
    enable: 'Verify and enable',
    copy: 'Copy',
    download: 'Download .txt',
    saved: "I've saved them",
    remember: { one: 'Remember this device for {n} day', other: 'Remember this device for {n} days' },
    help: "I can't get a code",
  });
});

it('no label says "security code", for which iOS offers the card scanner', () => {
  const all = folders.flatMap((folder) =>
    ['en', 'de', 'fr', 'es'].flatMap((language) => Object.values(read(folder, language)).flatMap(forms)),
  );
  expect(
    all.filter((text) => /security code|sicherheitscode|code de sécurité|código de seguridad/i.test(text)),
  ).toEqual([]);
});
