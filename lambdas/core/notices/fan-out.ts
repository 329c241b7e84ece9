/**
 * Notifying every user of an account: resumable, paced, once per user. The account's item holds the progress; each user's
 * item holds the last fan-out that it was part of, in the same write that puts the notice into the user's outbox.
 */
import type { Context, Decision } from '../decision.ts';
import { isEnabled } from '../factors/table.ts';
import type { Account, FanOut, OutboxEvent, User } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import type { Policy } from '../state/policy.ts';
import { withEvent } from './events.ts';
import { leased } from './outbox.ts';

const dayMs = 86_400_000;

/**
 * The fan-outs of a new policy: one to everybody when two-factor becomes required, and reminders 7 days and 1 day before a
 * date in the future, none within a day of the first notice. They replace those of earlier versions; a policy that goes on
 * requiring the same keeps what is under way. They run one after the other, in this order.
 */
export function plannedFanOuts(before: Account, after: Policy, version: number, nowMs: number): FanOut[] {
  if (after.mode === 'optional') {
    return [];
  }
  const { policy } = before;
  if (policy.mode === 'required' && policy.requiredFromMs === after.requiredFromMs) {
    return before.fanOuts ?? [];
  }
  const from = after.requiredFromMs ?? nowMs;
  const reminders = limits.fanOut.reminderDays
    .map((days) =>
      fanOut(`v${version}-reminder-${days}`, 'enforcement_reminder', from - days * dayMs, { days }),
    )
    .filter((reminder) => reminder.dueAtMs > nowMs + limits.fanOut.reminderGapMs);
  return [fanOut(`v${version}-enforcement`, 'enforcement_on', nowMs), ...reminders];
}

const fanOut = (
  id: string,
  notice: FanOut['notice'],
  dueAtMs: number,
  more: { days?: number } = {},
): FanOut => ({
  id,
  notice,
  ...more,
  dueAtMs,
  told: 0,
  bounced: 0,
});

/**
 * The fan-out that may run now, and the account with a lease on it and without the reminders whose time has passed.
 * `claimed` is absent when none is due or it is paused, `save` when nothing changes.
 */
export function claimFanOut(account: Account, nowMs: number): { claimed?: FanOut; save?: Account } {
  if (account.fanOuts?.[0]?.pausedAtMs !== undefined) {
    return {};
  }
  const current = withoutOverdue(account, nowMs);
  const [next] = current.fanOuts ?? [];
  if (!next || next.dueAtMs > nowMs) {
    return current === account ? {} : { save: current };
  }
  const claimed = { ...next, dueAtMs: nowMs + limits.outbox.leaseMs };
  return { claimed, save: replaced(current, claimed) };
}

/**
 * The account without overdue reminders: the date has come, the later reminder is due as well and replaces it, or two days
 * after its time it has not begun.
 */
function withoutOverdue(account: Account, nowMs: number): Account {
  const { fanOuts = [], policy } = account;
  const timeOf = ({ days = 0 }: FanOut) => (policy.requiredFromMs ?? 0) - days * dayMs;
  const isOverdue = (each: FanOut, index: number) => {
    const hasBegun = each.cursor !== undefined || each.told > 0;
    return (
      each.notice === 'enforcement_reminder' &&
      (nowMs >= (policy.requiredFromMs ?? 0) ||
        fanOuts.slice(index + 1).some((later) => timeOf(later) <= nowMs) ||
        (!hasBegun && nowMs > timeOf(each) + limits.fanOut.reminderLateMs))
    );
  };
  const kept = fanOuts.filter((each, index) => !isOverdue(each, index));
  return kept.length === fanOuts.length ? account : { ...account, fanOuts: kept };
}

export type Progress = { cursor?: string; told: number; perSecond: number; done: boolean; goOnAtMs: number };

/** The account after a page: further on, or without a fan-out that is done. Undefined when it was replaced or paused. */
export function advanceFanOut(account: Account, id: string, progress: Progress): Account | undefined {
  const [current, ...later] = account.fanOuts ?? [];
  if (current?.id !== id || current.pausedAtMs !== undefined) {
    return undefined;
  }
  if (progress.done) {
    return { ...account, fanOuts: later };
  }
  const { cursor, perSecond, goOnAtMs: dueAtMs } = progress;
  return replaced(account, { ...current, cursor, perSecond, dueAtMs, told: current.told + progress.told });
}

/**
 * Puts the notice into a user's outbox, already leased to the courier that delivers it: `event`, or undefined for a user
 * who has it already, or whom a reminder does not concern.
 */
export function decideNotifyUser(
  user: User,
  { account, fanOut }: { account: Account; fanOut: FanOut },
  context: Context,
): Decision<{ event?: OutboxEvent; user: User }> {
  const mark = `${account.accountId}/${fanOut.id}`;
  const isConcerned = fanOut.notice === 'enforcement_on' || !isEnabled(user);
  if (user.toldFanOut === mark || !isConcerned) {
    return { answer: { user } };
  }
  const from = account.policy.requiredFromMs;
  const detail = {
    ...(from === undefined ? {} : { from: new Date(from).toISOString() }),
    ...(fanOut.days === undefined ? {} : { days: String(fanOut.days) }),
  };
  const notified = withEvent({ ...user, toldFanOut: mark }, fanOut.notice, context, { detail });
  const event = leased(notified.outbox.at(-1) as OutboxEvent, context.nowMs);
  const save = { ...notified, outbox: [...notified.outbox.slice(0, -1), event] };
  return { save, answer: { event, user: save } };
}

/**
 * A notice of enforcement as it holds by the time it is mailed: with the days that are left. Undefined where it no longer
 * holds: the policy was changed since, or, for a reminder, the date has come or the user has enrolled. Other events as they
 * are.
 */
export function currentNotice(
  event: OutboxEvent,
  { user, account: { policy } }: { user: User; account: Account },
  nowMs: number,
): OutboxEvent | undefined {
  const { type, detail } = event;
  if (type !== 'enforcement_on' && type !== 'enforcement_reminder') {
    return event;
  }
  const fromMs = detail?.from === undefined ? undefined : Date.parse(detail.from);
  if (policy.mode !== 'required' || policy.requiredFromMs !== fromMs) {
    return undefined;
  }
  if (type === 'enforcement_on' || fromMs === undefined) {
    return event;
  }
  const days = Math.ceil((fromMs - nowMs) / dayMs);
  return days > 0 && !isEnabled(user) ? { ...event, detail: { ...detail, days: String(days) } } : undefined;
}

/** Mails per second from here on: half as many after throttling, else one more, up to the ceiling. */
export function nextPace(perSecond: number, throttled: boolean, ceiling: number): number {
  return throttled ? Math.max(1, Math.floor(perSecond / 2)) : Math.min(ceiling, perSecond + 1);
}

/**
 * The account after a bounce while a fan-out runs. At more than 5 % of those notified, and 20 at least, the fan-out stops to
 * protect the deployment's reputation, until the operator resumes it. The same account when none runs.
 */
export function withBounce(account: Account, context: Context): Account {
  const [current] = account.fanOuts ?? [];
  if (!current || current.pausedAtMs !== undefined) {
    return account;
  }
  const bounced = current.bounced + 1;
  const { minBounces, maxBounceShare } = limits.fanOut;
  if (bounced < minBounces || bounced <= current.told * maxBounceShare) {
    return replaced(account, { ...current, bounced });
  }
  const paused = replaced(account, { ...current, bounced, pausedAtMs: context.nowMs });
  return withEvent(paused, 'notices_paused', context, {
    detail: { bounced: String(bounced), told: String(current.told) },
  });
}

/** The account with its fan-out stopped, or resumed with its bounces forgiven. */
export function withNoticesPaused(account: Account, paused: boolean, nowMs: number): Account {
  const [current] = account.fanOuts ?? [];
  if (!current || (current.pausedAtMs !== undefined) === paused) {
    return account;
  }
  const { pausedAtMs: _paused, ...running } = current;
  return replaced(
    account,
    paused ? { ...current, pausedAtMs: nowMs } : { ...running, bounced: 0, dueAtMs: nowMs },
  );
}

function replaced(account: Account, fanOut: FanOut): Account {
  return { ...account, fanOuts: [fanOut, ...(account.fanOuts ?? []).slice(1)] };
}
