/** The alarms and the dashboard of one stage. Their names carry the stage: several may be in one account. */
import { Aws } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { FilterPattern, type IFilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { type AlarmSpec, alarmsOf, period, runbooks, type Watched } from './alarms.ts';
import { Board } from './board.ts';
import { metricsNamespace } from './environment.ts';

/** The courier survives what it cannot deliver and tries again later: only its log tells. */
const failure: IFilterPattern = FilterPattern.stringValue('$.message', '=', 'failure');

/** Alarms over the API, the functions and the courier, which notify the topic when one is configured; and a dashboard. */
export class Watch extends Construct {
  constructor(scope: Construct, id: string, watched: Omit<Watched, 'failedDeliveries'>) {
    super(scope, id);
    const { stage, functions } = watched;
    const failedDeliveries = new MetricFilter(this, 'CourierFailures', {
      logGroup: functions.courier.logGroup,
      filterPattern: failure,
      metricNamespace: metricsNamespace(stage),
      metricName: 'FailedDelivery',
    }).metric({ period, statistic: 'Sum' });
    const alarms = alarmsOf({ ...watched, failedDeliveries }).map((spec) => this.#alarm(stage.name, spec));
    if (stage.alarmTopicArn) {
      const action = new SnsAction(Topic.fromTopicArn(this, 'Topic', stage.alarmTopicArn));
      for (const alarm of alarms) {
        alarm.addAlarmAction(action);
        alarm.addOkAction(action);
      }
    }
    new Board(this, 'Board', {
      ...watched,
      failedDeliveries,
      alarms,
      // Dashboards are the account's, not the region's.
      name: `countersign-${stage.name}-${Aws.REGION}`,
    });
  }

  #alarm(stageName: string, { id, means, runbook, metric, threshold, periods = 1 }: AlarmSpec): Alarm {
    return new Alarm(this, id, {
      alarmName: `countersign-${stageName}-${id}`,
      alarmDescription: `${means} What to do, ${runbooks[runbook]}: docs/operations/${runbook}.md`,
      metric,
      threshold,
      evaluationPeriods: periods,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }
}
