/** Logs and metrics: what happened, without a secret in it. */
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { Unavailable } from '../../core/ports.ts';

const logger = new Logger();
const metrics = new Metrics();

type Outcome = {
  flow: string;
  requestId: string;
  status: number;
  code: string | undefined;
  durationMs: number;
};

export function reportOutcome(outcome: Outcome): void {
  logger.info('request', outcome);
}

type Verification = {
  accountId: string;
  userId: string;
  challengeId?: string;
  method: string;
  /** `passed`, `enrollment_required`, or the code of the refusal. */
  outcome: string;
  ip: string | undefined;
};

/** One security line for each attempt at a second factor (ASVS 5.0, 16.3.1). Never the code. */
export function reportVerification(verification: Verification): void {
  logger.info('verification', verification);
}

/**
 * The log names what failed and where; messages of other programs may quote what they were given, so they stay out. A
 * stored thing that contradicts itself also counts as `IntegrityFailure`, which raises an alarm.
 */
export function reportFailure(flow: string, requestId: string, error: Error): void {
  const ours = error instanceof Unavailable ? error : undefined;
  logger.error('failure', {
    flow,
    requestId,
    reason: ours?.reason ?? error.name,
    cause: (error.cause as Error | undefined)?.name,
    stack: ours ? undefined : error.stack?.split('\n').filter((line) => line.trimStart().startsWith('at ')),
  });
  if (ours?.integrity) {
    metrics.addMetric('IntegrityFailure', MetricUnit.Count, 1);
    metrics.publishStoredMetrics();
  }
}

/** An account's text messages were stopped, because their codes were not used. Raises an alarm. */
export function reportSmsBreaker(accountId: string): void {
  logger.error('sms stopped', { accountId });
  metrics.addMetric('SmsBreaker', MetricUnit.Count, 1);
  metrics.publishStoredMetrics();
}

/** How sign-ins went: what the alarm on a rise of failures looks at. */
export function reportSignIns({ passed, failed }: { passed: number; failed: number }): void {
  metrics.addMetric('SignInsPassed', MetricUnit.Count, passed);
  metrics.addMetric('SignInsFailed', MetricUnit.Count, failed);
  metrics.publishStoredMetrics();
}

/** Attempts that could not be put on record at this try. Raises an alarm. */
export function reportUnrecorded(count: number): void {
  metrics.addMetric('AttemptUnrecorded', MetricUnit.Count, count);
  metrics.publishStoredMetrics();
}

/** Notices that a person must look at: delivered too often without success. Raises an alarm. */
export function reportSetAside(count: number): void {
  metrics.addMetric('NoticeSetAside', MetricUnit.Count, count);
  metrics.publishStoredMetrics();
}
