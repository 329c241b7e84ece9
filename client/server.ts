/** The client for an app's back end: signs its calls, and checks the token that a sign-in ends with. */
import { createRemoteJWKSet } from 'jose';
import type {
  Account,
  AccountSettings,
  HeldUser,
  ImportAnswer,
  ImportRequest,
  IssuedToken,
  PolicyEdit,
  PolicyInForce,
  Result,
  ResultClaims,
  ResultRequest,
  Started,
  StartRequest,
  SyncUserRequest,
  SyncUsersAnswer,
  SyncUsersRequest,
  UserProfile,
  UserTokenRequest,
} from './contract.ts';
import { CountersignError } from './error.ts';
import { answered, forwarded, problemAnswer } from './forward.ts';
import { type ExpectedSignIn, verifyResultToken } from './result-token.ts';
import { retrying } from './retry.ts';
import { type Sign, type SigningOptions, signerFor } from './sign.ts';
import { fetchOnce, readAnswer, type TransportAnswer, type TransportRequest } from './transport.ts';

export type * from './contract.ts';
export { type ClientCode, CountersignError } from './error.ts';
export { actionHash, type ExpectedSignIn } from './result-token.ts';
export type { Credentials, SigningOptions } from './sign.ts';
export type { Transport, TransportAnswer, TransportRequest } from './transport.ts';

/**
 * What `start` does when Countersign cannot be reached or answers that it is unavailable, after the retries. `deny`
 * throws the error. A function answers instead of `start`; whoever throws in it denies. `docs/client.md` says what to
 * weigh.
 */
export type WhenUnavailable<Fallback> =
  | 'deny'
  | ((error: CountersignError, request: StartRequest) => Fallback | Promise<Fallback>);

export type CountersignOptions<Fallback = never> = SigningOptions & {
  /** The stack's output `Issuer`: the API's address and the `iss` of its tokens. */
  url: string;
  /** The `aud` of the result tokens, as the stage names it. */
  audience: string;
  /** How long one attempt may take; 3 seconds unless given. */
  timeoutMs?: number | undefined;
  /** How often a call that may be repeated is repeated; 2 unless given. */
  retries?: number | undefined;
  whenUnavailable?: WhenUnavailable<Fallback> | undefined;
};

type OfAccount = { accountId: string };
type OfUser = OfAccount & { userId: string };

const part = encodeURIComponent;
const accountPath = ({ accountId }: OfAccount) => `/v1/accounts/${part(accountId)}`;
const userPath = ({ accountId, userId }: OfUser) => `${accountPath({ accountId })}/users/${part(userId)}`;

/** Every call that an app makes. Each throws a `CountersignError`. One instance serves all of an app's sign-ins. */
export class Countersign<Fallback = never> {
  readonly #url: string;
  readonly #audience: string;
  readonly #timeoutMs: number;
  readonly #retries: number;
  readonly #whenUnavailable: WhenUnavailable<Fallback>;
  readonly #sign: Sign;
  readonly #keys: ReturnType<typeof createRemoteJWKSet>;

  constructor(options: CountersignOptions<Fallback>) {
    this.#url = checkedUrl(options.url);
    this.#audience = options.audience;
    if (!this.#audience) {
      throw new TypeError('Countersign needs an audience: without one, tokens for others would be accepted.');
    }
    this.#timeoutMs = options.timeoutMs ?? 3_000;
    this.#retries = options.retries ?? 2;
    this.#whenUnavailable = options.whenUnavailable ?? 'deny';
    this.#sign = signerFor(this.#url, options);
    this.#keys = createRemoteJWKSet(new URL(`${this.#url}/.well-known/jwks.json`), {
      timeoutDuration: this.#timeoutMs,
    });
  }

  /**
   * The first factor passed: what follows? `passed` (the sign-in is complete), or a challenge for the browser to go on
   * with. Keep `challengeId` in the session for `finish`.
   */
  async start(request: StartRequest): Promise<Started | Fallback> {
    try {
      return await this.#call<Started>('POST', '/v1/challenges', request);
    } catch (error) {
      const isUnavailable = error instanceof CountersignError && error.code === 'temporarily_unavailable';
      if (!isUnavailable || this.#whenUnavailable === 'deny') {
        throw error;
      }
      return this.#whenUnavailable(error, request);
    }
  }

  /**
   * The browser came back with a token. Throws unless it completes this sign-in: signature, algorithm, type, issuer,
   * audience, expiry, account, user, challenge id, and for a step-up the act. Keys are fetched once and cached.
   */
  finish(token: unknown, expected: ExpectedSignIn): Promise<ResultClaims> {
    const verify = () => verifyResultToken(token, this.#keys, this.#url, this.#audience, expected);
    return retrying(verify, this.#retries);
  }

  /**
   * The result of a sign-in, by the challenge token that `start` answered: for an app whose browser never holds a token,
   * and with the `resultCode` of `returnTo`. Pass its `token` to `finish`.
   */
  result(request: ResultRequest): Promise<Result> {
    return this.#call('POST', '/v1/challenges/result', request);
  }

  /** A token for a settings, admin or support page of this person. */
  userToken(request: UserTokenRequest): Promise<IssuedToken> {
    return this.#call('POST', '/v1/user-tokens', request);
  }

  /** Creates a user or updates the profile. */
  syncUser({ accountId, userId, ...profile }: OfUser & SyncUserRequest): Promise<UserProfile> {
    return this.#call('PUT', userPath({ accountId, userId }), profile);
  }

  /** Creates or updates many users; each is judged alone. */
  syncUsers({ accountId, users }: OfAccount & SyncUsersRequest): Promise<SyncUsersAnswer> {
    return this.#call('PUT', `${accountPath({ accountId })}/users`, { users });
  }

  /** All that is held about a person, without secrets. */
  getUser(user: OfUser): Promise<HeldUser> {
    return this.#call('GET', userPath(user));
  }

  /** Erases all that is held about a person. */
  eraseUser(user: OfUser): Promise<void> {
    return this.#call('DELETE', userPath(user));
  }

  /** The person has a new password: trusted devices and sign-ins under way end, two-factor authentication stays. */
  passwordChanged(user: OfUser): Promise<void> {
    return this.#call('POST', `${userPath(user)}/password-changed`);
  }

  setAccount({ accountId, ...settings }: OfAccount & AccountSettings): Promise<Account> {
    return this.#call('PUT', `${accountPath({ accountId })}/settings`, settings);
  }

  /** The operator's. */
  getPolicy(account: OfAccount): Promise<PolicyInForce> {
    return this.#call('GET', `${accountPath(account)}/policy`);
  }

  /** The operator's: no mailed code, but every admin is mailed. Refused as `policy_version_conflict` for another `version`. */
  setPolicy({
    accountId,
    ...edit
  }: OfAccount & { policy: PolicyEdit; version?: number }): Promise<PolicyInForce> {
    return this.#call('PUT', `${accountPath({ accountId })}/policy`, edit);
  }

  /**
   * The operator's, at most 25 users and 50 recovery codes at once; each user is judged alone. Never repeated by itself:
   * a second import would refuse whom the first one enrolled.
   */
  importUsers({ accountId, ...users }: OfAccount & ImportRequest): Promise<ImportAnswer> {
    return this.#callOnce('POST', `${accountPath({ accountId })}/imports`, users);
  }

  /** The operator's: closes the account at once and erases all of it. */
  eraseAccount(account: OfAccount): Promise<{ status: 'closed' }> {
    return this.#call('DELETE', accountPath(account));
  }

  /**
   * Passes a browser's call on, for pages whose `transport` goes by way of the app's back end. Takes the routes of browsers
   * and user tokens alone, and never signs. With `userToken`, settings pages need no token of their own. A failure is an
   * answer too.
   */
  async forward(
    request: TransportRequest,
    { userToken }: { userToken?: string | undefined } = {},
  ): Promise<TransportAnswer> {
    try {
      return answered(await fetchOnce(this.#url, forwarded(request, userToken), this.#timeoutMs));
    } catch (error) {
      return problemAnswer(error as CountersignError);
    }
  }

  #call<Answer>(method: TransportRequest['method'], path: string, content?: object): Promise<Answer> {
    return retrying(() => this.#callOnce(method, path, content), this.#retries);
  }

  async #callOnce<Answer>(
    method: TransportRequest['method'],
    path: string,
    content?: object,
  ): Promise<Answer> {
    const body = content && JSON.stringify(content);
    const signed = await this.#sign({ method, path, ...(body === undefined ? {} : { body }) });
    return readAnswer(await fetchOnce(this.#url, signed, this.#timeoutMs));
  }
}

/** Without a slash at its end. Throws a `TypeError` for an address over which tokens would travel unprotected. */
function checkedUrl(url: string): string {
  const { protocol, hostname } = new URL(url);
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  if (protocol !== 'https:' && !isLoopback) {
    throw new TypeError('The url of Countersign must begin with https://');
  }
  return url.replace(/\/+$/, '');
}
