/** What is watched, and where the name of the stage stands in it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { background, routes } from '../../lambdas/routes.ts';
import { leastConcurrency, reservedFor } from '../../lib/room.ts';
import { type Json, ofType, only, readable, synthesizeTest } from '../support/synthesized.ts';

const template = synthesizeTest({ alarmTopicArn: 'arn:aws:sns:eu-central-1:111122223333:alarms' });
const alarms = ofType(template, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties);
const root = new URL('../../', import.meta.url);

describe('the alarms', () => {
  it('watch sign-ins, secrets, text messages, notices and what SES says', () => {
    const name = ({ AlarmName }: Json) => AlarmName.replace('countersign-test-', '');
    expect(alarms.map(name).sort()).toEqual([
      'AttemptsAge',
      'AttemptsUnrecorded',
      'Bounces',
      'CourierAge',
      'CourierErrors',
      'FailedDeliveries',
      'IntegrityFailure',
      'NoticeSetAside',
      'ServerErrors',
      'ServerErrorsOfADay',
      'SignInFailures',
      'SlowAnswers',
      'SmsBreaker',
      'Throttles',
      'Undelivered',
    ]);
  });

  it('each lead to a runbook that is there, and that names it', () => {
    for (const { AlarmName, AlarmDescription } of alarms) {
      const runbook = /docs\/operations\/[a-z-]+\.md/.exec(AlarmDescription)?.[0] as string;
      const text = readFileSync(new URL(runbook, root), 'utf8');
      expect(text).toContain(`\`${AlarmName.replace('countersign-test-', '')}\``);
    }
  });

  it("count a notice that could not be delivered by the courier's own log", () => {
    const { Properties } = only(template, 'AWS::Logs::MetricFilter');
    expect(Properties.FilterPattern).toBe('{ $.message = "failure" }');
    expect(readable(template, Properties.LogGroupName)).toBe('{/aws/lambda/countersign-test-courier}');
  });

  it('go to the configured topic, and say there when they are over', () => {
    for (const { AlarmActions, OKActions } of alarms) {
      expect([AlarmActions, OKActions]).toEqual([
        ['arn:aws:sns:eu-central-1:111122223333:alarms'],
        ['arn:aws:sns:eu-central-1:111122223333:alarms'],
      ]);
    }
  });

  it('see nothing of another stage (S88)', () => {
    const seen = alarms.flatMap(
      ({ Metrics, ...single }) => (Metrics ?? [{ MetricStat: { Metric: single } }]) as Json[],
    );
    for (const { MetricStat } of seen.filter((each) => each.MetricStat)) {
      const { Namespace, Dimensions = [] } = MetricStat.Metric;
      const isOwn =
        Namespace === 'Countersign/test' ||
        Dimensions.some(({ Value }: Json) => Value.Ref || Value['Fn::GetAtt']);
      expect(isOwn, JSON.stringify(MetricStat)).toBe(true);
    }
  });

  it('count what the functions of this stage report', () => {
    for (const [, { Properties }] of ofType(template, 'AWS::Lambda::Function')) {
      expect(Properties.Environment.Variables.POWERTOOLS_METRICS_NAMESPACE).toBe('Countersign/test');
    }
  });
});

describe('the dashboard', () => {
  const { Properties } = only(template, 'AWS::CloudWatch::Dashboard');
  const body = readable(template, Properties.DashboardBody);

  it('is of one stage and region', () => {
    expect(readable(template, Properties.DashboardName)).toBe('countersign-test-{AWS::Region}');
  });

  it('asks the access log for routes that there are', () => {
    const asked = [...body.matchAll(/\\"((?:POST|GET) [^\\]+)\\"/g)].map(([, route]) => route as string);
    const known = Object.values(routes).map(({ method, path }) => `${method} ${path}`);
    expect(asked.length).toBeGreaterThan(2);
    expect(asked.filter((route) => !known.includes(route))).toEqual([]);
    expect(readFileSync(new URL('lib/api.ts', root), 'utf8')).toContain("routeKey: '$context.routeKey'");
  });
});

describe('room for sign-ins (S78)', () => {
  const reserved = (accountConcurrency: number) =>
    [...Object.keys(routes), ...Object.keys(background)].map(
      (name) => reservedFor(name as keyof typeof routes, accountConcurrency) ?? 0,
    );
  const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0);

  it('is kept where the stage names the limit of its account', () => {
    const of = (json: object) =>
      Object.fromEntries(
        ofType(synthesizeTest(json), 'AWS::Lambda::Function')
          .map(([, each]) => each.Properties)
          .filter((each) => each.ReservedConcurrentExecutions !== undefined)
          .map((each) => [
            each.FunctionName.replace('countersign-test-', ''),
            each.ReservedConcurrentExecutions,
          ]),
      );
    expect(of({})).toEqual({});
    expect(of({ accountConcurrency: 1000 })).toEqual({
      'create-challenge': 150,
      'send-code': 100,
      'verify-challenge': 250,
      jwks: 50,
      'openid-configuration': 20,
      courier: 30,
    });
  });

  it.each([leastConcurrency, 999, 1000, 10_000])('leaves AWS the 100 that it wants of %i', (limit) => {
    expect(limit - sum(reserved(limit))).toBeGreaterThanOrEqual(100);
    expect(Math.min(...reserved(limit).filter((each) => each > 0))).toBeGreaterThan(0);
  });

  it('holds at the gateway too: all routes at their limit are within what AWS lets through', () => {
    const rates = Object.values(routes).map(({ throttle }) => throttle.rate);
    expect(sum(rates)).toBeLessThanOrEqual(10_000);
  });
});
