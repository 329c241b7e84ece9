/** Gives Countersign's elements what only the app has: user tokens, and the check of the first factor. */
import 'countersign/elements';

async function post(path: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** Whether the password is right. Without one, the provider is asked: the page comes back with the same dialog. */
async function reauthenticate(password: string | undefined): Promise<{ ok: boolean }> {
  if (password !== undefined) {
    return post('/settings/confirm-password', { password });
  }
  location.assign(`/google?next=${encodeURIComponent(location.pathname + location.search)}`);
  return new Promise(() => {});
}

for (const element of document.querySelectorAll('countersign-security, countersign-admin')) {
  const page = element.localName === 'countersign-admin' ? 'account' : 'own';
  const userToken = async () => (await (await post('/settings/page-token', { page })).json()).token;
  Object.assign(element, { userToken, reauthenticate });
  element.addEventListener('countersign-restart', () => location.assign('/sign-in'));
}
