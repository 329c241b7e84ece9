/** The mailbox: a list, a reading pane, and new messages by themselves. */

/** @typedef {{id: string, at: string, channel: string, to: string, from: string, subject: string, text: string, html: string}} Message */

const everyMs = 1500;
const find = (/** @type {string} */ selector) => document.querySelector(selector);
const list = find('.list');
const filter = find('#filter');
const pane = find('.read');
const status = find('[role=status]');
const read = new Set(JSON.parse(sessionStorage.getItem('mailbox-read') ?? '[]'));

/** @type {Message[]} */
let messages = [];
/** @type {string | undefined} */
let openId;
let known = '';

filter.value = new URLSearchParams(location.search).get('to') ?? '';
filter.addEventListener('input', () => {
  const url = new URL(location.href);
  if (filter.value) {
    url.searchParams.set('to', filter.value);
  } else {
    url.searchParams.delete('to');
  }
  history.replaceState(null, '', url);
  drawList();
});
find('#delete').addEventListener('click', async () => {
  await fetch('/_dev/messages', { method: 'DELETE' });
  openId = undefined;
  drawMessage();
  await refresh();
});
find('#back').addEventListener('click', () => {
  document.body.classList.remove('reading');
  list.querySelector('[aria-current]')?.focus();
});
for (const tab of document.querySelectorAll('[role=tab]')) {
  tab.addEventListener('click', () => showTab(tab.id));
  tab.addEventListener('keydown', ({ key }) => {
    if (key !== 'ArrowLeft' && key !== 'ArrowRight') {
      return;
    }
    const other = tab.id === 'html-tab' ? find('#text-tab') : find('#html-tab');
    if (!other.hidden) {
      showTab(other.id);
      other.focus();
    }
  });
}

async function refresh() {
  if (document.hidden) {
    return;
  }
  const answer = await fetch('/_dev/messages').catch(() => undefined);
  find('#away').hidden = answer?.ok === true;
  const text = answer?.ok ? await answer.text() : known;
  if (text === known) {
    return;
  }
  const isFirst = known === '';
  known = text;
  const before = new Set(messages.map(({ id }) => id));
  messages = JSON.parse(text);
  const arrived = messages.filter(({ id }) => !before.has(id)).filter(isShown);
  drawList();
  if (isFirst && messages.some(isShown) && matchMedia('(min-width: 45rem)').matches) {
    open(messages.find(isShown).id);
  } else if (!isFirst && arrived[0]) {
    status.textContent = `New: ${arrived[0].subject || arrived[0].channel}`;
  }
}

const isShown = (/** @type {Message} */ { to }) =>
  to.toLowerCase().includes(filter.value.trim().toLowerCase());

function drawList() {
  const focused = document.activeElement?.closest('.list button')?.dataset.id;
  const shown = messages.filter(isShown);
  list.replaceChildren(...shown.map(entry));
  list.querySelector(`[data-id="${focused}"]`)?.focus();
  find('#count').textContent =
    shown.length === messages.length ? `${shown.length}` : `${shown.length} of ${messages.length}`;
  document.title = `Mailbox (${shown.length})`;
  find('#none').hidden = shown.length > 0;
  find('#none').textContent = filter.value
    ? `Nothing for “${filter.value}” yet.`
    : 'No messages yet. They appear here by themselves.';
}

function entry(/** @type {Message} */ { id, at, to, subject, channel, text }) {
  const button = document.createElement('button');
  button.type = 'button';
  button.dataset.id = id;
  if (id === openId) {
    button.setAttribute('aria-current', 'true');
  }
  button.append(
    span('subject', subject || text, !read.has(id)),
    span('muted', channel === 'sms' ? `SMS to ${to}` : to),
    span('muted', new Date(at).toLocaleTimeString([], { timeStyle: 'short' })),
  );
  button.addEventListener('click', () => {
    open(id);
    document.body.classList.add('reading');
    pane.focus();
  });
  const item = document.createElement('li');
  item.append(button);
  return item;
}

function span(/** @type {string} */ className, /** @type {string} */ text, isUnread = false) {
  const element = document.createElement('span');
  element.className = isUnread ? `${className} unread` : className;
  element.textContent = text;
  return element;
}

function open(/** @type {string} */ id) {
  openId = id;
  read.add(id);
  sessionStorage.setItem('mailbox-read', JSON.stringify([...read]));
  drawList();
  drawMessage();
}

function drawMessage() {
  const message = messages.find(({ id }) => id === openId);
  find('#message').hidden = message === undefined;
  find('#choose').hidden = message !== undefined;
  if (!message) {
    return;
  }
  find('#subject').textContent = message.subject || 'Text message';
  find('#to').textContent = message.to;
  find('#from').textContent = message.from;
  find('#at').textContent = new Date(message.at).toLocaleString([], {
    dateStyle: 'full',
    timeStyle: 'medium',
  });
  find('#text').replaceChildren(...linked(message.text));
  find('#html-tab').hidden = message.html === '';
  find('#html').src = message.html === '' ? 'about:blank' : `/_dev/messages/${message.id}/html`;
  showTab(message.html === '' ? 'text-tab' : 'html-tab');
}

/** Addresses in a text can be followed. */
function linked(/** @type {string} */ text) {
  return text.split(/(https?:\/\/[^\s<>"]+)/).map((part, index) => {
    if (index % 2 === 0) {
      return part;
    }
    const link = document.createElement('a');
    link.href = part;
    link.textContent = part;
    link.target = '_blank';
    link.rel = 'noopener';
    return link;
  });
}

function showTab(/** @type {string} */ chosen) {
  for (const tab of document.querySelectorAll('[role=tab]')) {
    const isChosen = tab.id === chosen;
    tab.setAttribute('aria-selected', String(isChosen));
    tab.tabIndex = isChosen ? 0 : -1;
    find(`#${tab.getAttribute('aria-controls')}`).hidden = !isChosen;
  }
}

await refresh();
setInterval(refresh, everyMs);
document.addEventListener('visibilitychange', refresh);
