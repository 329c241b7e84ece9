import { describe, expect, it } from 'vitest';
import { accountSchema, newAccount } from '../../../lambdas/core/state/item.ts';
import { defaultPolicy, federatedOf, withLaterFields } from '../../../lambdas/core/state/policy.ts';

describe('S67 a stored policy', () => {
  const stored = newAccount('acme');

  const later = Object.keys(defaultPolicy).filter((name) => name !== 'mode' && name !== 'methods');

  it('that lacks a field has the default of the stage, and never its mode, date or methods', () => {
    const defaults = { ...defaultPolicy, mode: 'required' as const, requiredFromMs: 1, strictWindow: true };
    const { strictWindow: _window, ...older } = defaultPolicy;
    expect(withLaterFields(older, defaults)).toEqual({ ...older, strictWindow: true });
    expect(withLaterFields({}, defaults)).not.toHaveProperty('mode');
    expect(withLaterFields({}, defaults)).not.toHaveProperty('methods');
  });

  it.each(later)('that lacks %s has its default', (field) => {
    const older = Object.fromEntries(Object.entries(defaultPolicy).filter(([name]) => name !== field));
    expect(accountSchema.parse({ ...stored, policy: older }).policy).toEqual(defaultPolicy);
  });

  it('keeps what a newer release wrote beside', () => {
    const newer = { ...defaultPolicy, colour: 'blue' };
    expect(accountSchema.parse({ ...stored, policy: newer }).policy).toEqual(newer);
  });

  it('of no known shape is refused, never defaulted', () => {
    const { mode, methods, ...rest } = defaultPolicy;
    for (const policy of [
      undefined,
      null,
      'required',
      { ...defaultPolicy, mode: 'off' },
      { mode, ...rest },
      { methods, ...rest },
    ]) {
      expect(accountSchema.safeParse({ ...stored, policy }).success).toBe(false);
    }
  });
});

describe('S81 federated sign-ins, where the policy says nothing of them', () => {
  it('follow the mode, from the time that it holds', () => {
    const required = { ...defaultPolicy, mode: 'required' as const };
    expect(federatedOf(defaultPolicy, 1)).toBe('bypass');
    expect(federatedOf(required, 1)).toBe('challenge_unless_mfa');
    expect(federatedOf({ ...required, requiredFromMs: 2 }, 1)).toBe('bypass');
    expect(federatedOf({ ...required, federated: 'bypass' }, 1)).toBe('bypass');
  });
});
