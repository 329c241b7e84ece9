import { describe, expect, it } from 'vitest';
import { codeIn, deploy } from '../support/deployment.ts';
import { anAdmin, atDesk, changePolicy, colleagueOf, confirm, propose } from '../support/desk.ts';
import { nextTo } from '../support/guesses.ts';
import { day, minute, type Person } from '../support/person.ts';
import { changeUserItem } from '../support/table.ts';

const deployment = await deploy();

const policyOf = async (admin: Person) => (await atDesk(admin, 'get-policy')).body;
const sendMail = (person: Person, challengeToken: string) =>
  person.call('send-code', { body: { challengeToken, method: 'email' } });

describe('confirming a policy', () => {
  it('R35 R42 the right code puts it in force, with the next version', async () => {
    const admin = await anAdmin(deployment);
    const before = await policyOf(admin);
    const { body } = await propose(admin, { mode: 'required', methods: ['totp'] });
    const done = await confirm(admin, body.changeId, admin.mailedCode());
    const expected = {
      policy: { ...before.policy, federated: 'challenge_unless_mfa', mode: 'required', methods: ['totp'] },
      version: before.version + 1,
    };
    expect([done.status, done.body]).toEqual([200, expected]);
    expect(await policyOf(admin)).toEqual({ ...before, ...expected });
  });

  it('R42 a wrong code changes nothing, and after five of them the right one does not either', async () => {
    const admin = await anAdmin(deployment);
    const before = await policyOf(admin);
    const { body } = await propose(admin, { mode: 'required' });
    const wrong = nextTo(admin.mailedCode());
    const replies = [];
    for (let nth = 0; nth < 5; nth += 1) {
      replies.push(await confirm(admin, body.changeId, wrong));
    }
    expect(replies.map((reply) => reply.body.code)).toEqual(Array(5).fill('code_incorrect'));
    expect(replies.map((reply) => reply.body.attemptsRemaining)).toEqual([4, 3, 2, 1, 0]);
    const late = await confirm(admin, body.changeId, admin.mailedCode());
    expect([late.status, late.body.code]).toEqual([429, 'too_many_attempts']);
    expect(await policyOf(admin)).toEqual(before);
  });

  it('R42 its code is good for ten minutes, to the millisecond', async () => {
    const admin = await anAdmin(deployment);
    const first = await propose(admin, { mode: 'required' });
    const code = admin.mailedCode();
    const late = await confirm(admin.later(10 * minute), first.body.changeId, code);
    expect([late.status, late.body.code]).toEqual([410, 'change_expired']);
    const second = await propose(admin, { mode: 'required' });
    const inTime = await confirm(
      admin.later(10 * minute - 1),
      second.body.changeId,
      codeIn(deployment.mails(admin.email)[0]),
    );
    expect(inTime.status).toBe(200);
  });

  it('R42 works once: the same code again finds no change, in parallel too', async () => {
    const admin = await anAdmin(deployment);
    const { body } = await propose(admin, { mode: 'required' });
    const code = admin.mailedCode();
    const replies = await Promise.all(Array.from({ length: 10 }, () => confirm(admin, body.changeId, code)));
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await confirm(admin, body.changeId, code)).body.code).toBe('not_found');
    expect((await policyOf(admin)).version).toBe(2);
  });

  it('R39 only the admin who proposed it, in the role of an admin', async () => {
    const admin = await anAdmin(deployment);
    const other = await anAdmin(deployment, { accountId: admin.accountId });
    const { body } = await propose(admin, { mode: 'required' });
    const code = admin.mailedCode();
    for (const role of ['user', 'support'] as const) {
      expect((await confirm(admin, body.changeId, code, { role })).body.code).toBe('forbidden');
    }
    expect((await confirm(other, body.changeId, code)).body.code).toBe('not_found');
    expect((await confirm(admin, body.changeId, code)).status).toBe(200);
  });

  it("R52 another account's admin with the same user id finds no change", async () => {
    const admin = await anAdmin(deployment);
    const stranger = await anAdmin(deployment, { id: admin.id });
    const { body } = await propose(admin, { mode: 'required' });
    expect((await confirm(stranger, body.changeId, admin.mailedCode())).body.code).toBe('not_found');
    expect((await policyOf(stranger)).policy.mode).toBe('optional');
  });

  it('S14 its code is worth nothing as sign-in code or proof, and theirs are worth nothing here', async () => {
    const admin = await (await anAdmin(deployment)).enrol();
    await admin.turnOnEmail(admin.totpProof());
    admin.later(day);
    const { body } = await propose(admin, { strictWindow: true });
    const code = admin.mailedCode();
    const token = await admin.challengeToken();
    expect((await admin.verify(token, 'email', code)).body.code).toBe('code_incorrect');
    const proof = { method: 'email', code };
    expect((await admin.own('disable-two-factor', { body: { proof } })).body.code).toBe('code_incorrect');
    await sendMail(admin, token);
    const signIn = admin.mailedCode();
    if (signIn !== code) {
      expect((await confirm(admin, body.changeId, signIn)).body.code).toBe('code_incorrect');
    }
    expect((await confirm(admin, body.changeId, code)).status).toBe(200);
  });

  it('S26 wrong codes count in the one budget of the admin, and its lock shuts this door too', async () => {
    const admin = await anAdmin(deployment);
    for (const round of [1, 2]) {
      const { body } = await propose(admin, { strictWindow: true });
      for (let nth = 0; nth < 5; nth += 1) {
        const reply = await confirm(admin, body.changeId, nextTo(admin.mailedCode()));
        expect([round, reply.body.code]).toEqual([round, 'code_incorrect']);
      }
      admin.later(1000);
    }
    const locked = await propose(admin, { strictWindow: true });
    expect([locked.status, locked.body.code]).toEqual([429, 'too_many_attempts']);
    admin.later(minute);
    const { body } = await propose(admin, { strictWindow: true });
    await changeUserItem(deployment, admin.ref, {
      failures: { consecutive: 10, backoffUntilMs: admin.at + minute },
    });
    const shut = await confirm(admin, body.changeId, admin.mailedCode());
    expect([shut.status, shut.body.code]).toEqual([429, 'too_many_attempts']);
    expect((await policyOf(admin)).version).toBe(1);
  });

  it('S58 the save of the policy fails: the code is spent, nothing changed, and it can be proposed again', async () => {
    const admin = await anAdmin(deployment);
    const { body } = await propose(admin, { mode: 'required' });
    const code = admin.mailedCode();
    deployment.dynamodb.fault({ operation: 'PutItem', kind: 'fail', times: Number.POSITIVE_INFINITY });
    const failed = await confirm(admin, body.changeId, code);
    deployment.dynamodb.clearFaults();
    expect(failed.status).toBe(503);
    expect((await policyOf(admin)).version).toBe(1);
    expect((await changePolicy(deployment, admin, { mode: 'required' })).body.version).toBe(2);
  });

  it('R80 it is in the audit trail, and every admin of the account is told by mail, nobody else', async () => {
    const admin = await anAdmin(deployment);
    const other = await anAdmin(deployment, { accountId: admin.accountId, at: admin.at });
    const bob = await colleagueOf(deployment, admin);
    const stranger = await anAdmin(deployment, { at: admin.at });
    await deployment.sweep(admin.at + minute);
    await changePolicy(deployment, admin, { strictWindow: true });
    await deployment.sweep(admin.at + minute);
    const told = (person: Person) =>
      deployment.mails(person.email).filter(({ subject }) => subject.includes('policy was changed')).length;
    expect([admin, other, bob, stranger].map(told)).toEqual([1, 1, 0, 0]);
    const { body } = await atDesk(admin, 'list-events');
    expect(body.data[0]).toMatchObject({
      type: 'policy_changed',
      at: new Date(admin.at).toISOString(),
      actor: { kind: 'admin', id: admin.id },
      userId: null,
      detail: { version: '2', mode: 'optional', methods: 'passkey totp email' },
    });
  });
});

it('R80 a policy change that is only proposed is no event', async () => {
  const admin = await anAdmin(deployment);
  await propose(admin, { mode: 'required' });
  await deployment.sweep(admin.at + minute);
  const types = (await atDesk(admin, 'list-events')).body.data.map(({ type }: { type: string }) => type);
  expect(types.sort()).toEqual(['admin_granted', 'user_added']);
});
