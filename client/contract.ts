/**
 * The HTTP contract as types: what each call takes and what it answers. Written by hand, so that the published
 * declarations need no other package; `test/client/contract.test.ts` compares every one with `lambdas/routes.ts`.
 * All times are RFC 3339 texts in UTC.
 */

/** A second factor that a person can have on. */
export type Method = 'passkey' | 'totp' | 'email' | 'sms';

/** What a person may prove themselves with in a sign-in. */
export type SignInMethod = Method | 'recovery_code' | 'temporary_code';

/** How a sign-in was completed. */
export type SecondFactor = SignInMethod | 'trusted_device' | 'exempt' | 'none';

/** The contract's error codes. `docs/client.md` says which of them to expect where. */
export type ErrorCode =
  | 'request_invalid'
  | 'credentials_missing'
  | 'credentials_invalid'
  | 'challenge_invalid'
  | 'forbidden'
  | 'reauthentication_required'
  | 'proof_required'
  | 'method_not_allowed'
  | 'policy_forbids_disable'
  | 'codes_disabled'
  | 'not_found'
  | 'already_enabled'
  | 'not_enabled'
  | 'policy_version_conflict'
  | 'challenge_pending'
  | 'challenge_expired'
  | 'challenge_used'
  | 'enrollment_expired'
  | 'change_expired'
  | 'account_closed'
  | 'code_incorrect'
  | 'code_already_used'
  | 'too_many_attempts'
  | 'resend_too_soon'
  | 'too_many_codes'
  | 'busy'
  | 'delivery_unavailable'
  | 'temporarily_unavailable';

/** Which part of a request is wrong: a JSON pointer (RFC 6901) and what was expected there. */
export type FieldError = { pointer: string; detail: string };

/** The person's address and browser as the app saw them. */
export type Client = { ip?: string | null; userAgent?: string | null };

/** What only describes a person. In `PUT`, `null` takes a field away and an absent one keeps it. */
export type Profile = {
  emailVerified?: boolean | null | undefined;
  /** An E.164 number such as `+14155550100`. */
  phone?: string | null | undefined;
  displayName?: string | null | undefined;
  /** A language tag such as `de-CH`. */
  locale?: string | null | undefined;
  /** An IANA time zone such as `Europe/Berlin`. */
  timeZone?: string | null | undefined;
};

export type User = Profile & { id: string; email: string };

/** What a step-up asks a person to confirm. `details` are shown to them and are bound to the token. */
export type Action = { name: string; details?: Record<string, string> | null };

export type StartRequest = {
  accountId: string;
  user: User;
  firstFactor: {
    method: 'password' | 'federated' | 'api_key' | 'email_link' | 'session';
    /** The provider's own `amr` values (RFC 8176) of a federated sign-in. Anything else is left out. */
    amr?: unknown[] | null | undefined;
  };
  /** What an earlier sign-in with "remember this device" answered, from the app's cookie. */
  deviceToken?: string | null | undefined;
  client?: Client | null | undefined;
  /** Makes a step-up: a signed-in person confirms one act. */
  action?: Action | null | undefined;
  /** Sends the person through the hosted prompt, and back to this address of the app. */
  returnTo?: string | null | undefined;
};

type PasskeyDescriptor = { type: 'public-key'; id: string; transports?: string[] };

/** WebAuthn request options in JSON: what `PublicKeyCredential.parseRequestOptionsFromJSON` takes. */
export type PasskeyOptions = {
  challenge: string;
  rpId: string;
  allowCredentials: PasskeyDescriptor[];
  userVerification: 'required';
  timeout: number;
};

/** WebAuthn creation options in JSON: what `PublicKeyCredential.parseCreationOptionsFromJSON` takes. */
export type NewPasskeyOptions = {
  challenge: string;
  rp: { id: string; name: string };
  user: { id: string; name: string; displayName: string };
  pubKeyCredParams: { type: 'public-key'; alg: number }[];
  excludeCredentials: PasskeyDescriptor[];
  authenticatorSelection: {
    residentKey: 'preferred';
    requireResidentKey: boolean;
    userVerification: 'required';
  };
  attestation: 'none';
  timeout: number;
};

/** What a browser answers to request options: `toJSON()` of the credential. */
export type PasskeyAssertion = {
  id: string;
  rawId: string;
  type: string;
  response: {
    clientDataJSON: string;
    authenticatorData: string;
    signature: string;
    userHandle?: string | null | undefined;
  };
};

/** What a browser answers to creation options: `toJSON()` of the credential. */
export type PasskeyCredential = {
  id: string;
  rawId: string;
  type: string;
  response: {
    clientDataJSON: string;
    attestationObject: string;
    transports?: unknown[] | null | undefined;
  };
};

export type OfferedMethod = {
  method: SignInMethod;
  default: boolean;
  /** The masked address or number that a code goes to. */
  sentTo?: string;
  /** With `passkey`, in a challenge. */
  options?: PasskeyOptions;
};

export type Passed = { status: 'passed'; token: string; expiresAt: string; secondFactor: SecondFactor };

type Challenge = {
  challengeToken: string;
  challengeId: string;
  expiresAt: string;
  methods: OfferedMethod[];
};

type StartExtras = {
  /** When a coming requirement begins that this person does not meet yet. */
  requiredFrom?: string;
  /** Where to send the browser, with `returnTo`. */
  promptUrl?: string;
  /** What a step-up confirms, for a page to show. */
  action?: Action;
  /** Fields that only describe and were cut, normalised or left out. */
  warnings?: FieldError[];
};

/** What `start` answers. */
export type Started =
  | (Passed & StartExtras)
  | (Challenge &
      StartExtras & {
        status: 'challenge';
        rememberDevice: { allowed: boolean; days: number };
        supportContact?: string;
      })
  | (Challenge &
      StartExtras & {
        status: 'enrollment_required';
        /** How the mailbox is proven first; `null` where that is not needed. */
        bootstrap: { method: 'email'; sentTo: string } | null;
        supportContact?: string;
      });

export type CodeSent = { sentTo: string; resendAvailableAt: string; expiresAt: string };

/** A challenge as it stands now: what it asks for, who signs in and from where. */
export type ReadChallenge = Challenge & {
  status: 'challenge' | 'enrollment_required';
  rememberDevice?: { allowed: boolean; days: number };
  bootstrap?: { method: 'email'; sentTo: string } | null;
  /** What a step-up confirms: show it before a code is typed. */
  action?: Action;
  /** The account's name for the product. */
  product: string;
  supportContact?: string;
  email: string;
  locale?: string;
  /** `device` is a description of the browser, such as "Firefox on Linux". */
  client?: { ip?: string; device?: string };
  /** The origin that the hosted prompt returns to. */
  returnOrigin?: string;
};

export type SendCodeRequest = { challengeToken: string; method: 'email' | 'sms' };

export type VerifyRequest = { challengeToken: string; rememberDevice?: boolean } & (
  | { method: Exclude<SignInMethod, 'passkey'>; code: string }
  | { method: 'passkey'; assertion: PasskeyAssertion }
);

/** How the result leaves: a token, or where a challenge was started with `returnTo` the address to go to. */
export type Handed =
  | { token: string; expiresAt: string; redirectTo?: undefined }
  | { redirectTo: string; token?: undefined; expiresAt?: undefined };

export type PassedInBrowser = Handed & {
  status: 'passed';
  secondFactor: SecondFactor;
  recoveryCodesRemaining?: number;
  /** For the app to keep in the browser, for example in an HttpOnly cookie. */
  deviceToken?: string;
};

/** What `verifyChallenge` answers: passed, or an enrolment that comes next. */
export type Verified = PassedInBrowser | (Challenge & { status: 'enrollment_required' });

export type ResultRequest = { challengeToken: string; resultCode?: string | null };
export type Result = Passed & {
  deviceToken?: string;
  /** When a coming requirement begins that this person does not meet yet. */
  requiredFrom?: string;
};

export type UserTokenRequest = {
  accountId: string;
  userId: string;
  role: 'user' | 'admin' | 'support';
  /** When the app last checked the person's first factor. Sensitive acts need it at most 5 minutes old. */
  reauthenticatedAt?: string | Date | null | undefined;
  /** The result token of this person's sign-in, which then stands for the `proof` of acts on others. */
  resultToken?: string | null | undefined;
  client?: Client | null | undefined;
};

export type IssuedToken = { token: string; expiresAt: string };

export type SyncUserRequest = Profile & {
  email: string;
  /** Codes go to this address from now on, although another one was proven. */
  moveCodes?: boolean | null | undefined;
  isAdmin?: boolean | null | undefined;
};

export type UserProfile = {
  accountId: string;
  id: string;
  email: string;
  phone?: string;
  displayName?: string;
  locale?: string;
  timeZone?: string;
  isAdmin: boolean;
};

type ListedPasskey = {
  id: string;
  label: string;
  createdAt: string;
  lastUsedAt: string | null;
  synced?: boolean;
};

/** Everything held about a person, without secrets. */
export type HeldUser = UserProfile & {
  createdAt?: string;
  /** The address that was proven, where it is another one than `email`. */
  provenEmail?: string;
  emailChangedAt?: string;
  passwordChangedAt?: string;
  mailBounced?: boolean;
  status: Status;
  enabledAt?: string;
  methods: { method: SignInMethod; sentTo?: string }[];
  defaultMethod?: Method;
  authenticators: { id: string; label: string; createdAt: string; lastUsedAt: string | null }[];
  passkeys?: (ListedPasskey & { rpId: string })[];
  recoveryCodes: { remaining: number; generatedAt: string } | null;
  trustedDevices: {
    id: string;
    userAgent: string | null;
    createdAt: string;
    lastSeenAt: string;
    expiresAt: string;
  }[];
  exemption: { until: string; reason: string } | null;
  /** Until when a temporary code of support's passes. */
  temporaryCodeUntil?: string;
  enrollmentRequired: boolean;
  lockedUntil?: string;
  codesDisabledAt?: string;
  failures: { consecutive: number; in30Days: number };
  pendingNotices: number;
};

export type SyncUsersRequest = { users: (SyncUserRequest & { id: string })[] };

/** Each user is judged alone. */
export type SyncUsersAnswer = {
  results: {
    /** `null` where the row holds none. */
    id: string | null;
    status: 'created' | 'updated' | 'unchanged' | 'refused';
    errors?: FieldError[];
  }[];
};

export type ImportRequest = {
  users: (User & {
    isAdmin?: boolean | null | undefined;
    /** `secret` in base32. */
    authenticators?: { label?: string | null; secret: string }[];
    recoveryCodes?: string[];
  })[];
  /** Accepts secrets of 80 to 127 bits; the settings then suggest a new one. */
  allowWeak?: boolean;
  /** Mails everybody who was imported. */
  notify?: boolean;
};
export type ImportAnswer = {
  results: { id: string | null; status: 'imported' | 'refused'; errors?: FieldError[] }[];
};

export type AccountSettings = {
  issuer?: string | null | undefined;
  supportContact?: string | null | undefined;
  smsEnabled?: boolean;
  /** Country codes such as `DE`. */
  smsCountries?: string[] | null | undefined;
  /** Stops a notice to all users that is under way, or lets it go on. */
  noticesPaused?: boolean;
};
export type Account = {
  issuer?: string;
  supportContact?: string;
  smsEnabled: boolean;
  smsCountries?: string[];
};

export type Policy = {
  mode: 'optional' | 'required';
  /** When `required` begins; until then people are reminded. */
  requiredFrom?: string;
  methods: Method[];
  rememberDevice: { allowed: boolean; days: number };
  federated: 'bypass' | 'challenge' | 'challenge_unless_mfa';
  sensitiveActions: 'password_and_factor' | 'password';
  resetRole: 'admin' | 'support' | 'admin_or_support';
  bootstrap: 'email' | 'none';
  strictWindow: boolean;
};

/** Absent fields stay as they are, `null` sets a field back to its default. */
export type PolicyEdit = { [Field in keyof Policy]?: Policy[Field] | null | undefined };

/** With what the policy may name at all, where it is read. */
export type ReadPolicy = PolicyInForce & { availableMethods: Method[] };
export type PolicyInForce = { policy: Policy; version: number };

/** A current second factor, spent like a sign-in code. */
export type Proof =
  | { method: 'totp' | 'email' | 'sms' | 'recovery_code'; code: string }
  | { method: 'passkey'; assertion: PasskeyAssertion };
export type WithProof = { proof?: Proof };

export type Status = 'enabled' | 'disabled';

/** The state of one's own two-factor authentication. */
export type TwoFactor = {
  status: Status;
  required: boolean;
  canDisable: boolean;
  methods: OfferedMethod[];
  /** What the person set; `null` where the method used last comes first. */
  defaultMethod?: Method | null;
  /** What the account lets its users turn on, whether on or not. */
  availableMethods?: Method[];
  authenticators: {
    id: string;
    label: string;
    createdAt: string;
    lastUsedAt: string | null;
    /** It moved in from another system. */
    imported?: boolean;
    /** Its secret is short: a new one is better. */
    weak?: boolean;
  }[];
  /** `synced`: its key is backed up. `usable`: a page of this deployment can ask for it. */
  passkeys?: (ListedPasskey & { usable?: boolean })[];
  recoveryCodes: { remaining: number; low: boolean; saved?: boolean; generatedAt: string } | null;
  trustedDevices: number;
  requiredFrom?: string;
  supportContact?: string;
  product?: string;
  email?: string;
  /** The address that codes go to, where it is another one than `email`. */
  codesTo?: string;
  /** What a sensitive act will ask for. */
  proof?: {
    password: boolean;
    factor: boolean;
    methods: OfferedMethod[];
    /** After a sign-in by a temporary code, for as long as one factor may be enrolled without a proof. */
    enrolsWithoutProof?: true;
  };
};

/** Which method a sign-in offers first, and the methods as it offers them. */
export type DefaultMethod = { defaultMethod: Method | null; methods: OfferedMethod[] };

export type StartedAuthenticator = {
  authenticatorId: string;
  /** Base32, for typing by hand. */
  secret: string;
  otpauthUri: string;
  qrSvg: string;
  expiresAt: string;
};

/** Inside a sign-in, with its result anew. */
export type RecoveryCodesSaved = {
  status: Status;
  token?: string;
  expiresAt?: string;
  redirectTo?: string;
};

/** What a printed sheet of recovery codes names beside them. */
export type RecoverySheet = {
  /** The account's name for the product. */
  product: string;
  /** The address in the person's profile. */
  email: string;
  generatedAt: string;
};

/** Ten recovery codes, shown this once. */
export type RecoveryCodes = RecoverySheet & { recoveryCodes: string[] };

/** A factor that is on. Recovery codes, and their sheet, come with the first one, a token where it completed a sign-in. */
export type Confirmed = Partial<RecoveryCodes> & {
  status: Status;
  token?: string;
  expiresAt?: string;
  /** Instead of a token, for a sign-in that goes through the hosted prompt. */
  redirectTo?: string;
};

export type StartedPasskey = {
  passkeyId: string;
  options: NewPasskeyOptions;
  expiresAt: string;
};

export type TrustedDevice = {
  id: string;
  label: string;
  createdAt: string;
  lastSeenAt: string;
  expiresAt: string;
};

export type ListedUser = {
  id: string;
  email: string;
  displayName: string | null;
  /** The address that codes go to, where it is another one, and since when the profile has the new one. */
  codesTo?: string;
  emailChangedAt?: string;
  status: Status;
  methods: Method[];
  enabledAt: string | null;
  lockedUntil?: string;
  codesDisabled?: boolean;
  exemptUntil?: string;
  mailBounced?: boolean;
};

export type Page<Item> = { data: Item[]; nextCursor: string | null };

export type ProposedPolicy = {
  changeId: string;
  sentTo: string;
  resendAvailableAt?: string;
  expiresAt: string;
  impact: Page<ListedUser> & { users: number; enrolled: number; notEnrolled: number };
  /** What the change weakens. */
  warnings?: { code: string; detail: string }[];
  warning?: string;
};

export type WithReason = { reason: string; proof?: Proof };

export type AuditEvent = {
  id: string;
  type: string;
  at: string;
  actor: { kind: string; id?: string };
  userId: string | null;
  ip: string | null;
  userAgent: string | null;
  detail: Record<string, string>;
};

export type UsersQuery = {
  status?: Status | 'locked' | 'exempt' | undefined;
  /** The beginning of an address. */
  email?: string | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
};

export type EventsQuery = {
  userId?: string | undefined;
  type?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
};

/** The claims of a result token. `finish` answers with them. */
export type ResultClaims = {
  iss: string;
  aud: string | string[];
  sub: string;
  account: string;
  jti: string;
  iat: number;
  exp: number;
  auth_time: number;
  /** The challenge id. */
  nonce: string;
  /** RFC 8176; holds `mfa` only where a second factor of that strength was checked. */
  amr: string[];
  second_factor: SecondFactor;
  scope?: string;
  acr?: string;
  action?: string;
  action_hash?: string;
};
