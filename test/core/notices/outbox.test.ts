import { describe, expect, it } from 'vitest';
import { withEvent } from '../../../lambdas/core/notices/events.ts';
import { claimEvents, nextDueMs, settleEvents } from '../../../lambdas/core/notices/outbox.ts';
import type { OutboxEvent, User } from '../../../lambdas/core/state/item.ts';
import { limits } from '../../../lambdas/core/state/limits.ts';
import { contextAt, minute, now, userWith } from '../../support/world.ts';

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

describe('an event', () => {
  it('R11 is due at once, and says who, when, from where', () => {
    const [news] = withEvent(userWith(), 'two_factor_enabled', contextAt()).outbox;
    expect(news).toMatchObject({
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
});

describe('claiming', () => {
  it('takes what is due and leaves the rest as it is', () => {
    const later = event('evt_later', { dueAtMs: now + 1 });
    const { claimed, save } = claimEvents(holding(event('evt_due'), later), now);
    expect(claimed.map(({ id }) => id)).toEqual(['evt_due']);
    expect(save.outbox[1]).toEqual(later);
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
});

describe('settling', () => {
  const claimedTimes = (tries: number) => holding(event('evt_1', { tries }), event('evt_2', { tries: 1 }));

  it('removes what arrived, and nothing else', () => {
    const user = settleEvents(claimedTimes(1), { evt_1: 'delivered' }, now);
    expect(user.outbox).toEqual([event('evt_2', { tries: 1 })]);
  });

  it.each([
    [1, 1],
    [2, 5],
    [3, 15],
    [4, 60],
    [5, 360],
    [9, 360],
  ])('after try %d waits for %d minutes', (tries, minutes) => {
    const [failed] = settleEvents(claimedTimes(tries), { evt_1: 'failed' }, now).outbox;
    expect(failed).toMatchObject({ id: 'evt_1', tries, dueAtMs: now + minutes * minute });
  });

  it('sets aside what failed ten times, whole, and goes on with the others', () => {
    const user = settleEvents(claimedTimes(10), { evt_1: 'failed' }, now);
    expect(user.outbox.map(({ id }) => id)).toEqual(['evt_2']);
    expect(user.setAside).toEqual([event('evt_1', { tries: 10 })]);
    const again = { ...user, outbox: [event('evt_3', { tries: 10 })] };
    expect(settleEvents(again, { evt_3: 'failed' }, now).setAside?.map(({ id }) => id)).toEqual([
      'evt_1',
      'evt_3',
    ]);
  });

  it('leaves news that came meanwhile', () => {
    const user = holding(event('evt_1', { tries: 1 }), event('evt_new'));
    expect(settleEvents(user, { evt_1: 'delivered' }, now).outbox).toEqual([event('evt_new')]);
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
