/** Gives Countersign's elements what only the app has: user tokens, and the check of a password. */
import 'countersign/elements';

async function post(path: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
  if (answer.redirected) {
    // The session has ended: Acme has sent the call to its sign-in page.
    location.assign(answer.url);
  }
  return answer;
}

for (const element of document.querySelectorAll<HTMLElementTagNameMap['countersign-security']>(
  '[data-page]',
)) {
  const { page } = element.dataset;
  element.userToken = async () => (await (await post('/settings/page-token', { page })).json()).token;
}

document.addEventListener('countersign-reauthenticate', (event) => {
  const { password, respondWith } = event.detail;
  if (password === undefined) {
    location.assign(`/google?next=${encodeURIComponent(location.pathname)}`);
    return;
  }
  respondWith(post('/settings/confirm-password', { password }).then((answer) => answer.ok));
});
