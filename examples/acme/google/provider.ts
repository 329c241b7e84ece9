/** A stand-in for Google on this machine: oauth2-mock-server behind a page that asks which account to use. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { html } from 'hono/html';
import { type MutableRedirectUri, type MutableToken, OAuth2Issuer, OAuth2Service } from 'oauth2-mock-server';

export type Provider = { issuer: string; close(): Promise<void> };
type Chosen = { email: string; hasSecondStep: boolean };

const accounts = ['gina@example.com', 'hugo@example.com'];

/** Listens on `localhost`; 0 picks a free port. The issuer is `http://localhost:PORT`. */
export async function startProvider(port: number): Promise<Provider> {
  const issuer = new OAuth2Issuer();
  await issuer.keys.generate('RS256');
  const service = new OAuth2Service(issuer);
  rememberChoices(service);
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', issuer.url ?? '');
    if (url.pathname !== '/authorize' || url.searchParams.has('login_hint')) {
      service.requestHandler(request, response);
      return;
    }
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    });
    response.end(String(chooser(url.searchParams)));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
  issuer.url = `http://localhost:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { issuer: issuer.url, close };
}

/** The account that was chosen for a code is the one that the code's tokens speak of. */
function rememberChoices(service: OAuth2Service): void {
  const chosen = new Map<string, Chosen>();
  service.on('beforeAuthorizeRedirect', ({ url }: MutableRedirectUri, { query }: { query: Query }) => {
    const hasSecondStep = query.second_step === 'on';
    chosen.set(String(url.searchParams.get('code')), { email: String(query.login_hint), hasSecondStep });
  });
  service.on('beforeTokenSigning', ({ payload }: MutableToken, { body }: { body: Query }) => {
    const choice = chosen.get(String(body.code));
    if (choice) {
      const amr = choice.hasSecondStep ? ['pwd', 'mfa'] : ['pwd'];
      Object.assign(payload, {
        sub: `google|${choice.email}`,
        email: choice.email,
        email_verified: true,
        amr,
      });
    }
  });
}

type Query = Record<string, string | undefined>;

function chooser(query: URLSearchParams) {
  const kept = [...query].map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`);
  const buttons = accounts.map(
    (email) =>
      html`<button name="login_hint" value="${email}"><span aria-hidden="true">${email.charAt(0).toUpperCase()}</span>${email}</button>`,
  );
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Choose an account</title><style>${style}</style></head>
<body><main>
<h1>Choose an account</h1>
<p>to go on to Acme. This page stands for Google on this machine; nothing leaves it.</p>
<form>${kept}${buttons}
<label class="check"><input type="checkbox" name="second_step"> This account uses 2-Step Verification</label>
</form>
<form>${kept}
<label for="other">Another account</label>
<div class="row"><input id="other" name="login_hint" type="email" required autocomplete="off" placeholder="name@example.com"><button>Continue</button></div>
</form>
</main></body>
</html>`;
}

const style = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: light-dark(#f6f7f9, #0f141b); color: light-dark(#15202e, #eaf0f6); }
main { box-sizing: border-box; width: min(26rem, 100vw - 32px); margin: 16px; padding: 24px; border: 1px solid light-dark(#d5dbe3, #34414f); border-radius: 12px; background: light-dark(#fff, #182029); }
h1 { margin: 0; font-size: 1.5rem; line-height: 2rem; font-weight: 600; }
p { margin: 4px 0 24px; color: light-dark(#4d5b6b, #a9b6c5); }
form { display: grid; gap: 8px; margin-top: 16px; }
form button { display: flex; align-items: center; gap: 12px; min-height: 48px; padding: 4px 16px; font: inherit; text-align: start; color: inherit; background: none; border: 1px solid light-dark(#76859a, #7e8fa3); border-radius: 6px; cursor: pointer; }
form button:hover { background: light-dark(#eef1f5, #202a35); }
button span { display: grid; place-items: center; width: 28px; height: 28px; border-radius: 50%; background: light-dark(#1f5fbf, #8ab8ff); color: light-dark(#fff, #0b1a30); font-weight: 600; }
:focus-visible { outline: 2px solid light-dark(#0b57d0, #9cc3ff); outline-offset: 2px; }
.check { display: flex; gap: 8px; align-items: center; min-height: 44px; }
.row { display: flex; gap: 8px; }
.row input { flex: 1; min-width: 0; box-sizing: border-box; height: 48px; padding: 0 12px; font: inherit; color: inherit; background: none; border: 1px solid light-dark(#76859a, #7e8fa3); border-radius: 6px; }
`;
