/**
 * Notices. The attacker writes what ends up in somebody's mail: host headers, names, browser names. They want a link of
 * theirs in it, a header of theirs, markup, or a change that nobody is told of.
 */
import { describe, expect, it } from 'vitest';
import { deploy, issuerUrl } from '../support/deployment.ts';
import { mailedTo } from '../support/guesses.ts';
import { minute, Person } from '../support/person.ts';
import { rawTable } from '../support/threat-table.ts';

const deployment = await deploy();
const table = rawTable(deployment);

const spoofed = {
  host: 'evil.example',
  'x-forwarded-host': 'evil.example',
  forwarded: 'host=evil.example',
  origin: 'https://evil.example',
};

describe('what a caller may not write', () => {
  it('S49 Host and X-Forwarded-Host: no answer, mail or token names them', async () => {
    const ada = new Person(deployment);
    const call = ada.call.bind(ada);
    const answers: unknown[] = [];
    ada.call = async (flow, options = {}) => {
      const reply = await call(flow, { ...options, headers: { ...spoofed, ...options.headers } });
      answers.push(reply);
      return reply;
    };
    await ada.enrol();
    await ada.turnOnEmail(ada.totpProof());
    ada.later(2 * minute);
    const challenge = await ada.challengeToken();
    await ada.verify(challenge, 'email', await mailedTo(deployment, ada, challenge));
    await ada.call('openid-configuration');
    await ada.call('openapi');
    await ada.call('jwks');
    await ada.deliver();
    const mails = deployment.mails(ada.email);
    expect(mails.length).toBeGreaterThanOrEqual(3);
    expect(JSON.stringify([answers, mails])).not.toContain('evil.example');
    const discovery = (await ada.call('openid-configuration')).body;
    expect(discovery).toMatchObject({ issuer: issuerUrl, jwks_uri: `${issuerUrl}/.well-known/jwks.json` });
  });

  it('S50 markup, line breaks and control characters in names and browsers: escaped, one line, no header more', async () => {
    const ada = new Person(deployment);
    const userAgent =
      'Mozilla <img src=x onerror=alert(1)>\r\nBcc: thief@example.com\r\n\r\n<script>x</script>\u0000\u202E"\'&';
    const issuer = 'Acme <b>Bank</b>\r\nBcc: thief@example.com\r\n\r\nHello';
    await table.setPolicy(
      ada.accountId,
      {},
      { issuer, supportContact: '<a href="https://evil.example">help</a>\r\nX: y' },
    );
    await ada.signIn({ user: { displayName: 'Ada\r\nBcc: thief@example.com <script>' } });
    const started = await ada.start({ label: '<script>alert(1)</script>\r\nBcc: thief@example.com' });
    ada.secret = started.body.secret;
    const confirmed = await ada.confirm(started.body.authenticatorId, ada.code(), {
      userAgent,
      ip: '203.0.113.9',
    });
    expect(confirmed.status).toBe(200);
    await ada.own('start-email-method', {
      body: { proof: { method: 'totp', code: ada.later(30_000).code() } },
    });
    await ada.deliver();
    const mails = deployment.mails(ada.email);
    expect(mails).toHaveLength(2);
    expect(deployment.mails('thief@example.com')).toEqual([]);
    for (const { subject, html, text, to } of mails) {
      expect(to).toBe(ada.email);
      expect(subject).not.toMatch(/[\r\n\p{C}]/u);
      expect(html).not.toMatch(/<(script|img|b|a)\b/i);
      expect(html).not.toMatch(/\p{Cf}/u);
      expect(text.trim()).not.toBe('');
      expect(text).not.toMatch(/^(bcc|x):/im);
      expect(text).not.toContain('\r');
    }
    const notice = mails.find(({ subject }) => subject.includes('is on'));
    expect(notice?.html).toContain('Acme &lt;b&gt;Bank&lt;/b&gt;');
    expect(notice?.text).toContain('IP address: 203.0.113.9');
    expect(notice?.text).toContain('Device: unknown device');
    expect(notice?.html).not.toMatch(/onerror|thief.*script/);
  });

  it('S50 a browser name of 8 KB makes no mail of 8 KB', async () => {
    const ada = new Person(deployment);
    await ada.signIn();
    const started = await ada.start();
    ada.secret = started.body.secret;
    await ada.confirm(started.body.authenticatorId, ada.code(), { userAgent: 'x'.repeat(8000) });
    await ada.deliver();
    expect(deployment.mails(ada.email)[0]?.text.length).toBeLessThan(1500);
  });
});

describe('what is told', () => {
  it('S51 every change is mailed once, without secrets, codes or links to sign in', async () => {
    const ada = new Person(deployment);
    const secrets: string[] = [];
    const told: string[] = [];
    let seen = 0;
    const newMails = async () => {
      await ada.deliver();
      await ada.deliver();
      await ada.later(10 * minute).deliver();
      const mails = deployment.mails(ada.email).filter(({ tags }) => tags.eventId !== undefined);
      const fresh = mails
        .slice(0, mails.length - seen)
        .filter(({ subject }) => !/code$|Confirm codes/.test(subject));
      seen = mails.length;
      for (const { text, html } of fresh) {
        expect(`${text}${html}`).not.toMatch(/https?:|href/);
        expect(`${text}${html.replace(/<style.*?<\/style>|<[^>]*>/gs, ' ')}`).not.toMatch(
          /(?<![\w-])\d{6}(?![\w-])/,
        );
        for (const secret of secrets) {
          expect(`${text}${html}`).not.toContain(secret);
        }
      }
      told.push(...fresh.map(({ subject }) => subject.replace('Acme: ', '')));
      return fresh.length;
    };
    await table.setPolicy(ada.accountId, { rememberDevice: { allowed: true, days: 30 } });
    await ada.enrol();
    secrets.push(ada.secret, ...ada.recoveryCodes);
    expect(await newMails()).toBe(1);
    await ada.turnOnEmail(ada.totpProof());
    expect(await newMails()).toBe(1);
    const started = await ada.start({ proof: ada.totpProof() });
    secrets.push(started.body.secret);
    const second = new Person(deployment, { at: ada.at });
    second.secret = started.body.secret;
    await ada.confirm(ada.authenticatorId, second.code());
    expect(await newMails()).toBe(1);
    await ada.own('remove-authenticator', {
      path: { id: ada.authenticatorId },
      body: { proof: ada.totpProof() },
    });
    expect(await newMails()).toBe(1);
    const regenerated = await ada.own('regenerate-recovery-codes', { body: { proof: ada.totpProof() } });
    secrets.push(...regenerated.body.recoveryCodes);
    expect(await newMails()).toBe(1);
    await ada.verify(await ada.challengeToken(), 'recovery_code', regenerated.body.recoveryCodes[0]);
    expect(await newMails()).toBe(1);
    const body = {
      challengeToken: await ada.challengeToken(),
      method: 'totp',
      code: ada.code(),
      rememberDevice: true,
    };
    secrets.push((await ada.call('verify-challenge', { body })).body.deviceToken);
    expect(await newMails()).toBe(1);
    await ada.call('password-changed', { path: { accountId: ada.accountId, userId: ada.id } });
    expect(await newMails()).toBe(1);
    await ada.own('remove-email-method', { body: { proof: ada.totpProof() } });
    expect(await newMails()).toBe(1);
    await ada.own('disable-two-factor', { body: { proof: ada.totpProof() } });
    expect(await newMails()).toBe(1);
    expect(told).toEqual([
      'Two-factor authentication is on',
      'Codes by email are on',
      'An authenticator was added',
      'An authenticator was removed',
      'New recovery codes',
      'A recovery code was used',
      expect.stringMatching(/remember|device/i),
      'Remembered devices were signed out',
      'Codes by email are off',
      'Two-factor authentication is off',
    ]);
  });

  it('S51 a refused change is told to nobody', async () => {
    const ada = await new Person(deployment).enrol();
    await ada.deliver();
    const before = deployment.mails(ada.email).length;
    await ada.own('disable-two-factor', { body: {} });
    await ada.own('disable-two-factor', { fresh: false, body: { proof: ada.totpProof() } });
    await ada.own('regenerate-recovery-codes', { body: {} });
    await ada.later(10 * minute).deliver();
    expect(deployment.mails(ada.email)).toHaveLength(before);
  });

  it('S51 at five wrong codes in a row after a good password the user is told, once', async () => {
    const ada = await new Person(deployment).enrol();
    await ada.deliver();
    for (let nth = 0; nth < 7; nth += 1) {
      await ada.verify(await ada.challengeToken(), 'totp', nth % 2 ? '000000' : '000001');
    }
    const subjects = await ada.later(minute).deliver();
    expect(subjects.filter((subject) => subject.includes('Somebody may know your password'))).toHaveLength(1);
  });
});
