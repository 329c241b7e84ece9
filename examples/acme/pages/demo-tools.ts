/** The footer of a developer's machine: mailbox, authenticator, clock, tour. No server has it. */
import { html } from 'hono/html';
import type { Request } from '../context.ts';
import { clockIcon, flagIcon, mailIcon, phoneIcon } from './icons.ts';
import type { Html } from './layout.ts';

/** The choices of the clock, in seconds. */
export const moves = [
  [31, 'Move on 31 seconds'],
  [600, '10 minutes'],
  [86_400, '1 day'],
] as const;

export function demoTools(c: Request): Html {
  const { t } = c.var;
  return html`<footer>
<section id="demo-tools" class="demo" aria-labelledby="demo-title">
<h2 id="demo-title">${t('Demo tools – only on this machine')}</h2>
<div class="tools">
${links(c)}
${authenticator(c)}
<form class="tool" data-tool="clock">
<h3>${clockIcon}${t('Clock')}</h3>
<p><time data-now></time></p>
<div class="buttons">${moves.map(([seconds, name]) => html`<button type="button" class="small" value="${seconds}">${t(name)}</button>`)}</div>
</form>
</div>
<p role="status" class="hidden" data-status></p>
</section>
</footer>`;
}

function links(c: Request): Html {
  const { t, person } = c.var;
  const { devUrl } = c.var.acme.config;
  const to = person ? `?to=${encodeURIComponent(person.email)}` : '';
  return html`<div class="tool">
<h3>${mailIcon}<a href="${devUrl}/_dev/mailbox${to}" target="acme-mailbox">${t('Mailbox')}</a></h3>
<p>${t('Every mail and text message, instead of sending it.')}</p>
<h3>${flagIcon}<a href="/tour">${t('Tour')}</a></h3>
<p>${t('What to try, and what to watch.')}</p>
</div>`;
}

function authenticator(c: Request): Html {
  const { t } = c.var;
  return html`<form class="tool" data-tool="authenticator">
<h3>${phoneIcon}${t('Authenticator')}</h3>
<label for="demo-key">${t('Setup key')}</label>
<input id="demo-key" type="text" autocomplete="off" autocapitalize="off" spellcheck="false" dir="ltr" data-1p-ignore data-lpignore="true" placeholder="JBSW Y3DP …">
<div class="buttons"><output for="demo-key" data-code aria-live="off"></output><span data-left class="hint"></span><button type="button" class="small" data-copy data-done="${t('Code copied.')}" hidden>${t('Copy code')}</button></div>
<p class="error" data-problem></p>
</form>`;
}
