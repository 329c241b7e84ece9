/** The mailbox as a page. Its script draws the messages; an HTML part is a document of its own, in a sandbox. */
import type { Message } from '../engines/mailbox.ts';

export const mailboxPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Mailbox</title>
<link rel="stylesheet" href="/_dev/pages/dev.css">
<script type="module" src="/_dev/pages/mailbox.js"></script>
</head>
<body class="mailbox">
<header>
<h1>Mailbox <span class="muted" id="count"></span></h1>
<label>Filter by address <input id="filter" type="search" autocomplete="off" spellcheck="false"></label>
<p class="muted" id="away" hidden>The service does not answer.</p>
<button type="button" id="delete">Delete all</button>
<p role="status" class="muted"></p>
</header>
<ul class="list" aria-label="Messages"></ul>
<main class="read" tabindex="-1">
<button type="button" id="back">Back to the list</button>
<p class="empty" id="none"></p>
<p class="empty" id="choose" hidden>Choose a message.</p>
<div id="message" hidden>
<h2 id="subject"></h2>
<dl><dt>To</dt><dd id="to"></dd><dt>From</dt><dd id="from"></dd><dt>At</dt><dd id="at"></dd></dl>
<div role="tablist" aria-label="Parts">
<button type="button" role="tab" id="html-tab" aria-controls="html-panel" aria-selected="true">HTML</button>
<button type="button" role="tab" id="text-tab" aria-controls="text-panel" aria-selected="false">Text</button>
</div>
<div role="tabpanel" id="html-panel" aria-labelledby="html-tab"><iframe id="html" title="HTML part" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe></div>
<div role="tabpanel" id="text-panel" aria-labelledby="text-tab" hidden><pre id="text" tabindex="0"></pre></div>
</div>
</main>
</body>
</html>
`;

/** The HTML part as it is, but that its links open another tab: the frame around it may go nowhere. */
export function htmlPartOf({ html }: Message): string {
  return html.replace(/<head>/i, '<head><base target="_blank">');
}
