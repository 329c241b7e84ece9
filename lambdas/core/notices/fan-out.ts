/**
 * Telling every user of an account: resumable, paced, once per user. The account's item holds where it stands; each user's
 * item holds which one it was told of last, in the same write that puts the notice into the user's outbox.
 */
import type { Context, Decision } from '../decision.ts';
import { isEnabled } from '../factors/table.ts';
import type { Account, FanOut, OutboxEvent, User } from '../state/item.ts';
import { limits } from '../state/limits.ts';
import type { Policy } from '../state/policy.ts';
import { type NoticeType, withEvent } from './events.ts';

const dayMs = 86_400_000;

/**
 * The fan-outs that a new policy wants: one to everybody when two-factor becomes required, and reminders 7 days and 1 day
 * before a date in the future. They replace those of earlier versions; a policy that goes on requiring the same goes on
 * with what is under way. They run one after the other, in this order.
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
    .filter((reminder) => reminder.dueAtMs > nowMs);
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

/** The fan-out that may run now, and the account with a lease on it; undefined when none is due or it is paused. */
export function claimFanOut(account: Account, nowMs: number): { claimed: FanOut; save: Account } | undefined {
  const [claimed] = account.fanOuts ?? [];
  if (!claimed || claimed.pausedAtMs !== undefined || claimed.dueAtMs > nowMs) {
    return undefined;
  }
  return { claimed, save: replaced(account, { ...claimed, dueAtMs: nowMs + limits.outbox.leaseMs }) };
}

export type Progress = { cursor?: string; told: number; perSecond: number; done: boolean; goOnAtMs: number };

/** The account after a page: further on, or rid of a fan-out that is through. Undefined when it was replaced or paused. */
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
 * Puts the notice into a user's outbox, already leased to whoever tells: `told` is the event to deliver, or undefined for a
 * user who was told before, or whom a reminder does not concern.
 */
export function decideTell(
  user: User,
  { account, fanOut }: { account: Account; fanOut: FanOut },
  context: Context,
): Decision<{ told?: OutboxEvent; user: User }> {
  const mark = `${account.accountId}/${fanOut.id}`;
  const concerned = fanOut.notice === 'enforcement_on' || !isEnabled(user);
  if (user.toldFanOut === mark || !concerned) {
    return { answer: { user } };
  }
  const from = account.policy.requiredFromMs;
  const detail = {
    ...(from === undefined ? {} : { from: new Date(from).toISOString() }),
    ...(fanOut.days === undefined ? {} : { days: String(fanOut.days) }),
  };
  const notice: NoticeType = fanOut.notice;
  const save = withEvent({ ...user, toldFanOut: mark }, notice, context, { detail });
  const event = {
    ...(save.outbox.at(-1) as OutboxEvent),
    tries: 1,
    dueAtMs: context.nowMs + limits.outbox.leaseMs,
  };
  const leased = { ...save, outbox: [...save.outbox.slice(0, -1), event] };
  return { save: leased, answer: { told: event, user: leased } };
}

/** How fast to go on: half as fast when the mail system said "too fast", else one more a second, up to the ceiling. */
export function nextPace(perSecond: number, throttled: boolean, ceiling: number): number {
  return throttled ? Math.max(1, Math.floor(perSecond / 2)) : Math.min(ceiling, perSecond + 1);
}

/**
 * The account after a bounce while a fan-out runs. Past 5 % of those told (and 20 at least) it stops: mailing on would cost
 * the deployment its reputation. The operator lets it go on. The same account when none runs.
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

/** The account with its fan-out stopped, or let go on with the bounces forgiven. */
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
