/**
 * What must outlive every deployment: the table and the keys. All of it is retained when the stack is deleted, and its
 * logical ids depend on the stage alone: renaming or moving the construct must never replace a table or a key.
 */
import { Aws, type CfnResource, RemovalPolicy, Tags } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import { AccountRootPrincipal, AnyPrincipal, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key, type KeyProps, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
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

/**
 * Whoever in this account may use the table may use its key, but only through DynamoDB; and whoever may use the bucket of
 * what the table's stream could not deliver, through S3.
 */
const useThrough = (sid: string, service: string) =>
  new PolicyStatement({
    sid,
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
        'kms:ViaService': `${service}.${Aws.REGION}.${Aws.URL_SUFFIX}`,
      },
    },
  });

/** The functions' roles say who may use the vault; the key itself refuses whatever names no purpose. */
const useForPurpose = ({ keyCustody, alsoOpens }: Pick<Stage, 'keyCustody' | 'alsoOpens'>) => {
  const wrapsKeys = [keyCustody, alsoOpens].includes('cached');
  return new PolicyStatement({
    sid: 'ForItsPurposes',
    principals: [new AccountRootPrincipal()],
    actions: [
      'kms:Decrypt',
      'kms:Encrypt',
      'kms:GenerateDataKey',
      ...(wrapsKeys ? ['kms:GenerateDataKeyPairWithoutPlaintext'] : []),
    ],
    resources: ['*'],
    conditions: {
      StringEquals: {
        'kms:EncryptionContext:purpose': [
          'keyring',
          'totp',
          ...(wrapsKeys ? ['data-key', 'token-key', 'token-public'] : []),
        ],
      },
    },
  });
};

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

/** A stage's part of a logical id, which has letters and digits only: `eu-prod` is `EuProd`. */
const inLogicalId = (stageName: string) =>
  stageName.replace(/(?:^|-)([a-z0-9]*)/g, (_, word: string) => word.charAt(0).toUpperCase() + word.slice(1));

/** What of a stage the table and the keys depend on. */
type StoredStage = Pick<Stage, 'name' | 'signingKeys' | 'tableName' | 'keyCustody' | 'alsoOpens'>;

/** The table, the key over it, the vault key (secrets) and the signing keys (tokens; the first one signs). */
export class Data extends Construct {
  readonly table: Table;
  readonly tableKey: Key;
  readonly vaultKey: Key;
  readonly signingKeys: readonly [Key, ...Key[]];
  readonly #stage: StoredStage;

  constructor(scope: Construct, id: string, stage: StoredStage) {
    super(scope, id);
    this.#stage = stage;
    this.tableKey = this.#key('TableKey', {
      description: 'the table',
      enableKeyRotation: true,
      policy: policyOf(useThrough('ThroughDynamoDB', 'dynamodb'), useThrough('ThroughS3', 's3')),
    });
    this.table = this.#table();
    this.vaultKey = this.#key('VaultKey', {
      description: 'authenticator secrets and the keyring',
      enableKeyRotation: true,
      policy: policyOf(useForPurpose(stage)),
    });
    const [signing, ...published] = stage.signingKeys;
    this.signingKeys = [this.#signingKey(signing), ...published.map((name) => this.#signingKey(name))];
  }

  #signingKey(name: string): Key {
    return this.#key(`SigningKey${name}`, {
      description: `signs tokens (${name})`,
      keySpec: KeySpec.RSA_2048,
      keyUsage: KeyUsage.SIGN_VERIFY,
      policy: policyOf(useForTokens()),
    });
  }

  #key(name: string, props: KeyProps & { description: string }): Key {
    const key = new Key(this, name, {
      ...props,
      description: `Countersign ${this.#stage.name}: ${props.description}`,
      // A first deployment that fails leaves no key behind; any later one never takes a key away.
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    this.#pin(key, name);
    return key;
  }

  /** Fixes the logical id, and tags what it is, so that it is found again when the stack is gone. */
  #pin(resource: Table | Key, name: string): void {
    const logicalId = `Countersign${inLogicalId(this.#stage.name)}${name}`;
    (resource.node.defaultChild as CfnResource).overrideLogicalId(logicalId);
    Tags.of(resource).add('countersign:stage', this.#stage.name);
    Tags.of(resource).add('countersign:part', name);
  }

  #table(): Table {
    const { name, tableName } = this.#stage;
    const table = new Table(this, 'Table', {
      // A fixed name: a second table beside a retained one cannot be made, so no deployment starts on an empty one.
      tableName: tableName ?? `countersign-${name}`,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: this.tableKey,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      timeToLiveAttribute: 'expiresAtSeconds',
      // The courier's filter looks into the new image for `dueAtMs`.
      stream: StreamViewType.NEW_IMAGE,
      // Not RetainExceptOnCreate: taking back a failed creation would meet the deletion protection.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    // A restored table is another resource: under the first one's id, CloudFormation would make it anew instead of importing it.
    this.#pin(table, `Table${(tableName ?? '').replaceAll(/[^A-Za-z0-9]/g, '')}`);
    addIndexes(table);
    return table;
  }
}

/** DynamoDB makes or removes one index in one deployment: add one at a time. */
function addIndexes(table: Table): void {
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
}
