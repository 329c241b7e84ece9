/** An app in miniature for signed-in people: its back end mints user tokens and checks passwords, its page shows an element. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { BrowserClient, type PolicyEdit } from '../../client/browser.ts';
import { Countersign } from '../../client/server.ts';
import { type Assembly, loadAssembly } from '../../local/stack/assembly.ts';
import { type Local, startLocal } from '../../local/start-local.ts';
import { buildElements } from '../../scripts/build-web.ts';
import { openPage, type PageOptions, until, type Watched } from './browser.ts';
import { codeIn } from './deployment.ts';
import { base32Bytes, independentCode } from './independent-totp.ts';
import { type PageServer, startPageServer } from './page-server.ts';

export type Role = 'user' | 'admin' | 'support';
export const password = 'correct horse battery staple';

export type SettingsPages = {
  local: Local;
  app: Countersign;
  pages: PageServer;
  close(): Promise<void>;
};

export type ElementPage = PageOptions & {
  lang?: string;
  dir?: 'rtl';
  /** Attributes of the tag. */
  attributes?: string;
  /** Whether the page checks passwords by the property or by the event. */
  by?: 'property' | 'event';
};

const pageCss = `:root { color-scheme: light dark; font-family: system-ui, sans-serif }
  body { margin: 0; padding: 24px 16px; background: light-dark(#f6f7f9, #0f141b); color: light-dark(#15202e, #eaf0f6) }
  main { max-width: 64rem; margin: 0 auto } h1 { font-size: 1.5rem; margin: 0 0 16px }`;

const pageJs = (element: string, by: ElementPage['by']) => `import '/${element}.js';
  window.told = [];
  for (const type of ['countersign-changed', 'countersign-restart', 'countersign-reauthenticate']) {
    addEventListener(type, (event) => {
      told.push({ type, ...event.detail });
      if (type === 'countersign-reauthenticate' && event.detail.password !== undefined) {
        event.detail.respondWith(checkPassword(event.detail.password));
      }
    });
  }
  const element = document.querySelector('countersign-${element}');
  if ('${by}' === 'property') {
    element.reauthenticate = async (password) => ({ ok: await checkPassword(password) });
  }
  element.userToken = async () => (await mintUserToken()) ?? Promise.reject(new Error('signed out'));`;

export async function startSettingsPages(port = 0): Promise<SettingsPages> {
  const dir = mkdtempSync(join(tmpdir(), 'elements-'));
  const assembly = withCheapHashing(await loadAssembly(() => {}));
  const pages = await startPageServer(dir);
  const origins = [pages.url];
  const [local] = await Promise.all([startLocal({ port, assembly, origins }), buildElements(dir)]);
  pages.passTo(local.url);
  pages.put('/page.css', pageCss, 'text/css');
  pages.put('/icon.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'image/svg+xml');
  for (const element of ['security', 'admin']) {
    for (const by of ['property', 'event'] as const) {
      pages.put(`/${element}-by-${by}.js`, pageJs(element, by), 'text/javascript');
    }
  }
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local-secret' };
  const timeoutMs = 20_000;
  const app = new Countersign({
    url: local.url,
    audience: 'acme',
    region: 'us-east-1',
    credentials,
    timeoutMs,
  });
  return {
    local,
    app,
    pages,
    close: async () => {
      await pages.close();
      await local.close();
      rmSync(dir, { recursive: true });
    },
  };
}

/** The same stack with few rounds for recovery codes: their cost is a parameter, and these tests make hundreds of them. */
function withCheapHashing(assembly: Assembly): Assembly {
  const template = structuredClone(assembly.template);
  for (const { Type, Properties } of Object.values(template.Resources)) {
    if (Type === 'AWS::Lambda::Function') {
      const variables = (Properties as { Environment?: { Variables?: Record<string, unknown> } }).Environment
        ?.Variables;
      Object.assign(variables ?? {}, { RECOVERY_CODE_ROUNDS: '1000' });
    }
  }
  return { ...assembly, template };
}

/** Somebody whom the app has signed in, with what their authenticator and their list of recovery codes hold. */
export class Member {
  readonly accountId: string;
  readonly id: string;
  readonly email: string;
  readonly role: Role;
  secret = '';
  recoveryCodes: string[] = [];
  /** When the app last checked the password, on the service's clock. */
  checkedAtMs: number | undefined;
  isSignedOut = false;
  readonly #world: SettingsPages;

  constructor(world: SettingsPages, who: { accountId?: string; name?: string; role?: Role } = {}) {
    this.#world = world;
    this.accountId = who.accountId ?? `acct-${randomUUID()}`;
    this.id = `${who.name ?? 'ada'}-${randomUUID().slice(0, 8)}`;
    this.email = `${this.id}@example.com`;
    this.role = who.role ?? 'user';
  }

  get #nowMs(): number {
    return this.#world.local.clock.now();
  }

  /** Known to Countersign, as after a first sign-in. */
  async known(): Promise<this> {
    const { accountId, id: userId, email, role } = this;
    await this.#world.app.syncUser({ accountId, userId, email, isAdmin: role === 'admin' });
    return this;
  }

  /** Opens the page of an element, signed in. */
  async open(browser: Browser, element: 'security' | 'admin', options: ElementPage = {}): Promise<Watched> {
    const { lang = 'en', dir = 'ltr', attributes = '', by = 'property', ...rest } = options;
    const path = `/${element}/${randomUUID()}`;
    this.#world.pages.put(
      path,
      `<!doctype html><html lang="${lang}" dir="${dir}"><head><meta charset="utf-8"><title>Settings</title>
      <meta name="viewport" content="width=device-width"><link rel="icon" href="/icon.svg">
      <link rel="stylesheet" href="/countersign.css"><link rel="stylesheet" href="/page.css">
      <script type="module" src="/${element}-by-${by}.js"></script></head>
      <body><main><h1>Settings</h1><countersign-${element} ${attributes}></countersign-${element}></main></body></html>`,
    );
    const watched = await openPage(browser, rest);
    await watched.page.exposeFunction('mintUserToken', () => this.mint());
    await watched.page.exposeFunction('checkPassword', (typed: string) => this.#check(typed));
    await watched.page.goto(this.#world.pages.url + path);
    return watched;
  }

  #check(typed: string): boolean {
    const isRight = typed === password;
    this.checkedAtMs = isRight ? this.#nowMs : this.checkedAtMs;
    return isRight;
  }

  async mint(atMs = this.checkedAtMs): Promise<string | undefined> {
    const { accountId, id: userId, role } = this;
    const reauthenticatedAt = atMs === undefined ? null : new Date(atMs);
    const request = { accountId, userId, role, ...(reauthenticatedAt && { reauthenticatedAt }) };
    return this.isSignedOut ? undefined : (await this.#world.app.userToken(request)).token;
  }

  /** Calls beside the page, with a fresh first factor. */
  get client(): BrowserClient {
    const userToken = async () => (await this.mint(this.#nowMs)) as string;
    return new BrowserClient({ url: this.#world.local.url, userToken, timeoutMs: 20_000 });
  }

  /** The code that the authenticator shows now. */
  code(): string {
    return independentCode(base32Bytes(this.secret), this.#nowMs);
  }

  /** A code that was not used yet: the clock goes on to the next one. */
  nextCode(): string {
    this.#world.local.clock.advance(30);
    return this.code();
  }

  /** A code that is certainly wrong now. */
  wrongCode(): string {
    return String((Number(this.code()) + 333_333) % 1_000_000).padStart(6, '0');
  }

  /** Turns an authenticator on. */
  async enrolled(): Promise<this> {
    await this.known();
    const { authenticatorId, secret } = await this.client.startAuthenticator({ label: 'Phone' });
    this.secret = secret;
    const confirmed = await this.client.confirmAuthenticator(authenticatorId, { code: this.code() });
    this.recoveryCodes = confirmed.recoveryCodes ?? [];
    await this.client.recoveryCodesSaved().catch(() => undefined);
    return this;
  }

  async challengeToken(): Promise<string> {
    const { accountId, id, email } = this;
    const firstFactor = { method: 'password' } as const;
    const started = await this.#world.app.start({ accountId, user: { id, email }, firstFactor });
    if (started.status !== 'challenge') {
      throw new Error(`no challenge but ${started.status}`);
    }
    return started.challengeToken;
  }

  /** What a sign-in with this code answers: `passed`, or the code of its refusal. */
  async signInWith(method: 'totp' | 'recovery_code', code: string, rememberDevice = false): Promise<string> {
    const challengeToken = await this.challengeToken();
    const verified = this.client.verifyChallenge({ challengeToken, method, code, rememberDevice });
    return verified.then(
      ({ status }) => status,
      (error) => error.code,
    );
  }

  /** How a sign-in begins now. */
  async signInStatus(): Promise<string> {
    const { accountId, id, email } = this;
    const user = { id, email };
    return (await this.#world.app.start({ accountId, user, firstFactor: { method: 'password' } })).status;
  }

  /** Changes the policy beside the page, as an administrator of the same account. */
  async policy(policy: PolicyEdit): Promise<this> {
    const { accountId } = this;
    const manager = await new Member(this.#world, { accountId, name: 'manager', role: 'admin' }).known();
    const { changeId } = await manager.client.proposePolicy({ policy });
    await manager.client.confirmPolicy(changeId, { code: await manager.mailedCode() });
    return this;
  }

  get mails() {
    return this.#world.local.mailbox.messages(this.email);
  }

  /** The 6 digits of the newest message, once there is one about `subject`. */
  mailedCode(subject = /./): Promise<string> {
    return until(() => codeIn(this.mails.find((mail) => subject.test(mail.subject))));
  }
}
