/** A user of a customer's account, and what they do, step by step. Each has an own account unless told otherwise. */
import { randomUUID } from 'node:crypto';
import type { Authenticator, Lies } from './authenticator.ts';
import { type CallOptions, codeIn, type Deployment, type Reply, totpAt } from './deployment.ts';

export const day = 86_400_000;
export const minute = 60_000;

export class Person {
  readonly accountId: string;
  readonly id: string;
  readonly email: string;
  /** This person's present. */
  at: number;
  secret = '';
  authenticatorId = '';
  recoveryCodes: string[] = [];
  readonly #deployment: Deployment;

  constructor(
    deployment: Deployment,
    who: { accountId?: string; id?: string; email?: string; at?: number } = {},
  ) {
    this.#deployment = deployment;
    this.accountId = who.accountId ?? `acct-${randomUUID()}`;
    this.id = who.id ?? `user-${randomUUID()}`;
    this.email = who.email ?? `${this.id}@example.com`;
    // The middle of a time step, so that a test chooses its edges itself.
    this.at = who.at ?? Math.floor(Date.now() / 30_000) * 30_000 + 15_000;
  }

  get ref() {
    return { accountId: this.accountId, userId: this.id };
  }

  later(ms: number): this {
    this.at += ms;
    return this;
  }

  call(flow: Parameters<Deployment['call']>[0], options: CallOptions = {}): Promise<Reply> {
    return this.#deployment.call(flow, { at: this.at, ...options });
  }

  code(offsetSteps = 0): string {
    return totpAt(this.secret, this.at + offsetSteps * 30_000);
  }

  signIn(more: { firstFactor?: object; user?: object; [field: string]: unknown } = {}): Promise<Reply> {
    const { firstFactor = { method: 'password' }, user, ...rest } = more;
    const body = {
      accountId: this.accountId,
      user: { id: this.id, email: this.email, ...user },
      firstFactor,
      ...rest,
    };
    return this.call('create-challenge', { body });
  }

  async challengeToken(): Promise<string> {
    const { body } = await this.signIn();
    if (!body.challengeToken) {
      throw new Error(`no challenge: ${JSON.stringify(body)}`);
    }
    return body.challengeToken;
  }

  verify(challengeToken: string, method: string, code: unknown, options: CallOptions = {}): Promise<Reply> {
    return this.call('verify-challenge', { body: { challengeToken, method, code }, ...options });
  }

  async token(options: { role?: string; fresh?: boolean } = {}): Promise<string> {
    const reauthenticatedAt = options.fresh === false ? undefined : new Date(this.at).toISOString();
    const body = {
      accountId: this.accountId,
      userId: this.id,
      role: options.role ?? 'user',
      reauthenticatedAt,
    };
    const reply = await this.call('mint-user-token', { body });
    return reply.body.token;
  }

  /** A call with a fresh user token. */
  async own(
    flow: Parameters<Deployment['call']>[0],
    options: CallOptions & { fresh?: boolean } = {},
  ): Promise<Reply> {
    const { fresh, ...rest } = options;
    return this.call(flow, { bearer: await this.token(fresh === undefined ? {} : { fresh }), ...rest });
  }

  totpProof = () => ({ method: 'totp', code: this.code() });

  async start(more: object = {}): Promise<Reply> {
    const reply = await this.own('start-authenticator', { body: more });
    if (reply.status === 201) {
      this.authenticatorId = reply.body.authenticatorId;
    }
    return reply;
  }

  confirm(id: string, code: string, options: CallOptions = {}): Promise<Reply> {
    return this.own('confirm-authenticator', { path: { id }, body: { code }, ...options });
  }

  /** From nobody to an authenticator and ten recovery codes; leaves the present one time step later. */
  async enrol(): Promise<this> {
    await this.signIn();
    const started = await this.start();
    this.secret = started.body.secret;
    const confirmed = await this.confirm(started.body.authenticatorId, this.code());
    if (confirmed.status !== 200) {
      throw new Error(`not confirmed: ${JSON.stringify(confirmed.body)}`);
    }
    this.recoveryCodes = confirmed.body.recoveryCodes;
    return this.later(30_000);
  }

  /** Turns the e-mail method on, as the first factor or with a proof. */
  async turnOnEmail(proof?: object): Promise<Reply> {
    const started = await this.own('start-email-method', { body: proof ? { proof } : {} });
    if (started.status !== 202) {
      return started;
    }
    const reply = await this.own('confirm-email-method', { body: { code: this.mailedCode() } });
    this.recoveryCodes = reply.body.recoveryCodes ?? this.recoveryCodes;
    return reply;
  }

  /** Turns a passkey on, as the first factor or with a proof. */
  async addPasskey(
    authenticator: Authenticator,
    more: { proof?: object; label?: string; lies?: Lies } = {},
  ): Promise<Reply> {
    const { lies, ...body } = more;
    const started = await this.own('start-passkey', { body });
    if (started.status !== 201) {
      return started;
    }
    const { passkeyId, options } = started.body;
    const reply = await this.own('confirm-passkey', {
      path: { id: passkeyId },
      body: { credential: authenticator.create(options, lies) },
    });
    this.recoveryCodes = reply.body.recoveryCodes ?? this.recoveryCodes;
    return reply;
  }

  /** A challenge with the options that its passkey takes. */
  async passkeyChallenge() {
    const { body } = await this.signIn();
    const offered = body.methods?.find((one: { method: string }) => one.method === 'passkey');
    return { token: body.challengeToken as string, options: offered?.options, body };
  }

  present(challengeToken: string, assertion: object, options: CallOptions = {}): Promise<Reply> {
    return this.call('verify-challenge', {
      body: { challengeToken, method: 'passkey', assertion },
      ...options,
    });
  }

  /** A fresh assertion to use as proof. */
  async passkeyProof(authenticator: Authenticator, lies: Lies = {}) {
    const { body } = await this.own('mail-proof-code', { body: { method: 'passkey' } });
    return { method: 'passkey', assertion: authenticator.get(body.options, lies) };
  }

  mailedCode(): string {
    return codeIn(this.#deployment.mails(this.email)[0]);
  }

  async status() {
    return (await this.own('get-two-factor')).body;
  }

  async deliver(): Promise<string[]> {
    await this.#deployment.sweep(this.at);
    return this.#deployment.mails(this.email).map((mail) => mail.subject);
  }
}
