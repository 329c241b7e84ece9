/**
 * S76: mail is down for days, or nothing is delivered at all, while somebody goes on raising events. The item that holds
 * the outbox must stay small, and what matters must still be told.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EventType, eventTypes } from '../../../lambdas/core/notices/event-types.ts';
import { withEvent } from '../../../lambdas/core/notices/events.ts';
import { claimEvents, settleEvents } from '../../../lambdas/core/notices/outbox.ts';
import type { User } from '../../../lambdas/core/state/item.ts';
import { limits } from '../../../lambdas/core/state/limits.ts';
import { contextAt, now, userWith } from '../../support/world.ts';

const types = (Object.keys(eventTypes) as EventType[]).filter((type) => type !== 'several_changes');
const context = contextAt();
const raised = (user: User, ...all: EventType[]): User =>
  all.reduce((with_, type) => withEvent(with_, type, context), user);
const typesIn = ({ outbox }: User) => outbox.map(({ type }) => type);
const times = (count: number, type: EventType): EventType[] => Array(count).fill(type);
const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

/** The outbox after a courier that got everything out but the mails. */
const mailIsDown = (user: User): User => {
  const { claimed, save } = claimEvents(user, now);
  const outcomes = { audit: 'delivered', 'mail:ada@example.com': 'failed' } as const;
  return settleEvents(save, Object.fromEntries(claimed.map(({ id }) => [id, outcomes])), now);
};

describe('a few events', () => {
  it('wait as they are, also of one kind', () => {
    expect(typesIn(raised(userWith(), ...times(5, 'unlocked')))).toEqual(times(5, 'unlocked'));
  });
});

describe('events that repeat', () => {
  it('fold into one per kind once more wait, with how many they were and the latest detail', () => {
    const many = raised(userWith(), 'two_factor_enabled', 'exemption_granted', ...times(3, 'unlocked'));
    const user = withEvent(many, 'unlocked', context, { detail: { reason: 'the last one' } });
    expect(typesIn(user)).toEqual(['two_factor_enabled', 'exemption_granted', 'unlocked']);
    expect(user.outbox.at(-1)).toMatchObject({ times: 4, detail: { reason: 'the last one', folded: '3' } });
  });

  it('say how many have no row of their own in the audit trail: those that were recorded have one', () => {
    const recorded = mailIsDown(raised(userWith(), ...times(5, 'unlocked')));
    const user = raised(recorded, 'unlocked');
    expect(user.outbox).toHaveLength(1);
    expect(user.outbox[0]).toMatchObject({ times: 6 });
    expect(user.outbox[0]?.detail).toEqual({});
  });

  it('fold only while no courier has them in hand', () => {
    const { save } = claimEvents(raised(userWith(), ...times(5, 'unlocked')), now);
    const user = raised(save, 'unlocked', 'unlocked');
    expect(user.outbox.map(({ times: n }) => n)).toEqual([...times(5, 'unlocked').map(() => undefined), 2]);
    expect(user.outbox.slice(0, 5)).toEqual(save.outbox);
  });
});

describe('a reminder', () => {
  it('R97 replaces an earlier one that still waits: two never go out together', () => {
    const first = withEvent(userWith(), 'enforcement_reminder', context, { detail: { days: '7' } });
    const user = withEvent(first, 'enforcement_reminder', context, { detail: { days: '1' } });
    expect(user.outbox).toHaveLength(1);
    expect(user.outbox[0]?.detail).toMatchObject({ days: '1' });
    expect(user.outbox[0]).not.toHaveProperty('times');
  });
});

describe('at the limit', () => {
  const important = types.filter((type) => eventTypes[type].folds === 'when_full');

  it('what is less important folds first, whatever came first', () => {
    const user = raised(
      userWith(),
      ...important,
      'unlocked',
      'mail_bounced',
      'trusted_device_added',
      'sms_stopped',
    );
    expect(typesIn(user)).toEqual(expect.arrayContaining(important));
    const [several] = user.outbox.filter(({ type }) => type === 'several_changes');
    expect(several?.detail?.types?.split(' ').toSorted()).toEqual(
      expect.arrayContaining(['mail_bounced', 'sms_stopped']),
    );
  });

  it('S73 addresses that were replaced quickly hide neither the first nor the last', () => {
    let user = userWith({ email: 'owner@example.com' });
    for (let n = 0; n < 50; n += 1) {
      const email = `thief-${n}@example.com`;
      user = withEvent({ ...user, email }, 'email_changed', context, { alsoTo: [user.email] });
    }
    const to = user.outbox.flatMap((event) => event.to ?? []);
    expect(to).toContain('owner@example.com');
    expect(to).toContain('thief-49@example.com');
  });

  it('figures lose nothing: what was not counted yet is added up', () => {
    let user = userWith();
    for (let n = 0; n < 60; n += 1) {
      user = withEvent(user, 'two_factor_enabled', context, { counts: { enrolled: 1 } });
    }
    expect(user.outbox.length).toBeLessThan(60);
    expect(user.outbox.reduce((sum, { counts }) => sum + (counts?.enrolled ?? 0), 0)).toBe(60);
  });
});

describe('S76 whatever is raised while nothing is delivered', () => {
  const anEvent = fc.record({
    type: fc.constantFrom(...types),
    userAgent: fc.constantFrom('vitest', 'x'.repeat(600), 'ü'.repeat(600)),
    reason: fc.constantFrom('', 'seen in person', '🔐'.repeat(400)),
    email: fc.constantFrom('ada@example.com', `${'x'.repeat(240)}@example.com`, 'new@example.com'),
    counts: fc.option(fc.constant({ enrolled: 1 }), { nil: undefined }),
    /** What a courier does before: nothing, dies with a claim, or delivers all but the mails. */
    courier: fc.constantFrom('idle', 'idle', 'dies', 'mail is down'),
  });

  it('the outbox stays within its limits, every kind that matters is still named, and no figure is lost', () => {
    fc.assert(
      fc.property(fc.array(anEvent, { minLength: 30, maxLength: 80 }), (sequence) => {
        let user = userWith();
        let atMs = now;
        const kinds = new Set<string>();
        for (const { type, userAgent, reason, email, counts, courier } of sequence) {
          atMs += limits.outbox.leaseMs;
          user = courier === 'dies' ? claimEvents(user, atMs).save : user;
          user = courier === 'mail is down' ? unmailed(user, atMs) : user;
          const at = { ...contextAt(atMs), newId: context.newId, userAgent };
          user = withEvent({ ...user, email }, type, at, { detail: { reason }, ...(counts && { counts }) });
          if (eventTypes[type].mailed) {
            kinds.add(type);
          }
          expect(user.outbox.length).toBeLessThanOrEqual(limits.outbox.events + limits.outbox.perClaim);
          expect(bytes(user.outbox)).toBeLessThan(2 * limits.outbox.bytes);
        }
        const named = user.outbox.flatMap(({ type, detail }) => [type, ...(detail?.types ?? '').split(' ')]);
        expect([...kinds].filter((kind) => !named.includes(kind))).toEqual([]);
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });

  /** Everything gets out but the mails. */
  function unmailed(user: User, atMs: number): User {
    const { claimed, save } = claimEvents(user, atMs);
    const outcomes = (event: User['outbox'][number]) =>
      Object.fromEntries([
        ['audit', 'delivered' as const],
        ...(event.to ?? []).map((address) => [`mail:${address}`, 'postponed' as const]),
      ]);
    return settleEvents(save, Object.fromEntries(claimed.map((each) => [each.id, outcomes(each)])), atMs);
  }
});
