/**
 * Grants of `routes.ts` as IAM statements: single actions on single resources, narrowed by conditions.
 */
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { background, Grant as RouteGrant } from '../lambdas/routes.ts';
import type { Stage } from './stage.ts';

type Custody = Stage['keyCustody'];
export type Grant = RouteGrant | (typeof background)[keyof typeof background]['grants'][number];

/** The ARNs that grants refer to, and the address that mail may come from. */
export type Resources = {
  tableArn: string;
  dueIndexArn: string;
  listingIndexArn: string;
  membersIndexArn: string;
  /** Undefined where the stage has no event bus. */
  eventBusArn: string | undefined;
  vaultKeyArn: string;
  /** How secrets are sealed and tokens signed, and what the stage moves away from. */
  custody: Pick<Stage, 'keyCustody' | 'alsoOpens'>;
  /** The first one signs. */
  signingKeyArns: readonly [string, ...string[]];
  mailIdentityArn: string;
  /** SES checks the right to send through a configuration set as well. */
  mailConfigurationSetArn: string;
  mailConfigurationSet: string;
  mailFrom: string;
  /** Undefined where the stage sends no text messages. */
  smsOriginationArn: string | undefined;
};

const allow = (resources: string | readonly string[], actions: string[], conditions = {}) =>
  new PolicyStatement({ resources: [resources].flat(), actions, conditions });

const items = (...partitionKeys: string[]) => ({
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitionKeys },
});

type Purpose = 'totp' | 'keyring' | 'data-key' | 'token-key' | 'token-public';
const purpose = (name: Purpose, more = {}) => ({
  StringEquals: { 'kms:EncryptionContext:purpose': name, ...more },
});

const ofStates = items('user#*', 'account#*');
const ofKeyring = { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['keyring'] } };
const ofTokenKeys = { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['tokenkeys'] } };
const ofDataKeys = items('datakeys#*');

const useKeyring = (on: Resources) => [
  allow(on.tableArn, ['dynamodb:GetItem'], ofKeyring),
  allow(on.vaultKeyArn, ['kms:Decrypt'], purpose('keyring')),
];

const seals = (on: Resources, custody: Custody) => on.custody.keyCustody === custody;
const opens = (on: Resources, custody: Custody) => seals(on, custody) || on.custody.alsoOpens === custody;

const useDataKeys = (on: Resources) => [
  allow(on.tableArn, ['dynamodb:GetItem'], ofDataKeys),
  allow(on.vaultKeyArn, ['kms:Decrypt'], purpose('data-key')),
];

/** Secrets are sealed one way. */
const sealSecrets = (on: Resources) =>
  seals(on, 'kms')
    ? [allow(on.vaultKeyArn, ['kms:Encrypt'], purpose('totp'))]
    : [
        ...useDataKeys(on),
        allow(on.tableArn, ['dynamodb:PutItem'], ofDataKeys),
        allow(on.vaultKeyArn, ['kms:GenerateDataKey'], purpose('data-key')),
      ];

/** While a stage moves, its KMS key signs until the new one has been published long enough. */
const signTokens = (on: Resources) => [
  ...(opens(on, 'kms') ? [allow(on.signingKeyArns[0], ['kms:Sign'])] : []),
  ...(seals(on, 'cached')
    ? [
        allow(on.tableArn, ['dynamodb:GetItem'], ofTokenKeys),
        allow(on.vaultKeyArn, ['kms:Decrypt'], purpose('token-key')),
      ]
    : []),
];

const createTokenKey = (on: Resources) =>
  seals(on, 'cached')
    ? [
        allow(on.tableArn, ['dynamodb:GetItem', 'dynamodb:PutItem'], ofTokenKeys),
        allow(
          on.vaultKeyArn,
          ['kms:GenerateDataKeyPairWithoutPlaintext'],
          purpose('token-key', { 'kms:DataKeyPairSpec': 'RSA_2048' }),
        ),
        allow(on.vaultKeyArn, ['kms:Encrypt'], purpose('token-public')),
      ]
    : [];

const readCachedPublicKeys = (on: Resources) =>
  opens(on, 'cached')
    ? [
        allow(on.tableArn, ['dynamodb:GetItem'], ofTokenKeys),
        allow(on.vaultKeyArn, ['kms:Decrypt'], purpose('token-public')),
      ]
    : [];
const readKmsPublicKeys = (on: Resources) => allow(on.signingKeyArns, ['kms:GetPublicKey']);

const statements: Record<Grant, (on: Resources) => PolicyStatement[]> = {
  'state:read': (on) => [allow(on.tableArn, ['dynamodb:BatchGetItem'], ofStates)],
  'state:write': (on) => [allow(on.tableArn, ['dynamodb:PutItem'], ofStates)],
  'state:erase': (on) => [
    allow(on.tableArn, ['dynamodb:DeleteItem'], items('user#*')),
    allow(on.tableArn, ['dynamodb:BatchWriteItem', 'dynamodb:Query'], items('user#*', 'log#*')),
  ],
  'account:erase': (on) => [
    allow(on.tableArn, ['dynamodb:BatchWriteItem', 'dynamodb:Query'], items('account#*')),
    allow(on.tableArn, ['dynamodb:BatchWriteItem', 'dynamodb:Query'], items('ledger#*')),
  ],
  'ledger:write': (on) => [
    allow(on.tableArn, ['dynamodb:DeleteItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], items('ledger#*')),
  ],
  'directory:users': (on) => [allow(on.listingIndexArn, ['dynamodb:Query'], items('users#*'))],
  'directory:events': (on) => [
    allow(on.listingIndexArn, ['dynamodb:Query'], items('events#*', 'signins#*')),
    allow(on.tableArn, ['dynamodb:Query'], items('user#*', 'log#*')),
    allow(on.tableArn, ['dynamodb:BatchGetItem'], items('user#*', 'account#*', 'log#*')),
  ],
  'directory:figures': (on) => [allow(on.tableArn, ['dynamodb:GetItem'], items('ledger#*'))],
  'directory:members': (on) => [allow(on.membersIndexArn, ['dynamodb:Query'], items('users#*'))],
  'events:announce': ({ eventBusArn }) => (eventBusArn ? [allow(eventBusArn, ['events:PutEvents'])] : []),
  'directory:admins': (on) => [allow(on.tableArn, ['dynamodb:Query'], items('ledger#*'))],
  'keyring:use': useKeyring,
  'keyring:create': (on) => [
    ...useKeyring(on),
    allow(on.tableArn, ['dynamodb:PutItem'], ofKeyring),
    allow(on.vaultKeyArn, ['kms:GenerateDataKey'], purpose('keyring')),
  ],
  'totp:encrypt': sealSecrets,
  'totp:decrypt': (on) => [
    ...(opens(on, 'kms') ? [allow(on.vaultKeyArn, ['kms:Decrypt'], purpose('totp'))] : []),
    ...(opens(on, 'cached') ? useDataKeys(on) : []),
  ],
  'token:sign': signTokens,
  'token:create': createTokenKey,
  'token:keys': (on) => [...(opens(on, 'kms') ? [readKmsPublicKeys(on)] : []), ...readCachedPublicKeys(on)],
  'token:publish': (on) => [readKmsPublicKeys(on), ...readCachedPublicKeys(on)],
  'mail:send': (on) => [
    allow([on.mailIdentityArn, on.mailConfigurationSetArn], ['ses:SendEmail'], {
      StringEquals: { 'ses:FromAddress': on.mailFrom },
    }),
  ],
  'sms:count': (on) =>
    on.smsOriginationArn ? [allow(on.tableArn, ['dynamodb:UpdateItem'], items('sms#*'))] : [],
  'sms:send': ({ smsOriginationArn }) =>
    smsOriginationArn ? [allow(smsOriginationArn, ['sms-voice:SendTextMessage'])] : [],
  'outbox:find': (on) => [allow(on.dueIndexArn, ['dynamodb:Query'])],
  'attempts:record': (on) => [
    allow(on.tableArn, ['dynamodb:BatchGetItem'], items('user#*')),
    allow(on.tableArn, ['dynamodb:BatchWriteItem', 'dynamodb:PutItem', 'dynamodb:Query'], items('log#*')),
  ],
  // What the bus does not take is set aside beside its user.
  'attempts:announce': ({ eventBusArn, tableArn }) =>
    eventBusArn
      ? [allow(eventBusArn, ['events:PutEvents']), allow(tableArn, ['dynamodb:PutItem'], items('user#*'))]
      : [],
  'audit:write': (on) => [allow(on.tableArn, ['dynamodb:PutItem'], items('user#*', 'account#*'))],
};

/** What a function with these grants may do: nothing that is not in its grants. */
export function statementsFor(grants: readonly Grant[], on: Resources): PolicyStatement[] {
  return grants.flatMap((grant) => statements[grant](on));
}
