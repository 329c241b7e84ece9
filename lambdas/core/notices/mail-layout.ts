/** How a mail looks, as text and as HTML: one column, one heading, nothing loaded from anywhere, light and dark. */
import type { Mail } from '../ports.ts';

export type Content = Omit<Mail, 'to'>;

export type Part =
  | { text: string }
  | { code: string }
  | { facts: { name: string; value: string }[] }
  /** `text` is all that is read; the address in it can be followed. */
  | { text: string; url: string };

export type Page = {
  language: string;
  subject: string;
  product: string;
  title: string;
  /** The text that an inbox shows beside the subject. */
  preheader: string;
  parts: Part[];
  /** Why the reader gets this. */
  footer: string;
};

/** The mail of a page. Everything is escaped in HTML; the subject is cut to 150 characters. */
export function compose({ language, subject, product, title, preheader, parts, footer }: Page): Content {
  return {
    from: product,
    subject: [...subject].slice(0, 150).join(''),
    text: `${[...parts.map(asText), `-- \n${footer}`].join('\n\n')}\n`,
    html: `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<div class="preheader">${escaped(preheader)}</div>
<div class="page">
<p class="product">${escaped(product)}</p>
<h1>${escaped(title)}</h1>
${parts.map(asHtml).join('\n')}
<p class="footer">${escaped(footer)}</p>
</div>
</body>
</html>
`,
  };
}

function asText(part: Part): string {
  if ('facts' in part) {
    return part.facts.map(({ name, value }) => `${name}: ${value}`).join('\n');
  }
  return 'code' in part ? `    ${part.code}` : part.text;
}

function asHtml(part: Part): string {
  if ('facts' in part) {
    const rows = part.facts.map(
      ({ name, value }) => `<tr><th scope="row">${escaped(name)}</th><td>${escaped(value)}</td></tr>`,
    );
    return `<table>${rows.join('\n')}</table>`;
  }
  if ('code' in part) {
    return `<p class="code">${escaped(part.code)}</p>`;
  }
  return `<p>${'url' in part ? linked(part) : escaped(part.text)}</p>`;
}

function linked({ text, url }: { text: string; url: string }): string {
  const address = escaped(url);
  return escaped(text).replace(address, () => `<a href="${address}">${address}</a>`);
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

/**
 * Every colour has at least the contrast of WCAG AA on its ground, 4.5 to 1. None has six digits: software that fills in mailed
 * codes must find only the code.
 */
const style = `
:root{color-scheme:light dark}
body{margin:0;padding:24px 16px;background:#f2f3f5;color:#1b1d21;font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
.preheader{display:none;max-height:0;overflow:hidden}
.page{max-width:560px;margin:0 auto;padding:32px;background:#fff;border-radius:12px;overflow-wrap:anywhere}
.product,.footer,th{color:#565b64}
.product{margin:0;font-weight:600}
h1{margin:4px 0 20px;font-size:24px;line-height:1.25}
p{margin:0 0 16px}
.code{padding:16px;border-radius:8px;background:#f2f3f5;font:600 32px/1.2 ui-monospace,Menlo,Consolas,monospace;letter-spacing:.15em;text-align:center}
table{width:100%;margin:0 0 16px;border-collapse:collapse}
th,td{padding:8px 0;border-top:1px solid #dfe1e6;text-align:left;vertical-align:top;font-size:15px}
th{width:30%;padding-right:16px;font-weight:400}
a{color:#0b57d0}
.footer{margin:24px 0 0;font-size:14px}
@media (max-width:480px){body{padding:0}.page{padding:24px 16px;border-radius:0}th,td{display:block;width:auto}th{padding-bottom:0}td{padding-top:0;border-top:0}}
@media (prefers-color-scheme:dark){body,.code{background:#0f1114}body{color:#e7e8ea}.page{background:#1d1f23}.product,.footer,th{color:#a9aeb8}th,td{border-color:#3a3d44}a{color:#8ab4f8}}
`;
