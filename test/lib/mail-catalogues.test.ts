import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import en from '../../lambdas/core/notices/catalogues/en.json';
import type { NoticeType } from '../../lambdas/core/notices/event-types.ts';
import { bundle } from '../../lib/bundles.ts';
import { type Catalogue, languages, problemsOf, readCatalogue } from '../../lib/mail-catalogues.ts';

let mailsDir: string;
beforeEach(() => {
  mailsDir = mkdtempSync(join(tmpdir(), 'mails-'));
});
afterEach(() => rmSync(mailsDir, { recursive: true }));
const write = (file: string, texts: unknown) => writeFileSync(join(mailsDir, file), JSON.stringify(texts));

/** Every notice by name: a type that is missing here, or one too many, does not compile. */
const noticeTypes: Record<NoticeType, true> = {
  two_factor_enabled: true,
  two_factor_disabled: true,
  two_factor_reset: true,
  authenticator_added: true,
  authenticator_removed: true,
  passkey_added: true,
  passkey_removed: true,
  passkey_count_not_rising: true,
  email_method_added: true,
  email_method_removed: true,
  email_changed: true,
  sms_method_added: true,
  sms_method_removed: true,
  recovery_codes_regenerated: true,
  recovery_code_used: true,
  temporary_code_created: true,
  temporary_code_used: true,
  imported: true,
  sign_in_failures: true,
  codes_disabled: true,
  trusted_device_added: true,
  trusted_device_revoked: true,
  trusted_devices_ended: true,
  exemption_granted: true,
  exemption_ended: true,
  unlocked: true,
  policy_changed: true,
  policy_set_by_operator: true,
  enforcement_on: true,
  enforcement_reminder: true,
  several_changes: true,
};

const builtIn = (language: string): Catalogue =>
  JSON.parse(
    readFileSync(new URL(`../../lambdas/core/notices/catalogues/${language}.json`, import.meta.url), 'utf8'),
  );
const keysOf = (texts: Catalogue, path = ''): string[] =>
  Object.entries(texts).flatMap(([key, text]) =>
    typeof text === 'string' ? `${path}${key}` : keysOf(text, `${path}${key}.`),
  );

describe('the built-in texts', () => {
  it('R84 are there in four languages', () => {
    expect([...languages].sort()).toEqual(['de', 'en', 'es', 'fr']);
  });

  it('R77 hold every notice', () => {
    expect(Object.keys(en.notices.types).sort()).toEqual([...Object.keys(noticeTypes), 'other'].sort());
  });

  it.each(['de', 'es', 'fr'])('R84 in %s have the keys and placeholders of the English ones', (language) => {
    expect(keysOf(builtIn(language)).sort()).toEqual(keysOf(en).sort());
    expect(problemsOf(en, builtIn(language))).toEqual([]);
  });

  it.each(['de', 'es', 'fr'])('R84 in %s are translated, all but names', (language) => {
    const texts = builtIn(language);
    const textAt = (from: Catalogue, key: string) =>
      key.split('.').reduce<Catalogue | string | undefined>((at, part) => (at as Catalogue)[part], from);
    const same = keysOf(en).filter((key) => textAt(texts, key) === textAt(en, key));
    const alike = ['frame.subject', 'notices.values.utc', 'notices.values.zoned', 'notices.values.with_id'];
    expect(same.filter((key) => !alike.includes(key) && !key.startsWith('notices.methods.'))).toEqual([]);
  });

  it('hold no address and no markup', () => {
    for (const language of languages) {
      expect(JSON.stringify(builtIn(language))).not.toMatch(/https?:|www\.|<|>|@/);
    }
  });
});

describe("a deployment's own texts", () => {
  it('replace the built-in ones; what is left out stays', () => {
    write('en.json', { codes: { purposes: { sign_in: { title: 'Your Acme code' } } } });
    const texts = readCatalogue('en', mailsDir) as typeof en;
    expect(texts.codes.purposes.sign_in).toEqual({
      title: 'Your Acme code',
      intro: en.codes.purposes.sign_in.intro,
    });
    expect(texts.notices).toEqual(en.notices);
    expect(readCatalogue('de', mailsDir)).toEqual(builtIn('de'));
  });

  it.each([
    ['a key that is none', { frame: { sbject: 'x' } }, 'frame.sbject: there is no such text'],
    ['a text for a group', { frame: 'x' }, 'frame: must be a group of texts'],
    ['a group for a text', { frame: { subject: {} } }, 'frame.subject: must be a text'],
    ['a number', { frame: { subject: 1 } }, 'frame.subject: must be a text'],
    ['a placeholder left out', { frame: { subject: '{title}' } }, 'frame.subject: {product} is missing'],
    [
      'a placeholder of its own',
      { frame: { subject: '{product}: {title} {name}' } },
      'frame.subject: {name} is not known here',
    ],
    [
      'a placeholder hidden in a choice',
      { codes: { rules: { lasts: '{minutes, plural, other {{name}}}' } } },
      'codes.rules.lasts: {name} is not known here',
    ],
    ['a text message without its code', { sms: { sign_in: '{product}' } }, 'sms.sign_in: {code} is missing'],
    ['broken syntax', { frame: { subject: '{product: {title}' } }, 'frame.subject: is not an ICU message'],
    ['a key of every object', { constructor: 'x' }, 'constructor: there is no such text'],
  ])('with %s are refused', (_, texts, problem) => {
    write('fr.json', texts);
    expect(() => readCatalogue('fr', mailsDir)).toThrow(problem);
    expect(() => readCatalogue('fr', mailsDir)).toThrow(`${mailsDir}/fr.json`);
  });

  it('are refused with all that is wrong at once', () => {
    write('en.json', { frame: { subject: 'x', extra: 'y' } });
    expect(() => readCatalogue('en', mailsDir)).toThrow(/\{product\}.*\n.*\{title\}.*\n.*frame\.extra/);
  });

  it('in a language that mails are not written in are refused, and so is what is no JSON', () => {
    write('it.json', {});
    expect(() => readCatalogue('en', mailsDir)).toThrow('it.json');
    rmSync(join(mailsDir, 'it.json'));
    writeFileSync(join(mailsDir, 'en.json'), '{');
    expect(() => readCatalogue('en', mailsDir)).toThrow(`${join(mailsDir, 'en.json')} cannot be read`);
  });

  it('that are not there at all are refused', () => {
    expect(() => readCatalogue('en', join(mailsDir, 'absent'))).toThrow('absent');
  });

  it('are in the mails of a bundle, and a wrong one stops the build', async () => {
    const sourceDir = new URL('../../lambdas/core/notices', import.meta.url).pathname;
    const outDir = join(mailsDir, 'out');
    write('de.json', { codes: { purposes: { sign_in: { title: 'Ihr Acme-Code' } } } });
    await bundle(outDir, { flows: ['mails'], sourceDir, mailsDir });
    const { codeMail } = createRequire(import.meta.url)(join(outDir, 'mails', 'index.cjs'));
    const sent = { purpose: 'sign_in', code: '012345', minutes: 1 };
    const mail = codeMail(sent, { product: 'Acme' }, { locale: 'de' });
    expect(mail.subject).toBe('Acme: Ihr Acme-Code');
    expect(mail.text).toContain('in der nächsten Minute');
    write('de.json', { codes: { purposes: { sign_in: { titel: 'x' } } } });
    await expect(bundle(outDir, { flows: ['mails'], sourceDir, mailsDir })).rejects.toThrow(
      'codes.purposes.sign_in.titel: there is no such text',
    );
  });
});
