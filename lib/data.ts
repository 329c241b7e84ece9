/**
 * What must outlive every deployment: the table and the keys. All of it is retained when the stack is deleted.
 */
import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import { AccountRootPrincipal, AnyPrincipal, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Stage } from './stage.ts';

export const dueIndex = 'due';
export const listingIndex = 'listing';
export const membersIndex = 'members';

/**
 * What the account's administrators may do with a key: everything but use it.
 * Whoever wants to open a secret has to change the key's policy first, and CloudTrail shows that.
 */
const administration = () =>
  new PolicyStatement({
    sid: 'Administration',
    principals: [new AccountRootPrincipal()],
    actions: [
      'kms:CancelKeyDeletion',
      'kms:CreateAlias',
      'kms:DeleteAlias',
      'kms:DescribeKey',
      'kms:DisableKey',
      'kms:DisableKeyRotation',
      'kms:EnableKey',
      'kms:EnableKeyRotation',
      'kms:GetKeyPolicy',
      'kms:GetKeyRotationStatus',
      'kms:GetPublicKey',
      'kms:ListGrants',
      'kms:ListKeyPolicies',
      'kms:ListResourceTags',
      'kms:ListRetirableGrants',
      'kms:PutKeyPolicy',
      'kms:RevokeGrant',
      'kms:ScheduleKeyDeletion',
      'kms:TagResource',
      'kms:UntagResource',
      'kms:UpdateAlias',
      'kms:UpdateKeyDescription',
    ],
    resources: ['*'],
  });

/** Whoever in this account may use the table may use its key, but only through DynamoDB. */
const useThroughDynamo = () =>
  new PolicyStatement({
    sid: 'ThroughDynamoDB',
    principals: [new AnyPrincipal()],
    actions: [
      'kms:CreateGrant',
      'kms:Decrypt',
      'kms:DescribeKey',
      'kms:Encrypt',
      'kms:GenerateDataKey*',
      'kms:ReEncrypt*',
    ],
    resources: ['*'],
    conditions: {
      StringEquals: {
        'kms:CallerAccount': Aws.ACCOUNT_ID,
        'kms:ViaService': `dynamodb.${Aws.REGION}.${Aws.URL_SUFFIX}`,
      },
    },
  });

/** The functions' roles say who may use the vault; the key itself refuses whatever names no purpose. */
const useForPurpose = () =>
  new PolicyStatement({
    sid: 'ForItsPurposes',
    principals: [new AccountRootPrincipal()],
    actions: ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey'],
    resources: ['*'],
    conditions: { StringEquals: { 'kms:EncryptionContext:purpose': ['keyring', 'totp'] } },
  });

const useForTokens = () =>
  new PolicyStatement({
    sid: 'SignTokens',
    principals: [new AccountRootPrincipal()],
    actions: ['kms:Sign'],
    resources: ['*'],
    conditions: { StringEquals: { 'kms:SigningAlgorithm': 'RSASSA_PKCS1_V1_5_SHA_256' } },
  });

const policyOf = (...statements: PolicyStatement[]) =>
  new PolicyDocument({ statements: [administration(), ...statements] });

/** The table, the key over it, the vault key (secrets) and the signing keys (tokens; the first one signs). */
export class Data extends Construct {
  readonly table: Table;
  readonly vaultKey: Key;
  readonly signingKeys: readonly [Key, ...Key[]];

  constructor(scope: Construct, id: string, options: Pick<Stage, 'signingKeys'>) {
    super(scope, id);
    this.table = this.#table();
    this.vaultKey = new Key(this, 'VaultKey', {
      description: 'Countersign: authenticator secrets and the keyring',
      enableKeyRotation: true,
      policy: policyOf(useForPurpose()),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const [signing, ...published] = options.signingKeys;
    this.signingKeys = [this.#signingKey(signing), ...published.map((name) => this.#signingKey(name))];
  }

  #signingKey(name: string): Key {
    return new Key(this, `SigningKey${name}`, {
      description: `Countersign: signs tokens (${name})`,
      keySpec: KeySpec.RSA_2048,
      keyUsage: KeyUsage.SIGN_VERIFY,
      policy: policyOf(useForTokens()),
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  #table(): Table {
    const encryptionKey = new Key(this, 'TableKey', {
      description: 'Countersign: the table',
      enableKeyRotation: true,
      policy: policyOf(useThroughDynamo()),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      timeToLiveAttribute: 'expiresAtSeconds',
      // The courier's filter looks into the new image for `dueAtMs`.
      stream: StreamViewType.NEW_IMAGE,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    table.addGlobalSecondaryIndex({
      indexName: dueIndex,
      partitionKey: { name: 'duePartition', type: AttributeType.STRING },
      sortKey: { name: 'dueAtMs', type: AttributeType.NUMBER },
      projectionType: ProjectionType.KEYS_ONLY,
    });
    table.addGlobalSecondaryIndex({
      indexName: listingIndex,
      partitionKey: { name: 'listPartition', type: AttributeType.STRING },
      sortKey: { name: 'listKey', type: AttributeType.STRING },
      projectionType: ProjectionType.KEYS_ONLY,
    });
    table.addGlobalSecondaryIndex({
      indexName: membersIndex,
      partitionKey: { name: 'listPartition', type: AttributeType.STRING },
      sortKey: { name: 'pk', type: AttributeType.STRING },
      projectionType: ProjectionType.KEYS_ONLY,
    });
    return table;
  }
}
