/** The template's `AWS::Lambda::EventSourceMapping`s of table streams. */
import { allows } from '../engines/policy.ts';
import type { LambdaFunction, StreamMapping } from '../lambda/deployment.ts';
import { readFilter } from '../lambda/stream-filter.ts';
import type { Resolved, ResolvedStack } from './resolved-stack.ts';

/** The milliseconds that a burst of writes has to come together where the template gives no window. */
const shortestWindowMs = 20;

/**
 * Throws an error that names the mapping whose table has no stream, whose function may not read it, or whose filter this
 * runner does not know. A mapping that is not enabled is left out.
 */
export function streamMappingsOf(
  stack: ResolvedStack,
  functions: readonly LambdaFunction[],
): StreamMapping[] {
  return stack
    .all('AWS::Lambda::EventSourceMapping')
    .filter(({ properties }) => properties.Enabled !== false)
    .map((mapping) => mappingOf(stack, functions, mapping));
}

function mappingOf(
  stack: ResolvedStack,
  functions: readonly LambdaFunction[],
  { id, properties }: Resolved,
): StreamMapping {
  const table = stack.find('AWS::DynamoDB::Table', properties.EventSourceArn);
  const viewType = table.properties.StreamSpecification?.StreamViewType;
  if (!viewType) {
    throw new Error(`${id} reads the stream of ${table.id}, which has none.`);
  }
  const name = stack.ref(stack.find('AWS::Lambda::Function', properties.FunctionName).id);
  const lambda = functions.find((each) => each.name === name);
  const access = { action: 'dynamodb:GetRecords', resources: [properties.EventSourceArn], context: {} };
  if (!lambda || !allows(lambda.statements, access)) {
    throw new Error(`${id}: the role of ${name} may not read the stream (dynamodb:GetRecords).`);
  }
  const filters: { Pattern: string }[] = properties.FilterCriteria?.Filters ?? [];
  return {
    functionName: name,
    table: stack.ref(table.id),
    streamArn: properties.EventSourceArn,
    viewType,
    filters: filters.map(({ Pattern }) => readFilter(Pattern)),
    batchSize: properties.BatchSize ?? 100,
    windowMs: Math.max(shortestWindowMs, (properties.MaximumBatchingWindowInSeconds ?? 0) * 1000),
    bisect: properties.BisectBatchOnFunctionError ?? false,
    reportsFailures: (properties.FunctionResponseTypes ?? []).includes('ReportBatchItemFailures'),
    maxRetries: orEndless(properties.MaximumRetryAttempts),
    maxRecordAgeMs: orEndless(properties.MaximumRecordAgeInSeconds) * 1000,
  };
}

/** -1, and nothing, stand for "without end". */
const orEndless = (value: number | undefined): number =>
  value === undefined || value === -1 ? Number.POSITIVE_INFINITY : value;
