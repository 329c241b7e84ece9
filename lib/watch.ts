/**
 * The alarms. Each one means that somebody should look; none fires because users mistype codes.
 */
import { Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Alarm, type IMetric, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Functions } from './functions.ts';
import type { Stage } from './stage.ts';

type Watched = {
  http: HttpApi;
  functions: Functions['byFlow'];
  undelivered: Queue;
  stage: Stage;
};

const period = Duration.minutes(5);
const latestNoticeMs = Duration.minutes(5).toMilliseconds();

/** Alarms over the API, the functions and the courier; they notify the topic when one is configured. */
export class Watch extends Construct {
  readonly #topic: ITopic | undefined;

  constructor(scope: Construct, id: string, watched: Watched) {
    super(scope, id);
    const { alarmTopicArn } = watched.stage;
    this.#topic = alarmTopicArn ? Topic.fromTopicArn(this, 'Topic', alarmTopicArn) : undefined;
    this.#watchApi(watched);
    this.#watchCourier(watched);
  }

  #watchApi({ http, functions }: Watched): void {
    this.#alarm('ServerErrors', 'The API answered with 5xx.', http.metricServerError({ period }), 5);
    for (const [flow, lambda] of Object.entries(functions)) {
      this.#alarm(
        `Errors-${flow}`,
        `The function ${flow} crashed or timed out.`,
        lambda.metricErrors({ period }),
        1,
      );
    }
    // Functions share the account's concurrency: whichever is throttled, sign-ins are next.
    this.#alarm('Throttles', 'Functions of this account and region were throttled.', regionalThrottles, 1);
    this.#alarm(
      'IntegrityFailure',
      'A stored secret did not open: an item was changed or swapped by somebody else than Countersign.',
      integrityFailures,
      1,
    );
    this.#alarm(
      'SmsBreaker',
      'The text messages of an account stopped for an hour: many codes were sent and few were used.',
      smsStopped,
      1,
    );
  }

  #watchCourier({ functions: { courier }, undelivered, stage }: Watched): void {
    const failures = this.#failures(courier, stage);
    const age = courier.metric('IteratorAge', { period, statistic: 'Maximum' });
    const left = undelivered.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' });
    this.#alarm('FailedDeliveries', 'A notice could not be delivered.', failures, 1);
    this.#alarm('CourierAge', 'Notices wait longer than 5 minutes for the courier.', age, latestNoticeMs);
    this.#alarm('NoticeSetAside', 'A notice failed too often and was set aside.', noticesSetAside, 1);
    this.#alarm('Undelivered', 'The courier gave up on a part of the stream.', left, 1);
  }

  /** The courier survives what it cannot deliver and tries again later: only its log tells. */
  #failures(courier: LambdaFunction, stage: Stage): Metric {
    return new MetricFilter(this, 'CourierFailures', {
      logGroup: courier.logGroup,
      filterPattern: FilterPattern.stringValue('$.message', '=', 'failure'),
      metricNamespace: `Countersign/${stage.name}`,
      metricName: 'FailedDelivery',
    }).metric({ period, statistic: 'Sum' });
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

const regionalThrottles = new Metric({
  namespace: 'AWS/Lambda',
  metricName: 'Throttles',
  period,
  statistic: 'Sum',
});

const own = (metricName: string) =>
  new Metric({
    namespace: 'Countersign',
    metricName,
    dimensionsMap: { service: 'countersign' },
    period,
    statistic: 'Sum',
  });

const integrityFailures = own('IntegrityFailure');
const noticesSetAside = own('NoticeSetAside');
const smsStopped = own('SmsBreaker');
