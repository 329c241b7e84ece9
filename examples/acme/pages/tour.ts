/** The tour: numbered tasks, each with a link and what one should see; ticks stay in the browser. */
import { html } from 'hono/html';
import type { Request } from '../context.ts';
import { type Html, page } from './layout.ts';

type Task = { id: string; title: string; text: string; link: [path: string, name: string]; see: string };

export const tasks: Task[] = [
  {
    id: 'enable',
    title: 'Turn it on',
    text: 'Choose “Enable 2FA”, paste the setup key into the authenticator at the bottom of the page, and enter its code.',
    link: ['/settings/security', 'Security'],
    see: 'ten recovery codes, a green “Enabled”, and an email about it in the mailbox.',
  },
  {
    id: 'sign-in',
    title: 'Sign in with a code',
    text: 'Sign out, move the clock on by 31 seconds (a code works once), and sign in again.',
    link: ['/dashboard', 'Dashboard'],
    see: 'the form give way to one field for the code; a wrong code and a used code get different messages.',
  },
  {
    id: 'recover',
    title: 'Lose the phone',
    text: 'At the next sign-in choose “Use a recovery code instead”.',
    link: ['/dashboard', 'Dashboard'],
    see: 'that you are in with one of the ten, that the dashboard counts the rest, and an email about it.',
  },
  {
    id: 'transfer',
    title: 'Confirm a transfer',
    text: 'While signed in, send money to somebody and confirm it with a code.',
    link: ['/transfer', 'Transfer'],
    see: 'recipient and amount before the code is asked for; the token that comes back is good for exactly this transfer, once.',
  },
  {
    id: 'regenerate',
    title: 'Get new recovery codes',
    text: 'Choose “Regenerate recovery codes” and confirm with your password and a code.',
    link: ['/settings/security', 'Security'],
    see: 'ten new codes; the old ones stop working at once.',
  },
  {
    id: 'require',
    title: 'Require it from everybody',
    text: 'As the manager, tick “Require two-factor authentication”, save, and confirm with the code from the email.',
    link: ['/settings/users-and-security', 'People'],
    see: 'beforehand whom it concerns, afterwards an email to everybody; “Disable 2FA” is gone from the security page.',
  },
  {
    id: 'enforced',
    title: 'Be asked to set it up',
    text: 'Sign in as a member without two-factor authentication.',
    link: ['/sign-in', 'Sign-in page'],
    see: 'that nobody gets in without it: by a mailed code, and then by a second step of their own.',
  },
  {
    id: 'remember',
    title: 'Remember this device',
    text: 'As the manager let people remember a device; tick the box at your next sign-in.',
    link: ['/settings/users-and-security', 'People'],
    see: 'the sign-in after that skip the code, in this browser only; a new password ends it.',
  },
  {
    id: 'reset',
    title: 'Help somebody who lost everything',
    text: 'As support, find the person, check that it is them, and choose “Reset” with a reason.',
    link: ['/support', 'Support'],
    see: 'that the person confirms the mailbox first and sets it up again; the log keeps your reason.',
  },
  {
    id: 'temporary',
    title: 'Help somebody whose phone is at home',
    text: 'As support or manager, choose “Temporary code” for that person; they enter it at their next sign-in by “Use another method”.',
    link: ['/settings/users-and-security', 'People'],
    see: 'the code once, an email to the person, and after their sign-in that they may add one second step without further proof.',
  },
  {
    id: 'passkey',
    title: 'Add a passkey',
    text: 'Choose “Add a passkey” and confirm; sign out and in again with it.',
    link: ['/settings/security', 'Security'],
    see: 'no code any more: your finger, face or screen lock signs you in, on this site alone.',
  },
  {
    id: 'exempt',
    title: 'Let an old program in',
    text: 'Connect with the old program; then, as the manager, choose “Exempt” for that person and try once more.',
    link: ['/legacy-client', 'Acme Desktop 1.0'],
    see: 'it refused at first, connected while the exemption lasts, and refused again when the clock has passed it.',
  },
  {
    id: 'google',
    title: 'Come by Google, or by an API key',
    text: 'Connect Google, sign in with it, disconnect it again; make an API key and call Acme with it.',
    link: ['/settings/security', 'Security'],
    see: 'no code asked by either; once Google is disconnected, the password is followed by a code again.',
  },
  {
    id: 'disable',
    title: 'Turn it off',
    text: 'Choose “Disable 2FA” and confirm with your password and a code.',
    link: ['/settings/security', 'Security'],
    see: 'the badge gone, an email “even if it was not you”, and a new key should you turn it on again.',
  },
];

export function tourPage(c: Request) {
  const { t } = c.var;
  const body = html`<p class="lead">${t('What to try here, and what to watch. Ticks stay in this browser.')}</p>
<ol class="tour">${tasks.map((task, index) => item(c, task, index + 1))}</ol>`;
  return page(c, { title: t('Tour'), body, script: 'tour' });
}

function item(c: Request, { id, title, text, link: [path, name], see }: Task, number: number): Html {
  const { t } = c.var;
  return html`<li class="panel">
<h2><span class="number" aria-hidden="true">${number}</span>${t(title)}</h2>
<p>${t(text)} <a href="${path}">${t(name)}</a></p>
<p class="see">${t('You should see')} ${t(see)}</p>
<label class="choice"><input type="checkbox" id="task-${id}"> <span>${t('Done')}<span class="hidden">: ${t(title)}</span></span></label>
</li>`;
}
