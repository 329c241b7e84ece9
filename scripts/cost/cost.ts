/** Writes docs/cost.md and docs/operations/alarms.md from the counted calls, the prices and the template. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { background, routes } from '../../lambdas/routes.ts';
import { runbooks } from '../../lib/alarms.ts';
import { synthesize } from '../../lib/synthesize.ts';
import { logBytesOfRequest, readUnitsOfBatch, recorder, type Step, signIns } from './calls.ts';

const { prices, region, asOf } = JSON.parse(readFileSync(new URL('prices.json', import.meta.url), 'utf8'));
const each = (name: string): number => prices[name].each ?? prices[name].perMillion / 1_000_000;

type Custody = 'kms' | 'cached';

/** US dollars of one step, by what they are for. */
function costOfStep({ calls, memoryMb, billedMs }: Step, custody: Custody): Record<string, number> {
  const kmsCalls = custody === 'kms' ? (calls.Decrypt ?? 0) + (calls.Sign ?? 0) : 0;
  return {
    'API Gateway': each('httpApiRequest'),
    Lambda: each('lambdaRequest') + (memoryMb / 1024) * (billedMs / 1000) * each('lambdaArmGbSecond'),
    DynamoDB:
      (calls.BatchGetItem ?? 0) * readUnitsOfBatch * each('dynamoReadUnit') +
      (calls.PutItem ?? 0) * each('dynamoWriteUnit'),
    KMS: kmsCalls * each('kmsRequest'),
    Logs: (logBytesOfRequest / 1_000_000_000) * each('logGb'),
    Mail: (calls.SendEmail ?? 0) * each('mail'),
  };
}

/** US dollars of one sign-in, by what they are for. */
export function costOfSignIn(by: string, custody: Custody): Record<string, number> {
  const total: Record<string, number> = {};
  for (const step of signIns[by] ?? []) {
    for (const [part, dollars] of Object.entries(costOfStep(step, custody))) {
      total[part] = (total[part] ?? 0) + dollars;
    }
  }
  return total;
}

const sum = (parts: Record<string, number>) => Object.values(parts).reduce((total, part) => total + part, 0);

// biome-ignore lint/suspicious/noExplicitAny: a template is JSON of many shapes
type Resource = { Type: string; Properties: any };

/** The resources of the stage `dev`, without building its functions. */
function resources(): Resource[] {
  const bundlesDir = mkdtempSync(join(tmpdir(), 'countersign-cost-'));
  try {
    for (const name of [...Object.keys(routes), ...Object.keys(background)]) {
      mkdirSync(join(bundlesDir, name));
      writeFileSync(join(bundlesDir, name, 'index.cjs'), '');
    }
    const { template } = synthesize('dev', { bundlesDir, outDir: join(bundlesDir, 'out') });
    return Object.values((template as { Resources: Record<string, Resource> }).Resources);
  } finally {
    rmSync(bundlesDir, { recursive: true });
  }
}

/** CloudWatch bills an alarm for each metric that it looks at. */
const metricsOf = ({ Metrics }: Resource['Properties']): number =>
  Metrics ? Metrics.filter((metric: { MetricStat?: object }) => metric.MetricStat).length : 1;

const table = (head: string[], rows: string[][]) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const dollars = (amount: number) =>
  amount < 100 ? amount.toFixed(2) : Math.round(amount).toLocaleString('en');

/** What a stage costs a month without a single sign-in. */
function idleCost(all: Resource[]): { rows: string[][]; total: number } {
  const keys = all.filter(({ Type }) => Type === 'AWS::KMS::Key').length;
  const alarms = all.filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
  const metrics = alarms.reduce((total, { Properties }) => total + metricsOf(Properties), 0);
  const sweeps = 30 * 24 * 60;
  const sweep = each('lambdaRequest') + 0.5 * 0.05 * each('lambdaArmGbSecond') + each('dynamoReadUnit');
  const parts: [string, number][] = [
    [`${keys} keys`, keys * each('kmsKeyMonth')],
    [`${alarms.length} alarms over ${metrics} metrics`, metrics * each('alarmMetricMonth')],
    [`${sweeps.toLocaleString('en')} sweeps for notices`, sweeps * sweep],
  ];
  const total = parts.reduce((so_far, [, amount]) => so_far + amount, 0);
  return {
    rows: [...parts, ['**together**', total] as const].map(([what, amount]) => [what, dollars(amount)]),
    total,
  };
}

function volumes(idle: number): string {
  const rows = [1_000, 50_000, 1_000_000, 100_000_000].map((number) => [
    number.toLocaleString('en'),
    ...(['kms', 'cached'] as const).map((custody) =>
      dollars(idle + number * sum(costOfSignIn('an authenticator', custody))),
    ),
  ]);
  return table(['sign-ins a month', '`kms`, US dollars', '`cached`, US dollars'], rows);
}

function perMillion(): string {
  const parts = ['API Gateway', 'Lambda', 'DynamoDB', 'KMS', 'Logs', 'Mail'];
  const rows = Object.keys(signIns).flatMap((by) =>
    (['kms', 'cached'] as const).map((custody) => {
      const cost = costOfSignIn(by, custody);
      const amounts = [...parts.map((part) => cost[part] ?? 0), sum(cost)];
      return [by, `\`${custody}\``, ...amounts.map((amount) => dollars(amount * 1_000_000))];
    }),
  );
  return table(['a million by', 'custody', ...parts, '**together**'], rows);
}

function countedCalls(): string {
  const rows = Object.entries(signIns).map(([by, steps]) => [
    by,
    steps
      .map(
        ({ name, calls }) =>
          `\`${name}\`: ${Object.entries(calls)
            .map(([call, n]) => `${n} ${call}`)
            .join(', ')}`,
      )
      .join('<br>'),
  ]);
  return table(['a sign-in by', 'AWS calls, functions warm'], rows);
}

/** What an attempt on record adds: its row, the row's entry in the index, what it makes the item larger, and who writes it. */
function onRecord(): string {
  const units = { row: 1, index: 1, item: 1 };
  const { batch, memoryMb, billedMs } = recorder;
  const run = each('lambdaRequest') + (memoryMb / 1024) * (billedMs / 1000) * each('lambdaArmGbSecond');
  const parts = [
    ['the row', units.row * each('dynamoWriteUnit')],
    ['its entry in the index by account', units.index * each('dynamoWriteUnit')],
    ['the item, which is over 1 KB until its next write', units.item * each('dynamoWriteUnit')],
    ['reading whether the person is still known', each('dynamoReadUnit')],
    [`the function, ${batch} at a time`, run / batch],
    ['the function, one at a time', run],
  ] as const;
  const rows = parts.map(([what, amount]) => [what, dollars(amount * 1_000_000)]);
  const busy = parts.slice(0, 5).reduce((total, [, amount]) => total + amount, 0);
  return `Every attempt on record (\`auditSignIns\`) adds to that, a million:

${table(['for', 'US dollars'], rows)}

Together that is ${dollars(busy * 1_000_000)} dollars a million on a busy stage. Whoever passes by a trusted device, an exemption or a bypass is
written for the record alone, one write unit more. Without \`auditSignIns\` there is none of it, nor the two metrics of the alarm
on wrong codes (30 cents a month each).`;
}

/** docs/cost.md as it has to be. */
export function costDocument(): string {
  const idle = idleCost(resources());
  const sources = [...new Set(Object.values<{ source: string }>(prices).map(({ source }) => source))];
  return `# What it costs

*Written by \`npm run docs\`, from the calls that \`test/scripts/cost.test.ts\` counts and the prices in \`scripts/cost/prices.json\`
(${region}, as of ${asOf}, without free tiers and taxes). Look prices up in your region before you rely on them.*

## A month

${volumes(idle.total)}

Sign-ins are by an authenticator. An idle stage costs:

${table(['a month', 'US dollars'], idle.rows)}

A key that rotates every year adds a dollar a month after each of its first two rotations. A fourth dashboard in an AWS account
costs 3 dollars a month; the first three are free.

## A million sign-ins

${perMillion()}

${countedCalls()}

Under the custody \`cached\`, \`Decrypt\` and \`Sign\` are made by the function itself.

${onRecord()}

**Estimated, not measured in AWS**: how long Lambda bills for a call (${[
    ...new Set(
      Object.values(signIns)
        .flat()
        .map(({ name, billedMs, memoryMb }) => `\`${name}\` ${billedMs} ms at ${memoryMb} MB`),
    ),
  ].join(', ')}), and the
${logBytesOfRequest} bytes of logs a request. A text message costs what its country costs, from under one cent to over ten: see the
price list of AWS End User Messaging.

Sources: ${sources.map((source) => `<${source}>`).join(', ')}
`;
}

const headings = {
  'at once': 'At once: people are kept out, or may be let in',
  'within a day': 'Within a day',
};

/** docs/operations/alarms.md as it has to be. */
export function operationsDocument(): string {
  const alarms = resources()
    .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    .map(({ Properties }) => Properties);
  const metrics = alarms.reduce((total, properties) => total + metricsOf(properties), 0);
  const sections = Object.entries(headings).map(([when, heading]) => {
    const rows = Object.entries(runbooks)
      .filter(([, urgency]) => urgency === when)
      .flatMap(([runbook]) =>
        alarms
          .filter(({ AlarmDescription }) => AlarmDescription.includes(`/${runbook}.md`))
          .map(({ AlarmName, AlarmDescription }) => [
            `\`${AlarmName.replace('countersign-dev-', '')}\``,
            AlarmDescription.split(' What to do')[0],
            `[${runbook}](${runbook}.md)`,
          ]),
      );
    return `## ${heading}\n\n${table(['alarm', 'what has happened', 'what to do'], rows)}`;
  });
  return `# Alarms

*Written by \`npm run docs\` from the template.* ${alarms.length} alarms look at ${metrics} metrics, for
${dollars(metrics * each('alarmMetricMonth'))} US dollars a month (${region}, ${asOf}). Their names begin with \`countersign-STAGE-\`, and the
dashboard \`countersign-STAGE-REGION\` shows sign-ins, enrolments, latency, throttles, notices and mail.

${sections.join('\n\n')}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync('docs/cost.md', costDocument());
  writeFileSync('docs/operations/alarms.md', operationsDocument());
}
