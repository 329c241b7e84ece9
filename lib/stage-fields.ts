/** What each field of a stage may be, with the words for what it may not. */
import { Token } from 'aws-cdk-lib';
import * as z from 'zod';
import { leastConcurrency } from './room.ts';

const matching = (pattern: RegExp, words: string) => z.string(words).regex(pattern, words);

/** A value that CDK knows only later, such as `topic.topicArn`, passes: CloudFormation judges it. */
const unlessToken = (pattern: RegExp, words: string) =>
  z.string(words).refine((text) => Token.isUnresolved(text) || pattern.test(text), words);

const encoder = new TextEncoder();

/** Text that people see: one line of well-formed Unicode, within `maxBytes` of UTF-8. */
const shownText = (maxBytes: number) =>
  z
    .string('must be text')
    .trim()
    .min(1, 'must not be empty')
    .regex(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]*$/u, 'must be one line without control characters')
    .refine((text) => encoder.encode(text).length <= maxBytes, `must have at most ${maxBytes} bytes`);

const isLoopback = ({ hostname }: URL) => hostname === 'localhost' || hostname === '127.0.0.1';

/** An origin as browsers send it: scheme, host and port, and nothing else. Plain http is for this machine alone. */
const origin = (isOwnMachine: boolean) =>
  z.string('must be text').refine((text) => {
    if (!URL.canParse(text)) {
      return false;
    }
    const url = new URL(text);
    if (url.origin !== text || text.includes('*')) {
      return false;
    }
    return url.protocol === 'https:' || (isOwnMachine && isLoopback(url));
  }, 'must be an exact https origin, such as https://app.example.com');

const domain = matching(
  /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*$/,
  'is not a domain',
);
/** WebAuthn and text messages bind codes to a name, never to an address. */
const boundTo = z
  .string('must be text')
  .refine((text) => text === 'localhost' || domain.safeParse(text).success, 'is not a domain');
const flag = z.boolean('must be true or false');
const whole = (min: number, max: number) => {
  const words = `must be a whole number from ${min} to ${max}`;
  return z.int(words).min(min, words).max(max, words);
};

const roleArn = matching(
  /^arn:[\w-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/,
  'is not the ARN of a role, such as arn:aws:iam::111122223333:role/back-end',
);

const keyName = matching(/^[A-Za-z0-9]{1,20}$/, 'must be 1 to 20 letters and digits');
const custody = z.literal(['kms', 'cached'], 'must be "kms" or "cached"');

/** Without it, nobody gets a code by text message. `docs/sms.md` tells what to set up in AWS before. */
const sms = z.strictObject({
  /** What messages come from: a phone number, a pool or a sender id. */
  originationArn: unlessToken(
    /^arn:[\w-]+:sms-voice:[\w-]+:\d{12}:(phone-number|pool|sender-id)\/\S+$/,
    'is no origination identity',
  ),
  configurationSet: z.string('must be text').min(1, 'must not be empty').optional(),
  /** The domain of the sign-in page, which codes are bound to: the first allowed origin's, unless it says another. */
  domain: boundTo.optional(),
  /** ISO 3166 alpha-2. Accounts without a list of their own text to these countries alone. */
  countries: z
    .array(matching(/^[A-Z]{2}$/, 'is not a country code such as DE'), 'must be a list')
    .default([]),
  perAccountDay: whole(1, 1_000_000).default(500),
});

const throttle = z.strictObject({ rate: whole(1, 10_000), burst: whole(1, 5000) });

const ownDomain = z.strictObject({
  name: domain,
  certificateArn: unlessToken(
    /^arn:[\w-]+:acm:[\w-]+:\d{12}:certificate\/\S+$/,
    'is not the ARN of a certificate',
  ),
  hostedZoneId: unlessToken(/^[A-Z0-9]{1,32}$/, 'is not the id of a hosted zone').optional(),
});

const front = z.strictObject({
  domain: ownDomain,
  secretName: matching(/^[\w/+=.@-]{1,512}$/, 'is not the name of a secret'),
  secretSha256: matching(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'),
  /** The least that a rate rule of AWS WAF takes is 10. */
  requestsPerFiveMinutes: whole(10, 2_000_000_000).default(1000),
});

/** The fields that do not depend on where the stage is. */
const everywhere = {
  productName: shownText(60),
  mailFrom: z.email('must be a bare address, such as security@example.com'),
  mailIdentity: z.string('must be text').min(1, 'must not be empty').optional(),
  mailsPerSecond: whole(1, 1000).default(10),
  eventBusName: unlessToken(/^[\w.-]{1,256}$/, 'is not the name of an event bus').optional(),
  audience: z.string('must be text').min(1, 'must not be empty'),
  allowedHeaders: z
    .array(matching(/^[a-z0-9-]{1,64}$/, 'is not the name of a header in lower case'), 'must be a list')
    .default([]),
  domain: ownDomain.optional(),
  front: front.optional(),
  disableExecuteApiEndpoint: flag.default(false),
  supportContact: shownText(200).optional(),
  settingsUrl: z
    .string('must be text')
    .refine((text) => URL.canParse(text) && new URL(text).protocol === 'https:', 'must be an https URL')
    .optional(),
  auditSignIns: flag.default(true),
  auditDays: z
    .strictObject({ signIns: whole(1, 3650).default(90), changes: whole(1, 3650).default(400) })
    .prefault({}),
  keyCustody: custody.default('kms'),
  alsoOpens: custody.optional(),
  imports: flag.default(false),
  sms: sms.optional(),
  callerRoleArns: z.array(roleArn, 'must be a list of roles').default([]),
  operatorRoleArns: z.array(roleArn, 'must be a list of roles').default([]),
  throttles: z.record(z.string(), throttle, 'must name routes').default({}),
  accountConcurrency: whole(leastConcurrency, 1_000_000).optional(),
  signingKeys: z
    .tuple([keyName], keyName)
    .refine((names) => new Set(names).size === names.length, 'must not name a key twice')
    .default(['1']),
  tableName: matching(/^[\w.-]{3,255}$/, 'is not the name of a table').optional(),
  logRetentionDays: z
    .literal(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096],
      'must be a number of days that CloudWatch has, such as 30, 90 or 365',
    )
    .default(90),
  alarmTopicArn: unlessToken(/^arn:[\w-]+:sns:[\w-]+:\d{12}:\S+$/, 'is not the ARN of a topic').optional(),
};

/** The fields of one stage; `isOwnMachine` where it never leaves this machine. */
export const stageFields = (isOwnMachine: boolean) => {
  const origins = z.array(origin(isOwnMachine), 'must be a list of origins');
  return {
    ...everywhere,
    allowedOrigins: origins.default([]),
    returnOrigins: origins.optional(),
    passkeys: z
      .strictObject({
        rpId: boundTo,
        origins: origins.min(1, 'must name an origin'),
      })
      .optional(),
    issuerUrl: origin(isOwnMachine).optional(),
  };
};
