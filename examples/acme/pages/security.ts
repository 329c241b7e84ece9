/** One's own security settings: Countersign's card, then what is Acme's own. */
import { html } from 'hono/html';
import type { Request } from '../context.ts';
import type { ApiKey } from '../people/api-keys.ts';
import type { Account } from '../people/people.ts';
import { signedIn } from '../routes/guards.ts';
import { field } from './forms.ts';
import { googleIcon } from './icons.ts';
import { type Html, page } from './layout.ts';

type Shown = { account: Account; apiKeys: ApiKey[]; newKey?: string };

export function securityPage(c: Request, shown: Shown) {
  const body = html`${card(c, shown)}${connectedAccounts(c)}${apiKeys(c, shown)}`;
  return page(c, { title: c.var.t('Security'), body, script: 'settings' });
}

function card(c: Request, { account }: Shown): Html {
  const { config } = c.var.acme;
  return html`<countersign-security api="${config.countersignUrl}" issuer="Acme" organization-name="${account.name}"${provider(c)}></countersign-security>`;
}

/** Whoever has no password confirms a sensitive act by their provider. */
export function provider(c: Request): Html {
  return signedIn(c).person.passwordHash ? '' : html` provider="Google"`;
}

function connectedAccounts(c: Request): Html {
  const { t } = c.var;
  const { person } = signedIn(c);
  const connected = html`<p class="row"><span>${googleIcon}<bdi>${person.google?.email}</bdi></span><button class="secondary" aria-describedby="disconnect-hint">${t('Disconnect')}</button></p>
<p class="hint" id="disconnect-hint">${t("From now on you'll be asked for a code when you sign in with your password.")}</p>`;
  const none = html`<p>${t('None. Connect one, and sign in with it instead of your password.')}</p>
<p><a class="button" href="/google?next=/settings/security">${googleIcon}${t('Connect Google')}</a></p>`;
  return html`<section class="panel" aria-labelledby="connected"><h2 id="connected">${t('Connected accounts')}</h2>
${person.google ? html`<form method="post" action="/settings/google/disconnect">${connected}</form>` : none}</section>`;
}

function apiKeys(c: Request, { apiKeys: keys, newKey }: Shown): Html {
  const { t, language } = c.var;
  const row = ({
    id,
    label,
    ending,
    createdAtMs,
  }: ApiKey) => html`<li class="row"><form method="post" action="/settings/api-keys/${id}/revoke">
<span><strong id="key-${id}">${label}</strong> <code>…${ending}</code> <span class="hint">${new Date(createdAtMs).toLocaleDateString(language, { dateStyle: 'medium' })}</span></span>
<button class="secondary" aria-describedby="key-${id}">${t('Revoke')}</button></form></li>`;
  return html`<section class="panel" aria-labelledby="api-keys"><h2 id="api-keys">${t('API keys')}</h2>
<p>${t('For your programs. No code is ever asked of them.')}</p>
${newKey ? fresh(c, newKey) : ''}
${keys.length > 0 ? html`<ul class="list">${keys.map(row)}</ul>` : ''}
<form method="post" action="/settings/api-keys" class="stack narrow">
${field({ name: 'label', label: t('Name'), autocomplete: 'off', errors: {} })}
<div><button class="secondary">${t('Make an API key')}</button></div>
</form></section>`;
}

function fresh(c: Request, key: string): Html {
  const { t } = c.var;
  const command = `curl -H 'Authorization: Bearer ${key}' ${new URL('/api/me', c.req.url).href}`;
  return html`<div class="banner success" role="status"><p>${t('Copy your key now. It is shown this once only.')}</p>
<p><code class="block" id="new-api-key">${key}</code></p><p class="hint">${t('Try it:')}</p><pre tabindex="0"><code>${command}</code></pre></div>`;
}
