import { Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** Accepts a finding of cdk-nag on this construct and what is below it, for a stated reason. */
export function acknowledge(on: Construct, findingId: string, reason: string): void {
  Validations.of(on).acknowledge({ id: findingId, reason });
}
