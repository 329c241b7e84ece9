import { randomUUID } from 'node:crypto';
import { CreateEventBusCommand, DeleteEventBusCommand } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventBridgeClient, eventBus } from '../../lambdas/adapters/event-bus.ts';
import { Unavailable } from '../../lambdas/core/ports.ts';
import { anEvent } from '../support/users.ts';

/** There is no EventBridge on a laptop: this runs where EVENTS_ENDPOINT names one (`npm run test:moto`). */
const endpoint = process.env.EVENTS_ENDPOINT;

describe.skipIf(!endpoint)('the event bus (needs EVENTS_ENDPOINT: the local stack has none)', () => {
  const Name = `countersign-${randomUUID()}`;
  const ref = { accountId: 'acme', userId: 'ada' };
  beforeAll(async () => {
    process.env.AWS_REGION ??= 'us-east-1';
    process.env.AWS_ACCESS_KEY_ID ??= 'test';
    process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
    process.env.AWS_ENDPOINT_URL_EVENTBRIDGE = endpoint;
    await eventBridgeClient().send(new CreateEventBusCommand({ Name }));
  });
  afterAll(async () => {
    await eventBridgeClient().send(new DeleteEventBusCommand({ Name }));
  });

  it('takes an event', async () => {
    await expect(eventBus(eventBridgeClient(), Name).announce(ref, anEvent(0))).resolves.toBeUndefined();
  });

  it('that does not answer is unavailable', async () => {
    process.env.AWS_ENDPOINT_URL_EVENTBRIDGE = 'http://127.0.0.1:9';
    await expect(eventBus(eventBridgeClient(), Name).announce(ref, anEvent(0))).rejects.toBeInstanceOf(
      Unavailable,
    );
    process.env.AWS_ENDPOINT_URL_EVENTBRIDGE = endpoint;
  });
});
