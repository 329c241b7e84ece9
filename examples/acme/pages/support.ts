/** The support page. */
import { html } from 'hono/html';
import type { Request } from '../context.ts';
import type { Person } from '../people/people.ts';
import { checks } from '../routes/support.ts';
import { roleNames } from './dashboard.ts';
import { field } from './forms.ts';
import { type Html, page } from './layout.ts';
import { provider } from './security.ts';

type Shown = {
  email?: string | undefined;
  about?: Person | undefined;
  /** Every check was ticked. */
  isVerified?: boolean;
  /** The list was sent in. */
  isTold?: boolean;
};

/** For people who need help. */
export function helpPage(c: Request) {
  const { t } = c.var;
  const body = html`<div class="panel stack">
<p>${t('Lost your phone? Use a recovery code: on the sign-in page choose “Use a recovery code instead”.')}</p>
<p>${t('Lost the recovery codes, too? Write to')} <a href="mailto:support@acme.example">support@acme.example</a>. ${t('A person calls you back on a number that we know, and checks that it is you. No form and no mail does that by itself.')}</p>
<p>${t('Afterwards you confirm your email and set up a new authenticator at your next sign-in. Your data stays as it is.')}</p>
</div>`;
  return page(c, { title: t('Lost everything?'), body, focused: true });
}

/** For those who help. */
export function supportPage(c: Request, shown: Shown) {
  const { t } = c.var;
  const { email, about, isVerified = false, isTold = false } = shown;
  const nobody = email && !about;
  const body = html`<p class="lead">${t('For people of your team who lost their phone and their recovery codes.')}</p>
<form method="get" action="/support" class="panel invite" role="search" novalidate>
${field({ name: 'email', label: t('Address of the person'), type: 'email', autocomplete: 'off', value: email, errors: nobody ? { email: t('Nobody in your team has this address.') } : {} })}
<button class="${about ? 'secondary' : 'primary'}">${t('Find')}</button>
</form>
${about && !isVerified ? identity(c, about, isTold) : ''}
${about && isVerified ? act(c, about) : ''}`;
  return page(c, { title: t('Support'), body, script: 'settings' });
}

function identity(c: Request, about: Person, isTold: boolean): Html {
  const { t } = c.var;
  const texts: Record<(typeof checks)[number], string> = {
    called: t('I called back on a number that we had before this request.'),
    details: t('They told me what only they can know: their last invoice, when they joined.'),
    manager: t('Their manager knows about it.'),
  };
  const box = (check: (typeof checks)[number]) =>
    html`<label class="choice"><input type="checkbox" name="${check}"> ${texts[check]}</label>`;
  return html`<form method="post" action="/support" class="panel stack">
<h2>${t('Is it really them?')}</h2>
<p><strong>${about.name}</strong>, <bdi>${about.email}</bdi>, ${t(roleNames[about.role])}</p>
${isTold ? html`<p class="banner danger" role="alert"><span>${t('Check all three first. A reset opens the account to whoever asks for it.')}</span></p>` : ''}
<input type="hidden" name="email" value="${about.email}">
<fieldset><legend class="hidden">${t('Is it really them?')}</legend>${checks.map(box)}</fieldset>
<div><button class="primary">${t('Go on')}</button></div></form>`;
}

function act(c: Request, about: Person): Html {
  const { config } = c.var.acme;
  return html`<p class="banner info">${c.var.t('Search for {email} below and choose Reset. Your reason is kept in the log, and the person gets an email.', { email: about.email })}</p>
<countersign-admin api="${config.countersignUrl}" issuer="Acme"${provider(c)}></countersign-admin>`;
}
