/** The pages of a forgotten password. */
import { html } from 'hono/html';
import type { Request } from '../context.ts';
import { shortestPassword } from '../people/passwords.ts';
import { type Errors, errorSummary, field } from './forms.ts';
import { page } from './layout.ts';

export function forgotPage(c: Request, { email, errors = {} }: { email?: string; errors?: Errors }) {
  const { t } = c.var;
  const failed = Object.keys(errors).length > 0;
  const body = html`${errorSummary(t, errors)}
<form method="post" action="/forgot-password" class="panel stack" novalidate>
<p>${t('We send you a link to choose a new one.')}</p>
${field({ name: 'email', label: t('Email'), type: 'email', autocomplete: 'username', value: email, errors })}
<button class="primary">${t('Send the link')}</button>
</form>
<p class="aside"><a href="/sign-in">${t('Back to the sign-in page')}</a></p>`;
  return page(c, {
    title: t('Forgot your password?'),
    body,
    focused: true,
    failed,
    status: failed ? 422 : 200,
  });
}

export function sentPage(c: Request, email: string) {
  const { t } = c.var;
  const body = html`<div class="panel stack">
<p>${t('If Acme knows this address, a link is on its way to it:')} <strong><bdi>${email}</bdi></strong></p>
<p>${t('It works for an hour. Look in spam, too.')}</p>
</div>
<p class="aside"><a href="/sign-in">${t('Back to the sign-in page')}</a></p>`;
  return page(c, { title: t('Look in your mailbox'), body, focused: true });
}

export function resetPage(
  c: Request,
  { secret, isOver = false, errors = {} }: { secret: string; isOver?: boolean; errors?: Errors },
) {
  const { t } = c.var;
  const title = t('Choose a new password');
  if (isOver) {
    const body = html`<div class="panel stack">
<p class="banner warn"><span>${t('This link was used already, or is older than an hour.')}</span></p>
<a class="button" href="/forgot-password">${t('Ask for a new link')}</a></div>`;
    return page(c, { title, body, focused: true, failed: true, status: 404 });
  }
  const failed = Object.keys(errors).length > 0;
  const hint = t('At least {n} characters.', { n: shortestPassword });
  const body = html`${errorSummary(t, errors)}
<form method="post" action="/reset-password" class="panel stack" novalidate>
<input type="hidden" name="link" value="${secret}">
${field({ name: 'password', label: t('New password'), type: 'password', autocomplete: 'new-password', hint, errors })}
<p class="hint">${t("You'll still be asked for a code when you sign in, and everywhere you are signed in you will be signed out.")}</p>
<button class="primary">${t('Save the password')}</button>
</form>`;
  return page(c, { title, body, focused: true, failed, status: failed ? 422 : 200 });
}
