import { describe, expect, it } from 'vitest';
import en from '../../../lambdas/core/notices/catalogues/en.json';
import { eventTypes } from '../../../lambdas/core/notices/event-types.ts';
import type { Device, Reader } from '../../../lambdas/core/notices/mail-facts.ts';
import { codeMail, noticeMail } from '../../../lambdas/core/notices/mails.ts';
import type { OutboxEvent } from '../../../lambdas/core/state/item.ts';
import { day, now } from '../../support/world.ts';

const brand = { product: 'Acme', supportContact: 'help@acme.example' };
const event = (more: Partial<OutboxEvent> = {}): OutboxEvent => ({
  id: 'evt_1',
  type: 'two_factor_disabled',
  atMs: now,
  actor: { kind: 'user', id: 'ada' },
  ip: '203.0.113.7',
  userAgent: 'Mozilla/5.0',
  tries: 1,
  dueAtMs: now,
  ...more,
});
const firefox: Device = { browser: 'Firefox', system: 'Windows' };
const notice = (
  more: Partial<OutboxEvent> = {},
  { by = brand, reader = {}, device = firefox }: { by?: typeof brand; reader?: Reader; device?: Device } = {},
) => {
  const mail = noticeMail(event(more), by, reader, device);
  if (!mail) {
    throw new Error('no mail');
  }
  return mail;
};
const types = Object.keys(en.notices.types).filter((type) => type !== 'other');
const inLocale = (locale: string) => ({ reader: { locale } });

describe('a mail with a code', () => {
  it.each(['sign_in', 'proof', 'enable_email', 'policy_change'] as const)(
    'R21 for %s has it in text and HTML, and nothing to click',
    (purpose) => {
      const { subject, text, html } = codeMail({ purpose, code: '012345', minutes: 10 }, brand);
      expect(text).toMatch(/^ +012345$/m);
      expect(html).toContain('>012345<');
      expect(subject).toMatch(/^Acme: /);
      expect(subject).not.toContain('012345');
      expect(`${text}${html}`).not.toMatch(/https?:|href|<a /);
      expect(text).toContain('Never tell it to anybody');
      expect(text).toContain('help@acme.example');
      expect(text).toContain('within the next 10 minutes');
    },
  );
});

describe('a notice', () => {
  it.each(types)('R77 of %s says what, when, who, from where, and what to do', (type) => {
    const { subject, text, html } = notice({ type });
    expect(subject).toMatch(/^Acme: ./);
    for (const part of [text, html]) {
      expect(part).toMatch(/January 15, 2027 at 8:00.AM UTC/);
      expect(part).toContain('203.0.113.7');
      expect(part).toContain('Firefox on Windows');
      expect(part).toContain('you, or somebody signed in as you');
      expect(part).toMatch(
        /contact us at once|change your password at once|ask the administrators|contact help@acme.example/,
      );
      expect(part).toContain('help@acme.example');
      expect(part).not.toMatch(/https?:|href|<a |<img|url\(|\b\d{6}\b|undefined/);
    }
    expect(html).toMatch(/^<!doctype html>\s*<html lang="en">/);
  });

  it('R77 each tells another thing', () => {
    expect(new Set(types.map((type) => notice({ type }).subject)).size).toBe(types.length);
    expect(new Set(types.map((type) => notice({ type }).text)).size).toBe(types.length);
  });

  it.each([
    ['user', 'you'],
    ['admin', 'an administrator'],
    ['support', 'support'],
    ['app', 'the application'],
  ] as const)('R53 by %s is "By: %s"', (kind, by) => {
    expect(notice({ actor: { kind } }).text).toContain(`By: ${by}`);
  });

  it('R53 by an admin names which one', () => {
    expect(notice({ actor: { kind: 'admin', id: 'bob' } }).text).toContain('By: an administrator (bob)');
  });

  it("R77 tells the time on the reader's own clock too, where it is known", () => {
    const { text } = notice({}, { reader: { timeZone: 'Asia/Kolkata' } });
    expect(text).toMatch(/When: January 15, 2027 at 8:00.AM UTC/);
    expect(text).toMatch(/Your time: January 15, 2027 at 1:30.PM \(Asia\/Kolkata\)/);
    expect(notice({}, { reader: { timeZone: 'Mars/Olympus' } }).text).not.toContain('Your time');
  });

  it('R77 of a browser that nobody knows says so, and never what it calls itself', () => {
    const { text } = notice({ userAgent: 'Call +1 900 now' }, { device: {} });
    expect(text).toContain('Device: unknown device');
    expect(text).not.toContain('900');
  });

  it('R77 of a changed policy tells what it says now', () => {
    const detail = { mode: 'required', methods: 'totp email later' };
    const { text } = notice({ type: 'policy_changed', detail });
    expect(text).toContain('Two-factor authentication: required for everybody');
    expect(text).toContain('Allowed methods: authenticator app, email, later');
  });

  it('R43 of enforcement tells from when on, and how to set it up', () => {
    const from = new Date(now + 7 * day).toISOString();
    expect(notice({ type: 'enforcement_on' }).text).toContain('at your next sign-in');
    expect(notice({ type: 'enforcement_on', detail: { from } }).text).toMatch(/after January 22, 2027/);
    const inAWeek = notice({ type: 'enforcement_reminder', detail: { from, days: '7' } });
    const inADay = notice({ type: 'enforcement_reminder', detail: { from, days: '1' } });
    expect([inAWeek.subject, inADay.subject]).toEqual([
      expect.stringMatching(/in 7 days$/),
      expect.stringMatching(/in 1 day$/),
    ]);
    expect(inAWeek.text).toContain('How to set it up');
  });

  it('S49 links to the configured settings page and to nothing else', () => {
    const settingsUrl = 'https://app.acme.example/settings?tab=security&from=mail';
    const { text, html } = noticeMail(event(), { ...brand, settingsUrl }) as { text: string; html: string };
    expect(text).toContain(`Your security settings: ${settingsUrl}`);
    expect(html.match(/href="[^"]*"/g)).toEqual([`href="${settingsUrl.replace('&', '&amp;')}"`]);
  });

  it('R77 of a recovery code used says how many are left', () => {
    expect(notice({ type: 'recovery_code_used', detail: { remaining: '2' } }).text).toContain('left: 2.');
  });

  it("R80 keeps the reason that an admin gave out of the user's mail", () => {
    const { text, html } = notice({ type: 'two_factor_reset', detail: { reason: 'seemed drunk' } });
    expect(`${text}${html}`).not.toContain('drunk');
  });

  it('of a newer release is told in general words, never dropped', () => {
    expect(notice({ type: 'something_newer' }).text).toContain('security setting');
  });

  it('there is none for what is for the audit trail alone', () => {
    const silent = Object.entries(eventTypes).filter(([, { mailed }]) => !mailed);
    expect(silent.length).toBeGreaterThan(0);
    for (const [type] of silent) {
      expect(noticeMail(event({ type }), brand)).toBeUndefined();
    }
  });
});

describe('what a person typed', () => {
  const nasty = '<img src=x onerror="alert(1)">&\'\r\nBcc: thief@example.com\u2028\u0000\u202ex';

  it('is escaped in HTML', () => {
    const { html } = notice({ ip: nasty }, { by: { product: nasty, supportContact: nasty } });
    expect(html).not.toMatch(/<img|onerror="/);
    expect(html).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;&#39;');
  });

  it('is one line in text, and never a second header', () => {
    const { subject, text } = notice({ ip: nasty }, { by: { product: nasty, supportContact: nasty } });
    expect(subject).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
    expect(text).not.toMatch(/^Bcc:/m);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
  });

  it('is cut to a length', () => {
    const { subject, text } = notice(
      { ip: 'x'.repeat(5000) },
      { by: { ...brand, product: '🔐'.repeat(500) } },
    );
    expect([...subject].length).toBeLessThanOrEqual(150);
    expect(text.length).toBeLessThan(2000);
    expect(subject).not.toContain('\ufffd');
  });

  it('is left out where there is nothing', () => {
    const { ip: _ip, userAgent: _agent, ...bare } = event();
    const text = noticeMail(bare, { product: 'Acme' })?.text;
    expect(text).not.toMatch(/address:|Device:|Account:|Your time:|Questions\?|undefined/);
  });
});

describe("the reader's language", () => {
  it.each([
    ['de', 'de'],
    ['de-CH', 'de'],
    ['de_AT', 'de'],
    ['FR-ca', 'fr'],
    ['es-419', 'es'],
    ['en-GB', 'en'],
    ['pt', 'en'],
    ['pt-BR', 'en'],
    ['no-such-thing-at-all', 'en'],
    ['constructor', 'en'],
  ])('R84 for %s is %s', (locale, language) => {
    expect(notice({}, inLocale(locale)).html).toContain(`<html lang="${language}">`);
    const code = codeMail({ purpose: 'sign_in', code: '012345', minutes: 1 }, brand, { locale });
    expect(code.html).toContain(`<html lang="${language}">`);
  });

  it.each([
    ['de-CH', /15. Januar 2027 um 08:00 UTC/],
    ['fr', /15 janvier 2027 à 08:00 UTC/],
    ['es', /15 de enero de 2027.{1,7}8:00 UTC/],
    ['en-GB', /15 January 2027 at 08:00 UTC/],
  ])('R84 writes dates as in %s', (locale, date) => {
    expect(notice({}, inLocale(locale)).text).toMatch(date);
  });

  it.each(['de', 'fr', 'es'])('R84 in %s nothing is left in English', (locale) => {
    const english = new Set(types.flatMap((type) => notice({ type }).text.split('\n')));
    for (const type of types) {
      const lines = notice({ type }, inLocale(locale)).text.split('\n');
      expect(lines.filter((line) => line.length > 3 && english.has(line))).toEqual([]);
    }
  });
});

describe('the HTML part', () => {
  it('has one heading, a language, both colour schemes and nothing to load', () => {
    for (const { html } of types.map((type) => notice({ type }, inLocale('fr')))) {
      expect(html.match(/<h1>/g)).toHaveLength(1);
      expect(html).toContain('<meta name="color-scheme" content="light dark">');
      expect(html).not.toMatch(/src=|url\(|@import|<script|<form|<input/i);
    }
  });
});

describe('whom a notice names', () => {
  const byAdmin = { actor: { kind: 'admin', id: 'bob' } };

  it.each(['two_factor_reset', 'temporary_code_created', 'authenticator_removed', 'email_method_removed'])(
    'S80 one of %s that an admin caused says whom to contact if it was not wanted',
    (type) => {
      expect(notice({ type, ...byAdmin }).text).toContain('at once and contact help@acme.example.');
      const nobody = noticeMail(event({ type, ...byAdmin }), { product: 'Acme' });
      expect(nobody?.text).toContain('at once and contact your administrator.');
    },
  );

  it('S73 a change of address names both, and where codes go', () => {
    const detail = { before: 'ada@example.com', after: 'ada@new.example' };
    const stays = notice({ type: 'email_changed', detail });
    expect(stays.text).toContain('Address before: ada@example.com\nNew address: ada@new.example');
    expect(stays.text).toContain('still go to the address that you confirmed before');
    const moved = notice({ type: 'email_changed', detail: { ...detail, codes: 'moved' } });
    expect(moved.text).toContain('go to the new address from now on');
  });

  it('R94 a policy that the operator set comes with its warnings', () => {
    const detail = { mode: 'optional', methods: 'passkey totp', warnings: 'Ada may pass.\nBob may pass.' };
    const { text } = notice({ type: 'policy_set_by_operator', actor: { kind: 'operator' }, detail });
    expect(text).toContain('\n\nAda may pass.\n\nBob may pass.\n\n');
    expect(text).toContain('Allowed methods: passkey, authenticator app');
    expect(text).toContain('By: the operator of the service');
  });

  it('S76 a folded one says how many it stands for; one of several kinds names them', () => {
    expect(notice({ type: 'unlocked', times: 7 }).text).toContain('How often: 7 times; this is the latest');
    expect(notice({ type: 'unlocked' }).text).not.toContain('How often');
    const types = 'authenticator_added mail_bounced unlocked';
    const { text } = notice({ type: 'several_changes', times: 3, detail: { types } });
    expect(text).toContain('Changes: An authenticator was added; Your account was unlocked');
  });
});

describe('the subjects that the pages quote', () => {
  it.each([
    ['sign_in', 'Acme: Your sign-in code'],
    ['policy_change', 'Acme: Confirm a change of the two-factor policy'],
  ] as const)('R21 %s', (purpose, subject) => {
    expect(codeMail({ purpose, code: '012345', minutes: 10 }, brand).subject).toBe(subject);
  });
});
