/** The outside world, as small as core's decisions need it. `adapters/` makes it real, one file per AWS service. */

import type { UserMark, UserStatus } from './desk/list-users.ts';
import type { SmsHour } from './factors/sms-rules.ts';
import type { ResultClaims } from './sign-in/result-claims.ts';
import type { ChallengeClaims } from './state/challenge-claims.ts';
import type { Account, Loaded, OutboxEvent, Passkey, User, UserRef } from './state/item.ts';
import type { UserTokenClaims } from './state/user-token-claims.ts';

export interface UserStore {
  /** User and account in one strongly consistent batch read. Throws when either could not be read or understood. */
  load(ref: UserRef): Promise<Loaded>;
  /** Writes the whole item if nobody else has since `user.rev` was read; `conflict` otherwise. */
  save(user: User): Promise<'saved' | 'conflict'>;
  loadAccount(accountId: string): Promise<Account>;
  saveAccount(account: Account): Promise<'saved' | 'conflict'>;
  /** Deletes the user's item if nobody else has written it since. */
  remove(user: User): Promise<'removed' | 'conflict'>;
  /** Deletes every other row about the user. */
  eraseRows(ref: UserRef): Promise<void>;
  /** Deletes every row about the account itself but its state. */
  eraseAccountRows(accountId: string): Promise<void>;
}

/** TOTP secrets, sealed as the stage's key custody has it and bound to their user and authenticator. */
export interface SecretBox {
  seal(secret: Uint8Array, ref: UserRef, authenticatorId: string, nowMs: number): Promise<Uint8Array>;
  open(sealed: Uint8Array, ref: UserRef, authenticatorId: string, nowMs: number): Promise<Uint8Array>;
}

/** Challenge tokens, and the MACs of mailed codes: both under the keyring. */
export interface ChallengeSeal {
  seal(claims: ChallengeClaims): Promise<string>;
  /** Undefined for whatever this deployment did not seal; refused before any call where the form tells. */
  open(token: string): Promise<ChallengeClaims | undefined>;
  /** One MAC per live key, newest first. */
  macs(text: string): Promise<Uint8Array[]>;
}

export interface TokenSigner {
  signResult(claims: ResultClaims, nowMs: number): Promise<string>;
  signUser(
    claims: UserTokenClaims,
    jti: string,
    nowMs: number,
  ): Promise<{ token: string; expiresAtMs: number }>;
}

/** `authTimeMs`: when the second factor was presented. `action`: of a step-up. */
type VerifiedResult = {
  accountId: string;
  userId: string;
  authTimeMs: number;
  amr: string[];
  jti: string;
  secondFactor: string;
  action: string | undefined;
};

export interface TokenVerifier {
  /** The claims of a live user token of this deployment, or undefined. */
  verifyUser(token: string, nowMs: number): Promise<UserTokenClaims | undefined>;
  /** What a live result token of this deployment says, or undefined. */
  verifyResult(token: string, nowMs: number): Promise<VerifiedResult | undefined>;
  /** What verifiers may meet: all keys that sign, signed until lately, or will soon. */
  publicKeys(nowMs: number): Promise<{ keys: Record<string, string>[] }>;
}

export interface RecoveryHasher {
  readonly rounds: number;
  /** PBKDF2-HMAC-SHA-512 of the normal form of a code. */
  hash(code: string, salt: Uint8Array, rounds: number): Promise<Uint8Array>;
}

/** What a browser answers to request options (WebAuthn 5.1), in JSON: all of it base64url but the type. */
export type Assertion = {
  id: string;
  rawId: string;
  type: 'public-key';
  response: {
    clientDataJSON: string;
    authenticatorData: string;
    signature: string;
    userHandle?: string | undefined;
  };
};

/** What a browser answers to creation options, in JSON. */
export type Registration = {
  id: string;
  rawId: string;
  type: 'public-key';
  response: { clientDataJSON: string; attestationObject: string; transports?: string[] | undefined };
};

/** Whom passkeys are made for: `rpId` is a domain, `origins` are the pages that may ask for one (WebAuthn 5.1.3). */
export type RelyingParty = { rpId: string; origins: readonly string[] };

/** What a ceremony must have been for: one of the challenges (base64url), and the relying party. */
type Ceremony = RelyingParty & { challenges: readonly string[] };

/** Judges what a passkey signed. */
export interface Assertions {
  /**
   * What the key says once its signature, challenge, origin, relying party and the user's verification are right; undefined
   * for anything else, whatever is wrong with it. The counter is the caller's to judge.
   */
  verify(
    assertion: Assertion,
    ceremony: Ceremony,
    key: Pick<Passkey, 'credentialId' | 'publicKey'>,
  ): Promise<{ counter: number; synced: boolean } | undefined>;
}

/** What a new passkey says of itself. */
export type NewPasskey = Pick<Passkey, 'credentialId' | 'publicKey' | 'counter' | 'backup'> & {
  /** In its usual form, such as `00000000-0000-0000-0000-000000000000`. */
  aaguid: string;
};

/** Judges what a new passkey answered. */
export interface Registrations {
  /** Undefined for whatever is wrong: challenge, origin, relying party, no verification of the user, an unknown algorithm. */
  verify(registration: Registration, ceremony: Ceremony): Promise<NewPasskey | undefined>;
}

/**
 * Randomness, one method for each kind of thing, so that none is taken for another. Within one request each answers the
 * same thing however often it is asked: a decision made again after a lost race goes on with the same codes.
 */
export interface Fresh {
  /** 20 random bytes (RFC 4226 4, R6). */
  totpSecret(): Uint8Array;
  /** Each of the million codes is equally likely. */
  sixDigits(): string;
  /** 256 random bits, base64url. */
  deviceToken(): string;
  /** 10 characters, 50 bits. */
  temporaryCode(): string;
  /** 256 random bits, base64url, for the browser that passed. */
  resultCode(): string;
  /** 32 random bytes that a passkey signs. */
  passkeyChallenge(): Uint8Array;
  /** Ten different codes and the salt of their batch. */
  recoveryCodes(): { codes: string[]; salt: Uint8Array };
}

/** Notes for after the save: what a lost race noted is forgotten. */
interface SmsNotes {
  /** A code by text message was used, which counts in the account's favour. */
  countUse(accountId: string, nowMs: number): void;
}

/** All that decisions about a user may ask of the outside. A decision's signature names the part that it uses. */
export type Outside = {
  secrets: SecretBox;
  seal: Pick<ChallengeSeal, 'seal' | 'macs'>;
  signer: Pick<TokenSigner, 'signResult'>;
  hasher: RecoveryHasher;
  smsCounts: SmsNotes;
  assertions: Assertions;
  registrations: Registrations;
  fresh: Fresh;
};

/** `from` is the sender's display name; the address is the deployment's. */
export type Mail = { to: string; from: string; subject: string; text: string; html: string };

export interface Mailer {
  /**
   * Hands a mail over. `eventId` travels with it, so that a duplicate is recognised as one, and so does whom it is for, so
   * that a bounce finds its user.
   */
  send(mail: Mail, eventId: string, recipient?: UserRef): Promise<void>;
}

export interface Texter {
  /** Hands a text message over, to a number in E.164. `eventId` travels with it. */
  send(to: string, text: string, eventId: string): Promise<void>;
}

/** How many codes by text message were sent and used: what the caps and the breaker know. */
export interface SmsCounts {
  /**
   * Counts one code, and answers with the account's last hour, this one included; undefined, with nothing counted, where
   * the number or the account has had as many as it may in a day.
   */
  count(
    to: { accountId: string; phone: string },
    perDay: { number: number; account: number },
    nowMs: number,
  ): Promise<SmsHour | undefined>;
  /** Takes back the count of a code that was not sent after all. */
  uncount(to: { accountId: string; phone: string }, nowMs: number): Promise<void>;
  countUse(accountId: string, nowMs: number): Promise<void>;
}

export interface AuditTrail {
  /** Writes the event's row. Idempotent. */
  record(ref: OutboxRef, event: OutboxEvent): Promise<void>;
  /** Keeps an event that one of its sinks refused too often, for a person to look at. Idempotent. */
  setAside(ref: OutboxRef, event: OutboxEvent, sink: string): Promise<void>;
}

/** The attempts at a second factor, each a row for as long as the deployment keeps them. */
export interface AttemptLog {
  /** Since when each of these people is known, in their order; undefined for somebody who is not. Strongly consistent. */
  knownSince(refs: readonly UserRef[]): Promise<(number | undefined)[]>;
  /** Writes the attempt's row under its own id. Idempotent. */
  record(ref: UserRef, attempt: OutboxEvent): Promise<void>;
  /** Deletes the rows of a person's attempts from before this time. */
  erase(ref: UserRef, beforeMs: number): Promise<void>;
}

/** Whose outbox: a user's, or without `userId` the account's own. */
export type OutboxRef = { accountId: string; userId?: string | undefined };

type Counts = { users?: number | undefined; enrolled?: number | undefined };

/** What a user who is erased takes out of the figures, after those of the user's `news` that are not counted yet. */
export type Leaving = {
  id: string;
  users: number;
  enrolled: number;
  /** `claimed`: a courier may come to count it still. */
  news: { id: string; counts: Counts; claimed: boolean }[];
};

/** What is kept of an account besides its item, once per event however often it is delivered. */
export interface Ledger {
  add(accountId: string, eventId: string, counts: Counts): Promise<void>;
  /** These events will not be told again. */
  settle(accountId: string, eventIds: string[]): Promise<void>;
  /** Notes what a user who is about to be erased takes out of the figures. The newest note holds. */
  noteLeaving(ref: UserRef, leaving: Leaving): Promise<void>;
  /** Takes the noted user out of the figures, once, and forgets the note. */
  settleLeaving(ref: UserRef): Promise<void>;
  setAdmin(ref: UserRef, isAdmin: boolean): Promise<void>;
}

export type Page<T> = { items: T[]; nextCursor: string | undefined };
export type AuditRow = {
  id: string;
  type: string;
  atMs: number;
  actor: { kind: string; id?: string | undefined };
  userId?: string | undefined;
  ip?: string | undefined;
  userAgent?: string | undefined;
  detail?: Record<string, string> | undefined;
};

/**
 * What admins look up. Lists are pages; `undefined` for an unknown cursor, or one of a list with other filters. A page of a
 * filtered list may be short, or empty, and still name a next one.
 */
export interface Directory {
  users(
    accountId: string,
    wanted: {
      status?: UserStatus | undefined;
      marked?: UserMark | undefined;
      email?: string | undefined;
      limit: number;
      cursor?: string | undefined;
    },
  ): Promise<Page<User> | undefined>;
  events(
    accountId: string,
    wanted: {
      userId?: string | undefined;
      type?: string | undefined;
      /** From this time on. */
      fromMs?: number | undefined;
      /** Before this time. */
      toMs?: number | undefined;
      limit: number;
      cursor?: string | undefined;
    },
  ): Promise<Page<AuditRow> | undefined>;
  figures(accountId: string): Promise<{ users: number; enrolled: number }>;
  admins(accountId: string): Promise<string[]>;
  /** All users of the account in an order that nothing changes, after `cursor`; no `nextCursor` at the end. */
  members(accountId: string, wanted: { limit: number; cursor?: string | undefined }): Promise<Page<UserRef>>;
}

/** Tells other systems of events, where the deployment has an event bus. */
export interface Announcer {
  announce(ref: OutboxRef, event: OutboxEvent): Promise<void>;
}

export interface OutboxFinder {
  /** The outboxes that have something due at `nowMs`, oldest first, at most `limit`. */
  findDue(nowMs: number, limit: number): Promise<OutboxRef[]>;
}

/** The account is closed: whatever is asked of it is answered `account_closed`. */
export class AccountClosed extends Error {}

/** Something outside did not do its part. Answered as 503: nothing was decided. `reason` is for the log alone. */
export class Unavailable extends Error {
  readonly reason: string;
  /** A stored thing contradicts itself (a ciphertext of somebody else's, an item of no known shape): raises an alarm. */
  readonly integrity: boolean;
  /** It asked for patience: the same call makes sense a little later. */
  readonly throttled: boolean;

  constructor(reason: string, options: { cause?: unknown; integrity?: boolean; throttled?: boolean } = {}) {
    super(reason, { cause: options.cause });
    this.reason = reason;
    this.integrity = options.integrity ?? false;
    this.throttled = options.throttled ?? false;
  }
}
