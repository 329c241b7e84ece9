import type { Message } from '../engines/mailbox.ts';

/** The mailbox as a page; everything in a message is escaped, its HTML part runs in a sandbox without scripts. */
export function mailboxPage(messages: readonly Message[]): string {
  const list = messages.map(entry).join('\n') || '<p>No messages yet.</p>';
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Mailbox (${messages.length})</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem; }
  article { border: 1px solid #bbb; border-radius: 6px; padding: 1rem; margin: 1rem 0; }
  h2 { font-size: 1.1rem; margin: 0; }
  pre { white-space: pre-wrap; background: #f4f4f4; padding: .75rem; }
  iframe { width: 100%; height: 24rem; border: 1px solid #ddd; }
  small { color: #555; }
</style>
<h1>Mailbox</h1>
<p><small>Newest first. Nothing here has left this machine. The same as JSON: <a href="/_dev/messages">/_dev/messages</a></small></p>
${list}
</html>
`;
}

function entry({ at, channel, to, from, subject, text, html }: Message): string {
  const rendered = html
    ? `<details><summary>HTML part</summary><iframe sandbox srcdoc="${escapeHtml(html)}" title="HTML part"></iframe></details>`
    : '';
  return `<article>
<h2>${escapeHtml(subject || channel)}</h2>
<small>${escapeHtml(channel)} to ${escapeHtml(to)} from ${escapeHtml(from)} at ${escapeHtml(at)}</small>
<pre>${escapeHtml(text)}</pre>
${rendered}
</article>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[<>&"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
