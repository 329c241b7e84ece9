/** Every attempt is on record: what admins read of it, and that nothing of it is lost, doubled or left behind. */
import { afterAll, describe, expect, it, vi } from 'vitest';
import { AttemptStream } from '../support/attempt-stream.ts';
import { deploy } from '../support/deployment.ts';
import { anAdmin, atDesk, everyPage } from '../support/desk.ts';
import { remember } from '../support/devices.ts';
import { wrongTotp } from '../support/guesses.ts';
import { day, minute, Person } from '../support/person.ts';
import { setPolicy } from '../support/table.ts';

const stream = new AttemptStream();
afterAll(() => stream.close());
const deployment = await deploy({}, stream.push);

/** An account's admin and somebody with an authenticator; what came before is on record and out of the way. */
async function anAccount() {
  const admin = await anAdmin(deployment);
  const ada = await new Person(deployment, { accountId: admin.accountId, at: admin.at }).enrol();
  await stream.settled();
  return { admin, ada };
}

async function recorded(admin: Person, query: Record<string, string> = {}) {
  await stream.settled();
  return (await everyPage(admin, 'list-events', query)).data;
}
const signIns = async (admin: Person, query: Record<string, string> = {}) =>
  (await recorded(admin, query)).filter(({ detail }) => detail.challengeId?.startsWith('chl_'));
const typesOf = (data: { type: string }[]) => data.map(({ type }) => type);

describe('the record of attempts', () => {
  it('R93 has what was passed, wrong, used, sent and locked: by whom, by what, from where, in which sign-in', async () => {
    const { admin, ada } = await anAccount();
    await ada.turnOnEmail(ada.totpProof());
    ada.later(minute);
    const first = (await ada.signIn()).body;
    const verify = (token: string, method: string, code: string) =>
      ada.verify(token, method, code, { ip: '198.51.100.9', userAgent: 'Firefox' });
    await verify(first.challengeToken, 'totp', wrongTotp(ada));
    await ada
      .later(1000)
      .call('send-code', { body: { challengeToken: first.challengeToken, method: 'email' } });
    await verify(first.challengeToken, 'totp', ada.later(1000).code());
    const again = (await ada.later(1000).signIn()).body;
    await verify(again.challengeToken, 'totp', ada.code());
    for (let guess = 0; guess < 6; guess += 1) {
      await verify(again.challengeToken, 'totp', wrongTotp(ada.later(1000)));
    }
    const data = await signIns(admin);
    expect(typesOf(data)).toEqual([
      'sign_in_locked',
      ...Array(4).fill('code_incorrect'),
      'code_already_used',
      'sign_in_passed',
      'code_sent',
      'code_incorrect',
    ]);
    expect(data[6]).toEqual({
      id: expect.stringMatching(/^evt_/),
      type: 'sign_in_passed',
      at: expect.any(String),
      actor: { kind: 'user', id: ada.id },
      userId: ada.id,
      ip: '198.51.100.9',
      userAgent: 'Firefox',
      detail: { method: 'totp', challengeId: first.challengeId },
    });
    expect(data[0].detail).toEqual({ method: 'totp', challengeId: again.challengeId });
  });

  it('R93 names the person that the app named, and the connection that passed the call on', async () => {
    const { admin, ada } = await anAccount();
    const client = { ip: '198.51.100.9', userAgent: 'Firefox' };
    const { challengeToken } = (await ada.signIn({ client })).body;
    await ada.verify(challengeToken, 'totp', ada.code(), { ip: '203.0.113.80', userAgent: 'back end' });
    const [passed] = await signIns(admin);
    expect(passed).toMatchObject({
      ...client,
      detail: { viaIp: '203.0.113.80', viaUserAgent: 'back end' },
    });
  });

  it('R93 has whoever passed by a trusted device, an exemption or a bypass, and nobody who owed nothing', async () => {
    const { admin, ada } = await anAccount();
    await setPolicy(deployment, admin.accountId, { rememberDevice: { allowed: true, days: 30 } });
    const deviceToken = await remember(ada);
    await ada.later(1000).signIn({ deviceToken });
    await ada.later(1000).signIn({ firstFactor: { method: 'federated' } });
    await ada.later(1000).signIn({ firstFactor: { method: 'api_key' } });
    admin.at = ada.later(1000).at;
    const body = { reason: 'an old client', until: new Date(admin.at + day).toISOString() };
    await atDesk(admin, 'exempt-user', { path: { id: ada.id }, body });
    await ada.later(1000).signIn();
    const bob = new Person(deployment, { accountId: admin.accountId, at: ada.at });
    expect((await bob.signIn()).body.status).toBe('passed');
    const data = await signIns(admin);
    expect(data.slice(0, 3).map(({ detail }) => detail.method)).toEqual([
      'exempt',
      'bypass',
      'trusted_device',
    ]);
    expect(data[2].detail.deviceId).toMatch(/^dev_/);
    expect(await signIns(admin, { userId: bob.id })).toEqual([]);
  });

  it('R93 has the mailbox that was proven, and the enrolment that completed a sign-in', async () => {
    const admin = await anAdmin(deployment);
    await setPolicy(deployment, admin.accountId, { mode: 'required', methods: ['totp'] });
    const ada = new Person(deployment, { accountId: admin.accountId, at: admin.at });
    const { challengeToken } = (await ada.signIn()).body;
    await ada.call('send-code', { body: { challengeToken, method: 'email' } });
    const next = await ada.later(1000).verify(challengeToken, 'email', ada.mailedCode());
    const bearer = next.body.challengeToken;
    const started = await ada.call('start-authenticator', { bearer, body: {} });
    ada.secret = started.body.secret;
    const path = { id: started.body.authenticatorId };
    await ada.later(1000).call('confirm-authenticator', { bearer, path, body: { code: ada.code() } });
    const data = await signIns(admin, { userId: ada.id });
    expect(data.map(({ type, detail }) => [type, detail.method])).toEqual([
      ['sign_in_passed', 'totp'],
      ['sign_in_moved_on', 'email'],
      ['code_sent', 'email'],
    ]);
  });

  it('R93 has the proofs of settings too, and never a code or a secret', async () => {
    const { admin, ada } = await anAccount();
    await ada.own('disable-two-factor', { body: { proof: { method: 'totp', code: wrongTotp(ada) } } });
    await ada.own('disable-two-factor', { body: { proof: ada.totpProof() } });
    const data = await recorded(admin, { userId: ada.id });
    expect(typesOf(data)).toEqual(expect.arrayContaining(['code_incorrect', 'proof_passed']));
    expect(JSON.stringify(data)).not.toContain(ada.secret);
  });
});

describe('reading it', () => {
  it('R93 R80 sign-ins and changes are one list, newest first, in pages of any size, and filtered by type, user and time', async () => {
    const { admin, ada } = await anAccount();
    const bob = await new Person(deployment, { accountId: admin.accountId, at: ada.at }).enrol();
    for (let n = 0; n < 4; n += 1) {
      const { challengeToken } = (await ada.later(30_000).signIn()).body;
      await ada.verify(challengeToken, 'totp', ada.code());
      await bob.later(30_000).signIn({ user: { email: `bob${n}@example.com` } });
      await bob.verify(
        (await bob.signIn({ user: { email: `bob${n}@example.com` } })).body.challengeToken,
        'totp',
        wrongTotp(bob),
      );
      await deployment.sweep(bob.at);
    }
    await deployment.sweep(bob.at + minute);
    const all = await recorded(admin, { limit: '100' });
    const times = all.map(({ at }) => at);
    expect(times).toEqual(times.toSorted().reverse());
    expect(new Set(typesOf(all))).toEqual(
      new Set([
        'sign_in_passed',
        'code_incorrect',
        'email_changed',
        'two_factor_enabled',
        'user_added',
        'admin_granted',
      ]),
    );
    for (const limit of ['1', '3', '7']) {
      expect(await recorded(admin, { limit })).toEqual(all);
      const own = all.filter(({ userId }) => userId === bob.id);
      expect(await recorded(admin, { limit, userId: bob.id })).toEqual(own);
    }
    const passed = all.filter(({ type }) => type === 'sign_in_passed');
    expect(passed).toHaveLength(4);
    expect(await recorded(admin, { type: 'sign_in_passed', limit: '2' })).toEqual(passed);
    expect(await recorded(admin, { type: 'sign_in_passed', userId: bob.id })).toEqual([]);
    const [to, from] = [passed[0].at, passed[2].at];
    expect(await recorded(admin, { from, to })).toEqual(all.filter(({ at }) => at >= from && at < to));
  });

  it("S44 of nobody else's account", async () => {
    const { ada } = await anAccount();
    await ada.verify(await ada.challengeToken(), 'totp', ada.code());
    const stranger = await anAdmin(deployment);
    expect(await signIns(stranger, { userId: ada.id })).toEqual([]);
    expect(await signIns(stranger)).toEqual([]);
  });
});

describe('nothing is lost or doubled', () => {
  it('R93 when the function dies before or after its work, and when a batch comes twice', async () => {
    const { admin, ada } = await anAccount();
    stream.fates.push('dies before', 'dies after', 'works', 'dies after');
    for (let n = 0; n < 3; n += 1) {
      await ada.verify(await ada.later(30_000).challengeToken(), 'totp', ada.code());
    }
    expect(typesOf(await signIns(admin))).toEqual(Array(3).fill('sign_in_passed'));
    for (const batch of stream.batches.slice(-3)) {
      expect(await stream.drive(batch)).toEqual({ batchItemFailures: [] });
    }
    expect(await signIns(admin)).toHaveLength(3);
  });

  it('R93 when one record is bad: those of others are written at once, and it is given up alone', async () => {
    const { admin, ada } = await anAccount();
    const bob = await new Person(deployment, { accountId: admin.accountId, at: ada.at }).enrol();
    await stream.settled();
    const before = stream.batches.length;
    const keys = { pk: { S: `user#${admin.accountId}#mallory` }, sk: { S: 'state' } };
    const attempt = { M: { id: { S: 'evt_bad' }, type: { N: '1' } } };
    const table = 'countersign-test';
    stream.push({ table, keys, after: { ...keys, attempt } });
    await ada.verify(await ada.challengeToken(), 'totp', ada.code());
    await bob.verify(await bob.challengeToken(), 'totp', bob.code());
    const whose = async () => (await signIns(admin)).map(({ userId }) => userId).sort();
    await expect.poll(whose, { timeout: 10_000 }).toEqual([ada.id, bob.id].sort());
    const tried = stream.batches
      .slice(before)
      .filter((batch) => batch.some(({ dynamodb }) => dynamodb.Keys.pk === keys.pk));
    expect(tried.length).toBeGreaterThan(1);
    expect(tried.at(-1)).toHaveLength(1);
  });

  it('R93 when a write that is no attempt comes between: it tells of none, and every other write takes it off the item', async () => {
    const { admin, ada } = await anAccount();
    await ada.verify(await ada.challengeToken(), 'totp', ada.code());
    await stream.settled();
    const before = stream.batches.flat().length;
    await ada.own('save-recovery-codes');
    await ada.call('sync-user', {
      path: { accountId: ada.accountId, userId: ada.id },
      body: { email: ada.email, displayName: 'Ada' },
    });
    expect(await signIns(admin)).toHaveLength(1);
    expect(stream.batches.flat()).toHaveLength(before);
  });
});

describe('an erased person', () => {
  const erase = ({ accountId, id }: Person) =>
    deployment.call('delete-user', { path: { accountId, userId: id } });

  it('R100 leaves no attempt behind, also when the stream brings them late', async () => {
    const { admin, ada } = await anAccount();
    await ada.verify(await ada.challengeToken(), 'totp', ada.code());
    await stream.settled();
    const late = stream.batches
      .flat()
      .filter(({ dynamodb }) => dynamodb.Keys.pk?.S?.toString().endsWith(ada.id));
    await erase(ada);
    await stream.drive(late);
    expect(await signIns(admin)).toEqual([]);
  });

  it('R100 nor when the rows were written after the erasure had looked: the record of the removal takes them', async () => {
    const { admin, ada } = await anAccount();
    await ada.verify(await ada.challengeToken(), 'totp', ada.code());
    await stream.settled();
    const removal = {
      ...stream.batches.flat().at(-1),
      dynamodb: { ...stream.batches.flat().at(-1)?.dynamodb },
    };
    delete removal.dynamodb.NewImage;
    expect(await signIns(admin)).toHaveLength(1);
    const { attemptLog } = await import('../../lambdas/edge/setup/wiring.ts');
    const [event] = await signIns(admin);
    await erase(ada);
    await stream.settled();
    await attemptLog().record(ada.ref, { ...event, atMs: Date.parse(event.at), tries: 0, dueAtMs: 0 });
    expect(await signIns(admin)).toHaveLength(1);
    await stream.drive([removal as never]);
    expect(await signIns(admin)).toEqual([]);
  });

  it('R100 and what is driven again later writes nothing to somebody who has the same id since, whose own stay', async () => {
    const { admin, ada } = await anAccount();
    await ada.verify(await ada.challengeToken(), 'totp', ada.code());
    await stream.settled();
    const late = stream.batches
      .flat()
      .filter(({ dynamodb }) => dynamodb.Keys.pk?.S?.toString().endsWith(ada.id));
    await erase(ada);
    const later = await new Person(deployment, {
      accountId: ada.accountId,
      id: ada.id,
      at: ada.at + day,
    }).enrol();
    await later.verify(await later.challengeToken(), 'totp', later.code());
    await stream.settled();
    const removals = stream.batches.flat().filter(({ eventName }) => eventName === 'REMOVE');
    await stream.drive([...late, ...removals]);
    admin.at = later.at;
    expect(await signIns(admin)).toHaveLength(1);
  });
});

describe('a deployment that keeps no record', () => {
  it('R93 writes nothing for it', async () => {
    const { admin, ada } = await anAccount();
    process.env.AUDIT_SIGN_INS = 'false';
    vi.resetModules();
    try {
      const { challengeToken } = (await ada.signIn()).body;
      await ada.verify(challengeToken, 'totp', wrongTotp(ada));
      await ada.verify(challengeToken, 'totp', ada.code());
    } finally {
      delete process.env.AUDIT_SIGN_INS;
      vi.resetModules();
    }
    expect(await signIns(admin)).toEqual([]);
  });
});
