/**
 * What starts the function that puts attempts on record: the table's stream, for items that an attempt wrote and for people
 * who are gone. What it could not record is kept whole in a bucket: a queue would get a place in the stream alone, and the
 * stream forgets after 24 hours.
 */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { CfnEventSourceMapping, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { readsStream } from './courier.ts';

/** Lambda's filters look into the record's own part alone; a person who is gone has no new image, and so no `rev` in it. */
export const attemptFilters = [
  { dynamodb: { NewImage: { attempt: { M: { id: { S: [{ exists: true }] } } } } } },
  {
    dynamodb: {
      Keys: { pk: { S: [{ prefix: 'user#' }] }, sk: { S: ['state'] } },
      NewImage: { rev: { N: [{ exists: false }] } },
    },
  },
];

/** The function's trigger. It exists before its function, whose role is given `statements`; `start` then connects them. */
export class AttemptTrigger extends Construct {
  readonly statements: PolicyStatement[];
  readonly #streamArn: string;
  readonly #unrecorded: Bucket;

  constructor(scope: Construct, id: string, table: Table, key: Key) {
    super(scope, id);
    this.#streamArn = table.tableStreamArn as string;
    this.#unrecorded = new Bucket(this, 'Unrecorded', {
      encryption: BucketEncryption.KMS,
      encryptionKey: key,
      bucketKeyEnabled: true,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      versioned: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      // They are people's data: no longer than it takes to drive them again.
      lifecycleRules: [{ expiration: Duration.days(14), noncurrentVersionExpiration: Duration.days(1) }],
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    acknowledge(
      this.#unrecorded,
      'AwsSolutions-S1',
      'Lambda alone writes into it, and only what failed: CloudTrail shows who reads.',
    );
    this.statements = [
      readsStream(this.#streamArn),
      new PolicyStatement({ actions: ['s3:ListBucket'], resources: [this.#unrecorded.bucketArn] }),
      new PolicyStatement({
        actions: ['s3:PutObject'],
        resources: [`${this.#unrecorded.bucketArn}/aws/lambda/*`],
      }),
    ];
  }

  /** Starts the function from the stream. */
  start(recorder: LambdaFunction): void {
    const bucketId = Stack.of(this).getLogicalId(this.#unrecorded.node.defaultChild as CfnBucket);
    acknowledge(
      recorder.role as Role,
      `AwsSolutions-IAM5[Resource::<${bucketId}.Arn>/aws/lambda/*]`,
      'Lambda names the objects itself, by mapping and time.',
    );
    new CfnEventSourceMapping(this, 'Attempts', {
      functionName: recorder.functionName,
      eventSourceArn: this.#streamArn,
      startingPosition: 'LATEST',
      filterCriteria: { filters: attemptFilters.map((filter) => ({ pattern: JSON.stringify(filter) })) },
      functionResponseTypes: ['ReportBatchItemFailures'],
      batchSize: 25,
      maximumBatchingWindowInSeconds: 1,
      bisectBatchOnFunctionError: true,
      maximumRetryAttempts: 8,
      maximumRecordAgeInSeconds: Duration.hours(6).toSeconds(),
      destinationConfig: { onFailure: { destination: this.#unrecorded.bucketArn } },
    });
  }
}
