import { describe, expect, it } from 'vitest';
import { silentEvents } from '../../lambdas/core/events.ts';
import { codeMail, noticeMail } from '../../lambdas/core/mails.ts';
import type { OutboxEvent } from '../../lambdas/core/state.ts';
import { now } from './world.ts';

const brand = { product: 'Acme', supportContact: 'help@acme.example' };
const event = (more: Partial<OutboxEvent> = {}): OutboxEvent => ({
  id: 'evt_1',
  type: 'two_factor_disabled',
  atMs: now,
  actor: { kind: 'user', id: 'ada' },
  ip: '203.0.113.7',
  userAgent: 'Firefox 140',
  tries: 1,
  dueAtMs: now,
  ...more,
});
const notice = (more: Partial<OutboxEvent> = {}, by: typeof brand = brand) => {
  const mail = noticeMail(event(more), by);
  if (!mail) {
    throw new Error('no mail');
  }
  return mail;
};
const types = [
  'two_factor_enabled',
  'two_factor_disabled',
  'two_factor_reset',
  'authenticator_added',
  'authenticator_removed',
  'email_method_added',
  'email_method_removed',
  'recovery_codes_regenerated',
  'recovery_code_used',
  'sign_in_failures',
  'codes_disabled',
  'trusted_devices_ended',
];

describe('a mail with a code', () => {
  it.each(['sign_in', 'proof', 'enable_email'] as const)(
    'R21 for %s has it in text and HTML, and nothing to click',
    (purpose) => {
      const { subject, text, html } = codeMail(purpose, '012345', brand);
      expect(text).toMatch(/^ +012345$/m);
      expect(html).toContain('>012345<');
      expect(subject).toMatch(/^Acme: /);
      expect(subject).not.toContain('012345');
      expect(`${text}${html}`).not.toMatch(/https?:|href|<a /);
      expect(text).toContain('Never tell it to anybody');
      expect(text).toContain('help@acme.example');
    },
  );
});

describe('a notice', () => {
  it.each(types)('R77 of %s says what, when, who, from where, and what to do', (type) => {
    const { subject, text, html } = notice({ type });
    expect(subject).toMatch(/^Acme: ./);
    for (const part of [text, html]) {
      expect(part).toContain(new Date(now).toISOString().slice(0, 16).replace('T', ' '));
      expect(part).toContain('203.0.113.7');
      expect(part).toContain('Firefox 140');
      expect(part).toMatch(/If it was not, change your password/);
      expect(part).not.toMatch(/https?:|href|<a |\b\d{6}\b/);
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
    for (const type of silentEvents) {
      expect(noticeMail(event({ type }), brand)).toBeUndefined();
    }
  });
});

describe('what a person typed', () => {
  const nasty = '<img src=x onerror="alert(1)">&\'\r\nBcc: thief@example.com\u2028\u0000\u202ex';

  it('is escaped in HTML', () => {
    const { html } = notice({ userAgent: nasty }, { product: nasty, supportContact: nasty });
    expect(html).not.toMatch(/<img|onerror="/);
    expect(html).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;&#39;');
  });

  it('is one line in text, and never a second header', () => {
    const { subject, text } = notice({ userAgent: nasty }, { product: nasty, supportContact: nasty });
    expect(subject).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
    expect(text).not.toMatch(/^Bcc:/m);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
  });

  it('is cut to a length', () => {
    const { subject, text } = notice(
      { userAgent: 'x'.repeat(5000) },
      { ...brand, product: '🔐'.repeat(500) },
    );
    expect([...subject].length).toBeLessThanOrEqual(150);
    expect(text.length).toBeLessThan(2000);
    expect(subject).not.toContain('\ufffd');
  });

  it('is left out where there is nothing', () => {
    const { ip: _ip, userAgent: _agent, ...bare } = event();
    const text = noticeMail(bare, { product: 'Acme' })?.text;
    expect(text).not.toMatch(/Address:|Device:|Questions\?|undefined/);
  });
});
