/** Gives Countersign's elements what only the app has: tokens, and a fresh password. */
import 'countersign/elements';

async function post(path: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
}

for (const [name, page] of [['countersign-security', 'own'], ['countersign-admin', 'account']] as const) {
  const element = document.querySelector(name);
  if (element) {
    Object.assign(element, {
      userToken: async () => (await (await post('/settings/page-token', { page })).json()).token,
      confirmPassword: async (password: string) => (await post('/settings/confirm-password', { password })).ok,
    });
  }
}
