/**
 * The mail system is down, or one notice cannot be delivered at all. Nobody may lose a change over it, be kept out of a
 * sign-in that another method can complete, or wait for somebody else's poisoned event.
 */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { limits } from '../../lambdas/core/state/limits.ts';
import { deploy } from '../support/deployment.ts';
import { Person } from '../support/person.ts';
import { rawTable } from '../support/threat-table.ts';

const deployment = await deploy();
const table = rawTable(deployment);
afterEach(() => {
  deployment.mailbox.clearFaults();
  vi.restoreAllMocks();
});

const forever = Number.POSITIVE_INFINITY;
const hour = 3_600_000;
const mailIsDown = () => deployment.mailbox.fault({ operation: 'SendEmail', kind: 'fail', times: forever });

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
});

describe('a poisoned event', () => {
  it('S63 is set aside after its tries, raises the alarm, and keeps nobody waiting', async () => {
    const ada = await new Person(deployment).enrol();
    const bob = new Person(deployment, { at: ada.at });
    mailIsDown();
    const written = vi.spyOn(process.stdout, 'write');
    for (let tried = 0; tried < limits.outbox.triesBeforeSetAside; tried += 1) {
      await ada.later(7 * hour).deliver();
    }
    const { outbox, setAside } = await table.user(ada.ref);
    expect([outbox, setAside.map(({ type }: { type: string }) => type)]).toEqual([
      [],
      expect.arrayContaining(['two_factor_enabled']),
    ]);
    expect(written.mock.calls.flat().join()).toContain('NoticeSetAside');
    deployment.mailbox.clearFaults();
    bob.at = ada.at;
    await bob.enrol();
    expect(await bob.deliver()).toEqual([expect.stringContaining('is on')]);
    await ada.own('regenerate-recovery-codes', { body: { proof: ada.totpProof() } });
    expect(await ada.deliver()).toEqual([expect.stringContaining('ecovery codes')]);
  });
});
