/** The transfer page: Acme's form, and in its place the prompt that shows what is confirmed. */
import { html } from 'hono/html';
import type { Request } from '../context.ts';
import type { MadeTransfer } from '../people/transfers.ts';
import { signedIn } from '../routes/guards.ts';
import { type Errors, errorSummary, field } from './forms.ts';
import { type Html, page } from './layout.ts';

type Shown = {
  recipient?: string | undefined;
  amount?: string | undefined;
  errors?: Errors;
  made: MadeTransfer[];
};

export function transferPage(c: Request, shown: Shown) {
  const { t } = c.var;
  const failed = shown.errors !== undefined;
  const body = html`${form(c, shown)}${list(c, shown.made)}`;
  return page(c, { title: t('Transfer'), body, script: 'times', failed, status: failed ? 422 : 200 });
}

/** What waits to be confirmed. The prompt takes the words of the act from the challenge, not from this page. */
export function confirmPage(c: Request) {
  const { t, acme } = c.var;
  const { waiting } = signedIn(c).session;
  const body = html`<countersign-prompt api="${acme.config.countersignUrl}" issuer="Acme" organization-name="${waiting?.team}" challenge="${JSON.stringify(waiting?.challenge)}" data-finish="/transfer/confirm" data-again="/transfer?again"></countersign-prompt>
<form method="post" action="/transfer/cancel" class="aside"><button class="quiet">${t('Do not send it')}</button></form>`;
  return page(c, { title: t('Transfer'), body, script: 'prompt', focused: true });
}

function form(c: Request, { recipient, amount, errors = {} }: Shown): Html {
  const { t } = c.var;
  return html`${errorSummary(t, errors)}
<form method="post" action="/transfer" class="panel stack" novalidate>
<p>${t('Being signed in is not enough here: a second step confirms exactly this recipient and this amount.')}</p>
${field({ name: 'recipient', label: t('Recipient'), autocomplete: 'off', value: recipient, errors })}
${field({ name: 'amount', label: t('Amount in CHF'), autocomplete: 'off', value: amount, errors })}
<div><button class="primary">${t('Send')}</button></div>
</form>`;
}

function list(c: Request, made: MadeTransfer[]): Html {
  const { t, language } = c.var;
  const row = ({ recipient, amount, atMs }: MadeTransfer) => {
    const at = new Date(atMs);
    const time = at.toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' });
    return html`<li class="row"><span><strong><bdi>${recipient}</bdi></strong> <span class="hint"><time data-moment datetime="${at.toISOString()}">${time}</time></span></span><bdi>${amount}</bdi></li>`;
  };
  return html`<section class="panel" aria-labelledby="made"><h2 id="made">${t('Confirmed transfers')}</h2>
${made.length === 0 ? html`<p>${t('None yet.')}</p>` : html`<ul class="list">${made.map(row)}</ul>`}</section>`;
}
