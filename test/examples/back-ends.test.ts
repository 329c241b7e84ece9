/** The examples that are back ends alone, each signing somebody in against the service that `npm start` runs. */
import type {
  CreateAuthChallengeTriggerEvent,
  DefineAuthChallengeTriggerEvent,
  VerifyAuthChallengeResponseTriggerEvent,
} from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BrowserClient } from '../../client/browser.ts';
import type { Countersign } from '../../client/server.ts';
import { triggers } from '../../examples/cognito.ts';
import * as hosted from '../../examples/hosted-prompt.ts';
import { type Session, signIn } from '../../examples/server-side-only.ts';
import { transfers } from '../../examples/step-up.ts';
import { type Route, routes } from '../../lambdas/routes.ts';
import type { Local } from '../../local/start-local.ts';
import { totpAt } from '../support/deployment.ts';
import { clientOf, enrol, startService } from '../support/signed-in.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let local: Local;
let twoFactor: Countersign;
beforeAll(async () => {
  local = await startService({ origins: ['http://localhost:3000'] });
  twoFactor = clientOf(local.url);
  // The examples wait 3 seconds. A first call may take longer on a machine that is busy with other tests.
  await enrol(local, 'acme', 'first');
  await twoFactor.userToken({ accountId: 'acme', userId: 'first', role: 'user' });
  vi.stubEnv('COUNTERSIGN_URL', local.url);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local-secret');
});
afterAll(() => {
  vi.unstubAllEnvs();
  return local.close();
});

const userOf = (id: string) => ({ accountId: 'acme', id, email: `${id}@example.com` });

/** What a page does with a challenge: enters the code of now. Answers with the token. */
async function enterCode(challengeToken: string, secret: string): Promise<string> {
  const code = totpAt(secret, local.clock.now());
  const page = new BrowserClient({ url: local.url, timeoutMs: 60_000 });
  const verified = await page.verifyChallenge({ challengeToken, method: 'totp', code });
  local.clock.advance(30);
  return (verified as { token: string }).token;
}

describe('sign-in', () => {
  it('completes a sign-in by the second factor, and refuses the token of another session', async () => {
    const { afterPassword, afterSecondFactor, userToken } = await import('../../examples/sign-in.ts');
    type AppSession = Parameters<typeof afterPassword>[0];
    const ada = userOf('ada');
    const simple: AppSession = {};
    expect(await afterPassword(simple, ada)).toBeUndefined();
    expect(simple.user).toEqual(ada);

    const { secret } = await enrol(local, 'acme', 'ada');
    const session: AppSession = {};
    const other: AppSession = {};
    const challenge = (await afterPassword(session, ada)) as { challengeToken: string };
    await afterPassword(other, ada);
    const token = await enterCode(challenge.challengeToken, secret);
    await expect(afterSecondFactor(other, token)).rejects.toMatchObject({ reason: 'nonce' });
    await expect(afterSecondFactor({}, token)).rejects.toThrow('Start again');
    await afterSecondFactor(session, token);
    expect(session).toEqual({ user: ada });
    expect((await userToken(ada, new Date())).token).toMatch(/^ey/);
  });
});

describe('server-side only', () => {
  it('signs in by a form of its own, and counts the tries', async () => {
    const { secret } = await enrol(local, 'acme', 'bob');
    const { begin, enter } = signIn(twoFactor);
    const session: Session = {};
    expect((await begin(session, userOf('bob'))).map(({ method }) => method)).toContain('totp');
    const right = totpAt(secret, local.clock.now());
    const wrong = right === '000000' ? '000001' : '000000';
    expect(await enter(session, { method: 'totp', code: wrong })).toEqual({
      signedIn: false,
      attemptsRemaining: 4,
    });
    expect(session.user).toBeUndefined();
    expect(await enter(session, { method: 'totp', code: right })).toEqual({ signedIn: true });
    expect(session.user).toEqual(userOf('bob'));
    local.clock.advance(30);
  });

  it('passes the calls of the settings on, for the person of the session alone', async () => {
    await enrol(local, 'acme', 'carl');
    const { passOn } = signIn(twoFactor);
    const call = (body: object, headers = {}) =>
      new Request('https://app.example/2fa', { method: 'POST', headers, body: JSON.stringify(body) });
    const status = { method: 'GET', path: '/v1/me/two-factor' };
    const answer = await passOn({ user: userOf('carl') }, call(status));
    expect(await answer.json()).toMatchObject({ status: 200, body: { status: 'enabled' } });
    expect((await passOn({}, call(status))).status).toBe(401);
    const foreign = call(status, { 'sec-fetch-site': 'cross-site' });
    expect((await passOn({ user: userOf('carl') }, foreign)).status).toBe(401);
    const asApp = await passOn({ user: userOf('carl') }, call({ method: 'POST', path: '/v1/challenges' }));
    expect(await asApp.json()).toMatchObject({ status: 403 });
  });
});

describe('step-up', () => {
  it('R88 books a transfer by a token for exactly this one, once, and says what it asks for (RFC 9470)', async () => {
    const { secret } = await enrol(local, 'acme', 'gina');
    const booked: object[] = [];
    const used = new Set<string>();
    const transfer = transfers(twoFactor, {
      book: async (each) => void booked.push(each),
      useOnce: async (jti) => used.size < used.add(jti).size,
    });
    const session = { user: userOf('gina') };
    const send = (body: object, token?: string) => {
      const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
      const url = 'https://app.example/transfers';
      return transfer(session, new Request(url, { method: 'POST', headers, body: JSON.stringify(body) }));
    };
    const wanted = { amount: '5.00 EUR', to: 'Grace' };

    const asked = await send(wanted);
    expect(asked.status).toBe(401);
    const header = asked.headers.get('www-authenticate');
    expect(header).toContain('error="insufficient_user_authentication"');
    expect(header).toContain('acr_values="mfa", max_age="300"');
    const { challenge } = (await asked.json()) as { challenge: { challengeToken: string; action: object } };
    expect(challenge.action).toEqual({
      name: 'transfer.create',
      details: { Amount: '5.00 EUR', To: 'Grace' },
    });

    const token = await enterCode(challenge.challengeToken, secret);
    const before = { ...session };
    expect((await send({ ...wanted, to: 'Eve' }, token)).status).toBe(401);
    Object.assign(session, before);
    expect((await send(wanted, token)).status).toBe(201);
    Object.assign(session, before);
    expect((await send(wanted, token)).status).toBe(401);
    expect(booked).toEqual([wanted]);
  });
});

describe('Next.js route handlers', () => {
  it('sign in by a session that the browser carries', async () => {
    const { finish, signIn: begin } = await import('../../examples/next-route.ts');
    type App = Parameters<typeof begin>[0];
    const { secret } = await enrol(local, 'acme', 'dora');
    let kept: Awaited<ReturnType<App['session']>> = {};
    const app: App = {
      checkPassword: async (form) => (form.get('password') === 'right' ? userOf('dora') : undefined),
      session: async () => kept,
      withSession: async (response, session) => {
        kept = session;
        return response;
      },
    };
    const form = (password: string) => {
      const body = new FormData();
      body.set('password', password);
      return new Request('https://app.example/sign-in', { method: 'POST', body });
    };
    const posted = (token: unknown) =>
      new Request('https://app.example/sign-in/finish', { method: 'POST', body: JSON.stringify({ token }) });
    expect((await begin(app)(form('wrong'))).status).toBe(401);
    expect((await finish(app)(posted('x'))).status).toBe(401);
    const started = (await (await begin(app)(form('right'))).json()) as { challengeToken: string };
    expect(kept.user).toBeUndefined();
    expect(await (await finish(app)(posted('x'))).json()).toEqual({ error: 'token_invalid' });
    const token = await enterCode(started.challengeToken, secret);
    expect((await finish(app)(posted(token))).status).toBe(200);
    expect(kept).toEqual({ user: userOf('dora') });
  });
});

describe('the Cognito triggers', () => {
  const attributes = { sub: 'emil', email: 'emil@example.com', 'custom:account': 'acme' };
  const ours = () => triggers(twoFactor, (each) => each['custom:account'] as string);
  const defined = async (...steps: [string, boolean][]) => {
    const session = steps.map(([challengeName, challengeResult]) => ({ challengeName, challengeResult }));
    const event = { request: { userAttributes: attributes, session }, response: {} };
    return (await ours().define(event as unknown as DefineAuthChallengeTriggerEvent)).response;
  };
  const created = async () => {
    const event = { request: { userAttributes: attributes, session: [] }, response: {} };
    return (await ours().create(event as unknown as CreateAuthChallengeTriggerEvent)).response;
  };
  const verified = async (challengeAnswer: string, privateChallengeParameters: Record<string, string>) => {
    const request = { userAttributes: attributes, challengeAnswer, privateChallengeParameters };
    const event = { request, response: {} } as unknown as VerifyAuthChallengeResponseTriggerEvent;
    return (await ours().verify(event)).response.answerCorrect;
  };

  it('ask for the password, then for the second factor, and issue tokens after both alone', async () => {
    const srp: [string, boolean] = ['SRP_A', true];
    const password: [string, boolean] = ['PASSWORD_VERIFIER', true];
    expect(await defined(srp)).toMatchObject({ challengeName: 'PASSWORD_VERIFIER', issueTokens: false });
    expect(await defined(srp, password)).toMatchObject({
      challengeName: 'CUSTOM_CHALLENGE',
      issueTokens: false,
      failAuthentication: false,
    });
    expect(await defined(srp, password, ['CUSTOM_CHALLENGE', true])).toMatchObject({ issueTokens: true });
    for (const steps of [
      [],
      [srp, ['PASSWORD_VERIFIER', false]],
      [srp, password, ['CUSTOM_CHALLENGE', false]],
      [['CUSTOM_CHALLENGE', true]],
    ] as [string, boolean][][]) {
      expect(await defined(...steps)).toMatchObject({ issueTokens: false, failAuthentication: true });
    }
  });

  it('accept the token of this challenge, and somebody without a second factor', async () => {
    const simple = await created();
    const { token: passed } = JSON.parse(simple.publicChallengeParameters.challenge as string);
    expect(await verified(passed, simple.privateChallengeParameters)).toBe(true);
    expect(await verified('', simple.privateChallengeParameters)).toBe(false);

    const { secret } = await enrol(local, 'acme', 'emil');
    const [first, second] = [await created(), await created()];
    const { challengeToken } = JSON.parse(first.publicChallengeParameters.challenge as string);
    const token = await enterCode(challengeToken, secret);
    expect(await verified(token, second.privateChallengeParameters)).toBe(false);
    expect(await verified('', first.privateChallengeParameters)).toBe(false);
    expect(await verified(token, first.privateChallengeParameters)).toBe(true);
  });
});

describe('the hosted prompt', () => {
  const isServed = (Object.values(routes) as Route[]).some(({ path }) => path === '/v1/challenges/result');

  it('a return without the session that began the sign-in, or with another challenge, ends nothing', async () => {
    const returned = new URLSearchParams({ challengeId: 'chl_2', resultCode: 'x' });
    const session: hosted.Session = {
      pending: { user: userOf('finn'), challengeId: 'chl_1', challengeToken: 'x' },
    };
    expect(await hosted.end(twoFactor, {}, returned)).toBe('/sign-in');
    expect(await hosted.end(twoFactor, session, returned)).toBe('/sign-in');
    expect(session.user).toBeUndefined();
  });

  it.skipIf(!isServed)('signs in by way of the prompt and back', async () => {
    const { secret } = await enrol(local, 'acme', 'finn');
    const session: hosted.Session = {};
    const returnTo = 'http://localhost:3000/returned?from=mail';
    expect(await hosted.begin(twoFactor, session, userOf('finn'), returnTo)).toContain('/prompt#');
    const page = new BrowserClient({ url: local.url, timeoutMs: 60_000 });
    const verified = await page.verifyChallenge({
      challengeToken: session.pending?.challengeToken as string,
      method: 'totp',
      code: totpAt(secret, local.clock.now()),
    });
    const { redirectTo } = verified as { redirectTo: string };
    expect(redirectTo).toContain('http://localhost:3000/returned?from=mail&');
    expect(await hosted.end(twoFactor, session, new URL(redirectTo).searchParams)).toBe('/');
    expect(session).toEqual({ user: userOf('finn') });
  });
});
