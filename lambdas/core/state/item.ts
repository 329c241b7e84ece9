/**
 * The state that decisions are made on: one item per user, one per account. Unknown attributes are carried through
 * unchanged (loose objects), so that an older release never drops what a newer one wrote.
 */
import * as z from 'zod/mini';
import { factorMethods, sentMethods } from './methods.ts';
import { defaultPolicy, storedPolicySchema } from './policy.ts';

/** The shape that this release writes. An item of a newer shape is refused, never guessed at. */
const schemaVersion = 1;

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
const ms = z.int();

const authenticator = z.looseObject({
  id: z.string(),
  label: z.string(),
  /** The TOTP secret, sealed; its first bytes say how. */
  secret: bytes,
  createdAtMs: ms,
  lastUsedAtMs: z.optional(ms),
  /** It moved in from another system. */
  imported: z.optional(z.boolean()),
  /** Its secret has fewer than 128 bits: the settings suggest a new one. */
  weak: z.optional(z.boolean()),
  /** RFC 6238 5.2: a time step at or below the last accepted one is used. */
  lastTimeStep: z.int(),
});

const pendingAuthenticator = z.looseObject({
  id: z.string(),
  label: z.string(),
  secret: bytes,
  expiresAtMs: ms,
  failures: z.int(),
  /** The sign-in that it was started in; its confirm completes that sign-in and no other. */
  challengeId: z.optional(z.string()),
});

const passkey = z.looseObject({
  id: z.string(),
  label: z.string(),
  /** What the browser calls it: base64url text, as every page and option has it. */
  credentialId: z.string(),
  /** COSE. */
  publicKey: bytes,
  /** The relying party that it was made for: another one cannot ask for it. */
  rpId: z.string(),
  /** How often it signed, as it says; keys that sync stay at 0. */
  counter: z.int(),
  /** Absent for a key that never leaves its device; `synced`: it is backed up now. */
  backup: z.optional(z.enum(['eligible', 'synced'])),
  /** How browsers reach it (WebAuthn `AuthenticatorTransport`). */
  transports: z.optional(z.array(z.string())),
  /** The model, on the key's own word. It names the key and decides nothing. */
  aaguid: z.optional(bytes),
  createdAtMs: ms,
  lastUsedAtMs: z.optional(ms),
});
export type Passkey = z.infer<typeof passkey>;

const pendingPasskey = z.looseObject({
  id: z.string(),
  label: z.optional(z.string()),
  challenge: bytes,
  expiresAtMs: ms,
  failures: z.int(),
  /** The sign-in that it was started in; its confirm completes that sign-in and no other. */
  challengeId: z.optional(z.string()),
});

const mailedCode = z.looseObject({
  method: z.enum(sentMethods),
  mac: bytes,
  sentAtMs: ms,
  expiresAtMs: ms,
});

/** What one place remembers (`factors/places.ts`): its failures, its live codes, that it has passed. */
const placeMemory = z.looseObject({
  failures: z.int(),
  codes: z.optional(z.array(mailedCode)),
  /** What a passkey is to sign as a proof: one live, spent by its first use, right or wrong. */
  assertion: z.optional(z.looseObject({ challenge: bytes, expiresAtMs: ms })),
  /** A passkey was accepted in this challenge; the challenge derives from its id, so that none is a second time. */
  assertedAtMs: z.optional(ms),
  passedAtMs: z.optional(ms),
  /** The mailbox is proven; the same challenge goes on with its `enroll` token. */
  bootstrappedAtMs: z.optional(ms),
  /** What a repeat with the same Idempotency-Key gets again. */
  repeat: z.optional(
    z.looseObject({
      mac: bytes,
      recoveryCodesRemaining: z.optional(z.number()),
    }),
  ),
  /** Of the token that the pass made: for the app to fetch, and for a repeat. `codeHash`: of the code that only the browser that passed holds. */
  result: z.optional(
    z.looseObject({
      jti: z.string(),
      secondFactor: z.string(),
      /** What the attempt itself added to `amr`. */
      amr: z.optional(z.array(z.string())),
      codeHash: z.optional(bytes),
      remember: z.optional(z.boolean()),
      fetchedAtMs: z.optional(ms),
    }),
  ),
  /** An attempt that a lock refused is on record: there is one of each place. */
  lockToldAtMs: z.optional(ms),
  expiresAtMs: ms,
});
export type PlaceMemory = z.infer<typeof placeMemory>;

const failures = z.looseObject({
  consecutive: z.int(),
  backoffUntilMs: z.optional(ms),
  /** When each failure of the last 30 days was. */
  atMs: z.optional(z.array(ms)),
  /** Set at the 100th; only a recovery code, an unlock or a reset takes it away. */
  codesDisabledAtMs: z.optional(ms),
});
export type Failures = z.infer<typeof failures>;

const recoveryCodes = z.looseObject({
  salt: bytes,
  rounds: z.int(),
  hashes: z.array(bytes),
  generatedAtMs: ms,
  /** Shown, and nobody said yet that they are kept. */
  unsaved: z.optional(z.boolean()),
});

const trustedDevice = z.looseObject({
  id: z.string(),
  tokenHash: bytes,
  userAgent: z.optional(z.string()),
  createdAtMs: ms,
  lastSeenAtMs: ms,
  expiresAtMs: ms,
});

/**
 * An event, written with the change that it tells of and delivered by the courier. Each of its sinks (the audit row, the
 * figures, each mail, the event bus) is delivered, retried and set aside on its own.
 */
const outboxEvent = z.looseObject({
  id: z.string(),
  type: z.string(),
  atMs: ms,
  /** `kind` is `user`, `app`, `admin`, `support`, `operator` or `system`. */
  actor: z.looseObject({ kind: z.string(), id: z.optional(z.string()) }),
  ip: z.optional(z.string()),
  userAgent: z.optional(z.string()),
  detail: z.optional(z.record(z.string(), z.string())),
  /** The addresses that its mail is for: those of the time of the change. */
  to: z.optional(z.array(z.string())),
  /** How many events of its kind were folded into this one, itself included. */
  times: z.optional(z.int()),
  /** What it adds to the account's figures, until it is added. */
  counts: z.optional(z.looseObject({ users: z.optional(z.int()), enrolled: z.optional(z.int()) })),
  /** The sinks that are still to be served after the first delivery; absent before it: all of them. */
  waiting: z.optional(z.array(z.looseObject({ sink: z.string(), tries: z.int(), dueAtMs: ms }))),
  /** How many couriers took it and have not settled it. */
  tries: z.int(),
  /** When a courier may take it: at once, after a back-off, or when another courier's lease has ended. */
  dueAtMs: ms,
});
export type OutboxEvent = z.infer<typeof outboxEvent>;

/** The attempt that the item's last write was made by; any other write has none. `core/notices/attempts.ts` tells more. */
export const attemptSchema = z.looseObject({
  id: z.string(),
  type: z.string(),
  atMs: ms,
  method: z.string(),
  /** The sign-in that it was made in, or another place that takes codes. */
  challengeId: z.optional(z.string()),
  place: z.optional(z.string()),
  deviceId: z.optional(z.string()),
  ip: z.optional(z.string()),
  userAgent: z.optional(z.string()),
  via: z.optional(z.looseObject({ ip: z.optional(z.string()), userAgent: z.optional(z.string()) })),
});
export type StoredAttempt = z.infer<typeof attemptSchema>;

export const userSchema = z.looseObject({
  schema: z.literal(schemaVersion),
  accountId: z.string(),
  userId: z.string(),
  rev: z.int(),
  writeId: z.string(),
  earlierWriteIds: z.optional(z.array(z.string())),
  /** When the person became known; a token from before was minted for somebody erased since. */
  createdAtMs: z.optional(ms),
  /** The table was restored: evidence from before counts for nothing. */
  evidenceFromMs: z.optional(ms),
  /** What the old password vouched for ended then. */
  passwordChangedAtMs: z.optional(ms),
  /** When a factor was last removed or reset: a second factor presented before stands for nothing. */
  factorsEndedAtMs: z.optional(ms),
  /** The address in the profile. */
  email: z.string(),
  /** The address that a mailed code has proven: codes go there, whatever the profile says. */
  provenEmail: z.optional(z.string()),
  /** When the address in the profile last became another one. */
  emailChangedAtMs: z.optional(ms),
  phone: z.optional(z.string()),
  displayName: z.optional(z.string()),
  locale: z.optional(z.string()),
  timeZone: z.optional(z.string()),
  isAdmin: z.boolean(),
  authenticators: z.array(authenticator),
  pendingAuthenticator: z.optional(pendingAuthenticator),
  passkeys: z.optional(z.array(passkey)),
  pendingPasskey: z.optional(pendingPasskey),
  /** Since when two-factor is on. */
  enabledAtMs: z.optional(ms),
  emailMethod: z.optional(z.looseObject({ enabledAtMs: ms })),
  smsMethod: z.optional(z.looseObject({ enabledAtMs: ms, phone: z.string(), country: z.string() })),
  recoveryCodes: z.optional(recoveryCodes),
  /** What a sign-in offers first: as the person set it, or else used it last. Neither where it is the best one anyway. */
  defaultMethod: z.optional(z.enum(factorMethods)),
  lastMethod: z.optional(z.enum(factorMethods)),
  /**
   * A code from the desk, until it is used. Then `signIn` is the `jti` of the sign-in that it completed, which may enrol one
   * factor until the new `expiresAtMs`.
   */
  temporaryCode: z.optional(
    z.looseObject({ expiresAtMs: ms, mac: z.optional(bytes), signIn: z.optional(z.string()) }),
  ),
  trustedDevices: z.array(trustedDevice),
  /** A client that cannot do 2FA passes until then; it ends by itself. */
  exemption: z.optional(z.looseObject({ untilMs: ms, reason: z.string() })),
  /** After a reset: the mailbox must be proven and a factor enrolled before any token exists. */
  enrollmentRequired: z.boolean(),
  failures,
  recoveryFailures: failures,
  challenges: z.record(z.string(), placeMemory),
  /** Codes sent to prove a sensitive action, and to turn the email method on. */
  proofs: z.optional(placeMemory),
  pendingEmailMethod: z.optional(placeMemory),
  /** A number that waits for its code. `challengeId`: the sign-in that it was started in, and the only one it completes. */
  pendingSmsMethod: z.optional(
    z.extend(placeMemory, { phone: z.string(), country: z.string(), challengeId: z.optional(z.string()) }),
  ),
  /** When codes were mailed or texted in the last day, over everything. */
  codesSentAtMs: z.array(ms),
  outbox: z.array(outboxEvent),
  /** The last fan-out that this user was notified of. */
  toldFanOut: z.optional(z.string()),
  /** The last event of the account that this admin was notified of. */
  toldEvent: z.optional(z.string()),
  /** The mail system says that this address takes no mail; another address ends it. */
  mailBounced: z.optional(z.looseObject({ email: z.string(), atMs: ms, reason: z.string() })),
  attempt: z.optional(attemptSchema),
  /** A policy change of this admin's that waits for its mailed code. */
  pendingPolicyChange: z.optional(
    z.looseObject({ id: z.string(), policy: storedPolicySchema, baseVersion: z.int(), expiresAtMs: ms }),
  ),
});
export type User = z.infer<typeof userSchema>;

/** A notice on its way to every user of the account: how far it is. */
const fanOut = z.looseObject({
  id: z.string(),
  notice: z.enum(['enforcement_on', 'enforcement_reminder']),
  days: z.optional(z.int()),
  dueAtMs: ms,
  /** The last member notified. */
  cursor: z.optional(z.string()),
  perSecond: z.optional(z.int()),
  told: z.int(),
  bounced: z.int(),
  pausedAtMs: z.optional(ms),
});
export type FanOut = z.infer<typeof fanOut>;

export const accountSchema = z.looseObject({
  schema: z.literal(schemaVersion),
  accountId: z.string(),
  rev: z.int(),
  writeId: z.string(),
  earlierWriteIds: z.optional(z.array(z.string())),
  policy: storedPolicySchema,
  policyVersion: z.int(),
  issuer: z.optional(z.string()),
  supportContact: z.optional(z.string()),
  smsEnabled: z.boolean(),
  fanOuts: z.optional(z.array(fanOut)),
  /** Devices that were trusted by then are trusted no more, whatever the policy says later. */
  trustEndedAtMs: z.optional(ms),
  smsCountries: z.optional(z.array(z.string())),
  /** Codes by text message were sent and not used: nothing is sent until then. */
  smsStoppedUntilMs: z.optional(ms),
  outbox: z.optional(z.array(outboxEvent)),
  /** The account is closed for good. */
  closedAtMs: z.optional(ms),
  /** How far its erasure is: the last member of this round, when the round began, how many it met and all have erased. */
  erasure: z.optional(
    z.looseObject({
      dueAtMs: ms,
      roundAtMs: z.optional(ms),
      cursor: z.optional(z.string()),
      met: z.int(),
      erased: z.int(),
    }),
  ),
  erasedAtMs: z.optional(ms),
});
export type Account = z.infer<typeof accountSchema>;

/** An item with an outbox: a user's or an account's. */
export type Outboxed = {
  outbox?: OutboxEvent[] | undefined;
  fanOuts?: FanOut[] | undefined;
  erasure?: { dueAtMs: number } | undefined;
};

type Removable<T, K extends keyof T> = undefined extends T[K] ? K : never;

/** The item without these attributes, each an optional one. */
export function without<T extends object, K extends keyof T>(item: T, ...names: Removable<T, K>[]): T {
  const rest = { ...item };
  for (const name of names) {
    delete rest[name];
  }
  return rest;
}

export type UserRef = { accountId: string; userId: string };
export const refOf = ({ accountId, userId }: UserRef): UserRef => ({ accountId, userId });
/** `null` takes an attribute away; an absent one stays. */
export type Profile = {
  email: string;
  /** The app has proven the address. */
  emailVerified?: boolean | null | undefined;
  /** The app answers for it: codes go to the new address without another proof. */
  moveCodes?: boolean | null | undefined;
  phone?: string | null | undefined;
  displayName?: string | null | undefined;
  locale?: string | null | undefined;
  timeZone?: string | null | undefined;
  isAdmin?: boolean | null | undefined;
};

/** A user who is known, with the account. */
export type State = { user: User; account: Account };

/** What a decision starts from. An account that was never written has the defaults; a user may be unknown. */
export type Loaded = { user: User | undefined; account: Account };

/** A user that was never seen before. `rev` starts at the time, so that a user deleted and made again never repeats one. */
export function newUser(ref: UserRef, email: string, nowMs: number): User {
  return {
    schema: schemaVersion,
    ...ref,
    rev: nowMs,
    createdAtMs: nowMs,
    writeId: '',
    email,
    isAdmin: false,
    authenticators: [],
    trustedDevices: [],
    enrollmentRequired: false,
    failures: { consecutive: 0 },
    recoveryFailures: { consecutive: 0 },
    challenges: {},
    codesSentAtMs: [],
    outbox: [],
  };
}

/** An account that was never written: `policy` is the stage's defaults. */
export function newAccount(accountId: string, policy = defaultPolicy): Account {
  return {
    schema: schemaVersion,
    accountId,
    rev: 0,
    writeId: '',
    policy,
    policyVersion: 1,
    smsEnabled: false,
  };
}
