/**
 * Somewhere that notices go is down for ever: the event bus, the mailbox of one admin among three, the whole mail system.
 * The attacker changes something just then and hopes that nobody hears of it, that somebody is mailed ten times and learns
 * to ignore it, or that the item of the victim grows until it can no longer be written. Nobody may lose a change over it, be
 * kept out of a sign-in that another method can complete, or wait for somebody else's event.
 *
 * Throughout this file the event bus does not exist.
 */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { limits } from '../../lambdas/core/state/limits.ts';
import { deploy } from '../support/deployment.ts';
import { anAdmin, atDesk, changePolicy } from '../support/desk.ts';
import { Person } from '../support/person.ts';
import { type Item, rawTable, userPk } from '../support/threat-table.ts';

const deployment = await deploy({
  EVENT_BUS_NAME: 'gone',
  AWS_ENDPOINT_URL_EVENTBRIDGE: 'http://127.0.0.1:9',
});
const table = rawTable(deployment);
afterEach(() => {
  deployment.mailbox.clearFaults();
  vi.restoreAllMocks();
});

const forever = Number.POSITIVE_INFINITY;
const hour = 3_600_000;
const mailIsDown = () => deployment.mailbox.fault({ operation: 'SendEmail', kind: 'fail', times: forever });
const subjectsOf = ({ email }: Person, part: string) =>
  deployment.mails(email).filter(({ subject }) => subject.includes(part)).length;

/** What was set aside in this partition: the type of each event and the sink that refused it. */
async function setAsideOf(pk: string): Promise<[string, string][]> {
  const rows = (await table.items()).filter((item) => item.pk === pk && item.sk.startsWith('setaside#'));
  return rows.map(({ type, sink }: Item) => [type, sink] as [string, string]).sort();
}
const auditRowsOf = async (pk: string, type: string) =>
  (await table.items()).filter(
    (item) => item.pk === pk && item.sk.startsWith('event#') && item.type === type,
  );

/** Sweeps until every sink has had all its tries. */
async function sweepForDays(person: Person): Promise<void> {
  for (let tried = 0; tried < limits.outbox.triesBeforeSetAside + 2; tried += 1) {
    await deployment.sweep(person.later(7 * hour).at);
  }
}

describe('the mail system is down', () => {
  it('S61 at a sign-in code: told so, another method completes the sign-in, and no try is gone', async () => {
    const ada = await new Person(deployment).enrol();
    await ada.turnOnEmail(ada.totpProof());
    const challengeToken = await ada.later(120_000).challengeToken();
    mailIsDown();
    const sent = await ada.call('send-code', { body: { challengeToken, method: 'email' } });
    expect([sent.status, sent.body.code]).toEqual([503, 'delivery_unavailable']);
    expect(Number(sent.headers['retry-after'])).toBeGreaterThan(0);
    const wrong = await ada.verify(challengeToken, 'email', '000000');
    expect(wrong.body.attemptsRemaining).toBe(limits.challenge.tries - 1);
    expect((await ada.verify(challengeToken, 'totp', ada.code())).status).toBe(200);
  });

  it('S62 at a notice: the change stands, and the mail goes out when it is back', async () => {
    mailIsDown();
    const ada = await new Person(deployment).enrol();
    expect(await ada.deliver()).toEqual([]);
    expect((await ada.status()).status).toBe('enabled');
    deployment.mailbox.clearFaults();
    expect(await ada.later(hour).deliver()).toEqual([expect.stringContaining('is on')]);
    expect(await ada.later(hour).deliver()).toHaveLength(1);
  });

  it('S76 acts that repeat meanwhile fold together: the item stays small, and one notice says how many they were', async () => {
    const admin = await anAdmin(deployment);
    const ada = await new Person(deployment, { accountId: admin.accountId, at: admin.at }).enrol();
    await ada.deliver();
    mailIsDown();
    for (let nth = 1; nth <= 30; nth += 1) {
      const until = new Date(admin.at + nth * 24 * hour).toISOString();
      const body = { until, reason: `reason ${nth} ${'x'.repeat(450)}` };
      const { status } = await atDesk(admin, 'exempt-user', { path: { id: ada.id }, body });
      expect(status).toBe(200);
      await ada.later(1000).deliver();
    }
    const { outbox } = await table.user(ada.ref);
    expect(outbox.length).toBeLessThanOrEqual(limits.outbox.foldFrom);
    expect(JSON.stringify(outbox).length).toBeLessThan(limits.outbox.bytes);
    expect(await auditRowsOf(userPk(ada.ref), 'exemption_granted')).toHaveLength(30);
    deployment.mailbox.clearFaults();
    await ada.later(hour).deliver();
    const exemptions = deployment.mails(ada.email).filter(({ subject }) => subject.includes('exemption'));
    expect(exemptions.length).toBeLessThanOrEqual(limits.outbox.foldFrom);
    expect(exemptions.map(({ text }) => text).join()).toMatch(/How often: \d+ times/);
  }, 60_000);
});

describe('the event bus is gone for ever', () => {
  it('S77 mails and audit rows go out, once; the bus alone is retried, and set aside alone', async () => {
    const ada = await new Person(deployment).enrol();
    expect(await ada.deliver()).toEqual([expect.stringContaining('is on')]);
    const written = vi.spyOn(process.stdout, 'write');
    await sweepForDays(ada);
    expect(subjectsOf(ada, 'is on')).toBe(1);
    expect(await auditRowsOf(userPk(ada.ref), 'two_factor_enabled')).toHaveLength(1);
    expect((await table.user(ada.ref)).outbox).toEqual([]);
    expect(await setAsideOf(userPk(ada.ref))).toEqual([
      ['two_factor_enabled', 'event_bus'],
      ['user_added', 'event_bus'],
    ]);
    expect(written.mock.calls.flat().join()).toContain('NoticeSetAside');
  });
});

describe('one admin of three whose address is refused for ever', () => {
  it('S77 the two others get one mail each; that mail alone is retried, and set aside alone', async () => {
    const ada = await anAdmin(deployment);
    const { accountId, at } = ada;
    const bob = await anAdmin(deployment, { accountId, at, id: `b-${ada.id}` });
    const cyd = await anAdmin(deployment, { accountId, at, id: `z-${ada.id}` });
    await deployment.sweep(ada.at);
    await changePolicy(deployment, ada, { mode: 'required' });
    await table.changeUser(bob.ref, (user) => ({ ...user, email: 'bob@refused' }));
    await sweepForDays(ada);
    expect([ada, cyd].map((admin) => subjectsOf(admin, 'policy was changed'))).toEqual([1, 1]);
    expect(await setAsideOf(userPk(bob.ref))).toContainEqual(['policy_changed', 'mail:bob@refused']);
    expect(await setAsideOf(userPk(ada.ref))).not.toContainEqual(['policy_changed', expect.anything()]);
    expect(await setAsideOf(`account#${accountId}`)).toEqual([['policy_changed', 'event_bus']]);
    expect(await auditRowsOf(`account#${accountId}`, 'policy_changed')).toHaveLength(1);
    expect((await table.item(`account#${accountId}`)).outbox).toEqual([]);
    expect((await table.user(bob.ref)).outbox).toEqual([]);
  }, 60_000);
});

describe('a poisoned event', () => {
  it('S63 is set aside after its tries, out of the item, and keeps nobody waiting', async () => {
    const ada = await new Person(deployment).enrol();
    const bob = new Person(deployment, { at: ada.at });
    mailIsDown();
    await sweepForDays(ada);
    const { outbox, setAside } = await table.user(ada.ref);
    expect([outbox, setAside]).toEqual([[], undefined]);
    expect(await setAsideOf(userPk(ada.ref))).toContainEqual(['two_factor_enabled', `mail:${ada.email}`]);
    deployment.mailbox.clearFaults();
    bob.at = ada.at;
    await bob.enrol();
    expect(await bob.deliver()).toEqual([expect.stringContaining('is on')]);
    await ada.own('regenerate-recovery-codes', { body: { proof: ada.totpProof() } });
    expect(await ada.deliver()).toEqual([expect.stringContaining('ecovery codes')]);
  });

  it('S63 what was set aside is found by the operator, and goes with its user', async () => {
    const ada = await new Person(deployment).enrol();
    mailIsDown();
    await sweepForDays(ada);
    const listed = (await table.items()).filter(({ listPartition }) => listPartition === 'setaside');
    expect(listed).toContainEqual(
      expect.objectContaining({ ...ada.ref, type: 'two_factor_enabled', to: [ada.email] }),
    );
    await ada.call('delete-user', { path: ada.ref });
    expect((await table.items()).filter(({ pk }) => pk === userPk(ada.ref))).toEqual([]);
  });
});

describe('an address that changes while mail is down', () => {
  it('S73 the notice goes to the address of its moment, the later one to the later address', async () => {
    const ada = await new Person(deployment).enrol();
    const thief = `thief-${ada.id}@example.com`;
    await ada.call('sync-user', { path: ada.ref, body: { email: thief } });
    await ada.own('regenerate-recovery-codes', { body: { proof: ada.totpProof() } });
    await ada.deliver();
    expect(subjectsOf(ada, 'is on')).toBe(1);
    expect(subjectsOf(ada, 'email address was changed')).toBe(1);
    expect(subjectsOf(ada, 'ecovery codes')).toBe(0);
    const told = deployment.mails(thief).map(({ subject }) => subject);
    expect(told.sort()).toEqual(['Acme: New recovery codes', 'Acme: The email address was changed']);
  });
});
