import { describe, expect, it } from 'vitest';
import { fill, languageOf, loadCatalogue, localeOf } from '../../../web/base/messages.ts';

describe('a text', () => {
  it('has its values between its pieces, also values that are no text', () => {
    const value = { markup: true };
    expect(fill('We sent a code to {sentTo}.', { sentTo: value }, 'en')).toEqual([
      'We sent a code to ',
      value,
      '.',
    ]);
  });

  it('leaves out a value that is absent', () => {
    expect(fill('Contact {contact}.', {}, 'en').join('')).toBe('Contact .');
  });

  it.each([
    ['en', 1, 'You have 1 try left.'],
    ['en', 2, 'You have 2 tries left.'],
    ['fr', 0, 'You have 0 try left.'],
    ['de', 1234, 'You have 1.234 tries left.'],
  ])('takes the plural of %s for %d', (locale, n, text) => {
    const message = { one: 'You have {n} try left.', other: 'You have {n} tries left.' };
    expect(fill(message, { n }, locale).join('')).toBe(text);
  });
});

it.each([
  ['de-CH', 'de'],
  ['fr_CA', 'fr'],
  ['ES', 'es'],
  ['pt-BR', 'en'],
  ['', 'en'],
])('the language for "%s" is %s', (tag, language) => {
  expect(languageOf(tag)).toBe(language);
});

it.each([
  ['de_CH', 'de-CH'],
  ['not a tag', 'en'],
  ['', 'en'],
])('the locale for "%s" is %s', (tag, locale) => {
  expect(localeOf(tag)).toBe(locale);
});

it('English replaces a language that cannot be loaded', async () => {
  const en = { title: 'Two-factor authentication' };
  const broken = () => Promise.reject(new Error('no network'));
  const load = { de: broken, fr: broken, es: async () => ({ default: { title: 'Doble factor' } }) };
  expect(await loadCatalogue({ en, load }, 'de')).toEqual(en);
  expect(await loadCatalogue({ en, load }, 'es')).toEqual({ title: 'Doble factor' });
});
