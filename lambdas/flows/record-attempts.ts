import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { withBreaker } from '../edge/courier/breaker.ts';
import { recordAttempts, type StreamRecord, type Told } from '../edge/run/record-attempts.ts';
import { announcer, attemptLog, attemptOfImage, auditTrail, outboxRefOfKey } from '../edge/setup/wiring.ts';

/** Puts the attempts of sign-ins on record, from the table's stream. Answers with what is to be handed over again. */
export async function handler({ Records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  const bus = announcer();
  const ports = { attemptLog: attemptLog(), auditTrail: auditTrail(), announcer: bus && withBreaker(bus) };
  const failures = await recordAttempts(ports, Records.map(readRecord));
  return { batchItemFailures: failures.map((itemIdentifier) => ({ itemIdentifier })) };
}

function readRecord({ dynamodb = {} }: DynamoDBRecord): StreamRecord {
  return { sequenceNumber: dynamodb.SequenceNumber ?? '', told: toldBy(dynamodb) };
}

function toldBy({ Keys, NewImage }: NonNullable<DynamoDBRecord['dynamodb']>): Told | undefined {
  const { accountId, userId } = outboxRefOfKey(Keys?.pk?.S ?? '') ?? {};
  if (accountId === undefined || userId === undefined) {
    return undefined;
  }
  const ref = { accountId, userId };
  if (!NewImage) {
    return { ref, gone: true };
  }
  const attempt = attemptOfImage(NewImage);
  return attempt && { ref, attempt };
}
