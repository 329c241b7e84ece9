/** A policy as the contract writes it: the state's, with its date as RFC 3339. */

import type * as z from 'zod/mini';
import type { PolicyEdit } from '../../core/desk/propose-policy.ts';
import { federatedOf, type Policy } from '../../core/state/policy.ts';
import type { bodies } from '../../schemas.ts';
import { rfc3339 } from './times.ts';

/** Field by field, so that what a newer release keeps beside them is not shown. `federated` is what is in effect. */
export function writtenPolicy(policy: Policy, nowMs: number) {
  const { mode, requiredFromMs, methods, rememberDevice, sensitiveActions, resetRole, bootstrap } = policy;
  return {
    mode,
    requiredFrom: requiredFromMs === undefined ? undefined : rfc3339(requiredFromMs),
    methods,
    rememberDevice: { allowed: rememberDevice.allowed, days: rememberDevice.days },
    federated: federatedOf(policy, nowMs),
    sensitiveActions,
    resetRole,
    bootstrap,
    strictWindow: policy.strictWindow,
  };
}

type WrittenEdit = z.infer<(typeof bodies)['propose-policy']>['policy'];

export function policyEdit({ requiredFrom, ...rest }: WrittenEdit): PolicyEdit {
  return requiredFrom === undefined
    ? rest
    : { ...rest, requiredFromMs: requiredFrom === null ? null : Date.parse(requiredFrom) };
}
