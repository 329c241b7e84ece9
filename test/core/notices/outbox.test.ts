import { describe, expect, it } from 'vitest';
import { withEvent } from '../../../lambdas/core/notices/events.ts';
import {
  claimEvents,
  dueSinks,
  isLastTry,
  isPoisonous,
  nextDueMs,
  settleEvents,
} from '../../../lambdas/core/notices/outbox.ts';
import type { OutboxEvent, User } from '../../../lambdas/core/state/item.ts';
import { limits } from '../../../lambdas/core/state/limits.ts';
import { accountWith, contextAt, minute, now, userWith } from '../../support/world.ts';

const event = (id: string, more: Partial<OutboxEvent> = {}): OutboxEvent => ({
  id,
  type: 'two_factor_enabled',
  atMs: now,
  actor: { kind: 'user', id: 'ada' },
  tries: 0,
  dueAtMs: now,
  ...more,
});
const holding = (...outbox: OutboxEvent[]): User => userWith({ outbox });
const only = (user: User): OutboxEvent => user.outbox[0] as OutboxEvent;

describe('an event', () => {
  it('R11 is due at once, and says who, when, from where', () => {
    const [raised] = withEvent(userWith(), 'two_factor_enabled', contextAt()).outbox;
    expect(raised).toMatchObject({
      type: 'two_factor_enabled',
      atMs: now,
      dueAtMs: now,
      tries: 0,
      actor: { kind: 'user', id: 'ada' },
      ip: '203.0.113.7',
      userAgent: 'vitest',
    });
  });

  it('stands behind those that wait already', () => {
    const user = withEvent(holding(event('evt_0')), 'two_factor_disabled', contextAt());
    expect(user.outbox.map(({ type }) => type)).toEqual(['two_factor_enabled', 'two_factor_disabled']);
  });

  it('S73 carries the address of its moment, and a further one where it is for both', () => {
    const before = withEvent(userWith(), 'two_factor_disabled', contextAt());
    const user = withEvent({ ...before, email: 'new@example.com' }, 'email_changed', contextAt(), {
      alsoTo: ['ada@example.com'],
    });
    expect(user.outbox.map(({ to }) => to)).toEqual([
      ['ada@example.com'],
      ['new@example.com', 'ada@example.com'],
    ]);
  });

  it('carries no address where nobody is mailed, or where it belongs to an account', () => {
    expect(only(withEvent(userWith(), 'user_added', contextAt()))).not.toHaveProperty('to');
    const [changed] = withEvent(accountWith(), 'policy_changed', contextAt()).outbox ?? [];
    expect(changed).not.toHaveProperty('to');
    expect(only(withEvent(userWith(), 'imported', contextAt(), { isMailed: false })).to).toEqual([]);
  });

  it('S76 holds no more of what callers wrote than its limits', () => {
    const context = { ...contextAt(), userAgent: 'x'.repeat(8000) };
    const raised = only(withEvent(userWith(), 'unlocked', context, { detail: { reason: 'y'.repeat(8000) } }));
    expect(raised.userAgent).toHaveLength(limits.outbox.userAgentLength);
    expect(raised.detail?.reason).toHaveLength(limits.outbox.detailLength);
  });
});

describe('claiming', () => {
  it('takes what is due and leaves the rest as it is', () => {
    const later = event('evt_later', { dueAtMs: now + 1 });
    const { claimed, save } = claimEvents(holding(event('evt_due'), later), now);
    expect(claimed.map(({ id }) => id)).toEqual(['evt_due']);
    expect(save.outbox[1]).toEqual(later);
  });

  it('takes only as many as a courier can deliver while a sink hangs, the oldest first', () => {
    const many = Array.from({ length: 9 }, (_, n) => event(`evt_${n}`));
    const { claimed, save } = claimEvents(holding(...many), now);
    expect(claimed.map(({ id }) => id)).toEqual(['evt_0', 'evt_1', 'evt_2', 'evt_3', 'evt_4']);
    expect(save.outbox.slice(5)).toEqual(many.slice(5));
  });

  it('leases: nobody else takes it before the lease has ended, somebody does after', () => {
    const { save } = claimEvents(holding(event('evt_1')), now);
    expect(save.outbox[0]).toMatchObject({ tries: 1, dueAtMs: now + limits.outbox.leaseMs });
    expect(claimEvents(save, now + limits.outbox.leaseMs - 1).claimed).toEqual([]);
    expect(claimEvents(save, now + limits.outbox.leaseMs).claimed).toHaveLength(1);
  });

  it('removes nothing: a courier that dies loses nothing', () => {
    expect(claimEvents(holding(event('evt_1'), event('evt_2')), now).save.outbox).toHaveLength(2);
  });

  it('S63 an event that ten couriers died on is poisonous, and no other', () => {
    let user = holding(event('evt_1'));
    for (let death = 0; death < limits.outbox.triesBeforeSetAside; death += 1) {
      const at = now + death * limits.outbox.leaseMs;
      expect(isPoisonous(claimEvents(user, at).claimed[0] as OutboxEvent)).toBe(false);
      user = claimEvents(user, at).save;
    }
    expect(isPoisonous(only(user))).toBe(true);
  });
});

describe('the sinks of an event', () => {
  const sinks = ['audit', 'event_bus', 'mail:ada@example.com'];

  it('are all due at the first delivery', () => {
    expect(dueSinks(event('evt_1'), sinks, now)).toEqual(sinks);
  });

  it('S77 are those alone afterwards that are left and due', () => {
    const waiting = [
      { sink: 'event_bus', tries: 4, dueAtMs: now + minute },
      { sink: 'mail:ada@example.com', tries: 1, dueAtMs: now },
    ];
    expect(dueSinks(event('evt_1', { waiting }), sinks, now)).toEqual(['mail:ada@example.com']);
  });
});

describe('settling', () => {
  const claimed = (tries: number) => {
    const waiting = [{ sink: 'mail:a', tries, dueAtMs: now }];
    return holding(event('evt_1', { tries: 1, waiting }), event('evt_2', { tries: 1 }));
  };

  it('removes what arrived, and nothing else', () => {
    const user = settleEvents(claimed(1), { evt_1: { 'mail:a': 'delivered' } }, now);
    expect(user.outbox).toEqual([event('evt_2', { tries: 1 })]);
  });

  it('S77 keeps of an event what failed, with tries of its own, and nothing that is through', () => {
    const outcomes = { audit: 'delivered', event_bus: 'failed', 'mail:a': 'delivered' } as const;
    const user = settleEvents(holding(event('evt_1', { tries: 1 })), { evt_1: outcomes }, now);
    expect(only(user)).toMatchObject({
      tries: 0,
      dueAtMs: now + minute,
      waiting: [{ sink: 'event_bus', tries: 1, dueAtMs: now + minute }],
    });
  });

  it('S77 leaves the back-off of a sink alone while another one is tried', () => {
    const waiting = [
      { sink: 'event_bus', tries: 5, dueAtMs: now + 360 * minute },
      { sink: 'mail:a', tries: 1, dueAtMs: now },
    ];
    const user = settleEvents(
      holding(event('evt_1', { tries: 1, waiting })),
      { evt_1: { 'mail:a': 'delivered' } },
      now,
    );
    expect(only(user)).toMatchObject({ dueAtMs: now + 360 * minute, waiting: [waiting[0]] });
  });

  it.each([
    [0, 1],
    [1, 5],
    [2, 15],
    [3, 60],
    [4, 360],
    [8, 360],
  ])('after %d earlier tries a failed sink waits for %d minutes', (tries, minutes) => {
    const [failed] = settleEvents(claimed(tries), { evt_1: { 'mail:a': 'failed' } }, now).outbox;
    const dueAtMs = now + minutes * minute;
    expect(failed).toMatchObject({ dueAtMs, waiting: [{ sink: 'mail:a', tries: tries + 1, dueAtMs }] });
  });

  it('a sink that asks for patience is postponed, and loses no try', () => {
    const [postponed] = settleEvents(claimed(3), { evt_1: { 'mail:a': 'postponed' } }, now).outbox;
    expect(postponed?.waiting).toEqual([
      { sink: 'mail:a', tries: 3, dueAtMs: now + limits.outbox.postponeMs },
    ]);
  });

  it('S77 the tenth failure of a sink is its last; set aside, it leaves the item', () => {
    expect(isLastTry(only(claimed(8)), 'mail:a')).toBe(false);
    expect(isLastTry(only(claimed(9)), 'mail:a')).toBe(true);
    expect(isLastTry(only(claimed(9)), 'event_bus')).toBe(false);
    const user = settleEvents(claimed(9), { evt_1: { 'mail:a': 'set_aside' } }, now);
    expect(user.outbox.map(({ id }) => id)).toEqual(['evt_2']);
    expect(JSON.stringify(user)).not.toContain('evt_1');
  });

  it('forgets what an event counts once it is counted, and only then', () => {
    const counts = { users: 1 };
    const settledWith = (figures: 'delivered' | 'failed') =>
      only(
        settleEvents(
          holding(event('evt_1', { counts, tries: 1 })),
          { evt_1: { figures, 'mail:a': 'failed' } },
          now,
        ),
      );
    expect(settledWith('delivered')).not.toHaveProperty('counts');
    expect(settledWith('failed').counts).toEqual(counts);
  });

  it('leaves events that came meanwhile', () => {
    const user = holding(event('evt_1', { tries: 1 }), event('evt_new'));
    expect(settleEvents(user, { evt_1: { audit: 'delivered' } }, now).outbox).toEqual([event('evt_new')]);
  });
});

describe('the next look', () => {
  it('is when the first event is due, and never when nothing waits', () => {
    expect(nextDueMs(holding(event('a', { dueAtMs: now + 2 }), event('b', { dueAtMs: now + 1 })))).toBe(
      now + 1,
    );
    expect(nextDueMs(holding())).toBeUndefined();
  });
});
