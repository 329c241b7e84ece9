import { describe, expect, it } from 'vitest';
import { withEvent } from '../../../lambdas/core/notices/events.ts';
import {
  claimFanOut,
  currentNotice,
  decideNotifyUser,
  plannedFanOuts,
} from '../../../lambdas/core/notices/fan-out.ts';
import { decideNotifyAdmin } from '../../../lambdas/core/notices/notify-admin.ts';
import type { Account, FanOut, OutboxEvent, User } from '../../../lambdas/core/state/item.ts';
import { defaultPolicy, type Policy } from '../../../lambdas/core/state/policy.ts';
import {
  accountWith,
  contextAt,
  day,
  minute,
  now,
  someAuthenticator,
  userWith,
} from '../../support/world.ts';

const required = (requiredFromMs?: number): Policy => ({
  ...defaultPolicy,
  mode: 'required',
  ...(requiredFromMs === undefined ? {} : { requiredFromMs }),
});
const dateMs = now + 30 * day;
const planned = (policy: Policy, before: Account = accountWith()): Account => ({
  ...before,
  policy,
  fanOuts: plannedFanOuts(before, policy, 2, now),
});
const idsOf = ({ fanOuts = [] }: Account) => fanOuts.map(({ id }) => id);
const announced = ({ fanOuts = [], ...account }: Account): Account => ({
  ...account,
  fanOuts: fanOuts.slice(1),
});

describe('the plan', () => {
  it('R43 is a notice at once, and reminders 7 days and 1 day before', () => {
    const { fanOuts } = planned(required(dateMs));
    expect(fanOuts?.map(({ notice, dueAtMs }) => [notice, dueAtMs])).toEqual([
      ['enforcement_on', now],
      ['enforcement_reminder', dateMs - 7 * day],
      ['enforcement_reminder', dateMs - day],
    ]);
  });

  it('R97 a date that was moved has reminders of its own alone, none within a day of the notice', () => {
    const moved = planned(required(now + 7 * day + minute), planned(required(dateMs)));
    expect(idsOf(moved)).toEqual(['v2-enforcement', 'v2-reminder-1']);
    expect(idsOf(planned(required(now + 2 * day - minute)))).toEqual(['v2-enforcement']);
  });
});

describe('claiming a fan-out', () => {
  const account = announced(planned(required(dateMs)));
  const claimedAt = (atMs: number, of = account) => claimFanOut(of, atMs);

  it('takes a reminder at its time, and a little later', () => {
    expect(claimedAt(dateMs - 7 * day - 1)).toEqual({});
    expect(claimedAt(dateMs - 7 * day).claimed?.id).toBe('v2-reminder-7');
    expect(claimedAt(dateMs - 6 * day).claimed?.id).toBe('v2-reminder-7');
  });

  it('R97 drops a reminder whose time has passed, and leaves the later one for its own', () => {
    const { claimed, save } = claimedAt(dateMs - 4 * day);
    expect([claimed, idsOf(save as Account)]).toEqual([undefined, ['v2-reminder-1']]);
  });

  it('R97 where both are due, takes the later one alone', () => {
    const { claimed, save } = claimedAt(dateMs - day + minute);
    expect([claimed?.id, idsOf(save as Account)]).toEqual(['v2-reminder-1', ['v2-reminder-1']]);
  });

  it('R97 the later one ends an earlier one that has begun', () => {
    const [first, second] = account.fanOuts as [FanOut, FanOut];
    const begun = { ...account, fanOuts: [{ ...first, told: 5, cursor: 'x' }, second] };
    expect(claimedAt(dateMs - 3 * day, begun).claimed?.id).toBe('v2-reminder-7');
    expect(claimedAt(dateMs - day, begun).claimed?.id).toBe('v2-reminder-1');
  });

  it('R97 once the date has come, reminds nobody', () => {
    const { claimed, save } = claimedAt(dateMs);
    expect([claimed, idsOf(save as Account)]).toEqual([undefined, []]);
  });

  it('never drops the notice itself, and nothing while it is paused', () => {
    expect(claimedAt(dateMs + day, planned(required(dateMs))).claimed?.id).toBe('v2-enforcement');
    const [first] = account.fanOuts as [FanOut];
    expect(claimedAt(dateMs, { ...account, fanOuts: [{ ...first, pausedAtMs: now }] })).toEqual({});
  });
});

describe('an enforcement notice that waited', () => {
  const account = accountWith(required(dateMs));
  const user = userWith();
  const reminder = {
    type: 'enforcement_reminder',
    detail: { from: new Date(dateMs).toISOString(), days: '7' },
  };
  const at = (atMs: number, of: { user?: User; account?: Account } = {}) =>
    currentNotice(reminder as never as OutboxEvent, { user, account, ...of }, atMs);

  it('R97 says how many days are left by now', () => {
    expect(at(dateMs - 7 * day)?.detail?.days).toBe('7');
    expect(at(dateMs - 2 * day - minute)?.detail?.days).toBe('3');
  });

  it('R97 is not mailed when it no longer holds', () => {
    expect(at(dateMs)).toBeUndefined();
    expect(at(now, { user: userWith({ authenticators: [someAuthenticator] }) })).toBeUndefined();
    expect(at(now, { account: accountWith() })).toBeUndefined();
    expect(at(now, { account: accountWith(required(dateMs + day)) })).toBeUndefined();
  });
});

describe('notifying one', () => {
  const running = { account: planned(required()), fanOut: planned(required()).fanOuts?.[0] as FanOut };

  it('S64 a user gets the notice once, in the same write as the mark', () => {
    const { save, answer } = decideNotifyUser(userWith(), running, contextAt());
    expect(save?.outbox).toEqual([expect.objectContaining({ type: 'enforcement_on', tries: 1 })]);
    expect('event' in answer && answer.event).toBe(save?.outbox[0]);
    expect(decideNotifyUser(save as User, running, contextAt())).toEqual({ answer: { user: save } });
  });

  it('S77 an admin gets an event of the account once, for mail alone, under the same id', () => {
    const [event] = withEvent(accountWith(), 'policy_changed', contextAt()).outbox as [OutboxEvent];
    const { save } = decideNotifyAdmin(userWith(), event, contextAt());
    expect(save?.outbox).toEqual([
      expect.objectContaining({
        id: event.id,
        to: ['ada@example.com'],
        waiting: [{ sink: 'mail:ada@example.com', tries: 0, dueAtMs: now }],
      }),
    ]);
    expect(decideNotifyAdmin(save as User, event, contextAt()).save).toBeUndefined();
  });
});
