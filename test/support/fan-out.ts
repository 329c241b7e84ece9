/** A courier that can die, over the real table; the mails are noted before they are handed over. */

import { plannedFanOuts } from '../../lambdas/core/notices/fan-out.ts';
import type { Mail, OutboxRef } from '../../lambdas/core/ports.ts';
import { newAccount, newUser, type UserRef } from '../../lambdas/core/state/item.ts';
import { defaultPolicy } from '../../lambdas/core/state/policy.ts';
import type { Pace } from '../../lambdas/edge/courier/fan-out.ts';
import type { CourierPorts } from '../../lambdas/edge/courier/sinks.ts';

class Death extends Error {}

export type Noted = { to: string; eventId: string };

/** Whom each mail went to, by which event; a mail is noted only when the mail system took it. */
export function noting(
  ports: CourierPorts,
  sent: Noted[],
  send?: (mail: Mail) => Promise<void>,
): CourierPorts {
  return {
    ...ports,
    mailer: {
      send: async (mail, eventId, recipient) => {
        await (send ? send(mail) : ports.mailer.send(mail, eventId, recipient));
        sent.push({ to: mail.to, eventId });
      },
    },
  };
}

/** The same ports, but the courier behind them dies at its `steps`th call, before it or after it is done, and stays dead. */
export function mortal(ports: CourierPorts, steps: number, afterwards: boolean): CourierPorts {
  let left = steps;
  const step =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      left -= 1;
      if (left < 0 || (left === 0 && !afterwards)) {
        throw new Death();
      }
      const result = await call(...args);
      if (left <= 0) {
        throw new Death();
      }
      return result;
    };
  const dying = <P extends object>(port: P): P =>
    Object.fromEntries(
      Object.entries(port).map(([name, call]) => [name, typeof call === 'function' ? step(call) : call]),
    ) as P;
  return {
    store: dying(ports.store),
    auditTrail: dying(ports.auditTrail),
    mailer: dying(ports.mailer),
    ledger: dying(ports.ledger),
    directory: dying(ports.directory),
    announcer: undefined,
  };
}

/** An account that has just begun to require two-factor, and its users. */
export async function requiringAccount(ports: CourierPorts, accountId: string, users: number, nowMs: number) {
  const before = newAccount(accountId);
  const policy = { ...defaultPolicy, mode: 'required' as const };
  const fanOuts = plannedFanOuts(before, policy, 2, nowMs);
  await ports.store.saveAccount({ ...before, policy, policyVersion: 2, fanOuts });
  const refs: UserRef[] = Array.from({ length: users }, (_, n) => ({ accountId, userId: `user-${n}` }));
  for (let first = 0; first < users; first += 50) {
    await Promise.all(
      refs.slice(first, first + 50).map((ref) => ports.store.save(newUser(ref, addressOf(ref), nowMs))),
    );
  }
  return refs;
}

export const addressOf = ({ userId }: UserRef): string => `${userId}@example.com`;

/** One life of the courier: the fan-out, and what is due in the outboxes. Death ends it, nothing else may. */
export async function live(
  ports: CourierPorts,
  findDue: (nowMs: number) => Promise<OutboxRef[]>,
  accountId: string,
  nowMs: number,
  pace: Pace,
): Promise<boolean> {
  const { deliverOutbox } = await import('../../lambdas/edge/courier/deliver.ts');
  const { runFanOut } = await import('../../lambdas/edge/courier/fan-out.ts');
  try {
    for (const ref of await findDue(nowMs)) {
      await deliverOutbox(ports, ref, nowMs);
    }
    await runFanOut(ports, accountId, nowMs, pace);
    return true;
  } catch (error) {
    if (error instanceof Death) {
      return false;
    }
    throw error;
  }
}
