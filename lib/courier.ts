/**
 * What starts the courier: the table's stream as soon as an item has pending notices, and a sweep every minute for
 * whatever the stream did not bring about.
 */
import { Duration } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnEventSourceMapping, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

const hasPendingNotices = JSON.stringify({
  dynamodb: { NewImage: { dueAtMs: { N: [{ exists: true }] } } },
});

/** What Lambda asks of the role of a function that a stream starts; without ListStreams it refuses the mapping. */
export const readsStream = (streamArn: string): PolicyStatement =>
  new PolicyStatement({
    actions: ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'].map(
      (name) => `dynamodb:${name}`,
    ),
    resources: [streamArn],
  });

/** The courier's triggers. They exist before its function, whose role is given `statements`; `start` then connects them. */
export class CourierTriggers extends Construct {
  /** Stream positions that the courier failed on. The notices themselves stay in their items, for the sweep. */
  readonly undelivered: Queue;
  readonly statements: PolicyStatement[];
  readonly #streamArn: string;

  constructor(scope: Construct, id: string, table: Table) {
    super(scope, id);
    this.#streamArn = table.tableStreamArn as string;
    this.undelivered = new Queue(this, 'Undelivered', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    acknowledge(this.undelivered, 'AwsSolutions-SQS3', 'This queue is the dead-letter queue of the stream.');
    this.statements = [
      readsStream(this.#streamArn),
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.undelivered.queueArn] }),
    ];
  }

  /** Starts the courier from the stream and every minute. */
  start(courier: LambdaFunction): void {
    new CfnEventSourceMapping(this, 'Outbox', {
      functionName: courier.functionName,
      eventSourceArn: this.#streamArn,
      startingPosition: 'LATEST',
      filterCriteria: { filters: [{ pattern: hasPendingNotices }] },
      batchSize: 25,
      bisectBatchOnFunctionError: true,
      maximumRetryAttempts: 3,
      maximumRecordAgeInSeconds: Duration.hours(1).toSeconds(),
      destinationConfig: { onFailure: { destination: this.undelivered.queueArn } },
    });
    new Rule(this, 'Sweep', {
      description: 'Countersign: deliver the notices that are due',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaTarget(courier, { retryAttempts: 0, maxEventAge: Duration.minutes(1) })],
    });
    // The next sweep is a minute away and finds the same notices: a failed one needs no second try.
    courier.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) });
  }
}
