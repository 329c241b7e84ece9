/** Form parts, in GOV.UK's manner: what is wrong stands in a summary and at the field. */
import { html } from 'hono/html';
import type { Translate } from '../languages.ts';
import type { Html } from './layout.ts';

/** What is wrong, by the name of the field. */
export type Errors = Record<string, string>;

export type Field = {
  name: string;
  label: string;
  type?: 'text' | 'email' | 'password';
  autocomplete: string;
  value?: string | undefined;
  hint?: string;
  errors: Errors;
};

export function field({ name, label, type = 'text', autocomplete, value = '', hint, errors }: Field): Html {
  const error = errors[name];
  const described = [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(' ');
  return html`<div class="field${error ? ' invalid' : ''}">
<label for="${name}">${label}</label>
${hint ? html`<p class="hint" id="${name}-hint">${hint}</p>` : ''}
${error ? html`<p class="error" id="${name}-error"><span class="hidden">Error: </span>${error}</p>` : ''}
<input id="${name}" name="${name}" type="${type}" value="${value}" autocomplete="${autocomplete}" autocapitalize="off" spellcheck="false"
${described ? html` aria-describedby="${described}"` : ''}${error ? html` aria-invalid="true"` : ''}>
</div>`;
}

/** Names the form's errors and leads to their fields. Takes the focus by `autofocus`. */
export function errorSummary(t: Translate, errors: Errors): Html {
  const entries = Object.entries(errors);
  if (entries.length === 0) {
    return '';
  }
  return html`<div class="banner danger summary" tabindex="-1" autofocus aria-labelledby="problem">
<h2 id="problem">${t('There is a problem')}</h2>
<ul>${entries.map(([name, text]) => html`<li><a href="#${name}">${text}</a></li>`)}</ul>
</div>`;
}

/** What is wrong with an address or a new password. */
export function emailError(t: Translate, email: string): Errors {
  const isAddress = /^[^\s<>@"]{1,64}@[^\s<>@"]+\.[^\s<>@"]+$/.test(email) && email.length <= 254;
  return isAddress ? {} : { email: t('Enter your email address, such as name@example.com.') };
}
