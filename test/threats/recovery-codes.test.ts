/**
 * Recovery codes, disabling, regenerating. The attacker has a copy of the table, or one recovery code from a printout, or
 * a page of their own that posts to the API from the victim's browser.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Flow, type Route, routes } from '../../lambdas/routes.ts';
import { deploy, type Reply } from '../support/deployment.ts';
import { countOf, mailedTo } from '../support/guesses.ts';
import { minute, Person } from '../support/person.ts';
import { rawTable } from '../support/threat-table.ts';

const deployment = await deploy();
const table = rawTable(deployment);

const remaining = async (person: Person): Promise<number> => (await person.status()).recoveryCodes.remaining;
const use = async (person: Person, code: string | undefined): Promise<Reply> =>
  person.verify(await person.challengeToken(), 'recovery_code', code);

/** The dump as text that holds every byte string in hex, base64 and Latin-1. */
async function dump(): Promise<string> {
  const parts: string[] = [];
  const walk = (value: unknown): void => {
    if (value instanceof Uint8Array) {
      const bytes = Buffer.from(value);
      parts.push(bytes.toString('hex'), bytes.toString('base64'), bytes.toString('latin1'));
    } else if (value !== null && typeof value === 'object') {
      parts.push(...Object.keys(value));
      Object.values(value).forEach(walk);
    } else {
      parts.push(String(value));
    }
  };
  walk(await table.items());
  return parts.join('\n');
}

describe('a dump of the table', () => {
  it('S33 reveals no recovery code, mailed code, device token or authenticator secret', async () => {
    const ada = await new Person(deployment).enrol();
    await table.setPolicy(ada.accountId, { rememberDevice: { allowed: true, days: 30 } });
    await ada.turnOnEmail(ada.totpProof());
    ada.later(2 * minute);
    const pending = await ada.start({ proof: ada.totpProof() });
    ada.later(minute);
    const challengeToken = await ada.challengeToken();
    const body = { challengeToken, method: 'totp', code: ada.code(), rememberDevice: true };
    const { deviceToken } = (await ada.call('verify-challenge', { body })).body;
    const open = await ada.challengeToken();
    const mailed = await mailedTo(deployment, ada, open);
    const text = await dump();
    expect(text).toContain(ada.id);
    const secretBytes = [ada.secret, pending.body.secret].flatMap((secret: string) => {
      const bits = [...secret].map((letter) =>
        'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
      );
      const bytes = Buffer.from(
        (bits.join('').match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)),
      );
      return [secret, bytes.toString('hex'), bytes.toString('base64'), bytes.toString('latin1')];
    });
    const recovery = ada.recoveryCodes.flatMap((code) => [
      code,
      code.replaceAll('-', ''),
      Buffer.from(code).toString('hex'),
    ]);
    for (const secret of [
      ...secretBytes,
      ...recovery,
      deviceToken,
      Buffer.from(deviceToken, 'base64url').toString('hex'),
    ]) {
      expect(text).not.toContain(secret);
    }
    expect(text).not.toMatch(new RegExp(`\\b${mailed}\\b`));
    expect(text).not.toContain(open);
  });

  it('S33 lets nobody search the million mailed codes: their hashes are keyed and bound to their place', async () => {
    const ada = new Person(deployment);
    await ada.signIn();
    await ada.turnOnEmail();
    ada.later(2 * minute);
    const challenge = await ada.challengeToken();
    const code = await mailedTo(deployment, ada, challenge);
    const { challenges } = await table.user(ada.ref);
    const [[challengeId, { codes }]] = Object.entries(challenges) as [
      [string, { codes: { mac: Uint8Array }[] }],
    ];
    const scopes = [
      '',
      ada.id,
      ada.accountId,
      challengeId,
      JSON.stringify([ada.accountId, ada.id, challengeId]),
    ];
    const guesses = scopes.flatMap((scope) => [`${scope}${code}`, `${scope} ${code}`, `${code}${scope}`]);
    for (const guess of guesses) {
      for (const algorithm of ['sha1', 'sha256', 'sha512']) {
        const hash = createHash(algorithm).update(guess).digest('hex');
        expect(hash).not.toContain(Buffer.from(codes[0]?.mac ?? []).toString('hex'));
      }
    }
  });

  it('S33 recovery codes are slow to search: salted per batch, stretched', async () => {
    const [ada, bob] = [await new Person(deployment).enrol(), await new Person(deployment).enrol()];
    const [one, other] = [await table.user(ada.ref), await table.user(bob.ref)];
    expect(one.recoveryCodes.rounds).toBe(1000);
    expect(one.recoveryCodes.salt).toHaveLength(16);
    expect(one.recoveryCodes.salt).not.toEqual(other.recoveryCodes.salt);
    expect(one.recoveryCodes.hashes).toHaveLength(10);
  });
});

describe('using them', () => {
  it('S34 one code fifty times at once: one passes', async () => {
    const ada = await new Person(deployment).enrol();
    const challenges = await Promise.all(Array.from({ length: 50 }, () => ada.challengeToken()));
    const answers = await Promise.all(
      challenges.map((challenge) => ada.verify(challenge, 'recovery_code', ada.recoveryCodes[0])),
    );
    expect(countOf(answers, ({ status }) => status === 200)).toBe(1);
    expect(await remaining(ada)).toBe(9);
  });

  it('S34 two codes at once: both pass, and the count is right', async () => {
    const ada = await new Person(deployment).enrol();
    const answers = await Promise.all([use(ada, ada.recoveryCodes[0]), use(ada, ada.recoveryCodes[1])]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers.map(({ body }) => body.recoveryCodesRemaining).sort()).toEqual([8, 9]);
    expect(await remaining(ada)).toBe(8);
  });

  it('S34 as sign-in and as proof at once: one of them', async () => {
    const ada = await new Person(deployment).enrol();
    const code = ada.recoveryCodes[0] as string;
    const proof = { method: 'recovery_code', code };
    const answers = await Promise.all([
      use(ada, code),
      ada.own('regenerate-recovery-codes', { body: { proof } }),
    ]);
    expect(countOf(answers, ({ status }) => status < 300)).toBe(1);
  });

  it('S35 regenerate races with use: once it has answered, no old code works and the new ten are whole', async () => {
    const ada = await new Person(deployment).enrol();
    const old = ada.recoveryCodes;
    const challenges = await Promise.all(old.map(() => ada.challengeToken()));
    const [regenerated, ...used] = await Promise.all([
      ada.own('regenerate-recovery-codes', { body: { proof: ada.totpProof() } }),
      ...old.slice(0, 3).map((code, index) => ada.verify(challenges[index] as string, 'recovery_code', code)),
    ]);
    expect(used).toHaveLength(3);
    const again =
      regenerated.status === 201
        ? regenerated
        : await ada.later(minute).own('regenerate-recovery-codes', { body: { proof: ada.totpProof() } });
    expect(again.status).toBe(201);
    const fresh: string[] = again.body.recoveryCodes;
    expect(new Set([...fresh, ...old]).size).toBe(20);
    expect(await remaining(ada)).toBe(10);
    for (const [index, code] of old.slice(3).entries()) {
      expect((await ada.verify(challenges[index + 3] as string, 'recovery_code', code)).status).not.toBe(200);
    }
    await table.changeUser(ada.ref, (user) => ({ ...user, recoveryFailures: { consecutive: 0 } }));
    for (const code of fresh) {
      expect((await use(ada, code)).status).toBe(200);
    }
    expect(await remaining(ada)).toBe(0);
  });

  it('S36 lower case, upper case, spaces, dashes, O for 0, I and L for 1: accepted', async () => {
    const typed: [string, (code: string) => string][] = [
      ['upper case', (code) => code.toUpperCase()],
      ['no dashes', (code) => code.replaceAll('-', '')],
      ['spaces', (code) => code.replaceAll('-', ' ')],
      ['a space between all', (code) => [...code.replaceAll('-', '')].join(' ')],
      ['O for 0', (code) => code.replaceAll('0', 'O').replaceAll('1', 'I')],
      ['o for 0, l for 1', (code) => code.replaceAll('0', 'o').replaceAll('1', 'l')],
      ['L for 1', (code) => code.toUpperCase().replaceAll('1', 'L')],
      ['i for 1', (code) => code.replaceAll('1', 'i')],
      ['a line of the file, pasted whole', (code) => ` ${code}\n`],
    ];
    const ada = await new Person(deployment).enrol();
    while (!ada.recoveryCodes.every((code, index) => index < 4 || /[01]/.test(code) || index > 7)) {
      ada.later(30_000);
      const reply = await ada.own('regenerate-recovery-codes', { body: { proof: ada.totpProof() } });
      ada.recoveryCodes = reply.body.recoveryCodes;
    }
    for (const [index, [how, write]] of typed.entries()) {
      const reply = await use(ada, write(ada.recoveryCodes[index] as string));
      expect([how, reply.status]).toEqual([how, 200]);
    }
  });

  it('S36 however one code is written, it works once', async () => {
    const ada = await new Person(deployment).enrol();
    const code = ada.recoveryCodes[0] as string;
    expect((await use(ada, code)).status).toBe(200);
    for (const again of [
      code.toUpperCase(),
      code.replaceAll('-', ''),
      code.replaceAll('0', 'O').replaceAll('1', 'L'),
    ]) {
      expect((await use(ada, again)).status).toBe(422);
    }
    expect(await remaining(ada)).toBe(9);
  });
});

describe('from another site', () => {
  const changing = (Object.keys(routes) as Flow[]).filter((flow) => (routes[flow] as Route).method !== 'GET');
  const path = { id: 'aut_1', accountId: 'a', userId: 'u' };

  it.each(changing)('S37 a form or a text/plain post to %s: refused, nothing changes', async (flow) => {
    const ada = await new Person(deployment).enrol();
    const before = await table.items();
    const json = JSON.stringify({ reason: 'x', code: '123456', email: 'thief@example.com' });
    for (const [type, rawBody] of [
      ['text/plain', json],
      ['text/plain;charset=UTF-8', json],
      ['application/x-www-form-urlencoded', `${encodeURIComponent(json)}=`],
      ['multipart/form-data; boundary=x', json],
      ['', json],
      ['application/x-www-form-urlencoded', ''],
      ['text/plain', ''],
    ] as const) {
      const reply = await ada.call(flow, { headers: { 'content-type': type }, rawBody, path, signed: false });
      expect(reply.status).toBeGreaterThanOrEqual(400);
      expect(reply.status).toBeLessThan(404);
    }
    expect(await table.items()).toEqual(before);
  });

  it.each(['disable-two-factor', 'regenerate-recovery-codes'] as const)(
    'S37 %s by text/plain with the victim’s own token and proof: refused before anything is spent',
    async (flow) => {
      const ada = await new Person(deployment).enrol();
      const bearer = await ada.token();
      const before = await table.user(ada.ref);
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
        const rawBody = JSON.stringify({ proof: ada.totpProof() });
        const reply = await ada.call(flow, { bearer, rawBody, headers: { 'content-type': type } });
        expect([reply.status, reply.body.code]).toEqual([400, 'request_invalid']);
      }
      expect(await table.user(ada.ref)).toEqual(before);
    },
  );

  it('S37 a cookie is no credential', async () => {
    const ada = await new Person(deployment).enrol();
    const token = await ada.token();
    for (const cookie of [`token=${token}`, `authorization=Bearer ${token}`, `Bearer ${token}`]) {
      const reply = await ada.call('disable-two-factor', {
        headers: { cookie },
        body: { proof: ada.totpProof() },
      });
      expect([reply.status, reply.body.code]).toEqual([401, 'credentials_missing']);
    }
    expect(
      Object.keys(routes).filter((flow) => (routes[flow as Flow] as Route).method === 'GET'),
    ).not.toContain('disable-two-factor');
  });
});
