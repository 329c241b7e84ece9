import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { auditTrail } from '../../lambdas/adapters/audit-trail.ts';
import { userKey } from '../../lambdas/adapters/keys.ts';
import type { User } from '../../lambdas/core/state/item.ts';
import { startEngines } from '../support/engines.ts';
import { anEvent, aUser, fullUser } from '../support/users.ts';

const daySeconds = 86_400;

const engines = await startEngines();
const trail = auditTrail({ client: engines.dynamodb, name: engines.table });

const rowsOf = async (user: User) => {
  const rows = new QueryCommand({
    TableName: engines.table,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': userKey(user).pk },
    ConsistentRead: true,
  });
  return (await engines.dynamodb.send(rows)).Items ?? [];
};

describe('the audit trail', () => {
  it('R80 a row says what happened to whom, when, by whom and from where', async () => {
    const user = aUser();
    const event = anEvent(1_790_000_000_123);
    await trail.record(user, event);
    const { id, type, atMs, actor, ip, userAgent, detail } = event;
    const said = { id, type, atMs, actor, ip, userAgent, detail, userId: user.userId };
    expect(await rowsOf(user)).toEqual([expect.objectContaining(said)]);
  });

  it('rows stand in the order of time', async () => {
    const user = aUser();
    const times = [1_790_000_000_000, 1_600_000_000_000, 1_790_000_000_001];
    for (const at of times) {
      await trail.record(user, anEvent(at));
    }
    expect((await rowsOf(user)).map(({ atMs }) => atMs)).toEqual(times.toSorted());
  });

  it('S63 the same event again is the same row', async () => {
    const user = aUser();
    const event = anEvent(1_790_000_000_000);
    await trail.record(user, event);
    await trail.record(user, { ...event, tries: event.tries + 1, dueAtMs: event.dueAtMs + 60_000 });
    expect(await rowsOf(user)).toHaveLength(1);
  });

  it('two events of one millisecond are two rows', async () => {
    const user = aUser();
    await trail.record(user, anEvent(1_790_000_000_000));
    await trail.record(user, anEvent(1_790_000_000_000));
    expect(await rowsOf(user)).toHaveLength(2);
  });

  it('a row ends after 400 days, in whole seconds as DynamoDB wants them', async () => {
    const user = aUser();
    await trail.record(user, anEvent(1_790_000_000_999));
    const [row] = await rowsOf(user);
    expect(row?.expiresAtSeconds).toBe(1_790_000_000 + 400 * daySeconds);
  });

  it('S33 a row holds nothing of the state: no secret, no hash, no code', async () => {
    const user = fullUser();
    await trail.record(user, anEvent(1_790_000_000_000));
    const [row] = await rowsOf(user);
    expect(Object.values(row ?? {}).some((value) => value instanceof Uint8Array)).toBe(false);
    expect(row).not.toHaveProperty('authenticators');
    expect(row).not.toHaveProperty('email');
  });

  it('S77 what was set aside is a row of its own for each sink, found under one name, and ends too', async () => {
    const user = aUser();
    const event = { ...anEvent(1_790_000_000_000), to: ['ada@example.com'], times: 3 };
    for (const sink of ['event_bus', 'mail:ada@example.com', 'event_bus']) {
      await trail.setAside(user, event, sink);
    }
    const rows = await rowsOf(user);
    const { accountId, userId } = user;
    const said = {
      accountId,
      userId,
      id: event.id,
      type: event.type,
      to: event.to,
      listPartition: 'setaside',
    };
    expect(rows).toEqual([
      expect.objectContaining({ ...said, sink: 'event_bus' }),
      expect.objectContaining({ ...said, sink: 'mail:ada@example.com' }),
    ]);
    expect(rows[0]?.expiresAtSeconds).toBe(1_790_000_000 + 400 * daySeconds);
    expect(rows[0]).not.toHaveProperty('email');
  });

  it('a row has no addresses and nothing of the delivery', async () => {
    const user = aUser();
    const waiting = [{ sink: 'event_bus', tries: 1, dueAtMs: 0 }];
    await trail.record(user, { ...anEvent(1_790_000_000_000), to: ['ada@example.com'], waiting, times: 2 });
    const [row] = await rowsOf(user);
    for (const name of ['to', 'waiting', 'times', 'tries', 'dueAtMs', 'counts']) {
      expect(row).not.toHaveProperty(name);
    }
  });
});
