/** The page of an account's people. */
import { html } from 'hono/html';
import type { Request } from '../context.ts';
import { type Account, type Person, type Role, roles } from '../people/people.ts';
import { signedIn } from '../routes/guards.ts';
import { roleNames } from './dashboard.ts';
import { type Errors, errorSummary, field } from './forms.ts';
import { type Html, page } from './layout.ts';
import { provider } from './security.ts';

type Shown = { account: Account; members: Person[]; email?: string; errors?: Errors };

export function peoplePage(c: Request, shown: Shown) {
  const { t } = c.var;
  const { person } = signedIn(c);
  const { errors = {} } = shown;
  const failed = Object.keys(errors).length > 0;
  const status = failed ? 422 : 200;
  const title = t('Users and security');
  if (person.role === 'member') {
    const body = html`<p class="panel">${t('Only administrators can see this page.')}</p>`;
    return page(c, { title, body, status: 403 });
  }
  const body = html`${errorSummary(t, errors)}
<countersign-admin api="${c.var.acme.config.countersignUrl}" issuer="Acme" organization-name="${shown.account.name}"${provider(c)}></countersign-admin>
${person.role === 'manager' ? members(c, shown) : ''}`;
  return page(c, { title, body, script: 'settings', failed, status });
}

function members(c: Request, { members: people, email, errors = {} }: Shown): Html {
  const { t } = c.var;
  return html`<section class="panel" aria-labelledby="members"><h2 id="members">${t('Members and roles')}</h2>
<p>${t('Managers set the rules and look after people, support helps who is locked out, members look after themselves.')}</p>
<ul class="list">${people.map((member) => row(c, member))}</ul>
<h3>${t('Invite somebody')}</h3>
<form method="post" action="/settings/users-and-security/members" class="invite" novalidate>
${field({ name: 'email', label: t('Address to invite'), type: 'email', autocomplete: 'off', value: email, errors })}
<div class="field"><label for="role">${t('Role')}</label>${roleSelect(c, 'role', 'member')}</div>
<button class="secondary">${t('Send an invitation')}</button>
</form></section>`;
}

function row(c: Request, { id, email, role }: Person): Html {
  const { t } = c.var;
  const isSelf = id === signedIn(c).person.id;
  const own = html`<span class="hint">${t('{role} (you)', { role: t(roleNames[role]) })}</span>`;
  const change = html`<form method="post" action="/settings/users-and-security/members/${id}/role">
<label class="hidden" for="role-${id}">${t('Role of {email}', { email })}</label>${roleSelect(c, `role-${id}`, role)}
<button class="secondary" aria-describedby="member-${id}">${t('Change role')}</button></form>`;
  return html`<li class="row"><bdi id="member-${id}">${email}</bdi>${isSelf ? own : change}</li>`;
}

function roleSelect(c: Request, id: string, chosen: Role): Html {
  const option = (role: Role) =>
    html`<option value="${role}"${role === chosen ? html` selected` : ''}>${c.var.t(roleNames[role])}</option>`;
  return html`<select id="${id}" name="role">${roles.map(option)}</select>`;
}
