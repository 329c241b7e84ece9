/** The shapes of the HTTP contract: what a request may hold (unknown fields are refused) and what an answer holds. */
import * as z from 'zod/mini';
import { actionDetails, actionName } from './action-fields.ts';
import { limits } from './core/state/limits.ts';
import { factorMethods, methods, sentMethods } from './core/state/methods.ts';
import {
  amr,
  base64url,
  describedName,
  email,
  externalId,
  foreignRecoveryCode,
  ipAddress,
  lenient,
  locale,
  newTemporaryCode,
  pattern,
  phone,
  prefixedId,
  recoveryCode,
  returnTo,
  sixDigits,
  temporaryCode,
  text,
  time,
  timeZone,
  totpSecret,
  transports,
  userAgent,
  visibleText,
} from './fields.ts';

const challengeToken = z.string().check(z.minLength(1), z.maxLength(4096));

/** A person as a sign-in names them: what only describes never stops it. */
const person = z.strictObject({
  id: externalId,
  email,
  emailVerified: z.optional(z.boolean()),
  phone: lenient(phone),
  displayName: lenient(describedName),
  locale: lenient(locale),
  timeZone: lenient(timeZone),
});

const profileFields = {
  email,
  emailVerified: z.optional(z.nullable(z.boolean())),
  /** The app answers for the new address: codes go there without another proof. */
  moveCodes: z.optional(z.nullable(z.boolean())),
  phone: z.optional(z.nullable(phone)),
  displayName: z.optional(z.nullable(visibleText(200))),
  locale: z.optional(z.nullable(locale)),
  timeZone: z.optional(z.nullable(timeZone)),
  isAdmin: z.optional(z.nullable(z.boolean())),
};

/** One row of a batch, judged alone. */
export const userRow = z.strictObject({ id: externalId, ...profileFields });

/** One row of an import, judged alone. */
export const importRow = z.strictObject({
  id: externalId,
  ...profileFields,
  authenticators: z
    .array(z.strictObject({ label: z.optional(z.nullable(text(1000))), secret: totpSecret }))
    .check(z.minLength(1, 'must hold an authenticator'), z.maxLength(limits.totp.perUser)),
  recoveryCodes: z.optional(
    z.nullable(z.array(foreignRecoveryCode).check(z.maxLength(limits.imports.recoveryCodesPerUser))),
  ),
});

/** The person's address and agent, as the app saw them. */
const client = lenient(z.object({ ip: lenient(ipAddress), userAgent: lenient(userAgent) }));

const code = {
  totp: sixDigits,
  sms: sixDigits,
  email: sixDigits,
  recovery_code: recoveryCode,
  temporary_code: temporaryCode,
};

/** Of what browsers answer, the parts that are looked at: they add to it as they like. */
const assertion = z.object({
  id: base64url(1364),
  rawId: base64url(1364),
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: base64url(4096),
    authenticatorData: base64url(2048),
    signature: base64url(1024),
    userHandle: lenient(base64url(128)),
  }),
});
const credential = z.object({
  id: base64url(1364),
  rawId: base64url(1364),
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: base64url(4096),
    attestationObject: base64url(6144),
    transports,
  }),
});

/** What somebody presents, by method. A factor that has no shape here does not compile. */
const attempts = {
  passkey: z.strictObject({ method: z.literal('passkey'), assertion }),
  totp: z.strictObject({ method: z.literal('totp'), code: code.totp }),
  sms: z.strictObject({ method: z.literal('sms'), code: code.sms }),
  email: z.strictObject({ method: z.literal('email'), code: code.email }),
  recovery_code: z.strictObject({ method: z.literal('recovery_code'), code: code.recovery_code }),
  temporary_code: z.strictObject({ method: z.literal('temporary_code'), code: code.temporary_code }),
} satisfies { [M in (typeof methods)[number]]: z.ZodMiniObject };

/** A current second factor, spent like a sign-in code. A temporary code cannot be a proof. */
const proof = z.discriminatedUnion('method', [
  attempts.passkey,
  attempts.totp,
  attempts.sms,
  attempts.email,
  attempts.recovery_code,
]);
const withProof = z.strictObject({ proof: z.optional(proof) });
const withCode = z.strictObject({ code: sixDigits });
const withReason = z.strictObject({
  proof: z.optional(proof),
  reason: z.string().check(z.trim(), z.minLength(1, 'is needed'), z.maxLength(500)),
});

const policyFields = {
  mode: z.enum(['optional', 'required']),
  methods: z
    .array(z.enum(factorMethods))
    .check(z.minLength(1, 'must name at least one method'), z.maxLength(factorMethods.length)),
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
const policyEdit = z.strictObject(
  Object.fromEntries(
    Object.entries({ ...policyFields, requiredFrom: time }).map(([name, field]) => [
      name,
      z.optional(z.nullable(field as z.ZodMiniType)),
    ]),
  ) as { [K in keyof EditableFields]: z.ZodMiniOptional<z.ZodMiniNullable<EditableFields[K]>> },
);
type EditableFields = typeof policyFields & { requiredFrom: typeof time };

const verification = { challengeToken, rememberDevice: z.optional(z.boolean()) };

/** What a step-up asks a person to confirm. */
const action = z.strictObject({ name: actionName, details: z.optional(actionDetails) });

/** A session is asked again for an act alone, and nobody sits at an API key who could confirm one. */
const fitsAction = ({
  firstFactor: { method },
  action,
}: {
  firstFactor: { method: string };
  action?: unknown;
}) => (method === 'session' ? action !== undefined : method !== 'api_key' || action === undefined);

/** Request bodies, by flow. */
export const bodies = {
  'create-challenge': z
    .strictObject({
      accountId: externalId,
      user: person,
      firstFactor: z.strictObject({
        method: z.enum(['password', 'federated', 'api_key', 'email_link', 'session']),
        amr,
      }),
      action: z.optional(action),
      /** Of any shape: it is compared, and never refused. */
      deviceToken: lenient(text(4096)),
      client,
      returnTo: z.optional(returnTo),
    })
    .check(
      z.refine(fitsAction, {
        path: ['action'],
        error: 'goes with a person: session needs it, api_key never has it',
      }),
    ),
  'read-challenge': z.strictObject({ challengeToken }),
  'fetch-result': z.strictObject({ challengeToken, resultCode: z.optional(text(128)) }),
  'send-code': z.strictObject({ challengeToken, method: z.enum(sentMethods) }),
  'verify-challenge': z.discriminatedUnion('method', [
    z.extend(attempts.passkey, verification),
    z.extend(attempts.totp, verification),
    z.extend(attempts.sms, verification),
    z.extend(attempts.email, verification),
    z.extend(attempts.recovery_code, verification),
    z.extend(attempts.temporary_code, verification),
  ]),
  'mint-user-token': z.strictObject({
    accountId: externalId,
    userId: externalId,
    role: z.enum(['user', 'admin', 'support']),
    reauthenticatedAt: z.optional(time),
    /** The result token of this person's last sign-in: a second factor presented then stands for a proof at the desk. */
    resultToken: z.optional(z.string().check(z.maxLength(4096))),
    client,
  }),
  'sync-user': z.strictObject(profileFields),
  'set-default-method': z.strictObject({ defaultMethod: z.nullable(z.enum(factorMethods)) }),
  'start-authenticator': z.strictObject({
    label: z.optional(text(1000)),
    proof: z.optional(proof),
  }),
  'confirm-authenticator': withCode,
  'remove-authenticator': withProof,
  'start-passkey': z.strictObject({ label: z.optional(text(1000)), proof: z.optional(proof) }),
  'confirm-passkey': z.strictObject({ credential, label: z.optional(text(1000)) }),
  'remove-passkey': withProof,
  'start-email-method': withProof,
  'confirm-email-method': withCode,
  'remove-email-method': withProof,
  'start-sms-method': z.extend(withProof, { phone }),
  'confirm-sms-method': withCode,
  'remove-sms-method': withProof,
  'regenerate-recovery-codes': withProof,
  'disable-two-factor': withProof,
  'mail-proof-code': z.strictObject({ method: z.enum([...sentMethods, 'passkey']) }),
  'reset-two-factor': z.extend(withReason, { useProfileAddress: z.optional(z.boolean()) }),
  'unlock-user': withReason,
  'exempt-user': z.extend(withReason, { until: z.nullable(time) }),
  'create-temporary-code': z.extend(withReason, {
    validMinutes: z
      .int('must be a whole number')
      .check(
        z.minimum(limits.temporaryCode.minMinutes, 'must be 15 to 1440'),
        z.maximum(limits.temporaryCode.maxMinutes, 'must be 15 to 1440'),
      ),
  }),
  'propose-policy': z.strictObject({ policy: policyEdit, proof: z.optional(proof) }),
  'confirm-policy': withCode,
  'set-account': z.strictObject({
    issuer: z.optional(visibleText(60, 60)),
    supportContact: z.optional(visibleText(200)),
    smsEnabled: z.optional(z.boolean()),
    /** Stops a notice to all users that is under way, or lets it go on. */
    noticesPaused: z.optional(z.boolean()),
    smsCountries: z.optional(
      z.array(pattern(/^[A-Z]{2}$/, 'must be a country code such as DE')).check(z.maxLength(250)),
    ),
  }),
  'sync-users': z.strictObject({
    users: z
      .array(z.unknown())
      .check(z.minLength(1, 'must hold 1 to 100 users'), z.maxLength(100, 'must hold 1 to 100 users')),
  }),
  'import-users': z.strictObject({
    users: z
      .array(z.unknown())
      .check(
        z.minLength(1, 'must hold 1 to 25 users'),
        z.maxLength(limits.imports.users, 'must hold 1 to 25 users'),
      ),
    /** Takes secrets of 80 to 127 bits too; the settings then suggest a new one. */
    allowWeak: z.optional(z.boolean()),
    /** Mails everybody who was imported. */
    notify: z.optional(z.boolean()),
  }),
  'set-policy': z.strictObject({ policy: policyEdit, version: z.optional(z.int()) }),
} as const;

const limit = pattern(/^([1-9]|[1-9][0-9]|100)$/, 'must be 1 to 100');
const cursor = z.string().check(z.maxLength(2048));

/** Query strings, by flow. */
export const queries = {
  'list-users': z.strictObject({
    /** `locked` and `exempt` go by the item of each user, so a page may be short, or empty, and still name a next one. */
    status: z.optional(z.enum(['enabled', 'disabled', 'locked', 'exempt'])),
    /** The beginning of an address. */
    email: z.optional(text(254)),
    limit: z.optional(limit),
    cursor: z.optional(cursor),
  }),
  'list-events': z.strictObject({
    userId: z.optional(externalId),
    type: z.optional(pattern(/^[a-z_]+$/, 'must be a type of event such as two_factor_reset')),
    /** From this time on, and before that one. */
    from: z.optional(time),
    to: z.optional(time),
    limit: z.optional(limit),
    cursor: z.optional(cursor),
  }),
} as const;

const method = z.enum(methods);
const described = z.array(
  z.object({ type: z.literal('public-key'), id: z.string(), transports: z.optional(z.array(z.string())) }),
);
/** `PublicKeyCredentialRequestOptionsJSON` of WebAuthn. */
const requestOptions = z.object({
  challenge: z.string(),
  rpId: z.string(),
  allowCredentials: described,
  userVerification: z.literal('required'),
  timeout: z.int(),
});
/** `PublicKeyCredentialCreationOptionsJSON` of WebAuthn. */
const creationOptions = z.object({
  challenge: z.string(),
  rp: z.object({ id: z.string(), name: z.string() }),
  user: z.object({ id: z.string(), name: z.string(), displayName: z.string() }),
  pubKeyCredParams: z.array(z.object({ type: z.literal('public-key'), alg: z.int() })),
  excludeCredentials: described,
  authenticatorSelection: z.object({
    residentKey: z.literal('preferred'),
    requireResidentKey: z.boolean(),
    userVerification: z.literal('required'),
  }),
  attestation: z.literal('none'),
  timeout: z.int(),
});
export const passkeyProof = z.object({ options: requestOptions, expiresAt: time });

const offeredMethods = z.array(
  z.object({
    method,
    sentTo: z.optional(z.string()),
    /** Of a passkey, in a challenge that takes one. */
    options: z.optional(requestOptions),
    default: z.boolean(),
  }),
);
const listedPasskey = {
  id: prefixedId('pky'),
  label: z.string(),
  createdAt: time,
  lastUsedAt: z.nullable(time),
  /** Its key is backed up, and may be on several devices. */
  synced: z.boolean(),
};
const recoveryCodes = z
  .array(pattern(/^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}$/, 'is no recovery code'))
  .check(z.length(10));
const secondFactor = z.enum([...methods, 'trusted_device', 'exempt', 'none']);
const status = z.enum(['enabled', 'disabled']);
/** What was cut or left out of a request because it only describes. */
const warnings = z.optional(z.array(z.object({ pointer: z.string(), detail: z.string() })));
const passed = z.object({
  status: z.literal('passed'),
  token: z.string(),
  expiresAt: time,
  secondFactor,
  requiredFrom: z.optional(time),
});
/** As it was sent, for a page to show. */
const shownAction = z.object({ name: z.string(), details: z.optional(z.record(z.string(), z.string())) });
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
  accountId: z.string(),
  id: z.string(),
  email: z.string(),
  phone: z.optional(z.string()),
  displayName: z.optional(z.string()),
  locale: z.optional(z.string()),
  timeZone: z.optional(z.string()),
  isAdmin: z.boolean(),
});

/** What may be chosen at all, whether or not it is: a page offers nothing else. */
const availableMethods = z.array(z.enum(factorMethods));
const policyInForce = z.object({ policy, version: z.int() });
const listedUser = z.object({
  id: z.string(),
  email: z.string(),
  /** The address that codes go to, where it is another one, and since when the profile has that one. */
  codesTo: z.optional(z.string()),
  emailChangedAt: z.optional(time),
  displayName: z.nullable(z.string()),
  status,
  methods: z.array(z.enum(factorMethods)),
  enabledAt: z.nullable(time),
  lockedUntil: z.optional(time),
  codesDisabled: z.optional(z.boolean()),
  exemptUntil: z.optional(time),
  mailBounced: z.optional(z.boolean()),
});

const listedEvent = z.object({
  id: prefixedId('evt'),
  type: z.string(),
  at: time,
  actor: z.object({ kind: z.string(), id: z.optional(z.string()) }),
  userId: z.nullable(z.string()),
  ip: z.nullable(z.string()),
  userAgent: z.nullable(z.string()),
  detail: z.record(z.string(), z.string()),
});

/** The token, or where a challenge goes back to the app the address to go to. */
const handed = z.object({
  token: z.optional(z.string()),
  expiresAt: z.optional(time),
  redirectTo: z.optional(z.string()),
});

const passedHere = z.object({
  status: z.literal('passed'),
  secondFactor,
  recoveryCodesRemaining: z.optional(z.int()),
  deviceToken: z.optional(z.string()),
});

/** What a sheet of recovery codes names beside them: for any page to print. */
const sheet = { product: z.string(), email: z.string(), generatedAt: time };
const maybeCodes = {
  recoveryCodes: z.optional(recoveryCodes),
  product: z.optional(sheet.product),
  email: z.optional(sheet.email),
  generatedAt: z.optional(sheet.generatedAt),
};

/** A factor that was confirmed; with a token where that completed a sign-in. */
const confirmed = z.extend(handed, { status: z.literal('enabled'), ...maybeCodes });

/** Answers of the happy path, by flow. Absent: no content. */
export const answers = {
  'create-challenge': z.discriminatedUnion('status', [
    z.extend(passed, { warnings }),
    z.object({
      status: z.literal('challenge'),
      warnings,
      challengeToken,
      challengeId: prefixedId('chl'),
      expiresAt: time,
      methods: offeredMethods,
      promptUrl: z.optional(z.string()),
      rememberDevice: z.object({
        allowed: z.boolean(),
        days: z.int(),
      }),
      action: z.optional(shownAction),
      supportContact: z.optional(z.string()),
      requiredFrom: z.optional(time),
    }),
    z.extend(enrollmentRequired, {
      warnings,
      promptUrl: z.optional(z.string()),
      requiredFrom: z.optional(time),
      bootstrap: z.nullable(z.object({ method: z.literal('email'), sentTo: z.string() })),
      action: z.optional(shownAction),
      supportContact: z.optional(z.string()),
    }),
  ]),
  'read-challenge': z.object({
    status: z.enum(['challenge', 'enrollment_required']),
    challengeToken,
    challengeId: prefixedId('chl'),
    expiresAt: time,
    methods: offeredMethods,
    rememberDevice: z.optional(z.object({ allowed: z.boolean(), days: z.int() })),
    bootstrap: z.optional(z.nullable(z.object({ method: z.literal('email'), sentTo: z.string() }))),
    action: z.optional(shownAction),
    product: z.string(),
    supportContact: z.optional(z.string()),
    email: z.string(),
    locale: z.optional(z.string()),
    client: z.optional(z.object({ ip: z.optional(z.string()), device: z.optional(z.string()) })),
    returnOrigin: z.optional(z.string()),
  }),
  'fetch-result': z.extend(passed, { deviceToken: z.optional(z.string()) }),
  'send-code': sent,
  'verify-challenge': z.union([
    z.extend(passedHere, { token: z.string(), expiresAt: time }),
    z.extend(passedHere, { redirectTo: z.string() }),
    enrollmentRequired,
  ]),
  'mint-user-token': z.object({ token: z.string(), expiresAt: time }),
  'sync-user': userProfile,
  'get-two-factor': z.object({
    status,
    required: z.boolean(),
    canDisable: z.boolean(),
    methods: offeredMethods,
    /** What the person set; null where the method used last comes first. */
    defaultMethod: z.nullable(z.enum(factorMethods)),
    availableMethods,
    authenticators: z.array(
      z.object({
        id: prefixedId('aut'),
        label: z.string(),
        createdAt: time,
        lastUsedAt: z.nullable(time),
        /** It moved in from another system. */
        imported: z.optional(z.boolean()),
        /** Its secret is short: a new one is better. */
        weak: z.optional(z.boolean()),
      }),
    ),
    /** `usable`: a page of this deployment can ask for it. */
    passkeys: z.array(z.object({ ...listedPasskey, usable: z.boolean() })),
    recoveryCodes: z.nullable(
      z.object({ remaining: z.int(), low: z.boolean(), saved: z.boolean(), generatedAt: time }),
    ),
    trustedDevices: z.int(),
    requiredFrom: z.optional(time),
    supportContact: z.optional(z.string()),
    product: z.string(),
    email: z.string(),
    /** The address that codes go to, where it is another one than the profile's. */
    codesTo: z.optional(z.string()),
    /** What a sensitive act asks for. */
    proof: z.object({
      password: z.boolean(),
      factor: z.boolean(),
      methods: offeredMethods,
      /** After a sign-in by a temporary code, for as long as one factor may be enrolled without a proof. */
      enrolsWithoutProof: z.optional(z.literal(true)),
    }),
  }),
  'set-default-method': z.object({
    defaultMethod: z.nullable(z.enum(factorMethods)),
    methods: offeredMethods,
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
  'start-passkey': z.object({ passkeyId: prefixedId('pky'), options: creationOptions, expiresAt: time }),
  'confirm-passkey': confirmed,
  'remove-passkey': z.object({ status }),
  'start-email-method': sent,
  'confirm-email-method': z.object({ status, ...maybeCodes }),
  'remove-email-method': z.object({ status }),
  'start-sms-method': sent,
  'confirm-sms-method': confirmed,
  'remove-sms-method': z.object({ status }),
  'regenerate-recovery-codes': z.object({ recoveryCodes, ...sheet }),
  'save-recovery-codes': z.extend(handed, { status }),
  'disable-two-factor': z.object({ status: z.literal('disabled') }),
  'mail-proof-code': sent,
  'reset-two-factor': z.object({ status: z.literal('disabled') }),
  'unlock-user': z.object({ status }),
  'exempt-user': z.object({ exemptUntil: z.nullable(time) }),
  'create-temporary-code': z.object({ code: newTemporaryCode, expiresAt: time }),
  'get-policy': z.extend(policyInForce, { availableMethods }),
  'propose-policy': z.object({
    changeId: prefixedId('chg'),
    sentTo: z.string(),
    resendAvailableAt: time,
    expiresAt: time,
    warnings: z.array(z.object({ code: z.string(), detail: z.string() })),
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
    data: z.array(listedEvent),
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
  'sync-users': z.object({
    results: z.array(
      z.object({
        id: z.nullable(z.string()),
        status: z.enum(['created', 'updated', 'unchanged', 'refused']),
        errors: z.optional(z.array(z.object({ pointer: z.string(), detail: z.string() }))),
      }),
    ),
  }),
  'import-users': z.object({
    results: z.array(
      z.object({
        id: z.nullable(z.string()),
        status: z.enum(['imported', 'refused']),
        errors: z.optional(z.array(z.object({ pointer: z.string(), detail: z.string() }))),
      }),
    ),
  }),
  'get-user': z.extend(userProfile, {
    createdAt: z.optional(time),
    provenEmail: z.optional(z.string()),
    emailChangedAt: z.optional(time),
    passwordChangedAt: z.optional(time),
    mailBounced: z.optional(z.boolean()),
    status,
    enabledAt: z.optional(time),
    methods: z.array(z.object({ method, sentTo: z.optional(z.string()) })),
    defaultMethod: z.optional(z.enum(factorMethods)),
    authenticators: z.array(
      z.object({ id: prefixedId('aut'), label: z.string(), createdAt: time, lastUsedAt: z.nullable(time) }),
    ),
    passkeys: z.array(z.object({ ...listedPasskey, rpId: z.string() })),
    recoveryCodes: z.nullable(z.object({ remaining: z.int(), generatedAt: time })),
    trustedDevices: z.array(
      z.object({
        id: prefixedId('dev'),
        userAgent: z.nullable(z.string()),
        createdAt: time,
        lastSeenAt: time,
        expiresAt: time,
      }),
    ),
    exemption: z.nullable(z.object({ until: time, reason: z.string() })),
    temporaryCodeUntil: z.optional(time),
    enrollmentRequired: z.boolean(),
    lockedUntil: z.optional(time),
    codesDisabledAt: z.optional(time),
    failures: z.object({ consecutive: z.int(), in30Days: z.int() }),
    pendingNotices: z.int(),
  }),
  'delete-account': z.object({ status: z.literal('closed') }),
  'account-policy': policyInForce,
  'set-policy': policyInForce,
  jwks: z.object({ keys: z.array(z.record(z.string(), z.string())) }),
  'openid-configuration': z.object({
    issuer: z.string(),
    jwks_uri: z.string(),
    response_types_supported: z.array(z.string()),
    subject_types_supported: z.array(z.string()),
    id_token_signing_alg_values_supported: z.array(z.string()),
  }),
  openapi: z.looseObject({ openapi: z.string() }),
  health: z.object({ status: z.literal('ok'), version: z.string() }),
} as const;

const [passedAtOnce, challenge, enrollmentAsked] = answers['create-challenge'].def.options;
const [passedByCode] = answers['verify-challenge'].def.options;
const twoFactor = answers['get-two-factor'];

/** The shapes that the OpenAPI document names: what clients are generated of goes by these names. */
export const shapeNames = {
  SignInUser: person,
  UserProfile: bodies['sync-user'],
  UserRow: userRow,
  Action: action,
  ShownAction: shownAction,
  ImportRow: importRow,
  ImportResults: answers['import-users'],
  NewChallenge: bodies['create-challenge'],
  Passed: passedAtOnce,
  Challenge: challenge,
  EnrollmentRequired: enrollmentAsked,
  EnrollmentStage: enrollmentRequired,
  OpenChallenge: answers['read-challenge'],
  SignInResult: answers['fetch-result'],
  PassedByCode: passedByCode,
  VerificationResult: answers['verify-challenge'],
  SignIn: answers['create-challenge'],
  Proof: proof,
  Verification: bodies['verify-challenge'],
  SentCode: sent,
  UserToken: answers['mint-user-token'],
  User: userProfile,
  HeldUser: answers['get-user'],
  UserResults: answers['sync-users'],
  AccountSettings: answers['set-account'],
  AccountSettingsEdit: bodies['set-account'],
  TwoFactor: twoFactor,
  Authenticator: twoFactor.shape.authenticators.def.element,
  NewAuthenticator: answers['start-authenticator'],
  Passkey: twoFactor.shape.passkeys.def.element,
  NewPasskey: answers['start-passkey'],
  PasskeyOptions: requestOptions,
  NewPasskeyOptions: creationOptions,
  PasskeyAssertion: assertion,
  PasskeyCredential: credential,
  PasskeyProof: passkeyProof,
  ConfirmedFactor: confirmed,
  OfferedMethods: offeredMethods,
  TrustedDevice: answers['list-trusted-devices'].shape.data.def.element,
  Policy: policy,
  PolicyEdit: policyEdit,
  PolicyInForce: policyInForce,
  ProposedPolicy: answers['propose-policy'],
  ListedUser: listedUser,
  ListedUsers: answers['list-users'],
  Event: listedEvent,
  Events: answers['list-events'],
} as const;
