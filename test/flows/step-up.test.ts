import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { decodeToken, deploy } from '../support/deployment.ts';
import { anAdmin, atDesk, colleagueOf, enrolInside } from '../support/desk.ts';
import { mailedTo } from '../support/guesses.ts';
import { Person } from '../support/person.ts';
import { setPolicy } from '../support/table.ts';

const deployment = await deploy({ RETURN_ORIGINS: 'https://app.acme.example' });

const session = { method: 'session' };
const transfer = { name: 'transfer.create', details: { Amount: '1,250.00 EUR', To: 'Grace Hopper' } };
const stepUp = (person: Person, more: object = {}) =>
  person.signIn({ firstFactor: session, action: transfer, ...more });

/** `action_hash` by somebody else's JSON and SHA-256: RFC 8785 for texts, keys in the order of UTF-16 code units. */
function hashByPython(action: object): string {
  const program = `
import base64, hashlib, json, sys
action = json.loads(sys.stdin.read())
details = action.get("details", {})
ordered = {key: details[key] for key in sorted(details, key=lambda key: key.encode("utf-16-be"))}
text = json.dumps({"details": ordered, "name": action["name"]}, ensure_ascii=False, separators=(",", ":"))
print(base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("="))`;
  return execFileSync('python3', ['-c', program], { input: JSON.stringify(action) })
    .toString()
    .trim();
}

describe('a step-up', () => {
  it('R88 asks a signed-in person for a factor, shows the act, and its token names it', async () => {
    const ada = await new Person(deployment).enrol();
    const { status, body } = await stepUp(ada);
    expect([status, body.status, body.action]).toEqual([201, 'challenge', transfer]);
    const { challengeToken } = body;
    const read = await ada.call('read-challenge', { body: { challengeToken } });
    expect(read.body.action).toEqual(transfer);
    const passed = await ada.verify(challengeToken, 'totp', ada.code());
    const claims = decodeToken(passed.body.token);
    expect(claims).toMatchObject({
      scope: 'action',
      acr: 'mfa',
      action: 'transfer.create',
      action_hash: hashByPython(transfer),
      second_factor: 'totp',
      nonce: body.challengeId,
      auth_time: Math.floor(ada.at / 1000),
    });
    expect(claims.amr).toEqual(['otp', 'mfa']);
  });

  it('R88 by a password keeps pwd, and an amr that comes with a session adds nothing', async () => {
    const ada = await new Person(deployment).enrol();
    const byPassword = await stepUp(ada, { firstFactor: { method: 'password' } });
    const one = await ada.verify(byPassword.body.challengeToken, 'totp', ada.code());
    expect(decodeToken(one.body.token).amr).toEqual(['pwd', 'otp', 'mfa']);
    ada.later(30_000);
    const bySession = await stepUp(ada, { firstFactor: { ...session, amr: ['pwd', 'hwk', 'mfa'] } });
    const other = await ada.verify(bySession.body.challengeToken, 'totp', ada.code());
    expect(decodeToken(other.body.token).amr).toEqual(['otp', 'mfa']);
  });

  it('R88 a sign-in names no act, and its scope is no step-up’s', async () => {
    const ada = await new Person(deployment).enrol();
    const passed = await ada.verify(await ada.challengeToken(), 'totp', ada.code());
    const claims = decodeToken(passed.body.token);
    expect([claims.scope, claims.action, claims.action_hash]).toEqual([
      'second_factor',
      undefined,
      undefined,
    ]);
  });

  it.each([
    ['without details', { name: 'payout' }],
    ['with none', { name: 'a', details: {} }],
    [
      'with keys out of order, and numbers among them',
      { name: 'x.y-z_1', details: { b: '1', 10: '2', 9: '3', a: '4' } },
    ],
    [
      'with quotes, backslashes and slashes',
      { name: 'quote', details: { 'a"b': '\\"/ </script>', "it's": '€' } },
    ],
    [
      'with letters of many scripts',
      { name: 'scripts', details: { Größe: '½ 文字', '\u{1F600}': '\u{1F4B6}', '\uFB01': 'ﬁ' } },
    ],
  ])('S84 action_hash %s is what an independent program computes', async (_, action) => {
    const ada = await new Person(deployment).enrol();
    const { body } = await stepUp(ada, { action });
    expect(body.action).toEqual(action);
    const passed = await ada.verify(body.challengeToken, 'totp', ada.code());
    expect(decodeToken(passed.body.token).action_hash).toBe(hashByPython(action));
  });

  it.each(['email', 'recovery_code'] as const)('R88 by %s it passes without mfa', async (method) => {
    const ada = await new Person(deployment).enrol();
    await ada.turnOnEmail(ada.totpProof());
    ada.later(120_000);
    const { body } = await stepUp(ada);
    const code =
      method === 'email' ? await mailedTo(deployment, ada, body.challengeToken) : ada.recoveryCodes[0];
    const passed = await ada.verify(body.challengeToken, method, code);
    const claims = decodeToken(passed.body.token);
    expect([claims.amr, claims.acr, claims.scope]).toEqual([[], 'second_factor', 'action']);
  });

  it('R88 without a factor the mailbox is proven first, whatever bootstrap says, and the enrolment confirms the act', async () => {
    const ada = new Person(deployment);
    await setPolicy(deployment, ada.accountId, { bootstrap: 'none' });
    expect((await ada.signIn()).body.status).toBe('passed');
    const { body } = await stepUp(ada);
    expect(body).toMatchObject({
      status: 'enrollment_required',
      bootstrap: { method: 'email' },
      action: transfer,
    });
    const done = await enrolInside(ada, body);
    expect(decodeToken(done.body.token)).toMatchObject({
      scope: 'action',
      action: 'transfer.create',
      action_hash: hashByPython(transfer),
      second_factor: 'totp',
    });
  });

  it('R88 goes through the hosted prompt too, and a repeat gets the same claims', async () => {
    const ada = await new Person(deployment).enrol();
    const { body } = await stepUp(ada);
    const headers = { 'idempotency-key': 'transfer-1' };
    const code = ada.code();
    const first = await ada.verify(body.challengeToken, 'totp', code, { headers });
    const again = await ada.verify(body.challengeToken, 'totp', code, { headers });
    expect(decodeToken(again.body.token)).toEqual(decodeToken(first.body.token));
    const fetched = await ada.call('fetch-result', { body: { challengeToken: body.challengeToken } });
    expect(decodeToken(fetched.body.token)).toEqual(decodeToken(first.body.token));
  });

  it('R90 one for the desk stands for the proof of acts on others, one for another act does not', async () => {
    const admin = await (await anAdmin(deployment)).enrol();
    const ada = await (await colleagueOf(deployment, admin)).enrol();
    admin.at = ada.at;
    const resetBy = async (name: string) => {
      const { body } = await admin.signIn({ firstFactor: session, action: { name } });
      const passed = await admin.verify(body.challengeToken, 'totp', admin.code());
      const minted = await admin.call('mint-user-token', {
        body: {
          accountId: admin.accountId,
          userId: admin.id,
          role: 'admin',
          reauthenticatedAt: new Date(admin.at).toISOString(),
          resultToken: passed.body.token,
        },
      });
      admin.later(30_000);
      const path = { id: ada.id };
      return atDesk(admin, 'reset-two-factor', { bearer: minted.body.token, path, body: { reason: 'lost' } });
    };
    expect((await resetBy('transfer.create')).body.code).toBe('proof_required');
    expect((await resetBy('countersign.desk')).status).toBe(200);
  });
});

describe('what is sent with an action', () => {
  const ada = new Person(deployment);
  const refused = async (action: unknown, pointer: string, firstFactor: object = session) => {
    const { status, body } = await ada.signIn({ firstFactor, action });
    expect([JSON.stringify(action)?.slice(0, 80), status, body.code]).toEqual([
      JSON.stringify(action)?.slice(0, 80),
      400,
      'request_invalid',
    ]);
    expect(body.errors[0].pointer).toBe(pointer);
  };

  it.each(['', 'Transfer', '1st', '.a', 'a b', 'a\n', 'ä', 'a'.repeat(65), 7, null])(
    'R88 a name such as %j is refused',
    (name) => refused({ name }, '/action/name'),
  );

  it('R88 a name of 64 characters is taken, and an unknown member is not', async () => {
    expect((await stepUp(ada, { action: { name: `a${'.'.repeat(63)}` } })).status).toBe(201);
    await refused({ name: 'a', amount: '5' }, '/action/amount');
    await refused('transfer', '/action');
  });

  it('R88 details that are too many, too long, or no text are refused, never cut', async () => {
    const many = (count: number, text = 'x') =>
      Object.fromEntries(Array.from({ length: count }, (_, nth) => [`k${nth}`, text]));
    expect((await stepUp(ada, { action: { name: 'a', details: many(10) } })).status).toBe(201);
    await refused({ name: 'a', details: many(11) }, '/action/details');
    const long = { k: 'x'.repeat(1023) };
    expect((await stepUp(ada, { action: { name: 'a', details: long } })).body.action.details).toEqual(long);
    await refused({ name: 'a', details: { k: 'x'.repeat(1024) } }, '/action/details');
    await refused({ name: 'a', details: { k: 'ä'.repeat(512) } }, '/action/details');
    await refused({ name: 'a', details: many(10, 'x'.repeat(101)) }, '/action/details');
    await refused({ name: 'a', details: { k: 5 } }, '/action/details/k');
    await refused({ name: 'a', details: { k: { l: 'm' } } }, '/action/details/k');
    await refused({ name: 'a', details: ['k'] }, '/action/details');
    await refused({ name: 'a', details: 'k' }, '/action/details');
  });

  it.each([
    ['nothing to read', ''],
    ['spaces alone', '  '],
    ['spaces around', ' 5 EUR '],
    ['a line break', '5 EUR\nto Eve'],
    ['a bell', '5\u0007'],
    ['a right-to-left override', 'EUR \u202e05'],
    ['an isolate', '\u20665 EUR\u2069'],
    ['a mark of direction', '\u200f5'],
    ['an Arabic letter mark', '\u061c5'],
    ['a zero-width space', '5\u200b0'],
    ['half a character', '\ud83d'],
  ])('S82 %s is refused as a value and as a name', async (_, text) => {
    await refused({ name: 'a', details: { k: text } }, '/action/details');
    await refused({ name: 'a', details: { [text]: 'v' } }, '/action/details');
  });

  it('S84 no name is dropped without a word', async () => {
    const rawBody = JSON.stringify({
      accountId: ada.accountId,
      user: { id: ada.id, email: ada.email },
      firstFactor: session,
      action: { name: 'a', details: { k: 'v' } },
    }).replace('"k"', '"__proto__"');
    const { status, body } = await ada.call('create-challenge', { rawBody });
    expect([status, body.errors[0].pointer]).toEqual([400, '/action/details']);
  });

  it('R88 an API key confirms nothing, and a session is asked for an act alone', async () => {
    await refused({ name: 'a' }, '/action', { method: 'api_key' });
    await refused(undefined, '/action');
    expect((await ada.signIn({ firstFactor: { method: 'api_key' } })).status).toBe(201);
  });

  it('R88 the token has at most 3,500 characters: an agent makes room, details that do not fit are refused', async () => {
    const long = { accountId: 'a'.repeat(128), user: { id: 'u'.repeat(128), email: ada.email } };
    const everything = {
      ...long,
      firstFactor: {
        method: 'federated',
        amr: Array.from({ length: 300 }, (_, nth) => (nth % 2 ? 'retina' : 'fpt')),
      },
      client: { ip: '2001:db8:1111:2222:3333:4444:5555:6666', userAgent: 'x'.repeat(256) },
      action: { name: 'n'.repeat(64), details: { k: 'x'.repeat(1023) } },
      returnTo: `https://app.acme.example/${'r'.repeat(487)}`,
    };
    const most = await ada.call('create-challenge', { body: everything });
    expect([most.status, most.body.challengeToken?.length <= 3500]).toEqual([201, true]);
    const wide = { ...everything, accountId: '字'.repeat(128), user: { ...long.user, id: '字'.repeat(128) } };
    const refusal = await ada.call('create-challenge', { body: wide });
    expect([refusal.status, refusal.body.errors]).toEqual([
      400,
      [{ pointer: '/action/details', detail: expect.stringContaining('shorter') }],
    ]);
    const { action: _none, ...signIn } = wide;
    const plain = await ada.call('create-challenge', { body: signIn });
    expect(plain.status).toBe(201);
  });
});
