/** An old client that knows an address and a password, and nothing of codes. */
import { html } from 'hono/html';
import type { Request } from '../context.ts';
import { field } from './forms.ts';
import { type Html, page } from './layout.ts';

type Shown = { email?: string; outcome?: 'wrong' | 'passed' | 'refused'; secondFactor?: string | undefined };

export function legacyPage(c: Request, { email, outcome, secondFactor = 'none' }: Shown) {
  const { t } = c.var;
  const outcomes: Record<NonNullable<Shown['outcome']>, Html> = {
    wrong: html`<p class="banner danger" role="alert"><span>${t("Email or password isn't right.")}</span></p>`,
    passed: html`<p class="banner success" role="status">${t('Connected.')} <code>second_factor: ${secondFactor}</code></p>`,
    refused: html`<p class="banner warn" role="alert"><span>${t('This account asks for a code, and this version cannot show where to enter it. A manager can exempt you for a while.')}</span></p>`,
  };
  const body = html`<p class="lead">${t('This old program knows passwords alone. It stands here for all those that cannot do two-factor authentication.')}</p>
${outcome ? outcomes[outcome] : ''}
<form method="post" action="/legacy-client" class="panel stack legacy" novalidate>
${field({ name: 'email', label: t('Email'), type: 'email', autocomplete: 'off', value: email, errors: {} })}
${field({ name: 'password', label: t('Password'), type: 'password', autocomplete: 'off', errors: {} })}
<div><button class="primary">${t('Connect')}</button></div></form>`;
  return page(c, { title: 'Acme Desktop 1.0', body, focused: true });
}
