import { describe, expect, it } from 'vitest';
import { resultClaims, type SecondFactor } from '../../../lambdas/core/sign-in/result-claims.ts';
import { minute, now } from '../../support/world.ts';

const challenge = {
  accountId: 'acme',
  userId: 'ada',
  challengeId: 'chl_1',
  firstFactor: 'password' as const,
  amr: [],
};
const claimsOf = (secondFactor: SecondFactor, more: object = {}) =>
  resultClaims({ ...challenge, ...more }, secondFactor, 'jti_1', now);

describe('the claims of a result token', () => {
  it('say who, when, for which challenge, and for five minutes', () => {
    const seconds = Math.floor(now / 1000);
    expect(claimsOf('totp')).toEqual({
      sub: 'ada',
      account: 'acme',
      jti: 'jti_1',
      nonce: 'chl_1',
      iat: seconds,
      auth_time: seconds,
      exp: seconds + (5 * minute) / 1000,
      amr: ['pwd', 'otp', 'mfa'],
      second_factor: 'totp',
      scope: 'second_factor',
      acr: 'mfa',
    });
  });

  it.each([
    ['totp', 'second_factor', 'mfa'],
    ['sms', 'second_factor', 'mfa'],
    ['email', 'second_factor', 'second_factor'],
    ['recovery_code', 'second_factor', 'second_factor'],
    ['trusted_device', 'second_factor', 'second_factor'],
    ['exempt', undefined, 'single_factor'],
    ['none', undefined, 'single_factor'],
  ] as const)('by %s have scope %s and acr %s', (secondFactor, scope, acr) => {
    const claims = claimsOf(secondFactor);
    expect([claims.scope, claims.acr]).toEqual([scope, acr]);
  });

  it.each([
    ['totp', ['pwd', 'otp', 'mfa']],
    ['sms', ['pwd', 'sms', 'mfa']],
    ['email', ['pwd']],
    ['recovery_code', ['pwd']],
    ['trusted_device', ['pwd']],
    ['exempt', ['pwd']],
    ['none', ['pwd']],
  ] as const)('R57 amr says no more than happened: by %s it is %j', (secondFactor, amr) => {
    const claims = claimsOf(secondFactor);
    expect(claims.amr).toEqual(amr);
    expect(claims.second_factor).toBe(secondFactor);
  });

  it("R57 a provider's own mfa is not passed on as ours, the rest of its word is", () => {
    const federated = { firstFactor: 'federated', amr: ['pwd', 'hwk', 'mfa'] };
    expect(claimsOf('none', federated).amr).toEqual(['pwd', 'hwk']);
    expect(claimsOf('totp', federated).amr).toEqual(['pwd', 'hwk', 'otp', 'mfa']);
  });

  it('no value comes twice, and a password is pwd whatever the app adds', () => {
    expect(claimsOf('totp', { firstFactor: 'federated', amr: ['otp', 'otp'] }).amr).toEqual(['otp', 'mfa']);
    expect(claimsOf('none', { amr: ['hwk', 'mfa'] }).amr).toEqual(['pwd']);
  });

  it('R60 an API key claims neither password nor second factor', () => {
    expect(claimsOf('none', { firstFactor: 'api_key' }).amr).toEqual([]);
    expect(claimsOf('none', { firstFactor: 'email_link' }).amr).toEqual([]);
  });
});
