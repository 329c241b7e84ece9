/**
 * `npm run mails [-- STAGE]`: every mail in every language on one page, to look at. With a stage's name its product, contact
 * and own texts; the page needs no server and loads nothing.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import en from '../lambdas/core/notices/catalogues/en.json';
import type { Reader } from '../lambdas/core/notices/mail-facts.ts';
import type { Content } from '../lambdas/core/notices/mail-layout.ts';
import type * as Mails from '../lambdas/core/notices/mails.ts';
import type { OutboxEvent } from '../lambdas/core/state/item.ts';
import { bundle } from '../lib/bundles.ts';
import { languages } from '../lib/mail-catalogues.ts';
import { readStage } from '../lib/stage.ts';

const outDir = fileURLToPath(new URL('../.build/mails', import.meta.url));
const coreDir = fileURLToPath(new URL('../lambdas/core/notices', import.meta.url));

const stage = readStage(process.argv[2] ?? 'local');
await bundle(outDir, { flows: ['mails'], sourceDir: coreDir, mailsDir: stage.mailsDir });
const { codeMail, noticeMail }: typeof Mails = createRequire(import.meta.url)(
  join(outDir, 'mails/index.cjs'),
);

const brand = {
  product: stage.productName,
  supportContact: stage.supportContact,
  settingsUrl: stage.settingsUrl,
};
const readers: Record<string, Reader> = {
  de: { locale: 'de-CH', timeZone: 'Europe/Zurich' },
  en: { locale: 'en-US', timeZone: 'America/New_York' },
  es: { locale: 'es-MX', timeZone: 'America/Mexico_City' },
  fr: { locale: 'fr-FR', timeZone: 'Europe/Paris' },
};
const atMs = Date.UTC(2026, 10, 22, 15, 4);
const day = 86_400_000;
const inAWeek = new Date(atMs + 7 * day).toISOString();

const byAdmin: Partial<OutboxEvent> = { actor: { kind: 'admin', id: 'usr_29' } };
const bySystem: Partial<OutboxEvent> = { actor: { kind: 'system' }, ip: undefined, userAgent: undefined };

/** What is special about some events. */
const samples: Record<string, Partial<OutboxEvent>[]> = {
  two_factor_reset: [{ actor: { kind: 'support', id: 'usr_7' } }],
  recovery_code_used: [{ detail: { remaining: '2' } }],
  temporary_code_created: [{ actor: { kind: 'support', id: 'usr_7' }, detail: { until: inAWeek } }],
  imported: [{ actor: { kind: 'operator' }, ip: undefined, userAgent: undefined }],
  email_changed: [
    { actor: { kind: 'app' }, detail: { before: 'ada@example.com', after: 'ada@new.example' } },
    { detail: { before: 'ada@example.com', after: 'ada@new.example', codes: 'moved' } },
  ],
  trusted_device_added: [{ times: 3 }],
  trusted_devices_ended: [{ actor: { kind: 'app' } }],
  exemption_granted: [{ ...byAdmin, detail: { until: inAWeek } }],
  exemption_ended: [byAdmin],
  unlocked: [byAdmin],
  policy_changed: [{ ...byAdmin, detail: { mode: 'required', methods: 'totp email' } }],
  policy_set_by_operator: [
    {
      actor: { kind: 'operator' },
      ip: undefined,
      userAgent: undefined,
      detail: {
        mode: 'optional',
        methods: 'passkey totp email',
        warnings: 'People without a second step of their own will sign in with their password alone.',
      },
    },
  ],
  several_changes: [{ times: 7, detail: { types: 'authenticator_added unlocked two_factor_disabled' } }],
  enforcement_on: [bySystem, { ...bySystem, detail: { from: inAWeek } }],
  enforcement_reminder: [
    { ...bySystem, detail: { from: inAWeek, days: '7' } },
    { ...bySystem, detail: { from: new Date(atMs + day).toISOString(), days: '1' } },
  ],
  other: [{ userAgent: 'curl/8' }],
};

type Sample = { name: string; mailTo: (reader: Reader) => Content };

const codes: Sample[] = Object.keys(en.codes.purposes).map((purpose) => ({
  name: `code: ${purpose}`,
  mailTo: (reader) =>
    codeMail({ purpose: purpose as Mails.CodePurpose, code: '042917', minutes: 10 }, brand, reader),
}));

const notices: Sample[] = Object.keys(en.notices.types).flatMap((type) =>
  (samples[type] ?? [{}]).map((more) => ({
    name: `notice: ${type}${more.detail ? ` ${JSON.stringify(more.detail)}` : ''}`,
    mailTo: (reader) => {
      const event = { ...ordinary, type, ...more } as OutboxEvent;
      const device = event.userAgent === ordinary.userAgent ? { browser: 'Chrome', system: 'macOS' } : {};
      return noticeMail(event, brand, { email: 'ada@example.com', ...reader }, device) as Content;
    },
  })),
);

const ordinary: OutboxEvent = {
  id: 'evt_1',
  type: '',
  atMs,
  actor: { kind: 'user', id: 'usr_1' },
  ip: '203.0.113.7',
  userAgent: 'Chrome',
  tries: 1,
  dueAtMs: atMs,
};

function figure(language: string, { subject, html, text }: Content): string {
  return `<figure lang="${language}">
<figcaption>${escaped(subject)}</figcaption>
<iframe sandbox="allow-same-origin" title="${escaped(subject)}" srcdoc="${escaped(html)}"></iframe>
<details><summary lang="en">as text</summary><pre>${escaped(text)}</pre></details>
</figure>`;
}

function section({ name, mailTo }: Sample): string {
  const figures = languages.map((language) =>
    figure(language, mailTo(readers[language] ?? { locale: language })),
  );
  return `<section><h2>${escaped(name)}</h2><div class="row">${figures.join('\n')}</div></section>`;
}

function escaped(text: string): string {
  return text.replace(/[<>&"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>The mails of ${escaped(brand.product)}</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem; }
  h2 { font: 600 1rem ui-monospace, monospace; margin: 2.5rem 0 .5rem; }
  .row { display: flex; gap: 1rem; overflow-x: auto; }
  figure { flex: 0 0 25rem; margin: 0; }
  figcaption { font-weight: 600; min-height: 3em; }
  iframe { width: 100%; height: 38rem; border: 1px solid #8888; border-radius: 6px; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; }
</style>
<h1>The mails of ${escaped(brand.product)}</h1>
<p>Dark and light follow your system. Make the window narrow for the layout of a phone.</p>
${[...codes, ...notices].map(section).join('\n')}
<script>
  for (const frame of document.querySelectorAll('iframe')) {
    const fit = () => { frame.style.height = frame.contentDocument.body.offsetHeight + 2 + 'px'; };
    frame.addEventListener('load', fit);
    fit();
  }
</script>
</html>
`;
mkdirSync(outDir, { recursive: true });
writeFileSync(join(outDir, 'index.html'), page);
console.log(join(outDir, 'index.html'));
