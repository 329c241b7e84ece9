/** The sign-in page: Acme's form, and in its place Countersign's prompt when a second factor is due. */
import { html } from 'hono/html';
import type { Request } from '../context.ts';
import type { Pending } from '../people/sessions.ts';
import { type Errors, errorSummary, field } from './forms.ts';
import { googleIcon } from './icons.ts';
import { type Html, page } from './layout.ts';

type Shown = { email?: string; next: string; errors?: Errors; notice?: string | undefined };

export function signInPage(c: Request, shown: Shown) {
  const { t, session } = c.var;
  const title = t('Sign in to Acme');
  if (session?.pending) {
    return page(c, { title, body: prompt(c, session.pending), script: 'prompt', focused: true });
  }
  const failed = shown.errors !== undefined;
  return page(c, { title, body: form(c, shown), focused: true, failed, status: failed ? 422 : 200 });
}

function prompt(c: Request, { challenge, team }: Pending): Html {
  const { config } = c.var.acme;
  return html`<countersign-prompt api="${config.countersignUrl}" issuer="Acme" organization-name="${team}" challenge="${JSON.stringify(challenge)}"></countersign-prompt>`;
}

function form(c: Request, { email, next, errors = {}, notice }: Shown): Html {
  const { t } = c.var;
  return html`${errorSummary(t, errors)}${notice ? html`<p class="banner info" role="status"><span>${notice}</span></p>` : ''}
<form method="post" action="/sign-in" class="panel stack" novalidate>
${field({ name: 'email', label: t('Email'), type: 'email', autocomplete: 'username', value: email, errors })}
${field({ name: 'password', label: t('Password'), type: 'password', autocomplete: 'current-password', errors })}
<input type="hidden" name="next" value="${next}">
<button class="primary">${t('Sign in')}</button>
<p class="or"><span>${t('or')}</span></p>
${googleLink(c, t('Sign in with Google'), next)}
<p><a href="/forgot-password">${t('Forgot your password?')}</a></p>
</form>
<p class="aside">${t('New to Acme?')} <a href="/sign-up">${t('Create an account')}</a><br><a href="/support">${t('Lost everything?')}</a></p>`;
}

export function googleLink(_c: Request, text: string, next: string): Html {
  return html`<a class="button" href="/google?next=${encodeURIComponent(next)}">${googleIcon}${text}</a>`;
}

/** Countersign does not answer. */
export function unavailablePage(c: Request) {
  const { t } = c.var;
  return page(c, {
    title: t('Sign in to Acme'),
    body: html`<div class="panel stack"><p class="banner warn"><span>${t("Codes can't be checked right now. Try again in a few minutes.")}</span></p>
<a class="button" href="/sign-in">${t('Try again')}</a></div>`,
    focused: true,
    failed: true,
    status: 503,
  });
}
