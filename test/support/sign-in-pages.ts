/** An app in miniature: its back end starts sign-ins at the real local service, its page shows the prompt. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BrowserClient, type PasskeyCredential } from '../../client/browser.ts';
import { Countersign, type PolicyEdit, type Started, type StartRequest } from '../../client/server.ts';
import { type Assembly, loadAssembly } from '../../local/stack/assembly.ts';
import { type Local, startLocal } from '../../local/start-local.ts';
import { buildElements } from '../../scripts/build-web.ts';
import { Authenticator } from './authenticator.ts';
import { codeIn, totpAt } from './deployment.ts';
import { type PageServer, startPageServer } from './page-server.ts';

export type SignInPages = {
  local: Local;
  app: Countersign;
  pages: PageServer;
  /** Puts a page with the prompt for this answer of `start`, and answers its address. */
  promptPage(started: Started, options?: PromptPage): string;
  /** The newest code that was mailed or texted to an address. */
  codeTo(address: string): string;
  close(): Promise<void>;
};

export type PromptPage = {
  /** Attributes of the tag besides `challenge`. */
  attributes?: string;
  /** What stands around the prompt, with `{prompt}` in its place. */
  around?: string;
  lang?: string;
  /** A script that runs before the page's own. */
  scriptBefore?: string;
};

const pageCss = `:root { color-scheme: light dark; font-family: system-ui, sans-serif }
  body { margin: 0; padding: 24px 16px; background: light-dark(#f6f7f9, #0f141b); color: light-dark(#15202e, #eaf0f6) }
  main { max-width: 48rem; margin: 0 auto; display: grid; justify-items: center } h1 { font-size: 1.5rem }`;
const pageJs = `import '/prompt.js';
  const told = document.querySelector('#told');
  for (const type of ['countersign-passed', 'countersign-restart']) {
    addEventListener(type, (event) => { told.textContent = JSON.stringify({ type, ...event.detail }); });
  }`;

/** Many tests may share the machine. */
const timeoutMs = 30_000;

/** Recovery codes are hashed slowly on purpose; here that would be most of the time. */
function withCheapHashes(assembly: Assembly): Assembly {
  for (const { Properties } of Object.values(assembly.template.Resources)) {
    const environment = Properties?.Environment as { Variables: Record<string, unknown> } | undefined;
    if (environment) {
      environment.Variables.RECOVERY_CODE_ROUNDS = '1000';
    }
  }
  return assembly;
}

const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;');

export async function startSignInPages(): Promise<SignInPages> {
  const dir = mkdtempSync(join(tmpdir(), 'elements-'));
  const assembly = withCheapHashes(await loadAssembly(() => {}));
  const pages = await startPageServer(dir);
  const origins = [pages.url];
  const [local] = await Promise.all([startLocal({ port: 0, assembly, origins }), buildElements(dir)]);
  pages.passTo(local.url);
  pages.put('/page.css', pageCss, 'text/css');
  pages.put('/icon.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'image/svg+xml');
  pages.put('/page.js', pageJs, 'text/javascript');
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local-secret' };
  const app = new Countersign({
    url: local.url,
    audience: 'acme',
    timeoutMs,
    region: 'us-east-1',
    credentials,
  });
  return {
    local,
    app,
    pages,
    promptPage: (
      started,
      { attributes = 'issuer="Acme"', around = '{prompt}', lang = 'en', scriptBefore } = {},
    ) => {
      const path = `/sign-in/${randomUUID()}`;
      const prompt = `<countersign-prompt challenge="${escaped(JSON.stringify(started))}" ${attributes}></countersign-prompt>`;
      pages.put(
        path,
        `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><title>Sign in</title>
        <meta name="viewport" content="width=device-width"><link rel="icon" href="/icon.svg">
        <link rel="stylesheet" href="/countersign.css"><link rel="stylesheet" href="/page.css">
        ${scriptBefore ? `<script type="module" src="${scriptBefore}"></script>` : ''}
        <script type="module" src="/page.js"></script></head>
        <body><main><h1>Acme</h1>${around.replace('{prompt}', prompt)}<output id="told" hidden></output></main></body></html>`,
      );
      return pages.url + path;
    },
    codeTo: (address) => newestCode(local, address),
    close: async () => {
      await pages.close();
      await local.close();
      rmSync(dir, { recursive: true });
    },
  };
}

/** A person of an account of their own, with what their authenticator and their list of recovery codes hold. */
export class SignInPerson {
  readonly accountId = `acct-${randomUUID()}`;
  readonly id = `user-${randomUUID().slice(0, 8)}`;
  readonly email = `${this.id}@example.com`;
  secret = '';
  recoveryCodes: string[] = [];
  readonly #world: SignInPages;

  constructor(world: SignInPages) {
    this.#world = world;
  }

  start(more: Partial<StartRequest> = {}): Promise<Started> {
    const { accountId, id, email } = this;
    const firstFactor = { method: 'password' } as const;
    return this.#world.app.start({ accountId, user: { id, email }, firstFactor, ...more });
  }

  #client(role: 'user' | 'admin'): BrowserClient {
    const { accountId, id: userId } = this;
    const reauthenticatedAt = new Date(this.#world.local.clock.now());
    const mint = () => this.#world.app.userToken({ accountId, userId, role, reauthenticatedAt });
    return new BrowserClient({
      url: this.#world.local.url,
      timeoutMs,
      userToken: async () => (await mint()).token,
    });
  }

  get me(): BrowserClient {
    return this.#client('user');
  }

  /** The code that the authenticator shows now. */
  code(): string {
    return totpAt(this.secret, this.#world.local.clock.now());
  }

  /** A code that is certainly wrong now. */
  wrongCode(): string {
    return String((Number(this.code()) + 333_333) % 1_000_000).padStart(6, '0');
  }

  /** A recovery code that has not been used yet. */
  unusedRecoveryCode(): string {
    return this.recoveryCodes.shift() as string;
  }

  /** Turns an authenticator on, and lets its code of the enrolment pass by. */
  async enrolled(): Promise<this> {
    await this.start();
    const { authenticatorId, secret } = await this.me.startAuthenticator();
    this.secret = secret;
    const confirmed = await this.me.confirmAuthenticator(authenticatorId, { code: this.code() });
    this.recoveryCodes = confirmed.recoveryCodes ?? [];
    this.#world.local.clock.advance(60);
    return this;
  }

  /** Turns a passkey on, made by an authenticator in software on the page's behalf. */
  async withPasskey(): Promise<this> {
    await this.start();
    const authenticator = new Authenticator({ origin: this.#world.pages.url });
    const proof = this.secret === '' ? {} : { proof: { method: 'totp', code: this.code() } as const };
    const { passkeyId, options } = await this.me.startPasskey({ label: 'Laptop', ...proof });
    this.#world.local.clock.advance(60);
    const credential = authenticator.create(options) as PasskeyCredential;
    const { recoveryCodes = [] } = await this.me.confirmPasskey(passkeyId, { credential });
    this.recoveryCodes = recoveryCodes;
    return this;
  }

  /** Turns mailed codes on as well. */
  async withEmail(): Promise<this> {
    const proof = () => ({ method: 'totp', code: this.code() }) as const;
    await this.me.startEmailMethod({ proof: proof() });
    await this.me.confirmEmailMethod({ code: this.#world.codeTo(this.email) });
    this.#world.local.clock.advance(3600);
    return this;
  }

  /** Changes the policy of this person's account as the operator does. */
  async policy(policy: PolicyEdit): Promise<this> {
    await this.#world.app.setPolicy({ accountId: this.accountId, policy });
    this.#world.local.clock.advance(3600);
    return this;
  }
}

/** Notices come between the codes; those that hold none are passed over. */
function newestCode({ mailbox }: Local, address: string): string {
  const withCode = mailbox.messages(address).filter(({ text }) => /\b\d{6}\b/.test(text));
  return codeIn(withCode.sort((one, other) => Date.parse(one.at) - Date.parse(other.at)).at(-1));
}
