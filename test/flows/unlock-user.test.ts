import { describe, expect, it } from 'vitest';
import { deploy } from '../support/deployment.ts';
import { anAdmin, atDesk, colleagueOf } from '../support/desk.ts';
import { wrongTotp } from '../support/guesses.ts';
import { minute, Person } from '../support/person.ts';
import { auditRows, changeUserItem, userItem } from '../support/table.ts';

const deployment = await deploy();

const reason = 'called, passport seen';
const unlock = (admin: Person, user: Person) =>
  atDesk(admin, 'unlock-user', { path: { id: user.id }, body: { reason } });

async function account() {
  const admin = await anAdmin(deployment);
  const ada = await new Person(deployment, { accountId: admin.accountId, at: admin.at }).enrol();
  return { admin, ada };
}

/** Ten wrong codes over two challenges: the back-off begins. */
async function lockByGuessing(ada: Person): Promise<void> {
  for (const _challenge of [1, 2]) {
    const token = await ada.challengeToken();
    for (let nth = 0; nth < 5; nth += 1) {
      await ada.verify(token, 'totp', wrongTotp(ada, nth));
    }
  }
}

describe('unlocking a user who was locked by guessing', () => {
  it('R81 the user is told, and when to try again; a recovery code still works', async () => {
    const { ada } = await account();
    await lockByGuessing(ada);
    const locked = await ada.verify(await ada.challengeToken(), 'totp', ada.code());
    expect([locked.status, locked.body.code]).toEqual([429, 'too_many_attempts']);
    expect(Number(locked.headers['retry-after'])).toBe(60);
    expect(locked.body.detail).toMatch(/recovery code/);
    const in_ = await ada.verify(await ada.challengeToken(), 'recovery_code', ada.recoveryCodes[0]);
    expect(in_.status).toBe(200);
  });

  it('R81 an admin ends the back-off: the right code passes at once, the factors are untouched', async () => {
    const { admin, ada } = await account();
    await lockByGuessing(ada);
    const before = await userItem(deployment, ada.ref);
    const reply = await unlock(admin, ada);
    expect([reply.status, reply.body]).toEqual([200, { status: 'enabled' }]);
    expect((await ada.verify(await ada.challengeToken(), 'totp', ada.code())).status).toBe(200);
    const after = await userItem(deployment, ada.ref);
    expect(after?.recoveryCodes).toEqual(before?.recoveryCodes);
    expect(after?.authenticators.map(({ id }) => id)).toEqual(before?.authenticators.map(({ id }) => id));
  });

  it('R81 and the lock for good after a hundred, with its count, for codes and recovery codes', async () => {
    const { admin, ada } = await account();
    const atMs = Array(100).fill(ada.at - minute);
    await changeUserItem(deployment, ada.ref, {
      failures: { consecutive: 100, atMs, codesDisabledAtMs: ada.at },
      recoveryFailures: { consecutive: 30, backoffUntilMs: ada.at + 60 * minute },
    });
    const token = await ada.challengeToken();
    expect((await ada.verify(token, 'totp', ada.code())).body.code).toBe('codes_disabled');
    expect((await ada.verify(token, 'recovery_code', ada.recoveryCodes[0])).body.code).toBe(
      'too_many_attempts',
    );
    await unlock(admin, ada);
    expect((await ada.verify(token, 'recovery_code', '0000-0000-0000-0000')).body.code).toBe(
      'code_incorrect',
    );
    expect((await ada.verify(token, 'totp', ada.code())).status).toBe(200);
    const wrong = await ada.verify(await ada.challengeToken(), 'totp', wrongTotp(ada));
    expect(wrong.body.code).toBe('code_incorrect');
  });

  it('R81 a challenge that is dead by five wrong codes stays dead', async () => {
    const { admin, ada } = await account();
    const token = await ada.challengeToken();
    for (let nth = 0; nth < 5; nth += 1) {
      await ada.verify(token, 'totp', wrongTotp(ada, nth));
    }
    await unlock(admin, ada);
    expect((await ada.verify(token, 'totp', ada.code())).body.code).toBe('too_many_attempts');
  });

  it('R80 R77 is audited with its reason, and the user is told by mail', async () => {
    const { admin, ada } = await account();
    await ada.verify(await ada.challengeToken(), 'totp', wrongTotp(ada));
    await atDesk(admin, 'unlock-user', { role: 'support', path: { id: ada.id }, body: { reason } });
    const subjects = await ada.deliver();
    expect(subjects).toContain('Acme: Your account was unlocked');
    const rows = await auditRows(deployment, ada.ref);
    expect(rows.find(({ type }) => type === 'unlocked')).toMatchObject({
      actor: { kind: 'support', id: admin.id },
      detail: { reason },
    });
  });

  it('a user without two-factor is unlocked too, and stays without', async () => {
    const { admin } = await account();
    const bob = await colleagueOf(deployment, admin);
    expect((await unlock(admin, bob)).body).toEqual({ status: 'disabled' });
    expect((await bob.signIn()).body.status).toBe('passed');
  });
});
