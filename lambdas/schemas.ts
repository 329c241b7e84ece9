/** The shapes of the HTTP contract: what a request may hold (unknown fields are refused) and what an answer holds. */
import * as z from 'zod';

const time = z.iso.datetime({ offset: true });
const text = (max: number) => z.string().max(max);

/** Ids come from the company's own systems. `#` separates the parts of a key, `/` those of a path. */
export const externalId = z
  .string()
  .regex(/^[^\s#/\p{C}]{1,128}$/u, 'must be 1 to 128 visible characters without # or /');
const prefixedId = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_[A-Za-z0-9_-]{1,64}$`));
const email = z.email().max(254);
const phone = z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be an E.164 number such as +14155550100');
const locale = z
  .string()
  .regex(/^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}$/, 'must be a language tag such as de-CH');
const sixDigits = z.string().regex(/^[0-9]{6}$/, 'must be 6 digits');
const recoveryCode = z
  .string()
  .max(64)
  .regex(/^[0-9A-TV-Za-tv-z](?:[ -]*[0-9A-TV-Za-tv-z]){15}$/, 'must be the 16 characters of a recovery code');
const challengeToken = z.string().min(1).max(4096);

const user = z.strictObject({
  id: externalId,
  email,
  phone: phone.optional(),
  displayName: text(200).optional(),
  locale: locale.optional(),
});

/** A current second factor, spent like a sign-in code. */
const proof = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('totp'), code: sixDigits }),
  z.strictObject({ method: z.literal('email'), code: sixDigits }),
  z.strictObject({ method: z.literal('sms'), code: sixDigits }),
  z.strictObject({ method: z.literal('recovery_code'), code: recoveryCode }),
]);
const withProof = z.strictObject({ proof: proof.optional() });
const withCode = z.strictObject({ code: sixDigits });
const withReason = z.strictObject({
  reason: z.string().trim().min(1).max(500),
});

const verification = { challengeToken, rememberDevice: z.boolean().optional() };

/** Request bodies, by flow. */
export const bodies = {
  'create-challenge': z.strictObject({
    accountId: externalId,
    user,
    firstFactor: z.strictObject({
      method: z.enum(['password', 'federated', 'api_key', 'email_link']),
      amr: z.array(text(32)).max(16).optional(),
    }),
    deviceToken: text(256).optional(),
    client: z
      .strictObject({
        ip: text(64).optional(),
        userAgent: text(1024).optional(),
      })
      .optional(),
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
    reauthenticatedAt: time.optional(),
  }),
  'sync-user': z.strictObject({
    email,
    phone: phone.optional(),
    displayName: text(200).optional(),
    locale: locale.optional(),
    isAdmin: z.boolean().optional(),
  }),
  'start-authenticator': z.strictObject({
    label: text(1000).optional(),
    proof: proof.optional(),
  }),
  'confirm-authenticator': withCode,
  'remove-authenticator': withProof,
  'start-email-method': withProof,
  'confirm-email-method': withCode,
  'remove-email-method': withProof,
  'regenerate-recovery-codes': withProof,
  'disable-two-factor': withProof,
  'mail-proof-code': z.strictObject({ method: z.enum(['email', 'sms']) }),
  'reset-two-factor': withReason,
} as const;

const method = z.enum(['totp', 'email', 'sms', 'recovery_code']);
const offeredMethods = z.array(z.object({ method, sentTo: z.string().optional(), default: z.boolean() }));
const recoveryCodes = z
  .array(z.string().regex(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/i))
  .length(10);
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
  phone: phone.optional(),
  displayName: z.string().optional(),
  locale: z.string().optional(),
  isAdmin: z.boolean(),
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
        days: z.number().int(),
      }),
      supportContact: z.string().optional(),
    }),
    enrollmentRequired.extend({
      bootstrap: z.object({ method: z.literal('email'), sentTo: z.string() }).nullable(),
      supportContact: z.string().optional(),
    }),
  ]),
  'send-code': sent,
  'verify-challenge': z.discriminatedUnion('status', [
    passed.extend({
      recoveryCodesRemaining: z.number().int().optional(),
      deviceToken: z.string().optional(),
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
    authenticators: z.array(
      z.object({
        id: prefixedId('aut'),
        label: z.string(),
        createdAt: time,
        lastUsedAt: time.nullable(),
      }),
    ),
    recoveryCodes: z
      .object({
        remaining: z.number().int(),
        low: z.boolean(),
        generatedAt: time,
      })
      .nullable(),
    trustedDevices: z.number().int(),
  }),
  'start-authenticator': z.object({
    authenticatorId: prefixedId('aut'),
    secret: z.string(),
    otpauthUri: z.string(),
    qrSvg: z.string(),
    expiresAt: time,
  }),
  'confirm-authenticator': z.object({
    status: z.literal('enabled'),
    recoveryCodes: recoveryCodes.optional(),
    token: z.string().optional(),
    expiresAt: time.optional(),
  }),
  'remove-authenticator': z.object({ status }),
  'start-email-method': sent,
  'confirm-email-method': z.object({
    status,
    recoveryCodes: recoveryCodes.optional(),
  }),
  'remove-email-method': z.object({ status }),
  'regenerate-recovery-codes': z.object({ recoveryCodes }),
  'disable-two-factor': z.object({ status: z.literal('disabled') }),
  'mail-proof-code': sent,
  'reset-two-factor': z.object({ status: z.literal('disabled') }),
  jwks: z.object({ keys: z.array(z.record(z.string(), z.string())) }),
  'openid-configuration': z.object({
    issuer: z.string(),
    jwks_uri: z.string(),
  }),
  openapi: z.object({ openapi: z.string() }),
  health: z.object({ status: z.literal('ok') }),
} as const;
