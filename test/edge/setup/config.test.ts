import { afterEach, describe, expect, it, vi } from 'vitest';
import { setting } from '../../../lambdas/edge/setup/config.ts';

afterEach(() => vi.unstubAllEnvs());

describe("a function's configuration", () => {
  it('a setting is read from its variable', () => {
    vi.stubEnv('TABLE_NAME', 'countersign');
    vi.stubEnv('SIGNING_KEY_ARNS', 'arn:aws:kms:eu-west-1:1:key/a,arn:aws:kms:eu-west-1:1:key/b');
    expect(setting('tableName')).toBe('countersign');
    expect(setting('signingKeyArns')).toEqual([
      'arn:aws:kms:eu-west-1:1:key/a',
      'arn:aws:kms:eu-west-1:1:key/b',
    ]);
  });

  it.each(['tableName', 'vaultKeyArn', 'signingKeyArns', 'issuerUrl', 'audience', 'mailFrom'] as const)(
    'without %s the function stops and names the variable',
    (name) => {
      const variable = name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
      vi.stubEnv(variable, undefined);
      expect(() => setting(name)).toThrow(variable);
      vi.stubEnv(variable, '');
      expect(() => setting(name)).toThrow(variable);
    },
  );

  it.each([
    ['vaultKeyArn', 'VAULT_KEY_ARN', 'no-arn-but-secret'],
    ['signingKeyArns', 'SIGNING_KEY_ARNS', 'arn:aws:kms:key/a,secret'],
    ['issuerUrl', 'ISSUER_URL', 'secret'],
    ['recoveryCodeRounds', 'RECOVERY_CODE_ROUNDS', '999'],
  ] as const)('S57 a %s that cannot be is refused without its value', (name, variable, value) => {
    vi.stubEnv(variable, value);
    expect(() => setting(name)).toThrow(new Error(`${variable} is missing or invalid`));
  });

  it('S33 recovery codes cost 210,000 rounds unless told', () => {
    vi.stubEnv('RECOVERY_CODE_ROUNDS', undefined);
    expect(setting('recoveryCodeRounds')).toBe(210_000);
  });
});
