/**
 * Enrolment. The attacker has a page open in somebody's session, or a proxy between the browser and the API. They send a
 * secret of their own, finish what they never proved, replace the live authenticator, keep a pending one for later, use
 * the confirm code again, or break the otpauth URI with a name.
 */
import { describe, expect, it } from 'vitest';
import { deploy, totpAt } from '../support/deployment.ts';
import { countOf, wrongTotp } from '../support/guesses.ts';
import { minute, Person } from '../support/person.ts';
import { rawTable } from '../support/threat-table.ts';

const deployment = await deploy();
const table = rawTable(deployment);

const known = async () => {
  const person = new Person(deployment);
  await person.signIn();
  return person;
};

describe('what the client may say', () => {
  it.each([
    { secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' },
    { verified: true },
    { userId: 'somebody-else' },
    { accountId: 'another' },
    { issuer: 'Evil' },
    { authenticatorId: 'aut_chosen' },
    { algorithm: 'SHA1', digits: 4 },
  ])('S1 start with %o: 400, and nothing is pending', async (body) => {
    const ada = await known();
    const started = await ada.start(body);
    expect(started.status).toBe(400);
    expect(started.body.errors[0].pointer).toBe(`/${Object.keys(body)[0]}`);
    expect((await table.user(ada.ref)).pendingAuthenticator).toBeUndefined();
  });

  it.each([{ secret: 'JBSWY3DPEHPK3PXP' }, { verified: true }, { userId: 'x' }])(
    'S1 confirm with %o beside the right code: 400, and nothing is on',
    async (more) => {
      const ada = await known();
      const { body } = await ada.start();
      const confirmed = await ada.own('confirm-authenticator', {
        path: { id: body.authenticatorId },
        body: { code: totpAt(body.secret, ada.at), ...more },
      });
      expect(confirmed.status).toBe(400);
      expect((await ada.status()).status).toBe('disabled');
    },
  );

  it('S1 the secret is made anew at each start, never from what was said before', async () => {
    const ada = await known();
    const secrets = [await ada.start({ label: 'same' }), await ada.start({ label: 'same' })];
    expect(new Set(secrets.map(({ body }) => body.secret)).size).toBe(2);
  });
});

describe('a pending authenticator', () => {
  it('S2 started and never confirmed changes nothing, and is dead after 10 minutes although its data is still there', async () => {
    const ada = await known();
    const { body } = await ada.start();
    expect((await ada.signIn()).body.status).toBe('passed');
    ada.later(10 * minute);
    expect((await table.user(ada.ref)).pendingAuthenticator.id).toBe(body.authenticatorId);
    const late = await ada.confirm(body.authenticatorId, totpAt(body.secret, ada.at));
    expect([late.status, late.body.code]).toEqual([410, 'enrollment_expired']);
    expect((await ada.status()).status).toBe('disabled');
  });

  it('S2 one millisecond before 10 minutes it still confirms', async () => {
    const ada = await known();
    const { body } = await ada.start();
    ada.later(10 * minute - 1);
    expect((await ada.confirm(body.authenticatorId, totpAt(body.secret, ada.at))).status).toBe(200);
  });

  it('S3 the live authenticator works until the new one is confirmed, and the pending one does not', async () => {
    const ada = await new Person(deployment).enrol();
    const started = await ada.start({ proof: ada.totpProof() });
    const pendingSecret = started.body.secret;
    ada.later(30_000);
    const challenge = await ada.challengeToken();
    const pending = await ada.verify(challenge, 'totp', totpAt(pendingSecret, ada.at));
    expect([pending.status, pending.body.code]).toEqual([422, 'code_incorrect']);
    expect((await ada.verify(challenge, 'totp', ada.code())).status).toBe(200);
    const confirmed = await ada.confirm(ada.authenticatorId, totpAt(pendingSecret, ada.at));
    expect(confirmed.status).toBe(200);
    ada.later(30_000);
    expect((await ada.verify(await ada.challengeToken(), 'totp', totpAt(pendingSecret, ada.at))).status).toBe(
      200,
    );
    expect((await ada.verify(await ada.challengeToken(), 'totp', ada.code())).status).toBe(200);
  });

  it('S4 of two enrolments at once only the newest pending one confirms', async () => {
    const ada = await known();
    const started = (await Promise.all([ada.start(), ada.start()])).map(({ body }) => body);
    const pendingId = (await table.user(ada.ref)).pendingAuthenticator.id;
    const answers = await Promise.all(
      started.map((one) => ada.confirm(one.authenticatorId, totpAt(one.secret, ada.at))),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404]);
    const { authenticators } = await table.user(ada.ref);
    expect(authenticators.map(({ id }: { id: string }) => id)).toEqual([pendingId]);
  });

  it('S4 one pending authenticator confirmed twenty times at once is one authenticator and one set of codes', async () => {
    const ada = await known();
    const { body } = await ada.start();
    const code = totpAt(body.secret, ada.at);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => ada.confirm(body.authenticatorId, code)),
    );
    expect(countOf(answers, ({ status }) => status === 200)).toBe(1);
    expect((await table.user(ada.ref)).authenticators).toHaveLength(1);
  });

  it('S9 after five wrong codes the right one is refused, and the guesses count in the budget of the user', async () => {
    const ada = await known();
    const { body } = await ada.start();
    ada.secret = body.secret;
    for (let nth = 0; nth < 5; nth += 1) {
      const wrong = await ada.confirm(body.authenticatorId, wrongTotp(ada, nth));
      expect([wrong.status, wrong.body.attemptsRemaining]).toEqual([422, 4 - nth]);
    }
    const right = await ada.confirm(body.authenticatorId, ada.code());
    expect([right.status, right.body.code]).toEqual([429, 'too_many_attempts']);
    const { authenticators, failures } = await table.user(ada.ref);
    expect(authenticators).toEqual([]);
    expect(failures.atMs).toHaveLength(5);
  });

  it('S9 fifty wrong codes at once: at most five are answered as compared', async () => {
    const ada = await known();
    const { body } = await ada.start();
    ada.secret = body.secret;
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, nth) => ada.confirm(body.authenticatorId, wrongTotp(ada, nth))),
    );
    expect(countOf(answers, ({ status }) => status === 422)).toBeLessThanOrEqual(5);
  });
});

describe('a stolen session', () => {
  const routesOfThief = [
    ['start-authenticator', {}],
    ['remove-authenticator', {}],
    ['start-email-method', {}],
    ['regenerate-recovery-codes', {}],
    ['disable-two-factor', {}],
  ] as const;

  it.each(routesOfThief)('S5 %s: wants the first factor again, then a second factor', async (flow, body) => {
    const ada = await new Person(deployment).enrol();
    const path = { id: (await table.user(ada.ref)).authenticators[0].id };
    const before = await table.user(ada.ref);
    const stale = await ada.own(flow, { body, path, fresh: false });
    expect([stale.status, stale.body.code]).toEqual([403, 'reauthentication_required']);
    const unproven = await ada.own(flow, { body, path });
    expect([unproven.status, unproven.body.code]).toEqual([403, 'proof_required']);
    const bearer = await ada.token();
    ada.later(5 * minute + 1000);
    const old = await ada.call(flow, { bearer, path, body: { proof: ada.totpProof() } });
    expect([old.status, old.body.code]).toEqual([403, 'reauthentication_required']);
    expect(await table.user(ada.ref)).toEqual(before);
  });

  it('S5 what it started before two-factor was on does not confirm afterwards', async () => {
    const ada = await known();
    const thief = await ada.start();
    await ada.turnOnEmail();
    const confirmed = await ada.own('confirm-authenticator', {
      fresh: false,
      path: { id: thief.body.authenticatorId },
      body: { code: totpAt(thief.body.secret, ada.at) },
    });
    expect([confirmed.status, confirmed.body.code]).toEqual([404, 'not_found']);
    expect((await table.user(ada.ref)).authenticators).toEqual([]);
  });

  it('S5 an e-mail method that it started before two-factor was on does not confirm afterwards', async () => {
    const ada = await known();
    await ada.own('start-email-method', { body: {}, fresh: false });
    const code = ada.mailedCode();
    await ada.enrol();
    const confirmed = await ada.own('confirm-email-method', { fresh: false, body: { code } });
    expect([confirmed.status, confirmed.body.code]).toEqual([410, 'enrollment_expired']);
    expect((await table.user(ada.ref)).emailMethod).toBeUndefined();
  });

  it('S5 after a reset it cannot enrol: the mailbox is proven first, in a new sign-in', async () => {
    const ada = await new Person(deployment).enrol();
    const admin = new Person(deployment, { accountId: ada.accountId, at: ada.at });
    const reset = await admin.call('reset-two-factor', {
      bearer: await admin.token({ role: 'admin' }),
      path: { id: ada.id },
      body: { reason: 'lost phone' },
    });
    expect(reset.status).toBe(200);
    const started = await ada.start();
    expect([started.status, started.body.code]).toEqual([403, 'forbidden']);
    const signIn = await ada.signIn();
    expect(signIn.body).toMatchObject({ status: 'enrollment_required', bootstrap: { method: 'email' } });
    const early = await ada.call('start-authenticator', { bearer: signIn.body.challengeToken, body: {} });
    expect(early.status).toBe(401);
  });
});

describe('the first code and the name', () => {
  it('S6 the confirm code is burned: at the first sign-in in its window it is refused', async () => {
    const ada = await new Person(deployment).enrol();
    const burned = ada.code(-1);
    const challenge = await ada.challengeToken();
    const again = await ada.verify(challenge, 'totp', burned);
    expect([again.status, again.body.code]).toEqual([422, 'code_already_used']);
    expect((await ada.verify(challenge, 'totp', ada.code())).status).toBe(200);
  });

  it.each([
    'a:b?c&d#e%f=g/h+i',
    'line\r\nbreak\u2028and\u2029more',
    'emoji \u{1F468}\u200D\u{1F469}\u200D\u{1F467} \u{1F511}',
    'x'.repeat(500),
    '\u{1F511}'.repeat(500),
    '\u202Egpj.exe\u0000\u0007',
    ' ',
    '<script>alert(1)</script>',
  ])('S7 the label %j is one capped line, and the URI stays whole', async (label) => {
    const ada = await known();
    const { status, body } = await ada.start({ label });
    expect(status).toBe(201);
    const uri = new URL(body.otpauthUri);
    expect([uri.protocol, uri.host, uri.hash]).toEqual(['otpauth:', 'totp', '']);
    expect(decodeURIComponent(uri.pathname)).toBe(`/Acme:${ada.email}`);
    expect(uri.searchParams.get('secret')).toBe(body.secret);
    expect(uri.searchParams.get('issuer')).toBe('Acme');
    ada.secret = body.secret;
    expect((await ada.confirm(body.authenticatorId, ada.code())).status).toBe(200);
    const [listed] = (await ada.status()).authenticators;
    expect([...listed.label].length).toBeLessThanOrEqual(64);
    expect(listed.label).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(listed.label.trim()).not.toBe('');
  });

  it('S7 an issuer of separators, line breaks and emoji is encoded, never a broken URI', async () => {
    const ada = await known();
    const issuer = 'A:c? m&e#1%\r\n\u{1F511}';
    await table.setPolicy(ada.accountId, {}, { issuer });
    const { body } = await ada.start();
    const uri = new URL(body.otpauthUri);
    expect(uri.searchParams.get('issuer')).not.toContain(':');
    expect(uri.searchParams.get('secret')).toBe(body.secret);
    expect(decodeURIComponent(uri.pathname).split(':')).toHaveLength(2);
    expect(body.otpauthUri).toMatch(/^[\x21-\x7e]+$/);
  });

  it('S8 the mail system is down at confirm: two-factor is on, the codes are shown once, the mail comes later', async () => {
    const ada = new Person(deployment);
    deployment.mailbox.fault({ operation: 'SendEmail', kind: 'fail', times: Number.POSITIVE_INFINITY });
    await ada.enrol();
    expect(ada.recoveryCodes).toHaveLength(10);
    expect(await ada.deliver()).toEqual([]);
    deployment.mailbox.clearFaults();
    ada.later(5 * minute);
    expect(await ada.deliver()).toEqual(['Acme: Two-factor authentication is on']);
    expect((await ada.status()).status).toBe('enabled');
  });
});
