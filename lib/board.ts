/** One dashboard: is somebody kept out, by what, and do the notices go out. */
import { Aws } from 'aws-cdk-lib';
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  LogQueryVisualizationType,
  LogQueryWidget,
  Metric,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { period, signInFlows, type Watched } from './alarms.ts';

const half = 12;
const sum = { period, statistic: 'Sum' };

/** The dashboard `name` over what is watched. */
export class Board extends Construct {
  constructor(scope: Construct, id: string, watched: Watched & { name: string; alarms: Alarm[] }) {
    super(scope, id);
    new Dashboard(this, 'Dashboard', {
      dashboardName: watched.name,
      widgets: [
        [new AlarmStatusWidget({ title: 'Alarms', alarms: watched.alarms, width: 2 * half })],
        signIns(watched),
        api(watched),
        notices(watched),
      ],
    });
  }
}

const graph = (title: string, left: IMetric[]) => new GraphWidget({ title, left, width: half });

/** The access log knows each answer's status: 200 passed, 422 was a wrong code, 429 a lock. */
function answers({ accessLogName }: Watched, title: string, routeKeys: string[]): IWidget {
  return new LogQueryWidget({
    title,
    logGroupNames: [accessLogName],
    view: LogQueryVisualizationType.LINE,
    width: half,
    queryLines: [
      `filter routeKey in [${routeKeys.map((each) => `"${each}"`).join(', ')}]`,
      'stats count(*) as answers by bin(15m), status',
    ],
  });
}

const signIns = (watched: Watched): IWidget[] => [
  answers(watched, 'Second factors by status (200 passed, 422 wrong code, 429 locked)', [
    'POST /v1/challenges/verify',
  ]),
  answers(watched, 'Enrolments by status (200 enabled)', [
    'POST /v1/me/authenticators/{id}/confirm',
    'POST /v1/me/passkeys/{id}/confirm',
    'POST /v1/me/methods/email/confirm',
    'POST /v1/me/methods/sms/confirm',
  ]),
];

const api = ({ http, functions }: Watched): IWidget[] => [
  graph('The API: requests and 5xx', [
    http.metricCount({ ...sum, label: 'requests' }),
    http.metricServerError({ ...sum, label: '5xx' }),
  ]),
  graph('Latency in ms', [
    http.metricLatency({ period, statistic: 'p50', label: 'half' }),
    http.metricLatency({ period, statistic: 'p99', label: '99 in 100' }),
  ]),
  graph(
    'Throttled functions',
    signInFlows.map((flow) => functions[flow].metricThrottles({ ...sum, label: flow })),
  ),
  graph(
    'Functions at once',
    signInFlows.map((flow) =>
      functions[flow].metric('ConcurrentExecutions', { period, statistic: 'Maximum', label: flow }),
    ),
  ),
];

const notices = ({ functions, failedDeliveries, undelivered, mailConfigurationSet }: Watched): IWidget[] => [
  graph('Notices: age in ms, failed, given up', [
    functions.courier.metric('IteratorAge', { period, statistic: 'Maximum', label: 'age' }),
    failedDeliveries,
    undelivered.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum', label: 'given up' }),
  ]),
  graph(
    'Mails that bounced or were complained about, of 1',
    ['Reputation.BounceRate', 'Reputation.ComplaintRate'].map(
      (metricName) =>
        new Metric({
          namespace: 'AWS/SES',
          metricName,
          dimensionsMap: { 'ses:configuration-set': mailConfigurationSet },
          period,
          statistic: 'Average',
          region: Aws.REGION,
        }),
    ),
  ),
];
