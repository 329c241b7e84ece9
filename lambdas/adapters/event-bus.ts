/** Events for other systems, through Amazon EventBridge. `docs/events.md` has their schema. */
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { type Announcer, Unavailable } from '../core/ports.ts';
import { unlessDown } from './dynamodb.ts';

export const eventBridgeClient = (): EventBridgeClient =>
  new EventBridgeClient({
    maxAttempts: 2,
    requestHandler: { requestTimeout: 3000, connectionTimeout: 1000, throwOnRequestTimeout: true },
  });

const detailVersion = 1;

export function eventBus(client: EventBridgeClient, name: string): Announcer {
  return {
    announce: async ({ accountId, userId }, { id, type, atMs, actor, detail }) => {
      const Detail = JSON.stringify({
        version: detailVersion,
        id,
        at: new Date(atMs).toISOString(),
        accountId,
        userId,
        actor,
        detail: detail ?? {},
      });
      const entry = {
        EventBusName: name,
        Source: 'countersign',
        DetailType: type,
        Detail,
        Time: new Date(atMs),
      };
      const answer = await unlessDown(
        client.send(new PutEventsCommand({ Entries: [entry] })),
        'the event bus did not answer',
      );
      if (answer.FailedEntryCount) {
        throw new Unavailable('the event bus refused an event');
      }
    },
  };
}
