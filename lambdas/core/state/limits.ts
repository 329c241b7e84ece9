/** Every limit of the product, in one place. The design's table of limits is this file. */

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

export const limits = {
  totp: {
    periodSeconds: 30,
    /** A code this old still tells that a clock is slow. It never passes. */
    slowSeconds: 600,
    secretBytes: 20,
    /** How long a pending authenticator waits for its first code, and how often that may be wrong. */
    pendingMs: 10 * minute,
    perUser: 5,
    labelLength: 64,
    /** Of the issuer and of the account in an `otpauth` URI, as encoded there. */
    otpauthPartBytes: 60,
  },
  passkey: {
    perUser: 5,
    /** How long a pending passkey waits for its key, and the challenge of a proof for its assertion. */
    pendingMs: 10 * minute,
    proofMs: 5 * minute,
    challengeBytes: 32,
    labelLength: 64,
    /** Of a credential id as base64url text, and of a public key (COSE): none larger is kept. */
    credentialIdLength: 684,
    publicKeyBytes: 600,
  },
  challenge: {
    lifetimeMs: 10 * minute,
    tries: 5,
    repeatMs: minute,
    /** So many challenges a user's item remembers at once. */
    remembered: 20,
    /** What a token seals, as JSON: its text then has at most 3,500 characters. */
    claimsBytes: 2400,
  },
  failures: {
    /** The mail that somebody may have the password goes out at this many failures in a row. */
    noticeAt: 5,
    backoffFrom: 10,
    backoffMaxMinutes: 60,
    /** NIST SP 800-63B 3.2.2 wants at most 100 failures; counted over a sliding window, never lowered by success. */
    perWindow: 100,
    windowMs: 30 * day,
  },
  mailedCode: {
    lifetimeMs: 10 * minute,
    resendAfterMs: [60 * second, 120 * second, 300 * second],
    perChallenge: 3,
    perHour: 5,
    perDay: 10,
    hourMs: hour,
    dayMs: day,
  },
  sms: {
    /** To one number in a day (UTC), over all users of all accounts. */
    perNumberDay: 6,
    /** With this many codes sent in an hour and fewer than this share used, an account's text messages stop. */
    stopFrom: 20,
    /** An account that is let send more in a day shows that many sooner: the same, as a share of its day. */
    stopFromShareOfDay: 0.04,
    minUsedShare: 0.2,
    stopMs: hour,
    /** The last hour is counted in slots of this length. */
    slotMs: 10 * minute,
    dayMs: day,
  },
  imports: {
    /** Of one request. */
    users: 25,
    recoveryCodes: 50,
    /** RFC 4226 4, R6 wants 128 bits and likes 160; from 80 on a secret is taken where the operator says so. */
    secretBytes: { least: 10, strong: 16, most: 64 },
    /** What a recovery code must be worth. */
    recoveryCodeBits: 64,
    recoveryCodesPerUser: 20,
  },
  recovery: { codes: 10, lowAt: 2, saltBytes: 16, hashBytes: 16 },
  temporaryCode: {
    minMinutes: 15,
    maxMinutes: 24 * 60,
    /** How long its sign-in may enrol one factor without a proof. */
    enrolMs: 15 * minute,
  },
  trustedDevice: {
    perUser: 10,
    maxDays: 90,
    tokenBytes: 32,
    userAgentLength: 256,
    /** A device seen again within this time is not written again. */
    seenMs: minute,
    dayMs: day,
  },
  exemption: { maxMs: 90 * day },
  /** What a step-up shows: so many details, and so many bytes of names and values together. */
  action: { details: 10, bytes: 1024 },
  /** Keys that functions hold unwrapped, under the custody `cached`. */
  heldKeys: {
    /** As long as one is in use; then it is zeroed, and read and unwrapped again. */
    inUseMs: 5 * minute,
    /** A new key for secrets opens at once and seals when every environment has read it. */
    sealsAfterMs: 10 * minute,
    /** A token key is published so long before it signs, and after: verifiers keep a key set for two hours. */
    tokenOverlapMs: 2 * hour + 15 * minute,
  },
  resultTokenMs: 5 * minute,
  userTokenMs: 15 * minute,
  reauthenticationMs: 5 * minute,
  /** A request that had begun before an account was closed is over by then. */
  closing: { settledMs: minute },
  outbox: {
    /** Longer than the courier may run, so that a lease ends only when its courier is gone. */
    leaseMs: 2 * minute,
    postponeMs: minute,
    retryAfterMs: [minute, 5 * minute, 15 * minute, hour, 6 * hour],
    triesBeforeSetAside: 10,
    /** So few that a courier delivers them within its lease although every call to a sink times out. */
    perClaim: 5,
    /** Events that repeat fold into one per kind once more than this many wait. */
    foldFrom: 5,
    /** An outbox holds at most so many events and bytes (as JSON); beyond, the least important ones fold. */
    events: 20,
    bytes: 6 * 1024,
    /** What one event may hold of what callers wrote: characters, and addresses. */
    userAgentLength: 256,
    detailLength: 500,
    addresses: 4,
  },
  fanOut: {
    reminderDays: [7, 1],
    /** No reminder so soon after the first notice. */
    reminderGapMs: day,
    /** A reminder that could not begin within this time after its hour is dropped. */
    reminderLateMs: 2 * day,
    /** It starts at this pace and finds the mail system's own. */
    startPerSecond: 10,
    minBounces: 20,
    maxBounceShare: 0.05,
    /** One invocation works this long, then saves where it stands and lets the next one go on. */
    invocationMs: 40_000,
  },
  /** What a deployment keeps unless it says otherwise. */
  auditDays: { signIns: 90, changes: 400 },
} as const;
