/**
 * S85 The hosted prompt. A thief who knows the password starts a sign-in and sends its genuine link to the victim, who
 * completes it. Or they hold the challenge token and ask for the result: without the code, with another's, twice, too late.
 */
import { describe, expect, it } from 'vitest';
import { decodeToken, deploy, type Reply } from '../support/deployment.ts';
import { minute, Person } from '../support/person.ts';
import { setPolicy, userItem } from '../support/table.ts';

const deployment = await deploy({ RETURN_ORIGINS: 'https://app.acme.example' });
const returnTo = 'https://app.acme.example/signed-in?next=%2Finbox';
const said = ({ status, body }: Reply) => [status, body?.code];
const second = 1000;

const fetchResult = (by: Person, challengeToken: string, resultCode?: string, more: object = {}) =>
  by.call('fetch-result', {
    body: { challengeToken, ...(resultCode === undefined ? {} : { resultCode }) },
    ...more,
  });

/** A sign-in that goes through the hosted prompt: the app's challenge token, and the code that came back. */
async function promptedSignIn(person: Person, more: object = {}) {
  const { body } = await person.signIn({ returnTo });
  const { challengeToken, challengeId } = body;
  const verify = { challengeToken, method: 'totp', code: person.code(), ...more };
  const passed = await person.call('verify-challenge', { body: verify });
  expect(passed.status).toBe(200);
  const back = new URL(passed.body.redirectTo);
  return {
    challengeToken,
    challengeId,
    passed: passed.body,
    back,
    code: back.searchParams.get('resultCode') as string,
  };
}

describe('the hosted prompt', () => {
  it('R85 hands the app the address of the prompt, its token in the fragment alone', async () => {
    const ada = await new Person(deployment).enrol();
    const { body } = await ada.signIn({ returnTo });
    expect(body.promptUrl).toBe(`https://countersign.test/prompt#${body.challengeToken}`);
    expect(body.challengeToken.length).toBeLessThanOrEqual(3500);
    const without = await ada.signIn();
    expect(without.body).not.toHaveProperty('promptUrl');
  });

  it('S85 R85 gives the browser no token: it goes back with a code', async () => {
    const ada = await new Person(deployment).enrol();
    const { passed, back, challengeId } = await promptedSignIn(ada);
    expect(passed).not.toHaveProperty('token');
    expect(passed).not.toHaveProperty('deviceToken');
    expect(`${back.origin}${back.pathname}`).toBe('https://app.acme.example/signed-in');
    expect(back.searchParams.get('next')).toBe('/inbox');
    expect(back.searchParams.get('challengeId')).toBe(challengeId);
  });

  it.each([
    'https://evil.example/',
    'https://app.acme.example.evil.example/',
    'https://app.acme.example@evil.example/',
    'https://user:pass@app.acme.example/',
    'https://app.acme.example\\@evil.example/',
    'https:\\\\evil.example/',
    '//evil.example/',
    'http://app.acme.example/',
    'https://app.acme.example:8443/',
    'javascript:alert(1)//https://app.acme.example',
    'data:text/html,x',
    'https://app.acme.example/#fragment',
    'https://app.acme.example/#',
    'https://app.acme.example/\r\nLocation: https://evil.example',
    `https://app.acme.example/${'x'.repeat(512)}`,
    '/signed-in',
    '',
  ])('S85 sends nobody to %j', async (to) => {
    const reply = await new Person(deployment).signIn({ returnTo: to });
    expect(said(reply)).toEqual([400, 'request_invalid']);
    expect(reply.body.errors[0].pointer).toBe('/returnTo');
  });
});

describe('the result of a sign-in', () => {
  it('R85 is fetched with the code: the token of that sign-in', async () => {
    const ada = await new Person(deployment).enrol();
    const { challengeToken, challengeId, code } = await promptedSignIn(ada);
    const { status, body } = await fetchResult(ada, challengeToken, code);
    expect([status, body.status, body.secondFactor]).toEqual([200, 'passed', 'totp']);
    expect(decodeToken(body.token)).toMatchObject({
      sub: ada.id,
      nonce: challengeId,
      amr: ['pwd', 'otp', 'mfa'],
    });
  });

  it('S85 is refused without the code, with a wrong one, with that of another sign-in, and stays to be fetched', async () => {
    const ada = await new Person(deployment).enrol();
    const bob = await new Person(deployment).enrol();
    const [hers, his] = [await promptedSignIn(ada), await promptedSignIn(bob)];
    for (const code of [undefined, '', 'x', his.code, hers.code.slice(1), `${hers.code} `]) {
      expect(said(await fetchResult(ada, hers.challengeToken, code))).toEqual([401, 'challenge_invalid']);
    }
    expect((await fetchResult(ada, hers.challengeToken, hers.code)).status).toBe(200);
  });

  it('S85 of a genuine link that a thief sent is not theirs: the code goes to the browser that passed', async () => {
    const victim = await new Person(deployment).enrol();
    const thief = await victim.signIn({ returnTo });
    const { challengeToken } = thief.body;
    expect(said(await fetchResult(victim, challengeToken))).toEqual([409, 'challenge_pending']);
    const passed = await victim.verify(challengeToken, 'totp', victim.code());
    expect(passed.body.redirectTo).toContain('resultCode=');
    // What the thief's session of the app holds is the challenge token alone.
    expect(said(await fetchResult(victim, challengeToken))).toEqual([401, 'challenge_invalid']);
    const repeated = await victim.verify(challengeToken, 'totp', victim.code());
    expect(said(repeated)).toEqual([410, 'challenge_used']);
  });

  it('S85 repeated within a minute is the same claims, later it is used', async () => {
    const ada = await new Person(deployment).enrol();
    const { challengeToken, code } = await promptedSignIn(ada);
    const first = await fetchResult(ada, challengeToken, code);
    ada.later(minute);
    deployment.calls();
    const again = await fetchResult(ada, challengeToken, code);
    expect(decodeToken(again.body.token)).toEqual(decodeToken(first.body.token));
    expect(deployment.calls()).toEqual({ BatchGetItem: 1, Sign: 1 });
    ada.later(1);
    expect(said(await fetchResult(ada, challengeToken, code))).toEqual([410, 'challenge_used']);
  });

  it('S85 is there for 5 minutes from the pass, whatever was left of the challenge', async () => {
    for (const [late, expected] of [
      [5 * minute - 1, [200, undefined]],
      [5 * minute, [410, 'challenge_expired']],
      [5 * minute + second, [410, 'challenge_expired']],
    ] as const) {
      const ada = await new Person(deployment).enrol();
      const { challengeToken } = (await ada.signIn({ returnTo })).body;
      ada.later(9 * minute);
      const passed = await ada.verify(challengeToken, 'totp', ada.code());
      const code = new URL(passed.body.redirectTo).searchParams.get('resultCode') as string;
      expect(said(await fetchResult(ada.later(late), challengeToken, code))).toEqual(expected);
    }
  });

  it('waits for the pass, and ends with a challenge that never passed', async () => {
    const ada = await new Person(deployment).enrol();
    const { challengeToken } = (await ada.signIn({ returnTo })).body;
    expect(said(await fetchResult(ada, challengeToken))).toEqual([409, 'challenge_pending']);
    const late = await fetchResult(ada.later(10 * minute), challengeToken);
    expect(said(late)).toEqual([410, 'challenge_expired']);
  });

  it('R85 without returnTo repeats what the verification answered, for apps that keep tokens from browsers', async () => {
    const ada = await new Person(deployment).enrol();
    const challengeToken = await ada.challengeToken();
    const verified = await ada.verify(challengeToken, 'totp', ada.code());
    const fetched = await fetchResult(ada, challengeToken);
    expect(decodeToken(fetched.body.token)).toEqual(decodeToken(verified.body.token));
  });

  it('R85 the first challenge token stands for all stages of an enrolment', async () => {
    const ada = new Person(deployment);
    await setPolicy(deployment, ada.accountId, { mode: 'required', methods: ['totp'] });
    const { challengeToken } = (await ada.signIn({ returnTo })).body;
    await ada.call('send-code', { body: { challengeToken, method: 'email' } });
    const enroll = (await ada.verify(challengeToken, 'email', ada.mailedCode())).body.challengeToken;
    expect(said(await fetchResult(ada, challengeToken))).toEqual([409, 'challenge_pending']);
    const started = await ada.call('start-authenticator', { bearer: enroll, body: {} });
    ada.secret = started.body.secret;
    const path = { id: started.body.authenticatorId };
    const done = await ada.call('confirm-authenticator', {
      bearer: enroll,
      path,
      body: { code: ada.code() },
    });
    expect(done.body).not.toHaveProperty('token');
    const code = new URL(done.body.redirectTo).searchParams.get('resultCode') as string;
    expect((await fetchResult(ada, challengeToken, code)).status).toBe(200);
  });

  it('R85 brings the token of the trusted device, once', async () => {
    const ada = new Person(deployment);
    await setPolicy(deployment, ada.accountId, { rememberDevice: { allowed: true, days: 30 } });
    await ada.enrol();
    const { challengeToken, code } = await promptedSignIn(ada, { rememberDevice: true });
    const { body } = await fetchResult(ada, challengeToken, code);
    expect((await ada.signIn({ deviceToken: body.deviceToken })).body.secondFactor).toBe('trusted_device');
    expect((await fetchResult(ada, challengeToken, code)).body).not.toHaveProperty('deviceToken');
    expect((await userItem(deployment, ada.ref))?.trustedDevices).toHaveLength(1);
  });

  it('S85 is for the app alone, and of a challenge of this deployment', async () => {
    const ada = await new Person(deployment).enrol();
    const { challengeToken, code } = await promptedSignIn(ada);
    expect(said(await fetchResult(ada, challengeToken, code, { signed: false }))).toEqual([403, 'forbidden']);
    for (const token of ['x', 'a.b.c.d.e', `${challengeToken}x`, await ada.token()]) {
      expect(said(await fetchResult(ada, token, code))).toEqual([401, 'challenge_invalid']);
    }
  });

  it('S85 fetched many times at once trusts one device and tells one story', async () => {
    const ada = new Person(deployment);
    await setPolicy(deployment, ada.accountId, { rememberDevice: { allowed: true, days: 30 } });
    await ada.enrol();
    const { challengeToken, code } = await promptedSignIn(ada, { rememberDevice: true });
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => fetchResult(ada, challengeToken, code)),
    );
    const jtis = replies
      .filter(({ status }) => status === 200)
      .map(({ body }) => decodeToken(body.token).jti);
    expect(new Set(jtis).size).toBe(1);
    expect((await userItem(deployment, ada.ref))?.trustedDevices).toHaveLength(1);
  });
});
