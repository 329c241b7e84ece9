/** Notifying the users of an account, page by page, at the mail system's pace. */
import type { Context } from '../../core/decision.ts';
import { advanceFanOut, claimFanOut, decideNotifyUser, nextPace } from '../../core/notices/fan-out.ts';
import type { Outcome } from '../../core/notices/outbox.ts';
import { isRefusal } from '../../core/refusal.ts';
import type { Account, FanOut, OutboxEvent, User, UserRef } from '../../core/state/item.ts';
import { limits } from '../../core/state/limits.ts';
import { changeAccount, decideAndSave, newId } from '../run/decide.ts';
import { deliverClaim } from './deliver.ts';
import type { CourierPorts } from './sinks.ts';

type Running = { account: Account; fanOut: FanOut };

/** The invocation's own time: how long it has run, and how it waits. Decisions go by `nowMs`. */
export type Pace = {
  elapsedMs: () => number;
  pause: (ms: number) => Promise<void>;
  ceilingPerSecond: number;
};

/**
 * Continues the account's fan-out if one is due: a page of users a second, each notified by a write of its own, then the
 * progress is saved. A run that dies is resumed from its last page when the lease ends; the mark in each user's item skips
 * those who were notified already. Only one page is held in memory, and an invocation ends in good time.
 */
export async function runFanOut(
  ports: CourierPorts,
  accountId: string,
  nowMs: number,
  pace: Pace,
): Promise<void> {
  const claim = await changeAccount<Partial<Running>>(ports.store, accountId, (account) => {
    const { claimed: fanOut, save } = claimFanOut(account, nowMs);
    return { ...(save && { save }), answer: fanOut && save ? { fanOut, account: save } : {} };
  });
  let next = isRefusal(claim) || !claim.fanOut ? undefined : (claim as Running);
  while (next) {
    const startedMs = pace.elapsedMs();
    next = await notifyPage(ports, next, nowMs, pace);
    await pace.pause(Math.max(0, 1000 - (pace.elapsedMs() - startedMs)));
  }
}

/** Notifies one page and saves the progress; undefined when there is no more to do here and now. */
async function notifyPage(
  ports: CourierPorts,
  { account, fanOut }: Running,
  nowMs: number,
  pace: Pace,
): Promise<Running | undefined> {
  const { accountId } = account;
  const perSecond = Math.min(fanOut.perSecond ?? limits.fanOut.startPerSecond, pace.ceilingPerSecond);
  const page = await ports.directory.members(accountId, { limit: perSecond, cursor: fanOut.cursor });
  const mails = await someAtOnce(page.items, (ref) => notify(ports, ref, { account, fanOut }, nowMs));
  const isThrottled = mails.includes('postponed');
  const timeIsUp = pace.elapsedMs() > limits.fanOut.invocationMs;
  const progress = {
    cursor: page.nextCursor ?? fanOut.cursor,
    told: mails.filter((outcome) => outcome !== undefined).length,
    perSecond: nextPace(perSecond, isThrottled, pace.ceilingPerSecond),
    done: page.nextCursor === undefined,
    goOnAtMs: nowMs + (timeIsUp ? 0 : limits.outbox.leaseMs + Math.ceil(pace.elapsedMs())),
  };
  const advanced = await changeAccount<{ account?: Account }>(ports.store, accountId, (current) => {
    const save = advanceFanOut(current, fanOut.id, progress);
    return save ? { save, answer: { account: save } } : { answer: {} };
  });
  return isRefusal(advanced) || progress.done || timeIsUp ? undefined : runningOf(advanced.account);
}

function runningOf(account: Account | undefined): Running | undefined {
  const [fanOut] = account?.fanOuts ?? [];
  return account && fanOut && { account, fanOut };
}

const atOnce = 5;

/** Works on a few at once, all of them to the end, also when one fails. */
async function someAtOnce<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let first = 0; first < items.length; first += atOnce) {
    const calls = items.slice(first, first + atOnce).map(work);
    await Promise.allSettled(calls);
    results.push(...(await Promise.all(calls)));
  }
  return results;
}

/**
 * Notifies one user: how the mail went; undefined for a user who has the notice already or whom it does not concern. A mail
 * that does not get out now is the sweep's.
 */
async function notify(
  ports: CourierPorts,
  ref: UserRef,
  running: Running,
  nowMs: number,
): Promise<Outcome | undefined> {
  const context: Context = { nowMs, newId, actor: { kind: 'system' } };
  const decided = await decideAndSave<{ event?: OutboxEvent; user?: User }>(ports, ref, ({ user }) =>
    user ? decideNotifyUser(user, running, context) : { answer: {} },
  );
  if (isRefusal(decided)) {
    throw new Error('a user could not be notified');
  }
  const { event, user } = decided;
  if (!event) {
    return undefined;
  }
  const deliveries = await deliverClaim(
    ports,
    { ref, claimed: [event], user, account: running.account },
    nowMs,
  );
  const outcomes = Object.entries(deliveries[event.id] ?? {});
  return outcomes.find(([sink]) => sink.startsWith('mail:'))?.[1];
}
