/** Walking the users of an account with a notice, page by page, at the mail system's pace. */
import type { Context } from '../../core/decision.ts';
import { advanceFanOut, claimFanOut, decideTell, nextPace } from '../../core/notices/fan-out.ts';
import { isRefusal } from '../../core/refusal.ts';
import type { Account, FanOut, OutboxEvent, User, UserRef } from '../../core/state/item.ts';
import { limits } from '../../core/state/limits.ts';
import { changeAccount, decideAndSave, newId } from '../run/decide.ts';
import { type CourierPorts, deliverClaim } from './deliver.ts';

type Running = { account: Account; fanOut: FanOut };

/** The invocation's own time: how long it has run, and waiting. Decisions are told `nowMs`. */
export type Pace = {
  elapsedMs: () => number;
  pause: (ms: number) => Promise<void>;
  ceilingPerSecond: number;
};

/**
 * Goes on with the account's fan-out if one is due: a page of users a second, each told by a write of its own, then where
 * it stands is saved. Whoever dies on the way is resumed from the last page when the lease ends; users of that page who
 * were told already are skipped by their mark. Nothing is held but one page, and an invocation ends in good time.
 */
export async function runFanOut(
  ports: CourierPorts,
  accountId: string,
  nowMs: number,
  pace: Pace,
): Promise<void> {
  const claim = await changeAccount<Partial<Running>>(ports.store, accountId, (account) => {
    const claimed = claimFanOut(account, nowMs);
    return claimed ? { save: claimed.save, answer: { account: claimed.save } } : { answer: {} };
  });
  let next = isRefusal(claim) ? undefined : runningOf(claim.account);
  while (next) {
    const startedMs = pace.elapsedMs();
    next = await tellPage(ports, next, nowMs, pace);
    await pace.pause(Math.max(0, 1000 - (pace.elapsedMs() - startedMs)));
  }
}

/** Tells one page and saves the progress; undefined when there is no more to do here and now. */
async function tellPage(
  ports: CourierPorts,
  { account, fanOut }: Running,
  nowMs: number,
  pace: Pace,
): Promise<Running | undefined> {
  const { accountId } = account;
  const perSecond = Math.min(fanOut.perSecond ?? limits.fanOut.startPerSecond, pace.ceilingPerSecond);
  const page = await ports.lookup.members(accountId, { limit: perSecond, cursor: fanOut.cursor });
  const told = await someAtOnce(page.items, (ref) => tell(ports, ref, { account, fanOut }, nowMs));
  const throttled = told.includes('postponed');
  const timeIsUp = pace.elapsedMs() > limits.fanOut.invocationMs;
  const progress = {
    cursor: page.nextCursor ?? fanOut.cursor,
    told: told.filter((outcome) => outcome !== undefined).length,
    perSecond: nextPace(perSecond, throttled, pace.ceilingPerSecond),
    done: page.nextCursor === undefined,
    goOnAtMs: nowMs + (timeIsUp ? 0 : limits.outbox.leaseMs + Math.ceil(pace.elapsedMs())),
  };
  const advanced = await changeAccount<Partial<Running>>(ports.store, accountId, (current) => {
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

/** Works on a few at once, all of them to the end, also when one fails: nobody is left half told behind our back. */
async function someAtOnce<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let first = 0; first < items.length; first += atOnce) {
    const calls = items.slice(first, first + atOnce).map(work);
    await Promise.allSettled(calls);
    results.push(...(await Promise.all(calls)));
  }
  return results;
}

/** Tells one user; undefined for one who was told before or is not concerned. A user who is busy is told by the sweep. */
async function tell(
  ports: CourierPorts,
  ref: UserRef,
  of: Running,
  nowMs: number,
): Promise<'delivered' | 'failed' | 'postponed' | undefined> {
  const context: Context = { nowMs, newId, actor: { kind: 'system' } };
  const decided = await decideAndSave<{ told?: OutboxEvent; user?: User }>(ports, ref, ({ user }) =>
    user ? decideTell(user, of, context) : { answer: {} },
  );
  if (isRefusal(decided)) {
    throw new Error('a user could not be told');
  }
  if (!decided.told) {
    return undefined;
  }
  const claim = { claimed: [decided.told], user: decided.user, account: of.account };
  return (await deliverClaim(ports, ref, claim, nowMs))[decided.told.id];
}
