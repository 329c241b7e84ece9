/** The shapes of the HTTP contract: what a request may hold (unknown fields are refused) and what an answer holds. */
import * as z from 'zod/mini';
import { isTimeZone } from './core/notices/mail-times.ts';

const time = z.iso.datetime({ offset: true });
const text = (max: number) => z.string().check(z.maxLength(max));
const pattern = (regex: RegExp, error: string) => z.string().check(z.maxLength(64), z.regex(regex, error));

/** Ids come from the company's own systems. `#` separates the parts of a key, `/` those of a path. */
export const externalId = z
  .string()
  .check(z.regex(/^[^\s#/\p{C}]{1,128}$/u, 'must be 1 to 128 visible characters without # or /'));
const prefixedId = (prefix: string) => pattern(new RegExp(`^${prefix}_[A-Za-z0-9_-]{1,32}$`), 'is no id');
const email = z.email('must be an e-mail address').check(z.maxLength(254));
const phone = pattern(/^\+[1-9]\d{6,14}$/, 'must be an E.164 number such as +14155550100');
const locale = pattern(/^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}$/, 'must be a language tag such as de-CH');
const timeZone = pattern(/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+){0,2}$/, 'must be a time zone').check(
  z.refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin'),
);
const sixDigits = pattern(/^[0-9]{6}$/, 'must be 6 digits');
const recoveryCode = pattern(
  /^\s*[0-9A-TV-Za-tv-z](?:[\s-]*[0-9A-TV-Za-tv-z]){15}\s*$/,
  'must be the 16 characters of a recovery code',
);
const challengeToken = z.string().check(z.minLength(1), z.maxLength(4096));

const user = z.strictObject({
  id: externalId,
  email,
  phone: z.optional(phone),
  displayName: z.optional(text(200)),
  locale: z.optional(locale),
  timeZone: z.optional(timeZone),
});

/** A current second factor, spent like a sign-in code. */
const proof = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('totp'), code: sixDigits }),
  z.strictObject({ method: z.literal('email'), code: sixDigits }),
  z.strictObject({ method: z.literal('sms'), code: sixDigits }),
  z.strictObject({ method: z.literal('recovery_code'), code: recoveryCode }),
]);
const withProof = z.strictObject({ proof: z.optional(proof) });
const withCode = z.strictObject({ code: sixDigits });
const withReason = z.strictObject({
  reason: z.string().check(z.trim(), z.minLength(1, 'is needed'), z.maxLength(500)),
});

const policyFields = {
  mode: z.enum(['optional', 'required']),
  methods: z
    .array(z.enum(['totp', 'email', 'sms']))
    .check(z.minLength(1, 'must name at least one method'), z.maxLength(3)),
  rememberDevice: z.strictObject({
    allowed: z.boolean(),
    days: z
      .int('must be a whole number')
      .check(z.minimum(1, 'must be 1 to 90'), z.maximum(90, 'must be 1 to 90')),
  }),
  federated: z.enum(['bypass', 'challenge', 'challenge_unless_mfa']),
  sensitiveActions: z.enum(['password_and_factor', 'password']),
  resetRole: z.enum(['admin', 'support', 'admin_or_support']),
  bootstrap: z.enum(['email', 'none']),
  strictWindow: z.boolean(),
};
const policy = z.object({ ...policyFields, requiredFrom: z.optional(time) });
/** What is left out of a proposed policy stays as it is. */
const policyEdit = z.partial(z.strictObject({ ...policyFields, requiredFrom: z.nullable(time) }));

const verification = { challengeToken, rememberDevice: z.optional(z.boolean()) };

/** Request bodies, by flow. */
export const bodies = {
  'create-challenge': z.strictObject({
    accountId: externalId,
    user,
    firstFactor: z.strictObject({
      method: z.enum(['password', 'federated', 'api_key', 'email_link']),
      amr: z.optional(
        z.array(pattern(/^[\x21-\x7e]{1,32}$/, 'must be a value of RFC 8176')).check(z.maxLength(16)),
      ),
    }),
    deviceToken: z.optional(text(256)),
    client: z.optional(z.strictObject({ ip: z.optional(text(64)), userAgent: z.optional(text(1024)) })),
  }),
  'send-code': z.strictObject({
    challengeToken,
    method: z.enum(['email', 'sms']),
  }),
  'verify-challenge': z.discriminatedUnion('method', [
    z.strictObject({
      ...verification,
      method: z.literal('totp'),
      code: sixDigits,
    }),
    z.strictObject({
      ...verification,
      method: z.literal('email'),
      code: sixDigits,
    }),
    z.strictObject({
      ...verification,
      method: z.literal('sms'),
      code: sixDigits,
    }),
    z.strictObject({
      ...verification,
      method: z.literal('recovery_code'),
      code: recoveryCode,
    }),
  ]),
  'mint-user-token': z.strictObject({
    accountId: externalId,
    userId: externalId,
    role: z.enum(['user', 'admin', 'support']),
    reauthenticatedAt: z.optional(time),
  }),
  'sync-user': z.strictObject({
    email,
    phone: z.optional(phone),
    displayName: z.optional(text(200)),
    locale: z.optional(locale),
    timeZone: z.optional(timeZone),
    isAdmin: z.optional(z.boolean()),
  }),
  'start-authenticator': z.strictObject({
    label: z.optional(text(1000)),
    proof: z.optional(proof),
  }),
  'confirm-authenticator': withCode,
  'remove-authenticator': withProof,
  'start-email-method': withProof,
  'confirm-email-method': withCode,
  'remove-email-method': withProof,
  'start-sms-method': z.extend(withProof, { phone }),
  'confirm-sms-method': withCode,
  'remove-sms-method': withProof,
  'regenerate-recovery-codes': withProof,
  'disable-two-factor': withProof,
  'mail-proof-code': z.strictObject({ method: z.enum(['email', 'sms']) }),
  'reset-two-factor': withReason,
  'unlock-user': withReason,
  'exempt-user': z.extend(withReason, { until: z.nullable(time) }),
  'propose-policy': z.strictObject({ policy: policyEdit }),
  'confirm-policy': withCode,
  'set-account': z.strictObject({
    issuer: z.optional(text(100).check(z.minLength(1))),
    supportContact: z.optional(text(200)),
    smsEnabled: z.optional(z.boolean()),
    /** Stops a notice to all users that is under way, or lets it go on. */
    noticesPaused: z.optional(z.boolean()),
    smsCountries: z.optional(
      z.array(pattern(/^[A-Z]{2}$/, 'must be a country code such as DE')).check(z.maxLength(250)),
    ),
  }),
  'sync-users': z.strictObject({
    users: z
      .array(z.extend(user, { isAdmin: z.optional(z.boolean()) }))
      .check(z.minLength(1, 'must hold 1 to 25 users'), z.maxLength(25, 'must hold 1 to 25 users')),
  }),
} as const;

const limit = pattern(/^([1-9]|[1-9][0-9]|100)$/, 'must be 1 to 100');
const cursor = z.string().check(z.maxLength(1024));

/** Query strings, by flow. */
export const queries = {
  'list-users': z.strictObject({
    status: z.optional(z.enum(['enabled', 'disabled'])),
    /** The beginning of an address. */
    email: z.optional(text(254)),
    limit: z.optional(limit),
    cursor: z.optional(cursor),
  }),
  'list-events': z.strictObject({
    userId: z.optional(externalId),
    limit: z.optional(limit),
    cursor: z.optional(cursor),
  }),
} as const;

const method = z.enum(['totp', 'email', 'sms', 'recovery_code']);
const offeredMethods = z.array(z.object({ method, sentTo: z.optional(z.string()), default: z.boolean() }));
const recoveryCodes = z
  .array(pattern(/^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}$/, 'is no recovery code'))
  .check(z.length(10));
const secondFactor = z.enum(['totp', 'email', 'sms', 'recovery_code', 'trusted_device', 'exempt', 'none']);
const status = z.enum(['enabled', 'disabled']);
const passed = z.object({
  status: z.literal('passed'),
  token: z.string(),
  expiresAt: time,
  secondFactor,
});
const sent = z.object({
  sentTo: z.string(),
  resendAvailableAt: time,
  expiresAt: time,
});
const enrollmentRequired = z.object({
  status: z.literal('enrollment_required'),
  challengeToken,
  challengeId: prefixedId('chl'),
  expiresAt: time,
  methods: offeredMethods,
});
const userProfile = z.object({
  accountId: externalId,
  id: externalId,
  email,
  phone: z.optional(phone),
  displayName: z.optional(z.string()),
  locale: z.optional(z.string()),
  timeZone: z.optional(z.string()),
  isAdmin: z.boolean(),
});

/** What may be chosen at all, whether or not it is: a page offers nothing else. */
const availableMethods = z.array(z.enum(['totp', 'email', 'sms']));
const policyInForce = z.object({ policy, version: z.int() });
const listedUser = z.object({
  id: externalId,
  email,
  displayName: z.nullable(z.string()),
  status,
  methods: z.array(z.enum(['totp', 'email', 'sms'])),
  enabledAt: z.nullable(time),
  lockedUntil: z.optional(time),
  codesDisabled: z.optional(z.boolean()),
  exemptUntil: z.optional(time),
  mailBounced: z.optional(z.boolean()),
});

/** A factor that was confirmed; with a token where that completed a sign-in. */
const confirmed = z.object({
  status: z.literal('enabled'),
  recoveryCodes: z.optional(recoveryCodes),
  token: z.optional(z.string()),
  expiresAt: z.optional(time),
});

/** Answers of the happy path, by flow. Absent: no content. */
export const answers = {
  'create-challenge': z.discriminatedUnion('status', [
    passed,
    z.object({
      status: z.literal('challenge'),
      challengeToken,
      challengeId: prefixedId('chl'),
      expiresAt: time,
      methods: offeredMethods,
      rememberDevice: z.object({
        allowed: z.boolean(),
        days: z.int(),
      }),
      supportContact: z.optional(z.string()),
    }),
    z.extend(enrollmentRequired, {
      bootstrap: z.nullable(z.object({ method: z.literal('email'), sentTo: z.string() })),
      supportContact: z.optional(z.string()),
    }),
  ]),
  'send-code': sent,
  'verify-challenge': z.discriminatedUnion('status', [
    z.extend(passed, {
      recoveryCodesRemaining: z.optional(z.int()),
      deviceToken: z.optional(z.string()),
    }),
    enrollmentRequired,
  ]),
  'mint-user-token': z.object({ token: z.string(), expiresAt: time }),
  'sync-user': userProfile,
  'get-two-factor': z.object({
    status,
    required: z.boolean(),
    canDisable: z.boolean(),
    methods: offeredMethods,
    availableMethods,
    authenticators: z.array(
      z.object({
        id: prefixedId('aut'),
        label: z.string(),
        createdAt: time,
        lastUsedAt: z.nullable(time),
      }),
    ),
    recoveryCodes: z.nullable(z.object({ remaining: z.int(), low: z.boolean(), generatedAt: time })),
    trustedDevices: z.int(),
  }),
  'start-authenticator': z.object({
    authenticatorId: prefixedId('aut'),
    secret: z.string(),
    otpauthUri: z.string(),
    qrSvg: z.string(),
    expiresAt: time,
  }),
  'confirm-authenticator': confirmed,
  'remove-authenticator': z.object({ status }),
  'start-email-method': sent,
  'confirm-email-method': z.object({
    status,
    recoveryCodes: z.optional(recoveryCodes),
  }),
  'remove-email-method': z.object({ status }),
  'start-sms-method': sent,
  'confirm-sms-method': confirmed,
  'remove-sms-method': z.object({ status }),
  'regenerate-recovery-codes': z.object({ recoveryCodes }),
  'disable-two-factor': z.object({ status: z.literal('disabled') }),
  'mail-proof-code': sent,
  'reset-two-factor': z.object({ status: z.literal('disabled') }),
  'unlock-user': z.object({ status }),
  'exempt-user': z.object({ exemptUntil: z.nullable(time) }),
  'get-policy': z.extend(policyInForce, { availableMethods }),
  'propose-policy': z.object({
    changeId: prefixedId('chg'),
    sentTo: z.string(),
    resendAvailableAt: time,
    expiresAt: time,
    warning: z.optional(z.string()),
    impact: z.object({
      users: z.int(),
      enrolled: z.int(),
      notEnrolled: z.int(),
      data: z.array(listedUser),
      nextCursor: z.nullable(z.string()),
    }),
  }),
  'confirm-policy': policyInForce,
  'list-users': z.object({ data: z.array(listedUser), nextCursor: z.nullable(z.string()) }),
  'list-events': z.object({
    data: z.array(
      z.object({
        id: prefixedId('evt'),
        type: z.string(),
        at: time,
        actor: z.object({ kind: z.string(), id: z.optional(z.string()) }),
        userId: z.nullable(z.string()),
        ip: z.nullable(z.string()),
        userAgent: z.nullable(z.string()),
        detail: z.record(z.string(), z.string()),
      }),
    ),
    nextCursor: z.nullable(z.string()),
  }),
  'list-trusted-devices': z.object({
    data: z.array(
      z.object({
        id: prefixedId('dev'),
        label: z.string(),
        createdAt: time,
        lastSeenAt: time,
        expiresAt: time,
      }),
    ),
  }),
  'set-account': z.object({
    issuer: z.optional(z.string()),
    supportContact: z.optional(z.string()),
    smsEnabled: z.boolean(),
    smsCountries: z.optional(z.array(z.string())),
  }),
  'sync-users': z.object({ data: z.array(userProfile) }),
  jwks: z.object({ keys: z.array(z.record(z.string(), z.string())) }),
  'openid-configuration': z.object({
    issuer: z.string(),
    jwks_uri: z.string(),
    response_types_supported: z.array(z.string()),
    subject_types_supported: z.array(z.string()),
    id_token_signing_alg_values_supported: z.array(z.string()),
  }),
  openapi: z.looseObject({ openapi: z.string() }),
  health: z.object({ status: z.literal('ok') }),
} as const;
