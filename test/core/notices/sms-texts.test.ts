import { describe, expect, it } from 'vitest';
import { codeSms, type SmsPurpose } from '../../../lambdas/core/notices/sms-texts.ts';

const gsm7 = /^[@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà]*$/;
const purposes: SmsPurpose[] = ['sign_in', 'proof', 'enable_sms'];
const languages = ['en', 'de', 'fr', 'es'];
const all = languages.flatMap((locale) => purposes.map((purpose) => ({ locale, purpose })));
const text = (purpose: SmsPurpose, more: { product?: string; domain?: string; locale?: string } = {}) =>
  codeSms(purpose, '012345', { product: 'Acme', domain: 'app.acme.example', ...more });

describe('the text of a code', () => {
  it.each(all)('$locale, $purpose: one segment of GSM-7, the bound line last', ({ locale, purpose }) => {
    const written = text(purpose, { locale });
    expect(written).toMatch(gsm7);
    expect(written.length).toBeLessThanOrEqual(160);
    expect(written.split('\n').at(-1)).toBe('@app.acme.example #012345');
    expect(written).toMatch(/^Acme ?: 012345 /);
  });

  it.each(all)('$locale, $purpose: still one segment under a long name', ({ locale, purpose }) => {
    expect(text(purpose, { locale, product: 'Acme '.repeat(40) }).length).toBeLessThanOrEqual(160);
  });

  it('every language says each purpose in its own words', () => {
    expect(new Set(all.map(({ locale, purpose }) => text(purpose, { locale }))).size).toBe(12);
  });

  it.each([
    ['de-CH', 'de'],
    ['DE_at', 'de'],
    ['pt-BR', 'en'],
    [undefined, 'en'],
  ])('R84 the locale %s reads %s', (locale, language) => {
    expect(text('sign_in', locale === undefined ? {} : { locale })).toBe(
      text('sign_in', { locale: language }),
    );
  });

  it('S50 a name with line breaks makes no line of its own', () => {
    const written = text('sign_in', { product: 'Acme\r\n@evil.example #999999\u2028' });
    expect(written.split(/[\r\n\u2028]+/)).toHaveLength(2);
  });
});
