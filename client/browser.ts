/** The client for pages: no dependency but `fetch`. Its methods bear the names of the flows. */
import type {
  AuditEvent,
  CodeSent,
  Confirmed,
  DefaultMethod,
  EventsQuery,
  ListedUser,
  Method,
  Page,
  PasskeyCredential,
  PasskeyOptions,
  PolicyEdit,
  PolicyInForce,
  Proof,
  ProposedPolicy,
  ReadChallenge,
  ReadPolicy,
  RecoveryCodes,
  RecoveryCodesSaved,
  SendCodeRequest,
  StartedAuthenticator,
  StartedPasskey,
  Status,
  TrustedDevice,
  TwoFactor,
  UsersQuery,
  Verified,
  VerifyRequest,
  WithProof,
  WithReason,
} from './contract.ts';
import { CountersignError } from './error.ts';
import {
  fetchOnce,
  noAnswer,
  readAnswer,
  type Transport,
  type TransportRequest,
  withQuery,
} from './transport.ts';

export type * from './contract.ts';
export { type ClientCode, CountersignError } from './error.ts';
export type { Transport, TransportAnswer, TransportRequest } from './transport.ts';

/**
 * Gets a user token from the app's back end. With `forceFresh` the one before was refused: mint another.
 */
export type UserTokenProvider = (options: { forceFresh?: boolean }) => Promise<string>;

export type BrowserClientOptions = {
  /** The API's address, without a path. Not needed with a `transport`. */
  url?: string | undefined;
  /** For settings and admin pages. A sign-in needs none, nor does a `transport` whose back end adds the token. */
  userToken?: UserTokenProvider | undefined;
  /** Carries the calls instead of `fetch`, for example by way of the app's own back end. */
  transport?: Transport | undefined;
  /** How long one call may take; 10 seconds unless given. */
  timeoutMs?: number | undefined;
};

/** Inside a sign-in: the challenge token of stage `enroll`, which stands for the user token. */
export type Enrolling = { challengeToken?: string | undefined };

const part = encodeURIComponent;
const me = '/v1/me';
const account = '/v1/account';

/** Every call that a page makes. Each throws a `CountersignError`. */
export class BrowserClient {
  readonly #transport: Transport;
  readonly #userToken: UserTokenProvider | undefined;
  /** A back end that carries the calls may add the user token itself. */
  readonly #tokenIsAdded: boolean;

  constructor({ url = '', userToken, transport, timeoutMs = 10_000 }: BrowserClientOptions) {
    const baseUrl = url.replace(/\/+$/, '');
    this.#transport = transport ?? ((request) => fetchOnce(baseUrl, request, timeoutMs));
    this.#userToken = userToken;
    this.#tokenIsAdded = transport !== undefined;
  }

  // The sign-in: who holds the challenge token.

  /** The challenge as it stands now, for a page that has nothing but its token. */
  readChallenge(body: { challengeToken: string }): Promise<ReadChallenge> {
    return this.#call({ method: 'POST', path: '/v1/challenges/read', body });
  }

  /** Sends a code for this sign-in. */
  sendCode(request: SendCodeRequest): Promise<CodeSent> {
    return this.#call({ method: 'POST', path: '/v1/challenges/send', body: request });
  }

  /**
   * Checks the second factor. With an `idempotencyKey`, the same call repeated within 60 seconds of its success gets the
   * same answer, so that a lost one may be asked for again.
   */
  verifyChallenge(request: VerifyRequest, options: { idempotencyKey?: string } = {}): Promise<Verified> {
    const { idempotencyKey } = options;
    const headers: Record<string, string> =
      idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
    return this.#call({ method: 'POST', path: '/v1/challenges/verify', body: request, headers });
  }

  // One's own two-factor authentication: a user token.

  getTwoFactor(): Promise<TwoFactor> {
    return this.#get(`${me}/two-factor`);
  }

  /** The method that a sign-in offers first; `null` leaves it to the one used last. */
  setDefaultMethod(body: { defaultMethod: Method | null }): Promise<DefaultMethod> {
    return this.#authorized({ method: 'PUT', path: `${me}/two-factor`, body });
  }

  /** Answers once with the secret and its QR code. */
  startAuthenticator(
    body: WithProof & { label?: string } = {},
    as?: Enrolling,
  ): Promise<StartedAuthenticator> {
    return this.#post(`${me}/authenticators`, body, as);
  }

  confirmAuthenticator(
    id: string,
    body: { code: string; label?: string },
    as?: Enrolling,
  ): Promise<Confirmed> {
    return this.#post(`${me}/authenticators/${part(id)}/confirm`, body, as);
  }

  removeAuthenticator(id: string, body: WithProof = {}): Promise<{ status: Status }> {
    return this.#post(`${me}/authenticators/${part(id)}/remove`, body);
  }

  startPasskey(body: WithProof & { label?: string } = {}, as?: Enrolling): Promise<StartedPasskey> {
    return this.#post(`${me}/passkeys`, body, as);
  }

  confirmPasskey(
    id: string,
    body: { credential: PasskeyCredential; label?: string },
    as?: Enrolling,
  ): Promise<Confirmed> {
    return this.#post(`${me}/passkeys/${part(id)}/confirm`, body, as);
  }

  removePasskey(id: string, body: WithProof = {}): Promise<{ status: Status }> {
    return this.#post(`${me}/passkeys/${part(id)}/remove`, body);
  }

  startEmailMethod(body: WithProof = {}): Promise<CodeSent> {
    return this.#post(`${me}/methods/email`, body);
  }

  confirmEmailMethod(body: { code: string }): Promise<Confirmed> {
    return this.#post(`${me}/methods/email/confirm`, body);
  }

  removeEmailMethod(body: WithProof = {}): Promise<{ status: Status }> {
    return this.#post(`${me}/methods/email/remove`, body);
  }

  startSmsMethod(body: WithProof & { phone: string }, as?: Enrolling): Promise<CodeSent> {
    return this.#post(`${me}/methods/sms`, body, as);
  }

  confirmSmsMethod(body: { code: string }, as?: Enrolling): Promise<Confirmed> {
    return this.#post(`${me}/methods/sms/confirm`, body, as);
  }

  removeSmsMethod(body: WithProof = {}): Promise<{ status: Status }> {
    return this.#post(`${me}/methods/sms/remove`, body);
  }

  regenerateRecoveryCodes(body: WithProof = {}): Promise<RecoveryCodes> {
    return this.#post(`${me}/recovery-codes`, body);
  }

  /** The person says that the codes are kept. Inside a sign-in, it answers with a new result token. */
  recoveryCodesSaved(as?: Enrolling): Promise<RecoveryCodesSaved> {
    return this.#post(`${me}/recovery-codes/saved`, {}, as);
  }

  disableTwoFactor(body: WithProof = {}): Promise<{ status: 'disabled' }> {
    return this.#post(`${me}/two-factor/disable`, body);
  }

  /** Sends a code to use as `proof`. */
  mailProofCode(body: { method: 'email' | 'sms' }): Promise<CodeSent> {
    return this.#post(`${me}/codes`, body);
  }

  /** WebAuthn request options of a passkey that is used as `proof`. */
  startPasskeyProof(): Promise<{ options: PasskeyOptions; expiresAt: string }> {
    return this.#post(`${me}/codes`, { method: 'passkey' });
  }

  listTrustedDevices(): Promise<{ data: TrustedDevice[] }> {
    return this.#get(`${me}/trusted-devices`);
  }

  revokeTrustedDevice(id: string): Promise<void> {
    return this.#authorized({ method: 'DELETE', path: `${me}/trusted-devices/${part(id)}` });
  }

  revokeTrustedDevices(): Promise<void> {
    return this.#authorized({ method: 'DELETE', path: `${me}/trusted-devices` });
  }

  // The account: a user token of role `admin` or `support`.

  getPolicy(): Promise<ReadPolicy> {
    return this.#get(`${account}/policy`);
  }

  /** Answers with what the change would do, and mails the code that confirms it. */
  proposePolicy(body: { policy: PolicyEdit; proof?: Proof }): Promise<ProposedPolicy> {
    return this.#post(`${account}/policy/changes`, body);
  }

  confirmPolicy(changeId: string, body: { code: string }): Promise<PolicyInForce> {
    return this.#post(`${account}/policy/changes/${part(changeId)}/confirm`, body);
  }

  listUsers(query: UsersQuery = {}): Promise<Page<ListedUser>> {
    return this.#get(withQuery(`${account}/users`, query));
  }

  resetTwoFactor(
    userId: string,
    body: WithReason & { useProfileAddress?: boolean },
  ): Promise<{ status: 'disabled' }> {
    return this.#post(`${account}/users/${part(userId)}/reset`, body);
  }

  unlockUser(userId: string, body: WithReason): Promise<{ status: Status }> {
    return this.#post(`${account}/users/${part(userId)}/unlock`, body);
  }

  /** `until: null` ends an exemption. */
  exemptUser(
    userId: string,
    body: WithReason & { until: string | null },
  ): Promise<{ exemptUntil: string | null }> {
    return this.#post(`${account}/users/${part(userId)}/exemption`, body);
  }

  /** The code is shown once, to whoever made it. */
  createTemporaryCode(
    userId: string,
    body: WithReason & { validMinutes: number },
  ): Promise<{ code: string; expiresAt: string }> {
    return this.#post(`${account}/users/${part(userId)}/temporary-code`, body);
  }

  listEvents(query: EventsQuery = {}): Promise<Page<AuditEvent>> {
    return this.#get(withQuery(`${account}/events`, query));
  }

  #get<Answer>(path: string): Promise<Answer> {
    return this.#authorized({ method: 'GET', path });
  }

  #post<Answer>(path: string, body: object, as?: Enrolling): Promise<Answer> {
    return this.#authorized({ method: 'POST', path, body }, as?.challengeToken);
  }

  /** A refused user token is replaced once. */
  async #authorized<Answer>(request: TransportRequest, challengeToken?: string): Promise<Answer> {
    const by = (token: string) =>
      this.#call<Answer>({ ...request, headers: { authorization: `Bearer ${token}` } });
    if (challengeToken !== undefined) {
      return by(challengeToken);
    }
    const userToken = this.#userToken;
    if (!userToken && this.#tokenIsAdded) {
      return this.#call(request);
    }
    if (!userToken) {
      throw new CountersignError('credentials_missing', {
        status: 0,
        detail: 'Give the client a userToken function.',
      });
    }
    try {
      return await by(await userToken({}));
    } catch (error) {
      if ((error as CountersignError).code !== 'credentials_invalid') {
        throw error;
      }
      return by(await userToken({ forceFresh: true }));
    }
  }

  async #call<Answer>(request: TransportRequest): Promise<Answer> {
    const answer = await this.#transport(request).catch((error) => Promise.reject(noAnswer(error)));
    return readAnswer(answer);
  }
}
