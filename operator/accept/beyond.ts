/** R54, R75 to R103 as far as HTTP shows them: strangers, devices, the trail, decoration. */

import type { Candidate } from './candidate.ts';
import { type Check, equal, holds, refused } from './check.ts';

async function rememberedDevice(person: Candidate): Promise<string> {
  const { challengeToken } = await person.challenge();
  const code = await person.nextCode();
  const passed = await person.own.verifyChallenge({
    challengeToken,
    method: 'totp',
    code,
    rememberDevice: true,
  });
  holds('deviceToken' in passed && passed.deviceToken !== undefined, 'no device was remembered');
  return passed.deviceToken;
}

export const beyondChecks: Check[] = [
  {
    rows: ['R54'],
    what: 'a stranger without a signature starts and clears nothing',
    run: async (world) => {
      const paths = ['/v1/challenges', '/v1/user-tokens', '/v1/accounts/acme/users/x/password-changed'];
      for (const path of paths) {
        const headers = { 'content-type': 'application/json' };
        const answer = await fetch(`${world.target.url}${path}`, { method: 'POST', headers, body: '{}' });
        equal(answer.status, 403, `POST ${path} without a signature`);
      }
    },
  },
  {
    rows: ['R46'],
    what: 'tokens verify against the public key set, by any library',
    run: async (world) => {
      const { createRemoteJWKSet, decodeJwt, jwtVerify } = await import('jose');
      const person = await world.person().enrol();
      const { challengeToken, challengeId } = await person.challenge();
      const passed = await person.verify(challengeToken, 'totp', await person.nextCode());
      const token = 'token' in passed && passed.token ? passed.token : '';
      const keys = createRemoteJWKSet(new URL(`${world.target.url}/.well-known/jwks.json`));
      const { aud } = decodeJwt(token);
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ['RS256'],
        audience: aud as string,
        currentDate: new Date(world.now()),
      });
      equal(
        [payload.sub, payload.account, payload.nonce],
        [person.id, person.accountId, challengeId],
        'who the token is of',
      );
      equal(payload.amr, ['pwd', 'otp', 'mfa'], 'its amr');
    },
  },
  {
    rows: ['R76'],
    what: 'a remembered device passes, until its person ends it',
    run: async (world) => {
      const person = await world.person().enrol();
      await world.setPolicy(person.accountId, { rememberDevice: { allowed: true, days: 30 } });
      const deviceToken = await rememberedDevice(person);
      const passed = await person.signIn({ deviceToken });
      equal('secondFactor' in passed && passed.secondFactor, 'trusted_device', 'the sign-in');
      equal((await person.own.listTrustedDevices()).data.length, 1, 'the list');
      await person.own.revokeTrustedDevices();
      await person.challenge({ deviceToken });
    },
  },
  {
    rows: ['R79'],
    what: "a provider's own MFA counts only where the policy says so",
    run: async (world) => {
      const person = await world.person().enrol();
      await world.setPolicy(person.accountId, { federated: 'challenge_unless_mfa' });
      await person.challenge({ firstFactor: { method: 'federated', amr: ['pwd'] } });
      const passed = await person.signIn({ firstFactor: { method: 'federated', amr: ['mfa'] } });
      equal(passed.status, 'passed', 'the sign-in with mfa');
    },
  },
  {
    rows: ['R101'],
    what: 'odd decoration never stops a sign-in',
    run: async (world) => {
      const { id, email, accountId } = world.person();
      const started = await world.target.api.start({
        accountId,
        user: {
          id,
          email,
          displayName: 'x'.repeat(2000),
          locale: 'not a locale',
          timeZone: 'Mars/Base',
          phone: 'none',
        },
        firstFactor: { method: 'password' },
        client: { ip: 'unknown', userAgent: 'x'.repeat(2000) },
      });
      equal(started.status, 'passed', 'the sign-in');
    },
  },
  {
    rows: ['R103'],
    what: 'codes that were shown and never saved are noticed',
    run: async (world) => {
      const person = await world.person().enrol();
      equal((await person.own.getTwoFactor()).recoveryCodes?.saved, false, 'saved before');
      await person.own.recoveryCodesSaved();
      equal((await person.own.getTwoFactor()).recoveryCodes?.saved, true, 'saved after');
    },
  },
  {
    rows: ['R93'],
    what: 'the trail has the attempt that passed and the one that did not',
    run: async (world) => {
      const person = await world.person().enrol();
      const { challengeToken } = await person.challenge();
      await refused(person.verify(challengeToken, 'totp', person.codeAt(5000)), 'code_incorrect');
      await person.verify(challengeToken, 'totp', await person.nextCode());
      const desk = world.as(world.person(person.accountId), 'admin');
      const types = async () => (await desk.listEvents({ userId: person.id })).data.map(({ type }) => type);
      for (let look = 0; look < 40; look += 1) {
        const seen = (await types()).join(' ');
        if (/pass/.test(seen) && /wrong|incorrect|fail/.test(seen)) {
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
      holds(false, `the trail has only ${(await types()).join(', ') || 'nothing'}`);
    },
  },
];
