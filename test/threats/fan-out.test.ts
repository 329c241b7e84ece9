/**
 * A notice to every user of an account takes minutes or days, and whatever can happen in that time does: the function is
 * killed between two calls, the mail system throttles, addresses bounce. The attack is patience: nobody may be missed, nobody
 * may be mailed twice, and one account's stale addresses must not cost the deployment its reputation.
 *
 * Each user is real writes: 2,000 of them, and 10,000 with FULL=1.
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { tableClient } from '../../lambdas/adapters/dynamodb.ts';
import { outboxFinder } from '../../lambdas/adapters/outbox-finder.ts';
import { Unavailable } from '../../lambdas/core/ports.ts';
import type { CourierPorts } from '../../lambdas/edge/courier/sinks.ts';
import { deploy, tableName } from '../support/deployment.ts';
import { addressOf, live, mortal, type Noted, noting, requiringAccount } from '../support/fan-out.ts';
import { full } from '../support/full.ts';

await deploy();
let ports: CourierPorts;
let findDue: (nowMs: number) => Promise<{ accountId: string; userId?: string | undefined }[]>;
beforeAll(async () => {
  const { auditTrail, ledger, directory, mailer, store } = await import('../../lambdas/edge/setup/wiring.ts');
  ports = {
    store: store(),
    auditTrail: auditTrail(),
    mailer: mailer(),
    ledger: ledger(),
    directory: directory(),
    announcer: undefined,
  };
  const finder = outboxFinder({ client: tableClient(), name: tableName });
  findDue = (nowMs) => finder.findDue(nowMs, 10_000);
});

const minute = 60_000;
const unhurried = { elapsedMs: () => 0, pause: async () => {}, ceilingPerSecond: 400 };

/** Mails by address; an address in it more than once was mailed by more than one send. */
function byAddress(sent: Noted[]): Map<string, string[]> {
  const mails = new Map<string, string[]>();
  for (const { to, eventId } of sent) {
    mails.set(to, [...(mails.get(to) ?? []), eventId]);
  }
  return mails;
}

describe('a notice to all users of an account', () => {
  it('S64 dies at random points: it resumes, nobody is missed, and a second mail is the same event', {
    timeout: 600_000,
  }, async () => {
    const users = full ? 10_000 : 2000;
    const seed = Number(process.env.FAN_OUT_SEED ?? 20_261_121);
    const [steps] = fc.sample(
      fc.array(fc.tuple(fc.integer({ min: 1, max: Math.round(0.6 * users) }), fc.boolean()), {
        minLength: 400,
        maxLength: 400,
      }),
      {
        seed,
        numRuns: 1,
      },
    );
    let nowMs = Date.UTC(2026, 0, 5);
    const accountId = 'large';
    const refs = await requiringAccount(ports, accountId, users, nowMs);
    const sent: Noted[] = [];
    let deaths = 0;
    for (const [step, afterwards] of steps ?? []) {
      const life = mortal(noting(ports, sent), step, afterwards);
      const died = !(await live(life, findDue, accountId, nowMs, unhurried));
      deaths += died ? 1 : 0;
      // The lease of whoever died has to end.
      nowMs += 3 * minute;
      if (!died && byAddress(sent).size === users) {
        break;
      }
    }
    const mails = byAddress(sent);
    expect(refs.filter((ref) => !mails.has(addressOf(ref)))).toEqual([]);
    const twice = [...mails.values()].filter((events) => events.length > 1);
    expect(twice.filter((events) => new Set(events).size > 1)).toEqual([]);
    // Five are in flight at once.
    expect(twice.length).toBeLessThanOrEqual(5 * deaths);
    expect(deaths, `seed ${seed}`).toBeGreaterThan(10);
    expect((await ports.store.loadAccount(accountId)).fanOuts).toEqual([]);
  });

  it('S64 a mail system that takes 14 a second: the pace finds it, and in an hour nothing is lost', {
    timeout: 300_000,
  }, async () => {
    const users = full ? 3000 : 600;
    let clockMs = Date.UTC(2026, 1, 1);
    const accountId = 'throttled';
    await requiringAccount(ports, accountId, users, clockMs);
    let second = 0;
    let inSecond = 0;
    let refused = 0;
    const sent: Noted[] = [];
    const fourteen = noting(ports, sent, async () => {
      const now = Math.floor(clockMs / 1000);
      inSecond = now === second ? inSecond + 1 : 1;
      second = now;
      if (inSecond > 14) {
        refused += 1;
        throw new Unavailable('too fast', { throttled: true });
      }
    });
    const endMs = clockMs + 60 * minute;
    while (clockMs < endMs) {
      const startMs = clockMs;
      const pace = {
        elapsedMs: () => clockMs - startMs,
        // At least a second a page, as the pages are paced.
        pause: async (ms: number) => {
          clockMs += Math.max(ms, 1);
        },
        ceilingPerSecond: 100,
      };
      // The sweep itself does not pace: a few a second, as its calls take their time.
      for (const ref of (await findDue(clockMs)).slice(0, 200)) {
        clockMs += 80;
        const { deliverOutbox } = await import('../../lambdas/edge/courier/deliver.ts');
        await deliverOutbox(fourteen, ref, clockMs);
      }
      const { runFanOut } = await import('../../lambdas/edge/courier/fan-out.ts');
      await runFanOut(fourteen, accountId, clockMs, pace);
      clockMs = Math.max(clockMs, startMs + minute);
    }
    const mails = byAddress(sent);
    expect(mails.size).toBe(users);
    expect([...mails.values()].filter((events) => events.length > 1)).toEqual([]);
    expect(refused).toBeGreaterThan(0);
    expect(refused / sent.length).toBeLessThan(0.5);
  });
});
