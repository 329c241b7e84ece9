/**
 * A small SaaS around the elements of signed-in people: the local service, a page under a strict Content-Security-Policy,
 * passwords, and user tokens that a back end mints.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { BrowserClient } from '../../client/browser.ts';
import { Countersign } from '../../client/server.ts';
import { loadAssembly } from '../../local/stack/assembly.ts';
import { type Local, startLocal } from '../../local/start-local.ts';
import { buildElements } from '../../scripts/build-web.ts';
import { oathtoolCode } from './independent-totp.ts';

export type Role = 'user' | 'admin' | 'support';
export const password = 'correct horse battery staple';

export type SettingsService = {
  local: Local;
  app: Countersign;
  /** Such as `http://127.0.0.1:4531`. */
  origin: string;
  close(): Promise<void>;
};

/** Somebody of the SaaS, as its back end knows them. */
export class Member {
  readonly service: SettingsService;
  readonly accountId: string;
  readonly id: string;
  readonly email: string;
  readonly role: Role;
  secret = '';
  recoveryCodes: string[] = [];
  /** When the app last checked the password, by the service's clock. */
  checkedAtMs: number | undefined;

  constructor(service: SettingsService, who: { accountId?: string; name?: string; role?: Role } = {}) {
    this.service = service;
    this.accountId = who.accountId ?? `acct-${randomUUID().slice(0, 8)}`;
    this.id = `${who.name ?? 'ada'}-${randomUUID().slice(0, 8)}`;
    this.email = `${this.id}@example.com`;
    this.role = who.role ?? 'user';
    members.set(this.id, this);
  }

  /** Known to Countersign, as after a first sign-in. */
  async known(): Promise<this> {
    const isAdmin = this.role === 'admin';
    await this.service.app.syncUser({ accountId: this.accountId, userId: this.id, email: this.email, isAdmin });
    return this;
  }

  async token(fresh = false): Promise<string> {
    const now = this.service.local.clock.now();
    const at = fresh ? now : this.checkedAtMs;
    const { token } = await this.service.app.userToken({
      accountId: this.accountId,
      userId: this.id,
      role: this.role,
      ...(at === undefined ? {} : { reauthenticatedAt: new Date(at) }),
    });
    return token;
  }

  /** Calls beside the page, with a fresh first factor. */
  get client(): BrowserClient {
    return new BrowserClient({ url: this.service.local.url, userToken: () => this.token(true) });
  }

  /** The code that an authenticator shows now. */
  code(): string {
    return oathtoolCode(this.secret, this.service.local.clock.now());
  }

  /** A code that was not used yet: the clock goes on to the next time step. */
  nextCode(): string {
    this.service.local.clock.advance(30);
    return this.code();
  }

  async enrol(): Promise<this> {
    const { client } = this;
    const { authenticatorId, secret } = await client.startAuthenticator({ label: 'Phone' });
    this.secret = secret;
    const confirmed = await client.confirmAuthenticator(authenticatorId, { code: this.code() });
    this.recoveryCodes = confirmed.recoveryCodes ?? [];
    return this;
  }

  /** A sign-in by a recovery code, for its effect on how many are left. */
  async useRecoveryCode(): Promise<void> {
    const token = await this.#challengeToken();
    const code = this.recoveryCodes.shift() ?? '';
    await this.client.verifyChallenge({ challengeToken: token, method: 'recovery_code', code });
  }

  /** A sign-in by which this browser is remembered. */
  async remember(): Promise<void> {
    const challengeToken = await this.#challengeToken();
    const code = this.nextCode();
    await this.client.verifyChallenge({ challengeToken, method: 'totp', code, rememberDevice: true });
  }

  async #challengeToken(): Promise<string> {
    const started = await this.service.app.start({
      accountId: this.accountId,
      user: { id: this.id, email: this.email },
      firstFactor: { method: 'password' },
    });
    if (started.status !== 'challenge') {
      throw new Error(`no challenge: ${started.status}`);
    }
    return started.challengeToken;
  }

  mails(): { subject: string; text: string }[] {
    return this.service.local.mailbox.messages(this.email) as { subject: string; text: string }[];
  }

  mailedCode(): string {
    const code = /\b\d{6}\b/.exec(this.mails()[0]?.text ?? '')?.[0];
    if (!code) {
      throw new Error('no code in the mail');
    }
    return code;
  }
}

const members = new Map<string, Member>();
const csp = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "require-trusted-types-for 'script'",
  'trusted-types lit-html',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const types: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
};

/** Starts all of it. `port` 0 picks a free one for each server. */
export async function startSettingsService(ports: { api?: number; page?: number } = {}): Promise<SettingsService> {
  const filesDir = mkdtempSync(join(tmpdir(), 'countersign-elements-'));
  const [assembly] = await Promise.all([loadAssembly(() => {}), buildElements(filesDir)]);
  const page = createServer((request, response) => {
    serve(request, response).catch((error) => {
      console.error(error);
      response.writeHead(500).end();
    });
  });
  await new Promise<void>((resolve) => page.listen(ports.page ?? 0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
  const local = await startLocal({ port: ports.api ?? 0, assembly });
  const app = new Countersign({
    url: local.url,
    audience: 'acme',
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local-secret' },
    timeoutMs: 20_000,
  });
  const service: SettingsService = {
    local,
    app,
    origin,
    close: async () => {
      page.close();
      page.closeAllConnections();
      await local.close();
    },
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', origin);
    if (url.pathname.startsWith('/v1/')) {
      return passOn(request, response, local.url);
    }
    if (request.method === 'POST') {
      return backEnd(url, await bodyOf(request), response);
    }
    if (url.pathname.startsWith('/elements/')) {
      const file = join(filesDir, normalize(url.pathname.slice('/elements/'.length)));
      response.writeHead(200, { 'content-type': types[extname(file)] ?? 'text/plain' });
      response.end(readFileSync(file));
      return;
    }
    const asset = assets[url.pathname];
    response.writeHead(asset ? 200 : 404, {
      'content-type': types[extname(url.pathname)] ?? 'text/html; charset=utf-8',
      'content-security-policy': csp,
    });
    response.end(asset?.(url.searchParams));
  }
  return service;
}

/** The app's own routes: a user token for the signed-in person, and a password that is checked again. */
async function backEnd(url: URL, body: string, response: ServerResponse): Promise<void> {
  const member = members.get(url.searchParams.get('user') ?? '');
  const json = (status: number, content: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
  };
  if (!member) {
    json(401, {});
  } else if (url.pathname === '/token') {
    json(200, { token: await member.token() });
  } else {
    const ok = JSON.parse(body).password === password;
    member.checkedAtMs = ok ? member.service.local.clock.now() : member.checkedAtMs;
    json(200, { ok });
  }
}

/** The API under the page's own origin, as a reverse proxy gives it. */
async function passOn(request: IncomingMessage, response: ServerResponse, apiUrl: string): Promise<void> {
  const { authorization, 'content-type': type } = request.headers;
  const body = await bodyOf(request);
  const answer = await fetch(apiUrl + request.url, {
    method: request.method ?? 'GET',
    headers: { ...(authorization && { authorization }), ...(type && { 'content-type': type }) },
    ...(body === '' ? {} : { body }),
  });
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(Buffer.from(await answer.arrayBuffer()));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}

const escaped = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** The page and what it loads, by path. */
const assets: Record<string, (query: URLSearchParams) => string> = {
  '/': (query) => {
    const element = query.get('element') === 'admin' ? 'admin' : 'security';
    const attributes = ['provider', 'organization-name', 'issuer']
      .filter((name) => query.has(name))
      .map((name) => `${name}="${escaped(query.get(name) as string)}"`);
    return `<!doctype html><html lang="${escaped(query.get('lang') ?? 'en')}" dir="${query.get('dir') === 'rtl' ? 'rtl' : 'ltr'}"><head>
      <meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Acme</title>
      <link rel="stylesheet" href="/elements/countersign.css"><link rel="stylesheet" href="/page.css">
      <script type="module" src="/page.js"></script></head>
      <body><main><h1>Security</h1><countersign-${element} ${attributes.join(' ')}>Loading the page</countersign-${element}></main></body></html>`;
  },
  '/page.css': () => `:root{color-scheme:light dark;--page:light-dark(#f6f7f9,#0f141b)}
    body{margin:0;background:var(--page);color:light-dark(#15202e,#eaf0f6);font:1rem/1.5 system-ui,sans-serif}
    main{max-width:64rem;margin:0 auto;padding:24px 16px}h1{font-size:1.5rem;margin:0 0 16px}`,
  '/page.js': () => `const query = new URLSearchParams(location.search);
    const post = async (path, body = {}) =>
      (await fetch(path + '?user=' + query.get('user'), { method: 'POST', body: JSON.stringify(body) })).json();
    window.events = [];
    for (const type of ['countersign-changed', 'countersign-restart', 'countersign-reauthenticate']) {
      document.addEventListener(type, (event) => {
        window.events.push({ type, ...event.detail });
        if (type === 'countersign-reauthenticate') {
          event.detail.respondWith(post('/password', { password: event.detail.password }).then(({ ok }) => ok));
        }
      });
    }
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) => window.violations.push(event.violatedDirective));
    await import(query.get('element') === 'admin' ? '/elements/admin.js' : '/elements/security.js');
    const element = document.querySelector('countersign-security, countersign-admin');
    element.userToken = async () => {
      const { token } = await post('/token');
      if (!token) throw new Error('signed out');
      return token;
    };
    if (query.get('asks') !== 'event') {
      element.reauthenticate = (password) => post('/password', { password });
    }`,
};
