import { describe, expect, it } from 'vitest';
import { outboxFinder } from '../../lambdas/adapters/outbox-finder.ts';
import { userStore } from '../../lambdas/adapters/user-store.ts';
import { settleEvents } from '../../lambdas/core/notices/outbox.ts';
import type { OutboxRef } from '../../lambdas/core/ports.ts';
import { refOf, type User } from '../../lambdas/core/state/item.ts';
import { startEngines } from '../support/engines.ts';
import { anEvent, aUser, newRef } from '../support/users.ts';

const far = 10_000_000_000_000;

const engines = await startEngines();
const store = userStore({ client: engines.dynamodb, name: engines.table });
const finder = outboxFinder({ client: engines.dynamodb, name: engines.table });
/** Each test has a stretch of time of its own, earlier than that of the test before, so that limits find only its own. */
let now = 1_790_000_000_000;

const savedWith = async (outbox: User['outbox'], ref = newRef()) => {
  await store.save({ ...aUser(ref), outbox });
  return (await store.load(ref)).user as User;
};
const dueAt = async (ms: number) => (await finder.findDue(ms, 1000)).map(keyOf);
const keyOf = ({ accountId, userId }: OutboxRef) => `${accountId} ${userId}`;
/** The index follows the table with a short delay on AWS. */
const soon = { timeout: 10_000 };

describe('finding outboxes with something due', () => {
  it('a user is found from the moment that the first event is due, not before', async () => {
    now -= 1_000_000;
    const user = await savedWith([anEvent(now + 5000), anEvent(now + 1000)]);
    await expect.poll(() => dueAt(now + 1000), soon).toContain(keyOf(user));
    expect(await dueAt(now + 999)).not.toContain(keyOf(user));
  });

  it('a user with nothing in the outbox is not found', async () => {
    now -= 1_000_000;
    const quiet = await savedWith([]);
    const other = await savedWith([anEvent(now)]);
    await expect.poll(() => dueAt(far), soon).toContain(keyOf(other));
    expect(await dueAt(far)).not.toContain(keyOf(quiet));
  });

  it('a user whose events are delivered is found no more', async () => {
    now -= 1_000_000;
    const event = anEvent(now);
    const user = await savedWith([event]);
    await expect.poll(() => dueAt(now), soon).toContain(keyOf(user));
    await store.save(settleEvents(user, { [event.id]: { audit: 'delivered' } }, now));
    await expect.poll(() => dueAt(far), soon).not.toContain(keyOf(user));
  });

  it('an event that waits for its back-off is found only when it ends', async () => {
    now -= 1_000_000;
    const event = anEvent(now);
    const user = await savedWith([event]);
    const waiting = settleEvents(user, { [event.id]: { audit: 'failed' } }, now);
    await store.save(waiting);
    const dueAtMs = waiting.outbox[0]?.dueAtMs as number;
    expect(dueAtMs).toBeGreaterThan(now);
    await expect.poll(() => dueAt(dueAtMs - 1), soon).not.toContain(keyOf(user));
    await expect.poll(() => dueAt(dueAtMs), soon).toContain(keyOf(user));
  });

  it('an erased user is found no more', async () => {
    now -= 1_000_000;
    const user = await savedWith([anEvent(now)]);
    await expect.poll(() => dueAt(now), soon).toContain(keyOf(user));
    await store.remove((await store.load(user)).user as User);
    await expect.poll(() => dueAt(far), soon).not.toContain(keyOf(user));
  });

  it('nobody is left out, wherever in the index they are; the oldest come first and the limit holds', async () => {
    now -= 1_000_000;
    const users = Array.from({ length: 40 }, (_, index) => ({
      ...newRef(),
      userId: `user-${String.fromCharCode(97 + (index % 26))}${index}`,
      dueAtMs: now - 40 + index,
    }));
    for (const { dueAtMs, ...ref } of users.toReversed()) {
      await savedWith([anEvent(dueAtMs)], ref);
    }
    const oldestFirst = users.map(keyOf);
    await expect.poll(() => dueAt(now), soon).toEqual(oldestFirst);
    expect((await finder.findDue(now, 7)).map(keyOf)).toEqual(oldestFirst.slice(0, 7));
  });

  it("ids of the company's own making come back as they were", async () => {
    now -= 1_000_000;
    const ref = { accountId: 'org:42|ü@example.com', userId: 'auth0|5f7c+8=é.ñ' };
    await savedWith([anEvent(now)], ref);
    await expect.poll(() => finder.findDue(now, 1), soon).toEqual([refOf(ref)]);
  });
});
