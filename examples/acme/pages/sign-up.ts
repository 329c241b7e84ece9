/** The sign-up page. */
import { html } from 'hono/html';
import type { Request } from '../context.ts';
import type { Invitation } from '../people/links.ts';
import { shortestPassword } from '../people/passwords.ts';
import { type Errors, errorSummary, field } from './forms.ts';
import { type Html, page } from './layout.ts';
import { googleLink } from './sign-in.ts';

type Shown = {
  email?: string | undefined;
  team?: string | undefined;
  secret: string;
  invitation: Invitation | undefined;
  /** The link was used before, or is too old. */
  isOver?: boolean;
  errors?: Errors;
};

export function signUpPage(c: Request, shown: Shown) {
  const { t } = c.var;
  const failed = shown.errors !== undefined;
  const body = html`${form(c, shown)}
<p class="aside">${t('Have an account?')} <a href="/sign-in">${t('Go to the sign-in page')}</a></p>`;
  return page(c, {
    title: t('Create your account'),
    body,
    focused: true,
    failed,
    status: failed ? 422 : 200,
  });
}

function form(c: Request, { email, team, secret, invitation, isOver = false, errors = {} }: Shown): Html {
  const { t } = c.var;
  const over = html`<p class="banner warn"><span>${t('This invitation was used already, or is older than a week. Ask for a new one.')}</span></p>`;
  const hint = t('At least {n} characters.', { n: shortestPassword });
  return html`${errorSummary(t, errors)}${isOver ? over : ''}
<form method="post" action="/sign-up" class="panel stack" novalidate>
${
  invitation
    ? html`<p>${t('You were invited as')} <strong><bdi>${invitation.email}</bdi></strong>.</p>
<input type="hidden" name="email" autocomplete="username" value="${invitation.email}"><input type="hidden" name="invitation" value="${secret}">`
    : field({
        name: 'email',
        label: t('Email'),
        type: 'email',
        autocomplete: 'username',
        value: email,
        errors,
      })
}
${field({ name: 'password', label: t('Password'), type: 'password', autocomplete: 'new-password', hint, errors })}
${invitation ? '' : teams(c, team)}
<button class="primary">${t('Sign up')}</button>
${invitation ? '' : html`<p class="or"><span>${t('or')}</span></p>${googleLink(c, t('Sign up with Google'), '/dashboard')}`}
</form>`;
}

/** Only where the demo's team is open to everybody. */
function teams(c: Request, team: string | undefined): Html {
  const { t } = c.var;
  if (!c.var.acme.config.openTeam) {
    return '';
  }
  const option = (value: string, text: string, checked: boolean) =>
    html`<label class="choice"><input type="radio" name="team" value="${value}"${checked ? html` checked` : ''}> ${text}</label>`;
  return html`<fieldset><legend>${t('Team')}</legend>
${option('open', t('Join the demo team as a member'), team !== 'own')}
${option('own', t('Start a team of your own, as its manager'), team === 'own')}
</fieldset>`;
}
