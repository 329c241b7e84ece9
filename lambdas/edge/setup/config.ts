/** A function's configuration: read from its environment once, at cold start. A missing value stops the function there. */
import * as z from 'zod/mini';
import { limits } from '../../core/state/limits.ts';
import { stagePolicySchema } from '../../core/state/policy.ts';

const text = z.string().check(z.minLength(1));
const arn = z.string().check(z.startsWith('arn:'));

const schemas = {
  /** The policy of accounts that have none, as JSON: what it leaves out has the documented default. */
  defaultPolicy: z.pipe(
    z.pipe(
      z._default(z.string(), '{}'),
      z.transform((json) => JSON.parse(json)),
    ),
    stagePolicySchema,
  ),
  tableName: text,
  vaultKeyArn: arn,
  /** The first signs, all are published. */
  signingKeyArns: z.pipe(
    z.pipe(
      z.string(),
      z.transform((list) => list.split(',')),
    ),
    z.tuple([arn], arn),
  ),
  stage: text,
  /** How secrets are sealed and tokens signed; and how else secrets may be sealed, while a stage moves. */
  keyCustody: z._default(z.enum(['kms', 'cached']), 'kms'),
  alsoOpens: z.optional(z.enum(['kms', 'cached'])),
  issuerUrl: z.url(),
  audience: text,
  mailFrom: text,
  /** What makes SES tell of bounces. */
  mailConfigurationSet: z.optional(text),
  /** The most mails a second that a fan-out sends: the deployment's SES quota, less what sign-ins need. */
  mailsPerSecond: z._default(z.coerce.number().check(z.int(), z.minimum(1)), 10),
  eventBusName: z.optional(text),
  /** Whether every attempt is on record. */
  auditSignIns: z.pipe(
    z._default(z.enum(['true', 'false']), 'true'),
    z.transform((said) => said === 'true'),
  ),
  /** For how many days rows of the audit trail are kept: of sign-ins, and of changes. */
  auditSignInDays: z._default(z.coerce.number().check(z.int(), z.minimum(1)), limits.auditDays.signIns),
  auditChangeDays: z._default(z.coerce.number().check(z.int(), z.minimum(1)), limits.auditDays.changes),
  /** Origins that the hosted prompt may send a browser back to, comma separated. */
  returnOrigins: z.pipe(
    z._default(z.string(), ''),
    z.transform((list) => list.split(',').filter((origin) => origin !== '')),
  ),
  /** The domain that passkeys are bound to. Without it the deployment has none. */
  passkeyRpId: z.optional(text),
  /** The origins of the pages that may ask for a passkey, comma separated. */
  passkeyOrigins: z.pipe(
    z._default(z.string(), ''),
    z.transform((list) => list.split(',')),
  ),
  productName: text,
  /** The domain that codes by text message are bound to. Without it the deployment sends none. */
  smsDomain: z.optional(text),
  smsOriginationArn: arn,
  smsConfigurationSet: z.optional(text),
  /** Where text messages may go (ISO 3166 alpha-2, comma separated), unless the account has a list of its own. */
  smsCountries: z.pipe(
    z._default(z.string(), ''),
    z.transform((list) => list.split(',')),
  ),
  smsPerAccountDay: z._default(z.coerce.number().check(z.int(), z.minimum(1)), 500),
  supportContact: z.optional(text),
  /** The page where users change their security settings; mails link to nothing else. */
  settingsUrl: z.optional(z.url({ protocol: /^https$/ })),
  /** Of the secret by which requests that come through the front are known, where there is one. */
  frontSecretSha256: z.optional(z.string().check(z.regex(/^[0-9a-f]{64}$/))),
  /** PBKDF2 rounds of new recovery codes (OWASP: 210,000 for SHA-512). */
  recoveryCodeRounds: z._default(z.coerce.number().check(z.int(), z.minimum(1000)), 210_000),
} as const;

type Config = { [K in keyof typeof schemas]: z.infer<(typeof schemas)[K]> };

/** The value of one setting, such as `tableName` from `TABLE_NAME`. Throws what is wrong with it by name, never by value. */
export function setting<K extends keyof Config>(name: K): Config[K] {
  const variable = name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
  const parsed = schemas[name].safeParse(process.env[variable]);
  if (!parsed.success) {
    throw new Error(`${variable} is missing or invalid`);
  }
  return parsed.data as Config[K];
}
