/** The dashboard: a greeting, what two-factor authentication has to say, and how this sign-in was proven. */

import type { TwoFactor } from 'countersign';
import { html } from 'hono/html';
import type { Request } from '../context.ts';
import type { Account } from '../people/people.ts';
import { signedIn } from '../routes/guards.ts';
import { helpIcon, keyIcon, peopleIcon, sendIcon, shieldIcon } from './icons.ts';
import { type Html, page } from './layout.ts';

type Shown = { account: Account; status: TwoFactor | undefined };

export function dashboardPage(c: Request, shown: Shown) {
  const { t } = c.var;
  const { person } = signedIn(c);
  const body = html`<p class="lead">${t('{account} · {role}', { account: shown.account.name, role: t(roleNames[person.role]) })}</p>
${banners(c, shown)}
${thisSignIn(c)}
<ul class="cards">
${card('/settings/security', shieldIcon, t('Security'), shown.status?.status === 'enabled' ? t('Two-factor authentication is on.') : t('Two-factor authentication is off.'))}
${card('/settings/users-and-security', peopleIcon, t('People'), t('Who is in your team, and what it asks of them.'))}
${card('/settings/security#api-keys', keyIcon, t('API keys'), t('For your programs. No code is ever asked of them.'))}
${card('/transfer', sendIcon, t('Transfer'), t('Send money: each transfer is confirmed by a second step.'))}
${person.role === 'member' ? '' : card('/support', helpIcon, t('Support'), t('For people of your team who lost their phone and their recovery codes.'))}
</ul>`;
  return page(c, { title: t('Hello, {name}', { name: person.name }), body, script: 'times' });
}

export const roleNames = { manager: 'Manager', support: 'Support', member: 'Member' } as const;

function card(href: string, icon: Html, title: string, text: string): Html {
  return html`<li><a class="card" href="${href}">${icon}<strong>${title}</strong><span>${text}</span></a></li>`;
}

function banners(c: Request, { account, status }: Shown): Html {
  const { t, session, language } = c.var;
  const remaining = status?.recoveryCodes?.remaining;
  const found: Html[] = [];
  if (session?.secondFactor === 'recovery_code' && remaining !== undefined) {
    found.push(
      banner(
        'warn',
        t('You used a recovery code. {n} left.', { n: remaining }),
        t('See your security settings'),
      ),
    );
  } else if (status?.recoveryCodes && status.recoveryCodes.saved === false) {
    found.push(banner('warn', t('You have not saved your recovery codes.'), t('Make new ones')));
  } else if (remaining !== undefined && remaining <= 2) {
    found.push(banner('warn', codesLeft(c, remaining), t('Make new ones')));
  }
  if (status?.requiredFrom && status.status === 'disabled') {
    const date = new Date(status.requiredFrom).toLocaleDateString(language, { dateStyle: 'long' });
    const text = t('{team} requires two-factor authentication from {date}. Set it up before then.', {
      team: account.name,
      date,
    });
    found.push(banner('info', text, t('Set it up')));
  }
  return found;
}

function codesLeft({ var: { t } }: Request, n: number): string {
  if (n === 0) {
    return t('You have no recovery codes left.');
  }
  return n === 1 ? t('You have 1 recovery code left.') : t('You have {n} recovery codes left.', { n });
}

const banner = (kind: 'warn' | 'info', text: string, link: string): Html =>
  html`<p class="banner ${kind}"><span>${text}</span> <a href="/settings/security">${link}</a></p>`;

/** What the result token said: it never claims more than happened. */
function thisSignIn(c: Request): Html {
  const { t, language } = c.var;
  const { session } = signedIn(c);
  const { firstFactor, secondFactor = 'none', amr, createdAtMs } = session;
  const at = new Date(createdAtMs);
  const time = at.toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' });
  const facts: [string, Html][] = [
    [t('Signed in'), html`<time data-moment datetime="${at.toISOString()}">${time}</time>`],
    [t('First step'), firstFactor?.method === 'federated' ? t('Google') : t('Password')],
    [t('Second step'), t(secondFactorNames[secondFactor] ?? secondFactor)],
    [html`<code>amr</code>`, html`<code>${amr?.join(' ') || '–'}</code>`],
  ] as [string, Html][];
  return html`<section class="panel" aria-labelledby="this-sign-in"><h2 id="this-sign-in">${t('This sign-in')}</h2>
<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></section>`;
}

export const secondFactorNames: Record<string, string> = {
  none: 'Not asked for',
  exempt: 'Not asked for: exempt for now',
  trusted_device: 'Remembered device',
  totp: 'Authenticator app',
  passkey: 'Passkey',
  email: 'Code by email',
  sms: 'Code by text message',
  recovery_code: 'Recovery code',
  temporary_code: 'Temporary code from support',
};
