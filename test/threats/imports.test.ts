/**
 * Attack: whoever may import could plant a secret that they know, or one that anybody guesses, on somebody; take over a
 * person who has a factor or was just reset; or reach into another account. Every row is judged alone.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { deploy } from '../support/deployment.ts';
import { anAdmin, atDesk } from '../support/desk.ts';
import { base32Bytes, independentCode } from '../support/independent-totp.ts';
import { minute, Person } from '../support/person.ts';
import { setPolicy, userItem } from '../support/table.ts';

const deployment = await deploy();
const strong = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const weak = 'JBSWY3DPEHPK3PXP';

const importing = (person: Person, row: object, more: object = {}) =>
  person.call('import-users', {
    path: { accountId: person.accountId },
    body: {
      users: [{ id: person.id, email: person.email, authenticators: [{ secret: strong }], ...row }],
      ...more,
    },
  });
const resultOf = async (...of: Parameters<typeof importing>) => (await importing(...of)).body.results[0];
const codeAt = (secret: string, atMs: number) => independentCode(base32Bytes(secret), atMs);

async function signInWith(person: Person, secret: string) {
  const { challengeToken } = (await person.signIn()).body;
  return person.verify(challengeToken, 'totp', codeAt(secret, person.at));
}

describe('an imported authenticator', () => {
  let ada: Person;
  beforeAll(async () => {
    ada = new Person(deployment);
    const reply = await importing(ada, { authenticators: [{ secret: strong, label: 'Old phone' }] });
    expect(reply.body).toEqual({ results: [{ id: ada.id, status: 'imported' }] });
  });

  it('R91 is on at once: nobody passes without it, and its code passes', async () => {
    const signIn = (await ada.signIn()).body;
    expect([signIn.status, signIn.methods.map(({ method }: { method: string }) => method)]).toEqual([
      'challenge',
      ['totp'],
    ]);
    expect((await ada.verify(signIn.challengeToken, 'totp', codeAt(strong, ada.at))).body.code).toBe(
      'code_already_used',
    );
    expect((await signInWith(ada.later(30_000), strong)).body).toMatchObject({
      status: 'passed',
      secondFactor: 'totp',
    });
  });

  it('R91 is named as imported in the settings, as its owner knew it', async () => {
    const { authenticators, recoveryCodes } = await ada.status();
    expect(authenticators).toEqual([expect.objectContaining({ label: 'Old phone', imported: true })]);
    expect(authenticators[0].weak).toBeUndefined();
    expect(recoveryCodes).toBeNull();
  });

  it('S33 S86 lies encrypted in the table, and bound to its owner', async () => {
    const text = Buffer.from((await userItem(deployment, ada.ref))?.authenticators[0]?.secret ?? []);
    expect(text.includes(base32Bytes(strong))).toBe(false);
  });
});

describe('a weak secret', () => {
  it.each([
    ['78 bits', 'GEZDGNBVGY3TQOI'],
    ['nothing', ''],
    ['no base32', 'GEZDGNBVGY3TQOJ1!'],
    ['a text in place of a secret', 12],
  ])('S86 of %s is refused, also with allowWeak', async (_, secret) => {
    const bob = new Person(deployment);
    const result = await resultOf(bob, { authenticators: [{ secret }] }, { allowWeak: true });
    expect([result.status, result.errors[0].pointer]).toEqual(['refused', '/authenticators/0/secret']);
    expect(await userItem(deployment, bob.ref)).toBeUndefined();
  });

  it('S86 of 80 to 127 bits is refused unless the operator says so, and marked then', async () => {
    const bob = new Person(deployment);
    const row = { authenticators: [{ secret: weak }] };
    const refused = await resultOf(bob, row);
    expect([refused.status, refused.errors[0].pointer]).toEqual(['refused', '/authenticators/0/secret']);
    expect(await userItem(deployment, bob.ref)).toBeUndefined();
    expect((await resultOf(bob, row, { allowWeak: true })).status).toBe('imported');
    const wrong = await bob.verify(await bob.challengeToken(), 'totp', codeAt(weak, bob.at - 3_600_000));
    expect(wrong.body.code).toBe('code_incorrect');
    expect((await signInWith(bob.later(30_000), weak)).status).toBe(200);
    expect((await bob.status()).authenticators[0]).toMatchObject({ weak: true, imported: true });
  });
});

describe('recovery codes', () => {
  const codes = ['k7m2p9qrt4vwx6yz', 'AbCdEfGhIjKlMnOp', '12345678901234567890'];

  it('R91 that were given out before pass once each, however they are typed', async () => {
    const ada = new Person(deployment);
    expect((await resultOf(ada, { recoveryCodes: codes })).status).toBe('imported');
    for (const code of ['K7M2-P9QR-T4VW-X6YZ', codes[1], codes[2]]) {
      const token = await ada.later(minute).challengeToken();
      expect((await ada.verify(token, 'recovery_code', code)).status).toBe(200);
      const again = await ada.challengeToken();
      expect((await ada.verify(again, 'recovery_code', code)).status).not.toBe(200);
    }
  });

  it.each(['abcdefghijkl', '1234567890123456', '0123456789abcde', 'with.dots.in.it.and.long'])(
    'S86 under 64 bits, or of other characters, are refused: %s',
    async (code) => {
      const result = await resultOf(new Person(deployment), { recoveryCodes: [code] });
      expect([result.status, result.errors[0].pointer]).toEqual(['refused', '/recoveryCodes/0']);
    },
  );

  it('S86 more than fifty at once are refused before any is hashed', async () => {
    const ada = new Person(deployment);
    const users = Array.from({ length: 3 }, (_, n) => ({
      id: `${ada.id}${n}`,
      email: ada.email,
      authenticators: [{ secret: strong }],
      recoveryCodes: Array(17).fill(codes[0]),
    }));
    const reply = await ada.call('import-users', { path: { accountId: ada.accountId }, body: { users } });
    expect([reply.status, reply.body.errors[0].pointer]).toEqual([400, '/users']);
  });
});

describe('who is not touched', () => {
  it('S86 whoever has two-factor on keeps what they have', async () => {
    const ada = await new Person(deployment).enrol();
    const before = await userItem(deployment, ada.ref);
    const result = await resultOf(ada, {});
    expect([result.status, result.errors[0].detail]).toEqual(['refused', expect.stringContaining('already')]);
    expect(await userItem(deployment, ada.ref)).toEqual(before);
  });

  it('S86 whoever was reset proves the mailbox first', async () => {
    const admin = await anAdmin(deployment);
    const ada = await new Person(deployment, { accountId: admin.accountId, at: admin.at }).enrol();
    await atDesk(admin, 'reset-two-factor', { path: { id: ada.id }, body: { reason: 'lost' } });
    expect((await resultOf(ada, {})).status).toBe('refused');
    expect((await ada.signIn()).body).toMatchObject({
      status: 'enrollment_required',
      bootstrap: { method: 'email' },
    });
  });

  it('S86 nobody of another account: the path names the account, and a row no other', async () => {
    const ada = await new Person(deployment).enrol();
    const other = new Person(deployment);
    const result = await resultOf(other, { id: ada.id, accountId: ada.accountId });
    expect([result.status, result.errors]).toEqual([
      'refused',
      [{ pointer: '/accountId', detail: 'is not known here' }],
    ]);
    await importing(other, { id: ada.id });
    expect((await ada.verify(await ada.challengeToken(), 'totp', ada.code())).status).toBe(200);
  });

  it('S86 one bad row changes nothing about the others', async () => {
    const [ada, bob] = [new Person(deployment), new Person(deployment)];
    const users = [
      { id: ada.id, email: ada.email, authenticators: [{ secret: 'short' }] },
      null,
      { id: bob.id, email: bob.email, authenticators: [{ secret: strong }] },
    ];
    const reply = await bob.call('import-users', { path: { accountId: bob.accountId }, body: { users } });
    expect(reply.body.results.map(({ status }: { status: string }) => status)).toEqual([
      'refused',
      'refused',
      'imported',
    ]);
  });

  it('S86 an enrolment that a stolen session had begun ends with the import', async () => {
    const ada = new Person(deployment);
    await ada.signIn();
    const started = await ada.start();
    expect((await resultOf(ada, {})).status).toBe('imported');
    ada.secret = started.body.secret;
    expect((await ada.confirm(started.body.authenticatorId, ada.code())).body.code).toBe('not_found');
  });

  it('S86 only the operator, signed', async () => {
    const ada = new Person(deployment);
    const reply = await ada.call('import-users', {
      path: { accountId: ada.accountId },
      body: { users: [] },
      signed: false,
    });
    expect(reply.status).toBeGreaterThanOrEqual(400);
    expect(reply.body.code).not.toBe(undefined);
  });
});

describe('what is told of it', () => {
  it('R91 nobody is mailed unless the operator says so, and the trail has it either way', async () => {
    const [ada, bob] = [new Person(deployment), new Person(deployment)];
    await importing(ada, {});
    await importing(bob, {}, { notify: true });
    expect(await ada.deliver()).toEqual([]);
    expect(await bob.deliver()).toHaveLength(1);
    const types = async ({ accountId }: Person) => {
      const admin = await anAdmin(deployment, { accountId });
      return (await atDesk(admin, 'list-events')).body.data.map(({ type }: { type: string }) => type);
    };
    expect(await types(ada)).toContain('imported');
    expect(await types(bob)).toContain('imported');
  });

  it('R91 the figures count whoever moved in', async () => {
    const admin = await anAdmin(deployment);
    await setPolicy(deployment, admin.accountId, {});
    const ada = new Person(deployment, { accountId: admin.accountId });
    await importing(ada, {});
    await deployment.sweep(ada.at + minute);
    const { body } = await atDesk(admin, 'propose-policy', { body: { policy: { mode: 'required' } } });
    expect([body.impact.users, body.impact.enrolled]).toEqual([2, 1]);
  });
});
