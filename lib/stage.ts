/**
 * The configuration of one deployed stage: `stages/<name>.json`, read once, refused when anything in it is not known.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

const arn = z.string().regex(/^arn:[\w-]+:[\w-]+:[\w-]*:\d*:\S+$/, 'is not an ARN');

const keyName = z.string().regex(/^[A-Za-z0-9]{1,20}$/, 'must be 1 to 20 letters and digits');

const secureUrl = z
  .string()
  .refine(
    (text) => URL.canParse(text) && new URL(text).protocol === 'https:' && !text.endsWith('/'),
    'must be an https URL without a slash at its end',
  );

/** An origin as browsers send it: scheme, host and port, and nothing else. Plain http is for the local stage alone. */
const origin = (stageName: string) =>
  z.string().refine((text) => {
    if (!URL.canParse(text)) return false;
    const url = new URL(text);
    if (url.origin !== text || text.includes('*')) return false;
    const isLoopback = url.hostname === 'localhost' || url.hostname === '127.0.0.1';
    return url.protocol === 'https:' || (stageName === 'local' && isLoopback);
  }, 'must be an exact https origin, such as https://app.example.com');

/** Without it, nobody gets a code by text message. `docs/sms.md` tells what to set up in AWS before. */
const sms = z.strictObject({
  /** What messages come from: a phone number, a pool or a sender id. */
  originationArn: z
    .string()
    .regex(
      /^arn:[\w-]+:sms-voice:[\w-]+:\d{12}:(phone-number|pool|sender-id)\/\S+$/,
      'is no origination identity',
    ),
  configurationSet: z.string().min(1).optional(),
  /** The domain of the sign-in page, which codes are bound to: the first allowed origin's, unless it says another. */
  domain: z
    .string()
    .regex(/^[a-z0-9.-]+$/, 'is not a domain')
    .optional(),
  /** ISO 3166 alpha-2. Accounts without a list of their own text to these countries alone. */
  countries: z.array(z.string().regex(/^[A-Z]{2}$/, 'is not a country code such as DE')).default([]),
  perAccountDay: z.int().min(1).default(500),
});

const configuration = (stageName: string) =>
  z.strictObject({
    region: z
      .string()
      .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'is not an AWS region')
      .optional(),
    account: z
      .string()
      .regex(/^\d{12}$/, 'must have 12 digits')
      .optional(),
    productName: z.string().min(1).max(60),
    /** The bare address. The name that readers see beside it is `productName`. */
    mailFrom: z.email(),
    /** The verified SES identity: the domain of `mailFrom`, unless only the address itself was verified. */
    mailIdentity: z.string().min(1).optional(),
    /** The most mails a second that a notice to all users of an account may take of the SES quota. */
    mailsPerSecond: z.int().min(1).max(1000).default(10),
    /** An event bus that is told of every change; without it nobody is. */
    eventBusName: z
      .string()
      .regex(/^[\w.-]{1,256}$/, 'is not the name of an event bus')
      .optional(),
    /** `aud` of the result tokens: what the app checks. */
    audience: z.string().min(1),
    allowedOrigins: z.array(origin(stageName)),
    supportContact: z.string().min(1).optional(),
    /** The page where users change their security settings; notices link to it, and to nothing else. */
    settingsUrl: secureUrl.optional(),
    /** A folder of mail texts that replace the built-in ones; from `stages/` on. `docs/mails.md` tells what is in it. */
    mailsDir: z.string().min(1).optional(),
    issuerUrl: secureUrl.optional(),
    logRetentionDays: z.literal([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096]),
    alarmTopicArn: arn.optional(),
    /** The roles of the company's back end that may call the app routes. */
    callerRoleArns: z.array(arn).default([]),
    /** Names of the signing keys: the first signs, all are published. `docs/deploy.md` tells how to rotate. */
    signingKeys: z
      .tuple([keyName], keyName)
      .refine((names) => new Set(names).size === names.length, 'must not name a key twice')
      .default(['1']),
    sms: sms.optional(),
  });

const smsHasDomain = ({ sms, allowedOrigins }: Omit<Stage, 'name'>) =>
  !sms || sms.domain !== undefined || allowedOrigins.length > 0;

export type Stage = z.infer<ReturnType<typeof configuration>> & { name: string };

/**
 * The configuration of the stage `name`, checked.
 * Throws an error that names every wrong field, also for fields that do not exist and for origins that are not https.
 */
export function parseStage(name: string, json: unknown): Stage {
  const parsed = configuration(name)
    .refine(smsHasDomain, 'sms.domain is needed where there is no allowed origin')
    .safeParse(json);
  if (!parsed.success) throw new Error(`stages/${name}.json is not valid:\n${z.prettifyError(parsed.error)}`);
  return { name, ...parsed.data };
}

/** Reads `stages/<name>.json`. Throws when the name is not one, when there is no such file, or when it is not valid. */
export function readStage(name: string): Stage {
  if (!/^[a-z][a-z0-9-]{0,19}$/.test(name)) {
    throw new Error(`The stage name "${name}" must be 1 to 20 lower-case letters, digits and dashes.`);
  }
  const file = new URL(`../stages/${name}.json`, import.meta.url);
  if (!existsSync(file)) throw new Error(`There is no stage "${name}": stages/${name}.json does not exist.`);
  const { mailsDir, ...stage } = parseStage(name, JSON.parse(readFileSync(file, 'utf8')));
  return mailsDir === undefined ? stage : { ...stage, mailsDir: fileURLToPath(new URL(mailsDir, file)) };
}
