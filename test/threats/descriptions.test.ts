/**
 * What only describes never stops a sign-in, and what identifies is never bent to fit. Nobody attacks here but the world:
 * profiles of twenty years, identity providers, spreadsheets, phones that type a dash for a minus. Then the attacker comes,
 * and finds that leniency opens nothing: an `amr` that almost says `mfa`, an id that folds away, a code with letters in it.
 */
import { describe, expect, it } from 'vitest';
import { decodeToken, deploy, type Reply } from '../support/deployment.ts';
import { known } from '../support/desk.ts';
import { Person } from '../support/person.ts';
import { setPolicy, userItem } from '../support/table.ts';

const deployment = await deploy();
const said = ({ status, body }: Reply) => [status, body?.code];
const pointersOf = ({ body }: Reply) =>
  (body.warnings ?? []).map(({ pointer }: { pointer: string }) => pointer);

describe('R101 a sign-in', () => {
  it.each([
    ['a locale of another system', { user: { locale: 'klingon!!' } }, ['/user/locale']],
    ['a locale with an underscore', { user: { locale: 'de_CH' } }, ['/user/locale']],
    ['a zone that nobody knows', { user: { timeZone: 'Mars/Olympus' } }, ['/user/timeZone']],
    ['a phone number that is none', { user: { phone: 'ask my secretary' } }, ['/user/phone']],
    ['a phone number as typed', { user: { phone: '+41 79 123-45-67' } }, ['/user/phone']],
    ['an empty name', { user: { displayName: '' } }, ['/user/displayName']],
    ['a name of 5,000 characters', { user: { displayName: 'x'.repeat(5000) } }, ['/user/displayName']],
    ['a name of several lines', { user: { displayName: 'Ada\r\nLovelace' } }, ['/user/displayName']],
    ['half a character', { user: { displayName: 'Ada \ud83d' } }, ['/user/displayName']],
    ['a name that is a number', { user: { displayName: 7 } }, ['/user/displayName']],
    ['a client that is a text', { client: '203.0.113.9' }, ['/client']],
    ['an address with a port', { client: { ip: '203.0.113.9:443' } }, ['/client/ip']],
    ['a list of addresses', { client: { ip: '203.0.113.9, 10.0.0.1' } }, ['/client/ip']],
    ['an agent of 3,000 characters', { client: { userAgent: 'x'.repeat(3000) } }, ['/client/userAgent']],
    ['a device token that is a number', { deviceToken: 7 }, ['/deviceToken']],
    ['a device token of another system', { deviceToken: 'a.b.c' }, []],
    ['nothing odd', { user: { displayName: 'Ada' }, client: { ip: '2001:db8::1' } }, []],
  ])('with %s goes on, and says what became of it', async (_name, more, pointers) => {
    const reply = await new Person(deployment).signIn(more as Record<string, unknown>);
    expect(reply.status).toBe(201);
    expect(pointersOf(reply)).toEqual(pointers);
  });

  it('takes null for absent, everywhere', async () => {
    const user = { emailVerified: null, phone: null, displayName: null, locale: null, timeZone: null };
    const more = { user, firstFactor: { method: 'password', amr: null }, deviceToken: null, client: null };
    const reply = await new Person(deployment).signIn({ ...more, returnTo: null });
    expect([reply.status, reply.body.warnings]).toEqual([201, undefined]);
  });

  it('leaves an unknown amr out, and only the exact mfa counts', async () => {
    const statusOf = async (amr: unknown) => {
      const person = new Person(deployment);
      await setPolicy(deployment, person.accountId, { mode: 'required', federated: 'challenge_unless_mfa' });
      return person.signIn({ firstFactor: { method: 'federated', amr } });
    };
    for (const amr of [
      ['MFA'],
      ['mfa '],
      ['\u200bmfa'],
      'mfa',
      { 0: 'mfa' },
      [['mfa']],
      ['ngcmfa'],
      [null],
      7,
    ]) {
      expect([amr, (await statusOf(amr)).body.status]).not.toEqual([amr, 'passed']);
    }
    const passed = await statusOf(['pwd', 'ngcmfa', 'MFA', 'mfa', 7]);
    expect(passed.body.status).toBe('passed');
    expect(decodeToken(passed.body.token).amr).toEqual(['pwd']);
    expect(pointersOf(passed)).toEqual(['/firstFactor/amr']);
  });

  it('takes no word back that was right before: what does not fit is not stored over it', async () => {
    const ada = new Person(deployment);
    await known(ada, { locale: 'de-CH', timeZone: 'Europe/Zurich', displayName: 'Ada' });
    await ada.signIn({ user: { locale: '!!', timeZone: 'Nowhere', displayName: '\n' } });
    expect(await userItem(deployment, ada.ref)).toMatchObject({
      locale: 'de-CH',
      timeZone: 'Europe/Zurich',
      displayName: 'Ada',
    });
  });

  it('is refused for what identifies or decides', async () => {
    const ada = new Person(deployment);
    const wrong: [object, string][] = [
      [{ user: { id: 7 } }, '/user/id'],
      [{ user: { email: 'ada' } }, '/user/email'],
      [{ user: { email: '@example.com' } }, '/user/email'],
      [{ user: { email: 'ada@' } }, '/user/email'],
      [{ user: { email: 'ada@example.com\r\nBcc: eve@example.com' } }, '/user/email'],
      [{ user: { emailVerified: 'yes' } }, '/user/emailVerified'],
      [{ firstFactor: { method: 'passwrod' } }, '/firstFactor/method'],
      [{ accountId: '' }, '/accountId'],
      [{ returnTo: 'javascript:alert(1)' }, '/returnTo'],
      [{ unheardOf: 1 }, '/unheardOf'],
    ];
    for (const [more, pointer] of wrong) {
      const reply = await ada.signIn(more as Record<string, unknown>);
      expect([pointer, ...said(reply)]).toEqual([pointer, 400, 'request_invalid']);
      expect(reply.body.errors[0].pointer).toBe(pointer);
    }
  });
});

describe('R101 addresses', () => {
  it.each([
    ['jane@Bücher.example', 'jane@xn--bcher-kva.example'],
    ["o'hara+tag@example.com", "o'hara+tag@example.com"],
    ['a..b@example.com', 'a..b@example.com'],
    ['root@localhost', 'root@localhost'],
  ])('%s is taken, its domain in ASCII form', async (email, kept) => {
    const ada = new Person(deployment);
    const reply = await ada.call('sync-user', { path: ada.ref, body: { email } });
    expect([reply.status, reply.body.email]).toEqual([200, kept]);
  });

  it('a local part outside of ASCII is refused with a sentence that says why', async () => {
    const ada = new Person(deployment);
    const reply = await ada.call('sync-user', { path: ada.ref, body: { email: 'jürgen@example.com' } });
    expect(said(reply)).toEqual([400, 'request_invalid']);
    expect(reply.body.errors[0]).toMatchObject({
      pointer: '/email',
      detail: expect.stringContaining('ASCII'),
    });
  });
});

describe('R101 ids of identity providers', () => {
  it.each([
    'auth0|5f7c8ec7c33c6c004bbafe82',
    'user_contoso.example#EXT#@fabrikam.example',
    'Zm9v/YmFy+A==',
    'https://idp.example/users/42?x=1&y=2',
    'CN=user-42,OU=Staff,DC=example',
    'ünïcode',
    '%2e%2e',
    '...',
  ])('%s signs in, is read, and is erased by its encoded path', async (id) => {
    const ada = new Person(deployment, { id, email: 'ada@example.com' });
    expect((await ada.signIn()).status).toBe(201);
    const read = await ada.call('get-user', { path: ada.ref });
    expect([read.status, read.body.id]).toEqual([200, id]);
    expect((await ada.call('delete-user', { path: ada.ref })).status).toBe(204);
    expect(await userItem(deployment, ada.ref)).toBeUndefined();
  });

  it.each(['.', '..', '', ' ', 'a b', 'a\u0000b', 'a\u202eb', '\ud800', 'x'.repeat(129)])(
    '%j is refused: clients fold it away, or nobody sees it',
    async (id) => {
      const body = {
        accountId: 'acme',
        user: { id, email: 'a@example.com' },
        firstFactor: { method: 'password' },
      };
      expect(said(await deployment.call('create-challenge', { body }))).toEqual([400, 'request_invalid']);
    },
  );
});

describe('R102 what is typed by hand', () => {
  it.each([
    ['spaces', (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`],
    ['a no-break space', (code: string) => `${code.slice(0, 3)}\u00a0${code.slice(3)}`],
    ['a hyphen', (code: string) => `${code.slice(0, 3)}-${code.slice(3)}`],
    ['an en dash', (code: string) => `${code.slice(0, 3)}\u2013${code.slice(3)}`],
    ['a line break after it', (code: string) => `${code}\r\n`],
    ['a zero-width space', (code: string) => `\u200b${code}`],
  ])('a code with %s is the code', async (_name, typed) => {
    const ada = await new Person(deployment).enrol();
    const reply = await ada.verify(await ada.challengeToken(), 'totp', typed(ada.code()));
    expect(reply.status).toBe(200);
  });

  it('a recovery code in capitals, with dashes of a word processor and a line break', async () => {
    const ada = await new Person(deployment).enrol();
    const typed = `  ${(ada.recoveryCodes[0] as string).toUpperCase().replaceAll('-', ' \u2014 ')}\n`;
    expect((await ada.verify(await ada.challengeToken(), 'recovery_code', typed)).status).toBe(200);
  });

  it.each([
    '12345',
    '1234567',
    '12345a',
    '１２３４５６',
    '',
    '------',
    `${'-'.repeat(200)}123456`,
    123456,
    ['123456'],
  ])('%j is no code, and costs no try', async (code) => {
    const ada = await new Person(deployment).enrol();
    const challenge = await ada.challengeToken();
    expect(said(await ada.verify(challenge, 'totp', code))).toEqual([400, 'request_invalid']);
    expect((await userItem(deployment, ada.ref))?.failures.consecutive).toBe(0);
  });
});

describe('R101 null in a profile takes a field away', () => {
  it('and an absent one keeps it; the address cannot be taken away', async () => {
    const ada = new Person(deployment);
    const described = {
      phone: '+41791234567',
      locale: 'de-CH',
      timeZone: 'Europe/Zurich',
      displayName: 'Ada',
    };
    await known(ada, described);
    expect((await known(ada)).body).toMatchObject(described);
    const cleared = { phone: null, locale: null, timeZone: null, displayName: null };
    const reply = await known(ada, cleared);
    expect(reply.status).toBe(200);
    for (const name of Object.keys(cleared)) {
      expect(reply.body).not.toHaveProperty(name);
    }
    const path = ada.ref;
    const without = await ada.call('sync-user', { path, body: { email: null } });
    expect(said(without)).toEqual([400, 'request_invalid']);
  });
});

describe('R102 bodies', () => {
  const post = (rawBody: string, contentType?: string) => {
    const headers = { 'content-type': contentType ?? 'application/json' };
    return deployment.call('create-challenge', { rawBody, headers });
  };
  const body = (id: string) =>
    JSON.stringify({
      accountId: 'acme',
      user: { id, email: 'a@example.com' },
      firstFactor: { method: 'password' },
    });

  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json ;charset="utf-8"',
    ' application/json',
    'application/problem+json',
  ])('content type "%s" is JSON', async (type) => {
    expect((await post(body('one'), type)).status).toBe(201);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'text/json', 'application/jsonp', 'json', ''])(
    'content type "%s" is none: another site may send it',
    async (type) => {
      expect(said(await post(body('one'), type))).toEqual([400, 'request_invalid']);
    },
  );

  it('a byte order mark is taken, one and not two', async () => {
    expect((await post(`\ufeff${body('one')}`)).status).toBe(201);
    expect(said(await post(`\ufeff\ufeff${body('one')}`))).toEqual([400, 'request_invalid']);
  });

  it('a bad one is told by its cause in three sentences', async () => {
    const replies = [
      await post(body('one'), 'text/plain'),
      await post('{"a":'),
      await post(body('x'.repeat(9000))),
    ];
    const details = replies.map((reply) => reply.body.detail);
    expect(details).toEqual([
      expect.stringContaining('content-type'),
      expect.stringContaining('well-formed'),
      expect.stringContaining('8 KB'),
    ]);
  });
});
