/** An account's two-factor policy: what it says, its defaults, and whether it requires two-factor right now. */
import * as z from 'zod/mini';
import { factorMethods } from './methods.ts';

const policySchema = z.looseObject({
  mode: z.enum(['optional', 'required']),
  requiredFromMs: z.optional(z.number()),
  methods: z.array(z.enum(factorMethods)).check(z.minLength(1)),
  rememberDevice: z.looseObject({
    allowed: z.boolean(),
    days: z.int(),
  }),
  /** Absent: it follows the mode, see `federatedOf`. */
  federated: z.optional(z.enum(['bypass', 'challenge', 'challenge_unless_mfa'])),
  sensitiveActions: z.enum(['password_and_factor', 'password']),
  resetRole: z.enum(['admin', 'support', 'admin_or_support']),
  bootstrap: z.enum(['email', 'none']),
  strictWindow: z.boolean(),
});
export type Policy = z.infer<typeof policySchema>;

export const defaultPolicy: Policy = {
  mode: 'optional',
  methods: ['passkey', 'totp', 'email'],
  rememberDevice: { allowed: false, days: 30 },
  sensitiveActions: 'password_and_factor',
  resetRole: 'admin_or_support',
  bootstrap: 'email',
  strictWindow: false,
};

/** The defaults of a stage: the documented ones, but for what it says otherwise. */
export const stagePolicySchema = z.pipe(
  z.transform((said: unknown) => ({ ...defaultPolicy, ...Object(said) })),
  policySchema,
);

/**
 * A stored policy with the fields that it lacks, because an older release wrote it. Whether two-factor is required, and by
 * what, is never defaulted: an absent attribute opens nothing.
 */
export function withLaterFields(stored: unknown, defaults: Policy): unknown {
  const { mode: _mode, requiredFromMs: _from, methods: _methods, ...laterFields } = defaults;
  return typeof stored === 'object' && stored !== null ? { ...laterFields, ...stored } : stored;
}

/** A stored policy. One that lacks a field has that field's documented default. */
export const storedPolicySchema = z.pipe(
  z.transform((stored: unknown) => withLaterFields(stored, defaultPolicy)),
  policySchema,
);

/** Whether the account requires two-factor at `nowMs`; a `requiredFrom` in the future is a grace period. */
export function isRequired(policy: Policy, nowMs: number): boolean {
  return policy.mode === 'required' && (policy.requiredFromMs ?? 0) <= nowMs;
}

/** What holds for federated sign-ins: as stored, else a requirement takes the provider's MFA or a second factor here. */
export function federatedOf(policy: Policy, nowMs: number): NonNullable<Policy['federated']> {
  return policy.federated ?? (isRequired(policy, nowMs) ? 'challenge_unless_mfa' : 'bypass');
}

/** A requirement that is coming, as the time from which it holds; undefined without one, or once it holds. */
export function requiredFromOf(policy: Policy, nowMs: number): number | undefined {
  const { mode, requiredFromMs } = policy;
  return mode === 'required' && requiredFromMs !== undefined && requiredFromMs > nowMs
    ? requiredFromMs
    : undefined;
}
