/** The frame of every page: header, navigation, main, and on a developer's machine the demo tools. */
import { html } from 'hono/html';
import type { Request } from '../context.ts';
import { demoTools } from './demo-tools.ts';
import { logo } from './icons.ts';

// biome-ignore lint/suspicious/noExplicitAny: hono/html answers a string or a promise of one
export type Html = any;
export type Page = {
  title: string;
  body: Html;
  /** The browser module of this page, by the name of its file. */
  script?: string;
  status?: 200 | 403 | 404 | 422 | 500 | 503;
  /** A narrow page with one task, such as signing in. */
  focused?: boolean;
  /** Something on the page has to be put right; the title says so. */
  failed?: boolean;
};

export const links = [
  ['/dashboard', 'Dashboard'],
  ['/settings/security', 'Security'],
  ['/settings/users-and-security', 'People'],
  ['/tour', 'Tour'],
] as const;

export function page(c: Request, { status = 200, ...content }: Page) {
  return c.html(document(c, content), status);
}

function document(c: Request, { title, body, script, focused = false, failed = false }: Page): Html {
  const { t, language } = c.var;
  const scripts = [script, c.var.acme.config.devUrl && 'demo-tools'].filter((name) => name !== undefined);
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${failed ? t('Error: ') : ''}${title} – Acme</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/acme.css">
${scripts.map((name) => html`<script type="module" src="/assets/${name}.js"></script>`)}
</head>
<body>
<a class="skip" href="#main">${t('Skip to the content')}</a>
${header(c)}
<main id="main" tabindex="-1"${focused ? html` class="focused"` : ''}>
<h1>${title}</h1>
${notice(c)}
${body}
</main>
${c.var.acme.config.devUrl ? demoTools(c) : ''}
</body>
</html>`;
}

function header(c: Request): Html {
  const { t, person } = c.var;
  const link = ([path, name]: (typeof links)[number]) =>
    html`<li><a href="${path}"${c.req.path === path ? html` aria-current="page"` : ''}>${t(name)}</a></li>`;
  const navigation = html`<nav aria-label="${t('Acme')}"><ul>${links.map(link)}</ul></nav>
<form method="post" action="/sign-out" class="who"><bdi>${person?.email}</bdi><button class="quiet">${t('Sign out')}</button></form>`;
  return html`<header><div><a class="brand" href="${person ? '/dashboard' : '/'}">${logo}<span>Acme</span></a>${person ? navigation : ''}</div></header>`;
}

/** What the last act did, said once on the page after it. */
function notice({ var: { notice: text } }: Request): Html {
  return text === undefined ? '' : html`<p class="banner success" role="status"><span>${text}</span></p>`;
}
