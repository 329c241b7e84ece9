/**
 * Evidence has a date. The attacker knows the old password, or holds what it opened: a sign-in that is half done, a fresh
 * re-authentication, an enrolment, a lost answer that can be repeated. They wait until the owner changes the password, an
 * admin resets, or the account is erased and made anew, and go on with what they have.
 */
import { describe, expect, it } from 'vitest';
import { deploy, type Reply } from '../support/deployment.ts';
import { anAdmin, atDesk, colleagueOf } from '../support/desk.ts';
import { day, Person } from '../support/person.ts';
import { rawTable } from '../support/threat-table.ts';

process.env.RETURN_ORIGINS = 'https://app.acme.example';
const deployment = await deploy({ RETURN_ORIGINS: 'https://app.acme.example' });
const table = rawTable(deployment);

const anEnrolled = () => new Person(deployment).enrol();
const passwordChanged = (person: Person) => person.call('password-changed', { path: person.ref, body: {} });
const erase = (person: Person) => person.call('delete-user', { path: person.ref });
const said = ({ status, body }: Reply) => [status, body?.code];
const keyed = { headers: { 'idempotency-key': 'the-same-key' } };

/** Signs in with an `Idempotency-Key`; answers with the same request once more. */
async function repeatable(person: Person): Promise<() => Promise<Reply>> {
  const [challenge, code] = [await person.challengeToken(), person.code()];
  const again = () => person.verify(challenge, 'totp', code, keyed);
  expect((await again()).status).toBe(200);
  expect((await again()).status).toBe(200);
  person.later(1000);
  return again;
}

describe('after the password has changed', () => {
  it('S71 a sign-in that began before takes neither a code nor a request for one', async () => {
    const ada = await anEnrolled();
    await ada.turnOnEmail(ada.totpProof());
    ada.later(day);
    const challenge = await ada.challengeToken();
    await passwordChanged(ada.later(1000));
    expect(said(await ada.verify(challenge, 'totp', ada.code()))).toEqual([410, 'challenge_expired']);
    const recovery = await ada.verify(challenge, 'recovery_code', ada.recoveryCodes[0]);
    expect(said(recovery)).toEqual([410, 'challenge_expired']);
    const sent = await ada.call('send-code', { body: { challengeToken: challenge, method: 'email' } });
    expect(said(sent)).toEqual([410, 'challenge_expired']);
    const read = await ada.call('read-challenge', { body: { challengeToken: challenge } });
    expect(said(read)).toEqual([410, 'challenge_expired']);
    expect((await ada.verify(await ada.challengeToken(), 'totp', ada.code())).status).toBe(200);
  });

  it('S71 a re-authentication from before is stale, also of the same second; one from after counts', async () => {
    const ada = await anEnrolled();
    const old = await ada.token();
    await passwordChanged(ada.later(1));
    const disable = (bearer: string) =>
      ada.call('disable-two-factor', { bearer, body: { proof: ada.totpProof() } });
    expect(said(await disable(old))).toEqual([403, 'reauthentication_required']);
    expect((await ada.status()).status).toBe('enabled');
    expect((await disable(await ada.token())).status).toBe(200);
  });

  it('S71 the password alone, where the policy asks for no more, is the new one', async () => {
    const ada = await anEnrolled();
    await table.setPolicy(ada.accountId, { sensitiveActions: 'password' });
    const old = await ada.token();
    await passwordChanged(ada.later(1000));
    const disabled = await ada.call('disable-two-factor', { bearer: old, body: {} });
    expect(said(disabled)).toEqual([403, 'reauthentication_required']);
  });

  it('S71 an enrolment that the old password opened neither begins nor ends', async () => {
    const [begins, ends] = [new Person(deployment), new Person(deployment)];
    for (const person of [begins, ends]) {
      await table.setPolicy(person.accountId, { mode: 'required', bootstrap: 'none', methods: ['totp'] });
    }
    const bearer = await begins.challengeToken();
    await passwordChanged(begins.later(1000));
    const start = await begins.call('start-authenticator', { bearer, body: {} });
    expect(said(start)).toEqual([410, 'challenge_expired']);

    const open = await ends.challengeToken();
    const started = await ends.call('start-authenticator', { bearer: open, body: {} });
    ends.secret = started.body.secret;
    await passwordChanged(ends.later(1000));
    const path = { id: started.body.authenticatorId };
    const body = { code: ends.code() };
    const confirmed = await ends.call('confirm-authenticator', { bearer: open, path, body });
    expect(said(confirmed)).toEqual([410, 'challenge_expired']);
    expect((await ends.status()).status).toBe('disabled');
  });

  it('S71 an authenticator that was begun in the settings is gone', async () => {
    const ada = new Person(deployment);
    await ada.signIn();
    ada.secret = (await ada.start()).body.secret;
    await passwordChanged(ada.later(1000));
    const { authenticatorId } = ada;
    expect(said(await ada.confirm(authenticatorId, ada.code()))).toEqual([404, 'not_found']);
  });

  it('S71 S79 a lost answer is not repeated, and no result is fetched', async () => {
    const ada = await anEnrolled();
    const again = await repeatable(ada);
    await passwordChanged(ada);
    expect(said(await again())).toEqual([410, 'challenge_expired']);

    const bob = await anEnrolled();
    const challengeToken = await bob.challengeToken();
    expect((await bob.verify(challengeToken, 'totp', bob.code())).status).toBe(200);
    await passwordChanged(bob.later(1000));
    const fetched = await bob.call('fetch-result', { body: { challengeToken } });
    expect(said(fetched)).toEqual([410, 'challenge_expired']);
  });
});

describe('S79 a lost answer, asked for again', () => {
  it('after a reset passes nothing, and its result is not fetched', async () => {
    const admin = await anAdmin(deployment);
    const ada = await (await colleagueOf(deployment, admin)).enrol();
    const challengeToken = await ada.challengeToken();
    const code = ada.code();
    expect((await ada.verify(challengeToken, 'totp', code, keyed)).status).toBe(200);
    admin.at = ada.later(1000).at;
    const reset = await atDesk(admin, 'reset-two-factor', { path: { id: ada.id }, body: { reason: 'lost' } });
    expect(reset.status).toBe(200);
    expect(said(await ada.verify(challengeToken, 'totp', code, keyed))).toEqual([410, 'challenge_used']);
    const fetched = await ada.call('fetch-result', { body: { challengeToken } });
    expect(said(fetched)).toEqual([410, 'challenge_used']);
  });

  it('after two-factor was turned off passes nothing', async () => {
    const ada = await anEnrolled();
    const again = await repeatable(ada);
    ada.later(29_000);
    const disabled = await ada.own('disable-two-factor', { body: { proof: ada.totpProof() } });
    expect(disabled.status).toBe(200);
    expect(said(await again())).toEqual([410, 'challenge_used']);
  });

  it('after an erasure passes nothing, also once somebody of that id is known again', async () => {
    const ada = await anEnrolled();
    const again = await repeatable(ada);
    expect((await erase(ada)).status).toBe(204);
    expect(said(await again())).toEqual([401, 'challenge_invalid']);
    await ada.signIn();
    expect(said(await again())).toEqual([401, 'challenge_invalid']);
  });
});

describe('S80 somebody erased and made anew', () => {
  it('is not served by the tokens of before, whatever they ask for', async () => {
    const ada = await anEnrolled();
    const old = await ada.token();
    const challenge = await ada.challengeToken();
    await erase(ada.later(1000));
    await ada.later(1000).signIn();
    const calls = [
      ada.call('get-two-factor', { bearer: old }),
      ada.call('start-authenticator', { bearer: old, body: {} }),
      ada.call('start-email-method', { bearer: old, body: {} }),
      ada.call('mail-proof-code', { bearer: old, body: { method: 'email' } }),
      ada.call('list-trusted-devices', { bearer: old }),
      ada.call('revoke-trusted-devices', { bearer: old }),
    ];
    for (const reply of await Promise.all(calls)) {
      expect(said(reply)).toEqual([401, 'credentials_invalid']);
    }
    expect(said(await ada.verify(challenge, 'totp', ada.code()))).toEqual([401, 'challenge_invalid']);
    const send = await ada.call('send-code', { body: { challengeToken: challenge, method: 'email' } });
    expect(said(send)).toEqual([401, 'challenge_invalid']);
  });

  it('has no say at the desk by the token of before', async () => {
    const admin = await anAdmin(deployment);
    const ada = await (await colleagueOf(deployment, admin)).enrol();
    const bearer = await admin.token({ role: 'admin' });
    await erase(admin.later(1000));
    await admin.call('sync-user', {
      path: admin.later(1000).ref,
      body: { email: admin.email, isAdmin: true },
    });
    const act = { path: { id: ada.id }, body: { reason: 'x' } };
    const reset = await atDesk(admin, 'reset-two-factor', { bearer, ...act });
    expect(said(reset)).toEqual([401, 'credentials_invalid']);
    const proposed = await atDesk(admin, 'propose-policy', {
      bearer,
      body: { policy: { bootstrap: 'none' } },
    });
    expect(said(proposed)).toEqual([401, 'credentials_invalid']);
    expect((await ada.status()).status).toBe('enabled');
  });
});
