/**
 * The alarms. Each one means that somebody should look; none fires because users mistype codes.
 */
import { Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Alarm, type IMetric, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

type Watched = {
  http: HttpApi;
  functions: Readonly<Record<string, LambdaFunction>>;
  courier: LambdaFunction;
  undelivered: Queue;
  alarmTopicArn?: string | undefined;
};

const period = Duration.minutes(5);
const latestNoticeMs = Duration.minutes(5).toMilliseconds();

/** Alarms over the API, the functions and the courier; they notify the topic when one is configured. */
export class Watch extends Construct {
  readonly #topic: ITopic | undefined;

  constructor(scope: Construct, id: string, watched: Watched) {
    super(scope, id);
    const { http, functions, courier, undelivered, alarmTopicArn } = watched;
    this.#topic = alarmTopicArn ? Topic.fromTopicArn(this, 'Topic', alarmTopicArn) : undefined;

    this.#alarm(
      'ServerErrors',
      'The API answered with 5xx.',
      http.metricServerError({ period, statistic: 'Sum' }),
      5,
    );
    for (const [flow, lambda] of Object.entries(functions)) {
      this.#alarm(
        `Errors-${flow}`,
        `The function ${flow} crashed or timed out.`,
        lambda.metricErrors({ period }),
        1,
      );
    }
    // Functions share the account's concurrency: whichever is throttled, sign-ins are next.
    this.#alarm(
      'Throttles',
      'Functions of this account and region were throttled.',
      regional('Throttles'),
      1,
    );
    this.#alarm(
      'CourierAge',
      'Notices wait longer than 5 minutes for the courier.',
      courier.metric('IteratorAge', { period, statistic: 'Maximum' }),
      latestNoticeMs,
    );
    this.#alarm(
      'Undelivered',
      'The courier gave up on a part of the stream.',
      undelivered.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' }),
      1,
    );
    this.#alarm(
      'IntegrityFailure',
      'A stored secret did not open: an item was changed or swapped by somebody else than Countersign.',
      integrityFailures,
      1,
    );
  }

  #alarm(id: string, alarmDescription: string, metric: IMetric, threshold: number): void {
    const alarm = new Alarm(this, id, {
      alarmDescription,
      metric,
      threshold,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    if (this.#topic) alarm.addAlarmAction(new SnsAction(this.#topic));
  }
}

const regional = (metricName: string) =>
  new Metric({ namespace: 'AWS/Lambda', metricName, period, statistic: 'Sum' });

const integrityFailures = new Metric({
  namespace: 'Countersign',
  metricName: 'IntegrityFailure',
  dimensionsMap: { service: 'countersign' },
  period,
  statistic: 'Sum',
});
