/**
 * The alarms, by what a person does about them. Each one means that somebody should look; none fires because users
 * mistype codes. Lambda's errors are watched where no caller sees them; a route's function that fails is a 5xx of the API.
 */
import { Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { metricsNamespace } from './environment.ts';
import type { Functions } from './functions.ts';
import type { Stage } from './stage.ts';

/** What the alarms and the dashboard look at. */
export type Watched = {
  stage: Stage;
  http: HttpApi;
  functions: Functions['byFlow'];
  undelivered: Queue;
  accessLogName: string;
  mailConfigurationSet: string;
  /** Notices that could not be delivered. */
  failedDeliveries: IMetric;
};

/** A runbook in `docs/operations`, and whether it may wait until the morning. */
export const runbooks = {
  'sign-ins-fail': 'at once',
  'stored-secret-changed': 'at once',
  'text-messages-stopped': 'at once',
  guessing: 'within a day',
  'attempts-unrecorded': 'within a day',
  'notices-late': 'within a day',
  'mail-reputation': 'within a day',
} as const;

export type AlarmSpec = {
  id: string;
  /** What has happened, in one sentence. */
  means: string;
  runbook: keyof typeof runbooks;
  metric: IMetric;
  /** It fires at this value and above. */
  threshold: number;
  /** For how many periods in a row; once by default. */
  periods?: number;
};

export const period = Duration.minutes(5);
const latestNoticeMs = Duration.minutes(5).toMilliseconds();
const slowMs = 3000;

/** The functions that a sign-in goes through. */
export const signInFlows = ['create-challenge', 'send-code', 'verify-challenge', 'jwks'] as const;

/** The sum of one metric over several functions. */
function sumOf(
  functions: LambdaFunction[],
  metric: (each: LambdaFunction) => Metric,
  label: string,
): IMetric {
  const usingMetrics = Object.fromEntries(functions.map((each, n) => [`m${n}`, metric(each)]));
  return new MathExpression({
    expression: `SUM([${Object.keys(usingMetrics).join(',')}])`,
    usingMetrics,
    label,
    period,
  });
}

/** All alarms of a stage. */
export function alarmsOf(watched: Watched): AlarmSpec[] {
  return [...signIns(watched), ...incidents(watched), ...notices(watched), ...attempts(watched)];
}

function signIns({ http, functions }: Watched): AlarmSpec[] {
  const ofSignIns = signInFlows.map((flow) => functions[flow]);
  return [
    {
      id: 'ServerErrors',
      means: 'The API answered with 5xx, five times in five minutes.',
      runbook: 'sign-ins-fail',
      metric: http.metricServerError({ period, statistic: 'Sum' }),
      threshold: 5,
    },
    {
      id: 'ServerErrorsOfADay',
      means: 'The API answered with 5xx, ten times in a day: a flow that few people use may be broken.',
      runbook: 'sign-ins-fail',
      metric: http.metricServerError({ period: Duration.days(1), statistic: 'Sum' }),
      threshold: 10,
    },
    {
      id: 'SlowAnswers',
      means: `One answer in a hundred took longer than ${slowMs / 1000} seconds, for a quarter of an hour.`,
      runbook: 'sign-ins-fail',
      metric: http.metricLatency({ period, statistic: 'p99' }),
      threshold: slowMs,
      periods: 3,
    },
    {
      id: 'Throttles',
      means: 'Functions that sign-ins go through were throttled.',
      runbook: 'sign-ins-fail',
      metric: sumOf(ofSignIns, (each) => each.metricThrottles({ period }), 'throttled'),
      threshold: 1,
    },
  ];
}

/** A metric that the functions themselves write. */
const ownMetric = (stage: Stage, metricName: string, over = period) =>
  new Metric({
    namespace: metricsNamespace(stage),
    metricName,
    dimensionsMap: { service: 'countersign' },
    period: over,
    statistic: 'Sum',
  });

function incidents({ stage, mailConfigurationSet }: Watched): AlarmSpec[] {
  const own = (metricName: string) => ownMetric(stage, metricName);
  return [
    {
      id: 'IntegrityFailure',
      means:
        'A stored secret did not open: an item was changed or swapped by somebody else than Countersign.',
      runbook: 'stored-secret-changed',
      metric: own('IntegrityFailure'),
      threshold: 1,
    },
    {
      id: 'SmsBreaker',
      means: 'The text messages of an account stopped for an hour: many codes were sent and few were used.',
      runbook: 'text-messages-stopped',
      metric: own('SmsBreaker'),
      threshold: 1,
    },
    {
      id: 'Bounces',
      means:
        'One mail in twenty bounces. From there on SES reviews the account; at one in ten it may stop all mail.',
      runbook: 'mail-reputation',
      metric: new Metric({
        namespace: 'AWS/SES',
        metricName: 'Reputation.BounceRate',
        dimensionsMap: { 'ses:configuration-set': mailConfigurationSet },
        period: Duration.hours(1),
        statistic: 'Average',
      }),
      threshold: 0.05,
    },
    {
      id: 'NoticeSetAside',
      means: 'A notice failed too often and was set aside.',
      runbook: 'notices-late',
      metric: own('NoticeSetAside'),
      threshold: 1,
    },
  ];
}

function notices({ functions, undelivered, failedDeliveries }: Watched): AlarmSpec[] {
  const { courier, 'record-bounces': recordBounces } = functions;
  const age = courier.metric('IteratorAge', { period, statistic: 'Maximum' });
  const left = undelivered.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' });
  const crashes = sumOf([courier, recordBounces], (each) => each.metricErrors({ period }), 'crashes');
  const at = { runbook: 'notices-late', threshold: 1 } as const;
  return [
    { ...at, id: 'FailedDeliveries', means: 'A notice could not be delivered.', metric: failedDeliveries },
    { ...at, id: 'CourierErrors', means: 'The courier crashed or timed out.', metric: crashes },
    {
      ...at,
      id: 'CourierAge',
      means: 'Notices wait longer than five minutes for the courier.',
      metric: age,
      threshold: latestNoticeMs,
    },
    { ...at, id: 'Undelivered', means: 'The courier gave up on a part of the stream.', metric: left },
  ];
}

/** Mistyped codes are a few in a hundred: a quarter of many attempts is somebody who tries. */
const failedShare = 0.25;
const failedAtLeast = 50;

function attempts({ stage, functions }: Watched): AlarmSpec[] {
  const recorder = functions['record-attempts'];
  if (!recorder) {
    return [];
  }
  const hour = Duration.hours(1);
  const usingMetrics = {
    failed: ownMetric(stage, 'SignInsFailed', hour),
    passed: ownMetric(stage, 'SignInsPassed', hour),
  };
  const rise = new MathExpression({
    expression: `IF(failed >= ${failedShare} * (failed + passed), failed, 0)`,
    usingMetrics,
    label: 'failed',
    period: hour,
  });
  const lost = new MathExpression({
    expression: 'SUM([unrecorded,errors,undelivered])',
    usingMetrics: {
      unrecorded: ownMetric(stage, 'AttemptUnrecorded'),
      errors: recorder.metricErrors({ period }),
      undelivered: recorder.metric('DestinationDeliveryFailures', { period, statistic: 'Sum' }),
    },
    label: 'unrecorded',
    period,
  });
  return [
    {
      id: 'SignInFailures',
      means: `${failedAtLeast} codes or more were wrong in an hour, and they were a quarter of all attempts: somebody may be guessing.`,
      runbook: 'guessing',
      metric: rise,
      threshold: failedAtLeast,
    },
    {
      id: 'AttemptsUnrecorded',
      means: 'Attempts could not be put on record.',
      runbook: 'attempts-unrecorded',
      metric: lost,
      threshold: 1,
    },
    {
      id: 'AttemptsAge',
      means: 'Attempts wait longer than a quarter of an hour to be put on record.',
      runbook: 'attempts-unrecorded',
      metric: recorder.metric('IteratorAge', { period, statistic: 'Maximum' }),
      threshold: Duration.minutes(15).toMilliseconds(),
    },
  ];
}
