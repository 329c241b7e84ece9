/**
 * The API as one table. The CDK stack (routes, authorizers, throttles, grants), the OpenAPI document, the table of
 * `docs/api.md` and every handler read it; nothing about a route is said anywhere else.
 */
import type * as z from 'zod/mini';
import type { RefusalCode } from './core/refusal.ts';
import { answers, bodies, passkeyProof, queries } from './schemas.ts';

/**
 * Who may call a route.
 * - `app`: the company's back end, by AWS Signature V4 (the gateway's `AWS_IAM` authorizer)
 * - `operator`: the company's staff and jobs, likewise signed, by roles of their own
 * - `challenge`: a browser in a sign-in, by the challenge token in the body
 * - `user`: a signed-in person, by a user token as bearer
 * - `user_or_enrolling`: a user token, or a challenge token of stage `enroll`, as bearer
 * - `admin`: a user token of role `admin` or `support`
 * - `public`: anybody
 */
export type Caller = 'app' | 'operator' | 'challenge' | 'user' | 'user_or_enrolling' | 'admin' | 'public';

/**
 * What a function is allowed to do in AWS, nothing else. `lib/grants.ts` has the statements.
 * - `state:read`, `state:write`: load and save a user's and an account's item
 * - `state:erase`: delete a user's items
 * - `ledger:write`: keep an account's figures and the list of its admins
 * - `directory:users`, `directory:events`, `directory:figures`, `directory:admins`: look these up
 * - `keyring:use`: read and unwrap the keyring; `keyring:create`: also make the first key
 * - `totp:encrypt`, `totp:decrypt`: seal and open an authenticator's secret, as the stage's key custody has it
 * - `token:sign`: sign tokens; `token:create`: also make the first key pair, under the custody `cached`
 * - `token:keys`: read the public keys of the stage's custody; `token:publish`: and of KMS, which the key set always has
 * - `mail:send`: send from the configured address
 * - `sms:count`: keep the counters of text messages; `sms:send`: send from the configured origination identity
 */
export type Grant =
  | 'state:read'
  | 'state:write'
  | 'state:erase'
  | 'ledger:write'
  | 'directory:users'
  | 'directory:events'
  | 'directory:figures'
  | 'directory:admins'
  | 'keyring:use'
  | 'keyring:create'
  | 'totp:encrypt'
  | 'totp:decrypt'
  | 'token:sign'
  | 'token:create'
  | 'token:keys'
  | 'token:publish'
  | 'mail:send'
  | 'sms:count'
  | 'sms:send';

export type Route = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  caller: Caller;
  /** One line for the API table and the OpenAPI document. */
  summary: string;
  body?: z.ZodMiniType;
  query?: z.ZodMiniType;
  status: 200 | 201 | 202 | 204;
  answer?: z.ZodMiniType;
  /** A second way to succeed, where what was asked for is of another kind. */
  other?: { status: 200; answer: z.ZodMiniType };
  grants: readonly Grant[];
  /** The refusals particular to this flow; `refusalsOf` adds those that its kind of caller and body bring. */
  refusals: readonly RefusalCode[];
  /** Requests a second, and the burst above it, that the gateway lets through. */
  throttle: { rate: number; burst: number };
  /** For functions that hash recovery codes or draw QR codes: more memory is more CPU. */
  memoryMb?: number;
  /** The largest body, where 8 KB are too few. */
  maxBodyKb?: number;
  /** `null` means something in the body; elsewhere it is as good as absent. */
  nullable?: true;
};

const signIn = { rate: 500, burst: 1000 } as const;
const settings = { rate: 100, burst: 200 } as const;
/** Jobs of the operator's, one call after the other. */
const operating = { rate: 20, burst: 40 } as const;
const reading = { rate: 500, burst: 1000 } as const;

const wrongCode = ['code_incorrect', 'code_already_used', 'too_many_attempts', 'codes_disabled'] as const;
const wantsProof = [
  'reauthentication_required',
  'proof_required',
  'method_not_allowed',
  ...wrongCode,
] as const;
const checksProof = [
  'state:read',
  'state:write',
  'keyring:use',
  'totp:decrypt',
  'token:keys',
  'sms:count',
] as const;
const mailsCode = ['resend_too_soon', 'too_many_codes', 'delivery_unavailable'] as const;

export const routes = {
  'create-challenge': {
    method: 'POST',
    path: '/v1/challenges',
    caller: 'app',
    summary: 'Start the second factor after a first factor passed',
    body: bodies['create-challenge'],
    status: 201,
    answer: answers['create-challenge'],
    grants: ['state:read', 'state:write', 'keyring:create', 'token:sign', 'token:create'],
    refusals: [],
    throttle: signIn,
  },
  'send-code': {
    method: 'POST',
    path: '/v1/challenges/send',
    caller: 'challenge',
    summary: 'Send a sign-in code by email or text message',
    body: bodies['send-code'],
    status: 202,
    answer: answers['send-code'],
    grants: ['state:read', 'state:write', 'keyring:use', 'mail:send', 'sms:count', 'sms:send'],
    refusals: ['challenge_used', 'method_not_allowed', 'codes_disabled', 'too_many_attempts', ...mailsCode],
    throttle: signIn,
  },
  'verify-challenge': {
    method: 'POST',
    path: '/v1/challenges/verify',
    caller: 'challenge',
    summary: 'Check the second factor and answer with a signed token',
    body: bodies['verify-challenge'],
    status: 200,
    answer: answers['verify-challenge'],
    grants: ['state:read', 'state:write', 'keyring:use', 'totp:decrypt', 'token:sign', 'sms:count'],
    refusals: ['challenge_used', 'method_not_allowed', ...wrongCode],
    throttle: signIn,
    memoryMb: 1769,
  },
  'read-challenge': {
    method: 'POST',
    path: '/v1/challenges/read',
    caller: 'challenge',
    summary: 'What a challenge asks for now: for the hosted prompt, and for a page that was reloaded',
    body: bodies['read-challenge'],
    status: 200,
    answer: answers['read-challenge'],
    grants: ['state:read', 'keyring:use'],
    refusals: ['challenge_used'],
    throttle: signIn,
  },
  'fetch-result': {
    method: 'POST',
    path: '/v1/challenges/result',
    caller: 'app',
    summary: 'Fetch the result of a sign-in, after the hosted prompt or in place of the browser',
    body: bodies['fetch-result'],
    status: 200,
    answer: answers['fetch-result'],
    grants: ['state:read', 'state:write', 'keyring:use', 'token:sign'],
    refusals: ['challenge_invalid', 'challenge_pending', 'challenge_expired', 'challenge_used'],
    throttle: signIn,
  },
  'mint-user-token': {
    method: 'POST',
    path: '/v1/user-tokens',
    caller: 'app',
    summary: 'Mint a user token for a settings or admin page',
    body: bodies['mint-user-token'],
    status: 201,
    answer: answers['mint-user-token'],
    grants: ['state:read', 'token:sign', 'token:create', 'token:keys'],
    refusals: [],
    throttle: signIn,
  },
  'sync-user': {
    method: 'PUT',
    path: '/v1/accounts/{accountId}/users/{userId}',
    caller: 'app',
    summary: "Create a user or update the user's profile",
    body: bodies['sync-user'],
    nullable: true,
    status: 200,
    answer: answers['sync-user'],
    grants: ['state:read', 'state:write'],
    refusals: [],
    throttle: settings,
  },
  'delete-user': {
    method: 'DELETE',
    path: '/v1/accounts/{accountId}/users/{userId}',
    caller: 'app',
    summary: 'Erase all that is held about a user',
    status: 204,
    grants: ['state:read', 'state:erase', 'ledger:write', 'directory:figures'],
    refusals: ['busy'],
    throttle: settings,
  },
  'password-changed': {
    method: 'POST',
    path: '/v1/accounts/{accountId}/users/{userId}/password-changed',
    caller: 'app',
    summary: "End the user's trusted devices after a password change; two-factor stays",
    status: 204,
    grants: ['state:read', 'state:write'],
    refusals: ['not_found'],
    throttle: settings,
  },
  'sync-users': {
    method: 'PUT',
    path: '/v1/accounts/{accountId}/users',
    caller: 'app',
    summary: 'Create or update up to 100 users at once, each judged alone',
    body: bodies['sync-users'],
    maxBodyKb: 64,
    nullable: true,
    status: 200,
    answer: answers['sync-users'],
    grants: ['state:read', 'state:write'],
    refusals: [],
    throttle: settings,
  },
  'import-users': {
    method: 'POST',
    path: '/v1/accounts/{accountId}/imports',
    caller: 'operator',
    summary: 'Move up to 25 people in with the authenticators that they have, each judged alone',
    body: bodies['import-users'],
    maxBodyKb: 64,
    nullable: true,
    status: 200,
    answer: answers['import-users'],
    grants: ['state:read', 'state:write', 'totp:encrypt'],
    refusals: [],
    throttle: operating,
    memoryMb: 1769,
  },
  'set-account': {
    method: 'PUT',
    path: '/v1/accounts/{accountId}/settings',
    caller: 'operator',
    summary: "Set an account's issuer, support contact and SMS entitlement",
    body: bodies['set-account'],
    status: 200,
    answer: answers['set-account'],
    grants: ['state:read', 'state:write'],
    refusals: [],
    throttle: operating,
  },
  'get-user': {
    method: 'GET',
    path: '/v1/accounts/{accountId}/users/{userId}',
    caller: 'app',
    summary: 'All that is held about a user, without secrets',
    status: 200,
    answer: answers['get-user'],
    grants: ['state:read'],
    refusals: ['not_found'],
    throttle: settings,
  },
  'delete-account': {
    method: 'DELETE',
    path: '/v1/accounts/{accountId}',
    caller: 'operator',
    summary: 'Close an account for good and erase all that is held of it and its users',
    status: 202,
    answer: answers['delete-account'],
    grants: ['state:read', 'state:write'],
    refusals: [],
    throttle: operating,
  },
  'account-policy': {
    method: 'GET',
    path: '/v1/accounts/{accountId}/policy',
    caller: 'operator',
    summary: "An account's policy and its version",
    status: 200,
    answer: answers['account-policy'],
    grants: ['state:read'],
    refusals: [],
    throttle: operating,
  },
  'set-policy': {
    method: 'PUT',
    path: '/v1/accounts/{accountId}/policy',
    caller: 'operator',
    summary: "Set an account's policy without a mailed code; its admins are mailed",
    body: bodies['set-policy'],
    nullable: true,
    status: 200,
    answer: answers['set-policy'],
    grants: ['state:read', 'state:write'],
    refusals: ['policy_version_conflict'],
    throttle: operating,
  },
  'get-two-factor': {
    method: 'GET',
    path: '/v1/me/two-factor',
    caller: 'user',
    summary: "The state of one's own two-factor authentication",
    status: 200,
    answer: answers['get-two-factor'],
    grants: ['state:read', 'token:keys'],
    refusals: ['not_found'],
    throttle: reading,
  },
  'set-default-method': {
    method: 'PUT',
    path: '/v1/me/two-factor',
    caller: 'user',
    summary: 'Set the method that a sign-in offers first; null leaves it to the one used last',
    body: bodies['set-default-method'],
    nullable: true,
    status: 200,
    answer: answers['set-default-method'],
    grants: ['state:read', 'state:write', 'token:keys'],
    refusals: ['not_found', 'method_not_allowed'],
    throttle: settings,
  },
  'start-authenticator': {
    method: 'POST',
    path: '/v1/me/authenticators',
    caller: 'user_or_enrolling',
    summary: 'Start an authenticator: secret, otpauth URI and QR code, shown once',
    body: bodies['start-authenticator'],
    status: 201,
    answer: answers['start-authenticator'],
    grants: [...checksProof, 'totp:encrypt'],
    refusals: ['not_found', 'forbidden', 'challenge_used', ...wantsProof],
    throttle: settings,
    memoryMb: 1769,
  },
  'confirm-authenticator': {
    method: 'POST',
    path: '/v1/me/authenticators/{id}/confirm',
    caller: 'user_or_enrolling',
    summary: 'Confirm an authenticator by its first code; two-factor is on from here',
    body: bodies['confirm-authenticator'],
    status: 200,
    answer: answers['confirm-authenticator'],
    grants: ['state:read', 'state:write', 'keyring:use', 'totp:decrypt', 'token:keys', 'token:sign'],
    refusals: [
      'not_found',
      'already_enabled',
      'challenge_used',
      'enrollment_expired',
      'method_not_allowed',
      ...wrongCode,
    ],
    throttle: settings,
    memoryMb: 1769,
  },
  'remove-authenticator': {
    method: 'POST',
    path: '/v1/me/authenticators/{id}/remove',
    caller: 'user',
    summary: 'Remove an authenticator',
    body: bodies['remove-authenticator'],
    status: 200,
    answer: answers['remove-authenticator'],
    grants: checksProof,
    refusals: ['not_found', 'policy_forbids_disable', ...wantsProof],
    throttle: settings,
    memoryMb: 1769,
  },
  'start-passkey': {
    method: 'POST',
    path: '/v1/me/passkeys',
    caller: 'user_or_enrolling',
    summary: 'Start a passkey: creation options for the browser',
    body: bodies['start-passkey'],
    status: 201,
    answer: answers['start-passkey'],
    grants: checksProof,
    refusals: ['not_found', 'forbidden', 'challenge_used', ...wantsProof],
    throttle: settings,
    memoryMb: 1769,
  },
  'confirm-passkey': {
    method: 'POST',
    path: '/v1/me/passkeys/{id}/confirm',
    caller: 'user_or_enrolling',
    summary: 'Confirm a passkey by what its device made; inside a sign-in, this completes it',
    body: bodies['confirm-passkey'],
    status: 200,
    answer: answers['confirm-passkey'],
    grants: ['state:read', 'state:write', 'keyring:use', 'token:keys', 'token:sign'],
    refusals: [
      'not_found',
      'already_enabled',
      'challenge_used',
      'enrollment_expired',
      'method_not_allowed',
      'code_incorrect',
      'too_many_attempts',
    ],
    throttle: settings,
    memoryMb: 1769,
  },
  'remove-passkey': {
    method: 'POST',
    path: '/v1/me/passkeys/{id}/remove',
    caller: 'user',
    summary: 'Remove a passkey',
    body: bodies['remove-passkey'],
    status: 200,
    answer: answers['remove-passkey'],
    grants: checksProof,
    refusals: ['not_found', 'policy_forbids_disable', ...wantsProof],
    throttle: settings,
    memoryMb: 1769,
  },
  'start-email-method': {
    method: 'POST',
    path: '/v1/me/methods/email',
    caller: 'user',
    summary: 'Start the email method: a code goes to the stored address',
    body: bodies['start-email-method'],
    status: 202,
    answer: answers['start-email-method'],
    grants: [...checksProof, 'keyring:create', 'mail:send'],
    refusals: ['not_found', 'already_enabled', ...wantsProof, ...mailsCode],
    throttle: settings,
    memoryMb: 1769,
  },
  'confirm-email-method': {
    method: 'POST',
    path: '/v1/me/methods/email/confirm',
    caller: 'user',
    summary: 'Turn the email method on by its mailed code',
    body: bodies['confirm-email-method'],
    status: 200,
    answer: answers['confirm-email-method'],
    grants: ['state:read', 'state:write', 'keyring:use', 'token:keys'],
    refusals: ['not_found', 'already_enabled', 'enrollment_expired', 'method_not_allowed', ...wrongCode],
    throttle: settings,
    memoryMb: 1769,
  },
  'remove-email-method': {
    method: 'POST',
    path: '/v1/me/methods/email/remove',
    caller: 'user',
    summary: 'Turn the email method off',
    body: bodies['remove-email-method'],
    status: 200,
    answer: answers['remove-email-method'],
    grants: checksProof,
    refusals: ['not_found', 'not_enabled', 'policy_forbids_disable', ...wantsProof],
    throttle: settings,
    memoryMb: 1769,
  },
  'start-sms-method': {
    method: 'POST',
    path: '/v1/me/methods/sms',
    caller: 'user_or_enrolling',
    summary: 'Start codes by text message: a code goes to the number',
    body: bodies['start-sms-method'],
    status: 202,
    answer: answers['start-sms-method'],
    grants: [...checksProof, 'keyring:create', 'sms:send'],
    refusals: ['not_found', 'forbidden', 'already_enabled', 'challenge_used', ...wantsProof, ...mailsCode],
    throttle: settings,
    memoryMb: 1769,
  },
  'confirm-sms-method': {
    method: 'POST',
    path: '/v1/me/methods/sms/confirm',
    caller: 'user_or_enrolling',
    summary: 'Turn codes by text message on by the first one; inside a sign-in, this completes it',
    body: bodies['confirm-sms-method'],
    status: 200,
    answer: answers['confirm-sms-method'],
    grants: ['state:read', 'state:write', 'keyring:use', 'token:keys', 'token:sign', 'sms:count'],
    refusals: ['not_found', 'challenge_used', 'enrollment_expired', 'method_not_allowed', ...wrongCode],
    throttle: settings,
    memoryMb: 1769,
  },
  'remove-sms-method': {
    method: 'POST',
    path: '/v1/me/methods/sms/remove',
    caller: 'user',
    summary: 'Turn codes by text message off',
    body: bodies['remove-sms-method'],
    status: 200,
    answer: answers['remove-sms-method'],
    grants: checksProof,
    refusals: ['not_found', 'not_enabled', 'policy_forbids_disable', ...wantsProof],
    throttle: settings,
    memoryMb: 1769,
  },
  'regenerate-recovery-codes': {
    method: 'POST',
    path: '/v1/me/recovery-codes',
    caller: 'user',
    summary: 'Replace all recovery codes by ten new ones, shown once',
    body: bodies['regenerate-recovery-codes'],
    status: 201,
    answer: answers['regenerate-recovery-codes'],
    grants: checksProof,
    refusals: ['not_found', 'not_enabled', ...wantsProof],
    throttle: settings,
    memoryMb: 1769,
  },
  'save-recovery-codes': {
    method: 'POST',
    path: '/v1/me/recovery-codes/saved',
    caller: 'user_or_enrolling',
    summary: 'Note that the recovery codes are saved; inside a sign-in, the result token is answered anew',
    status: 200,
    answer: answers['save-recovery-codes'],
    grants: ['state:read', 'state:write', 'keyring:use', 'token:keys', 'token:sign'],
    refusals: ['not_found', 'not_enabled', 'challenge_used'],
    throttle: settings,
  },
  'disable-two-factor': {
    method: 'POST',
    path: '/v1/me/two-factor/disable',
    caller: 'user',
    summary: 'Turn two-factor authentication off',
    body: bodies['disable-two-factor'],
    status: 200,
    answer: answers['disable-two-factor'],
    grants: checksProof,
    refusals: ['not_found', 'not_enabled', 'policy_forbids_disable', ...wantsProof],
    throttle: settings,
    memoryMb: 1769,
  },
  'mail-proof-code': {
    method: 'POST',
    path: '/v1/me/codes',
    caller: 'user',
    summary: 'Send a code to use as proof, or answer what a passkey is to sign for one',
    body: bodies['mail-proof-code'],
    status: 202,
    answer: answers['mail-proof-code'],
    other: { status: 200, answer: passkeyProof },
    grants: [
      'state:read',
      'state:write',
      'keyring:create',
      'token:keys',
      'mail:send',
      'sms:count',
      'sms:send',
    ],
    refusals: [
      'not_found',
      'not_enabled',
      'method_not_allowed',
      'codes_disabled',
      'too_many_attempts',
      ...mailsCode,
    ],
    throttle: settings,
  },
  'list-trusted-devices': {
    method: 'GET',
    path: '/v1/me/trusted-devices',
    caller: 'user',
    summary: "One's own trusted devices",
    status: 200,
    answer: answers['list-trusted-devices'],
    grants: ['state:read', 'token:keys'],
    refusals: ['not_found'],
    throttle: reading,
  },
  'revoke-trusted-devices': {
    method: 'DELETE',
    path: '/v1/me/trusted-devices',
    caller: 'user',
    summary: "End all of one's own trusted devices",
    status: 204,
    grants: ['state:read', 'state:write', 'token:keys'],
    refusals: ['not_found'],
    throttle: settings,
  },
  'revoke-trusted-device': {
    method: 'DELETE',
    path: '/v1/me/trusted-devices/{id}',
    caller: 'user',
    summary: "End one of one's own trusted devices",
    status: 204,
    grants: ['state:read', 'state:write', 'token:keys'],
    refusals: ['not_found'],
    throttle: settings,
  },
  'get-policy': {
    method: 'GET',
    path: '/v1/account/policy',
    caller: 'admin',
    summary: "The account's policy and its version",
    status: 200,
    answer: answers['get-policy'],
    grants: ['state:read', 'token:keys'],
    refusals: [],
    throttle: reading,
  },
  'propose-policy': {
    method: 'POST',
    path: '/v1/account/policy/changes',
    caller: 'admin',
    summary: 'Propose a policy: answers with its impact, and mails the code that confirms it',
    body: bodies['propose-policy'],
    nullable: true,
    status: 202,
    answer: answers['propose-policy'],
    grants: [...checksProof, 'keyring:create', 'mail:send', 'directory:users', 'directory:figures'],
    refusals: ['not_found', ...wantsProof, ...mailsCode],
    throttle: settings,
    memoryMb: 1769,
  },
  'confirm-policy': {
    method: 'POST',
    path: '/v1/account/policy/changes/{id}/confirm',
    caller: 'admin',
    summary: 'Confirm a proposed policy by its mailed code; it holds from the next sign-in',
    body: bodies['confirm-policy'],
    status: 200,
    answer: answers['confirm-policy'],
    grants: ['state:read', 'state:write', 'keyring:use', 'token:keys'],
    refusals: ['not_found', 'change_expired', 'policy_version_conflict', ...wrongCode],
    throttle: settings,
  },
  'list-users': {
    method: 'GET',
    path: '/v1/account/users',
    caller: 'admin',
    summary: "The account's users by status and address, page by page",
    query: queries['list-users'],
    status: 200,
    answer: answers['list-users'],
    grants: ['state:read', 'directory:users', 'token:keys'],
    refusals: [],
    throttle: reading,
  },
  'reset-two-factor': {
    method: 'POST',
    path: '/v1/account/users/{id}/reset',
    caller: 'admin',
    summary: "Clear a user's second factors, with a reason; the user enrols again at the next sign-in",
    body: bodies['reset-two-factor'],
    status: 200,
    answer: answers['reset-two-factor'],
    grants: checksProof,
    refusals: ['not_found', 'not_enabled', ...wantsProof],
    throttle: settings,
    memoryMb: 1769,
  },
  'unlock-user': {
    method: 'POST',
    path: '/v1/account/users/{id}/unlock',
    caller: 'admin',
    summary: 'Take the lock off a user who was locked by guessing, with a reason',
    body: bodies['unlock-user'],
    status: 200,
    answer: answers['unlock-user'],
    grants: checksProof,
    refusals: ['not_found', ...wantsProof],
    throttle: settings,
    memoryMb: 1769,
  },
  'exempt-user': {
    method: 'POST',
    path: '/v1/account/users/{id}/exemption',
    caller: 'admin',
    summary: 'Let a user pass without a second factor until a time, with a reason',
    body: bodies['exempt-user'],
    nullable: true,
    status: 200,
    answer: answers['exempt-user'],
    grants: checksProof,
    refusals: ['not_found', ...wantsProof],
    throttle: settings,
    memoryMb: 1769,
  },
  'create-temporary-code': {
    method: 'POST',
    path: '/v1/account/users/{id}/temporary-code',
    caller: 'admin',
    summary: "Make a code that stands for somebody's second factor once, with a reason; shown this once",
    body: bodies['create-temporary-code'],
    status: 201,
    answer: answers['create-temporary-code'],
    grants: [...checksProof, 'keyring:create'],
    refusals: ['not_found', 'not_enabled', ...wantsProof],
    throttle: settings,
    memoryMb: 1769,
  },
  'list-events': {
    method: 'GET',
    path: '/v1/account/events',
    caller: 'admin',
    summary: "The account's audit trail, newest first, page by page",
    query: queries['list-events'],
    status: 200,
    answer: answers['list-events'],
    grants: ['state:read', 'directory:events', 'token:keys'],
    refusals: [],
    throttle: reading,
  },
  prompt: {
    method: 'GET',
    path: '/prompt',
    caller: 'public',
    summary: 'The hosted prompt: a page for apps that have none of their own',
    status: 200,
    grants: [],
    refusals: ['temporarily_unavailable'],
    throttle: settings,
  },
  'prompt-asset': {
    method: 'GET',
    path: '/assets/{file}',
    caller: 'public',
    summary: "The hosted prompt's script, style and icon",
    status: 200,
    grants: [],
    refusals: ['not_found'],
    throttle: settings,
  },
  jwks: {
    method: 'GET',
    path: '/.well-known/jwks.json',
    caller: 'public',
    summary: 'The public keys that verify tokens',
    status: 200,
    answer: answers.jwks,
    grants: ['token:publish'],
    refusals: [],
    throttle: reading,
  },
  'openid-configuration': {
    method: 'GET',
    path: '/.well-known/openid-configuration',
    caller: 'public',
    summary: 'Discovery, so that a JWT authorizer needs only the issuer',
    status: 200,
    answer: answers['openid-configuration'],
    grants: [],
    refusals: [],
    throttle: reading,
  },
  openapi: {
    method: 'GET',
    path: '/openapi.json',
    caller: 'public',
    summary: 'This API as an OpenAPI 3.1 document',
    status: 200,
    answer: answers.openapi,
    grants: [],
    refusals: [],
    throttle: settings,
  },
  health: {
    method: 'GET',
    path: '/v1/health',
    caller: 'public',
    summary: 'Whether the API is reachable',
    status: 200,
    answer: answers.health,
    grants: [],
    refusals: [],
    throttle: settings,
  },
} as const satisfies Record<string, Route>;

export type Flow = keyof typeof routes;

const byCaller: Record<Caller, readonly RefusalCode[]> = {
  app: ['forbidden'],
  operator: ['forbidden'],
  challenge: ['challenge_invalid', 'challenge_expired'],
  user: ['credentials_missing', 'credentials_invalid'],
  user_or_enrolling: ['credentials_missing', 'credentials_invalid', 'challenge_invalid', 'challenge_expired'],
  admin: ['credentials_missing', 'credentials_invalid', 'forbidden'],
  public: [],
};

/** Every refusal that a flow can answer with, those that come with its caller, its body and its state included. */
export function refusalsOf(route: Route): readonly RefusalCode[] {
  const state = route.grants.length > 0 ? (['temporarily_unavailable'] as const) : [];
  const isClosing = route.method === 'DELETE' && route.path === routes['delete-account'].path;
  const loads = route.grants.includes('state:read') && !isClosing ? (['account_closed'] as const) : [];
  const writes = route.grants.includes('state:write') ? (['busy'] as const) : [];
  const input = route.body || route.query || route.path.includes('{') ? (['request_invalid'] as const) : [];
  return [
    ...new Set([...input, ...byCaller[route.caller], ...route.refusals, ...loads, ...state, ...writes]),
  ];
}

/** Functions without a route: what starts them, and what they may do. */
export type Background = {
  summary: string;
  /**
   * `outbox`: the table's stream, for items with pending notices. `attempts`: the same stream, for items written by an
   * attempt, and those that are gone. `schedule`: a sweep every minute. `mail-feedback`: what
   * SES tells of bounces and complaints.
   */
  triggers: readonly ('outbox' | 'attempts' | 'schedule' | 'mail-feedback')[];
  grants: readonly (
    | Grant
    | 'outbox:find'
    | 'attempts:record'
    | 'attempts:announce'
    | 'account:erase'
    | 'audit:write'
    | 'directory:members'
    | 'events:announce'
  )[];
};

export const background = {
  courier: {
    summary: 'Delivers the notices and audit rows that wait in the outboxes',
    triggers: ['outbox', 'schedule'],
    grants: [
      'state:read',
      'state:write',
      'outbox:find',
      'audit:write',
      'ledger:write',
      'state:erase',
      'account:erase',
      'directory:admins',
      'directory:members',
      'mail:send',
      'events:announce',
    ],
  },
  'record-attempts': {
    summary: 'Puts every attempt at a second factor on record',
    triggers: ['attempts'],
    grants: ['attempts:record', 'attempts:announce'],
  },
  'record-bounces': {
    summary: 'Marks the addresses that bounce or complain',
    triggers: ['mail-feedback'],
    grants: ['state:read', 'state:write'],
  },
} as const satisfies Record<string, Background>;
