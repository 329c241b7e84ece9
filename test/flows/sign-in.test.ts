import { describe, expect, it } from 'vitest';
import { decodeToken, deploy, issuerUrl } from '../support/deployment.ts';
import { Person } from '../support/person.ts';

const deployment = await deploy();

describe('signing in', () => {
  it('R1 a new user is disabled; start and confirm make them enabled', async () => {
    const ada = new Person(deployment);
    const before = await ada.signIn();
    expect(before.status).toBe(201);
    expect(before.body).toMatchObject({ status: 'passed', secondFactor: 'none' });
    expect((await ada.status()).status).toBe('disabled');
    await ada.enrol();
    expect((await ada.status()).status).toBe('enabled');
    expect(ada.recoveryCodes).toHaveLength(10);
    const token = await ada.challengeToken();
    const passed = await ada.verify(token, 'totp', ada.code());
    expect(passed.status).toBe(200);
    expect(decodeToken(passed.body.token)).toMatchObject({
      iss: issuerUrl,
      aud: 'acme',
      sub: ada.id,
      account: ada.accountId,
      amr: ['pwd', 'otp', 'mfa'],
      second_factor: 'totp',
    });
  });
});
