/** What a user of the construct says. `stages/<name>.json` has the same fields, and two more for its own stack. */

/** The parts of an account's policy that a stage may set for accounts that have not set their own. */
export type DefaultPolicy = {
  mode?: 'optional' | 'required';
  methods?: readonly string[];
  rememberDevice?: { allowed: boolean; days: number };
  federated?: 'bypass' | 'challenge' | 'challenge_unless_mfa';
  sensitiveActions?: 'password_and_factor' | 'password';
  resetRole?: 'admin' | 'support' | 'admin_or_support';
  bootstrap?: 'email' | 'none';
  strictWindow?: boolean;
};

/** A domain of one's own, with its certificate; with `hostedZoneId`, its record in Route 53. */
type OwnDomain = { name: string; certificateArn: string; hostedZoneId?: string };

/** What stands before the API for browsers. `docs/deploy.md` tells how to make the secret. */
export type Front = {
  /** Where browsers call. The certificate is one of us-east-1. */
  domain: OwnDomain;
  /** The secret of AWS Secrets Manager, in us-east-1, by which the API knows what comes through the front. */
  secretName: string;
  /** SHA-256 of that secret, in hexadecimal digits: what the functions compare with. */
  secretSha256: string;
  /**
   * The most requests of one address in five minutes.
   * @default 1000
   */
  requestsPerFiveMinutes?: number;
};

/** The properties of `Countersign`. */
export type CountersignProps = {
  /**
   * The name of this deployment, in every name that it has in AWS. Two in one account and region need two names.
   * @default 'prod'
   */
  stage?: string;
  /** The name that users see in mails and in their authenticator. At most 60 bytes. */
  productName: string;
  /** The bare address that mails come from. Its domain, or `mailIdentity`, is verified in SES. */
  mailFrom: string;
  /**
   * The verified SES identity.
   * @default - the domain of `mailFrom`
   */
  mailIdentity?: string;
  /**
   * The most mails a second that a notice to all users of an account may take of the SES quota.
   * @default 10
   */
  mailsPerSecond?: number;
  /** `aud` of the result tokens: what your app checks. */
  audience: string;
  /**
   * The exact https origins of the pages that call Countersign from browsers.
   * @default - none: browsers of no other origin may call
   */
  allowedOrigins?: readonly string[];
  /**
   * Request headers that browsers may send beside `authorization`, `content-type` and `idempotency-key`.
   * @default - none
   */
  allowedHeaders?: readonly string[];
  /**
   * The origins that the hosted prompt may send a browser back to.
   * @default - `allowedOrigins`
   */
  returnOrigins?: readonly string[];
  /**
   * Passkeys. `rpId` is the host, or a parent domain of the host, of every origin.
   * @default - passkeys are not offered
   */
  passkeys?: { rpId: string; origins: readonly string[] };
  /**
   * A domain of your own for the API, with its certificate in the same region. With `hostedZoneId`, its record in Route 53.
   * @default - the address that API Gateway gives
   */
  domain?: OwnDomain;
  /**
   * Turns the address that API Gateway gives off. Needs `domain`.
   * @default false
   */
  disableExecuteApiEndpoint?: boolean;
  /**
   * CloudFront with a rate rule before the browsers' routes: `CountersignFront`, in a stack of its own. Needs `domain`.
   * @default - browsers call the API itself
   */
  front?: Front;
  /**
   * `iss` of the tokens: an https origin under which this API answers.
   * @default - the front's domain, else `domain`, else the address that API Gateway gives
   */
  issuerUrl?: string;
  /**
   * Whom users can turn to when they are locked out.
   * @default - nothing
   */
  supportContact?: string;
  /**
   * The https page of your app with the security settings. Mails link to it, and to nothing else.
   * @default - mails have no link
   */
  settingsUrl?: string;
  /**
   * What holds for accounts that have set no policy; what is left out has the defaults of the documentation.
   * @default - the documented defaults
   */
  defaultPolicy?: DefaultPolicy;
  /**
   * Whether every sign-in is on record.
   * @default true
   */
  auditSignIns?: boolean;
  /**
   * How many days records are kept: those of sign-ins, and those of changes.
   * @default - { signIns: 90, changes: 400 }
   */
  auditDays?: { signIns?: number; changes?: number };
  /**
   * `kms`: every use of a secret and every signature is a call to KMS. `cached`: none is, at high volume.
   * @default 'kms'
   */
  keyCustody?: 'kms' | 'cached';
  /**
   * The custody that this deployment comes from, while secrets that it sealed are left. `countersign reseal` moves them.
   * @default - none
   */
  alsoOpens?: 'kms' | 'cached';
  /**
   * Whether there is a route that imports authenticators.
   * @default false
   */
  imports?: boolean;
  /**
   * An event bus of this account and region that hears of every change.
   * @default - none
   */
  eventBusName?: string;
  /**
   * Codes by text message: where they come from, and where they may go. See docs/sms.md.
   * @default - no text messages
   */
  sms?: {
    originationArn: string;
    configurationSet?: string;
    domain?: string;
    countries?: readonly string[];
    perAccountDay?: number;
  };
  /**
   * Roles of this account that may call the app routes. `grantCallAppRoutes` does the same for a role of your own app.
   * @default - none
   */
  callerRoleArns?: readonly string[];
  /**
   * Roles of this account that may call the operator's routes, and the app routes as well.
   * @default - none
   */
  operatorRoleArns?: readonly string[];
  /**
   * Requests a second, and the burst above it, by route: in place of those that the API table names.
   * @default - the API table's
   */
  throttles?: Readonly<Record<string, { rate: number; burst: number }>>;
  /**
   * The account's limit of concurrent functions in this region. With it, sign-ins and the key set have a part of it to
   * themselves, and a flood on another route cannot take it.
   * @default - nothing is reserved
   */
  accountConcurrency?: number;
  /**
   * Names of the signing keys: the first signs, all are published. The deploy guide tells how to rotate.
   * @default ['1']
   */
  signingKeys?: readonly [string, ...string[]];
  /**
   * The table's name: another one for a table that was restored from a backup.
   * @default - countersign-<stage>
   */
  tableName?: string;
  /**
   * How many days logs are kept.
   * @default 90
   */
  logRetentionDays?: number;
  /**
   * An SNS topic for the alarms.
   * @default - alarms only change colour
   */
  alarmTopicArn?: string;
  /**
   * The functions' code, one folder each.
   * @default - what the package brings
   */
  bundlesDir?: string;
};
