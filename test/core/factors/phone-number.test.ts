import { describe, expect, it } from 'vitest';
import { mobileNumber } from '../../../lambdas/core/factors/phone-number.ts';

describe('a number that codes may be texted to', () => {
  it.each([
    ['+41791234567', 'CH'],
    ['+14155550100', 'US'],
    ['+16045550100', 'CA'],
    ['+447400123456', 'GB'],
    ['+4915112345678', 'DE'],
  ])('%s is a mobile number of %s', (phone, country) => {
    expect(mobileNumber(phone)).toEqual({ phone, country });
  });

  it.each([
    ['+41445556677', 'a land line'],
    ['+4990012345678', 'premium rate'],
    ['+18005551234', 'toll-free'],
    ['+882161234567', 'a network of no country'],
  ])('S32 %s, %s, is none', (phone) => {
    expect(mobileNumber(phone)).toMatchObject({ refused: 'method_not_allowed' });
  });

  it.each(['+999123456789', '+4179123', '+41', 'hello'])('%s is no number at all', (phone) => {
    expect(mobileNumber(phone)).toMatchObject({
      refused: 'request_invalid',
      errors: [{ pointer: '/phone' }],
    });
  });
});
