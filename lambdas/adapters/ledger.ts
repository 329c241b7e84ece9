/** What the courier keeps of an account besides its item: its figures, and who its admins are. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type Ledger, Unavailable } from '../core/ports.ts';
import { type Table, unlessDown } from './dynamodb.ts';
import { adminKey, figuresKey } from './keys.ts';

/**
 * Figures are added to once per event: the event's id stays beside them until the event is settled, and a second addition
 * under the same id does nothing. One item per account takes about a thousand additions a second.
 */
export function ledger({ client, name }: Table): Ledger {
  return {
    add: async (accountId, eventId, { users = 0, enrolled = 0 }) => {
      const command = new UpdateCommand({
        TableName: name,
        Key: figuresKey(accountId),
        UpdateExpression: 'SET #applied = :one ADD #users :users, #enrolled :enrolled',
        ConditionExpression: 'attribute_not_exists(#applied)',
        ExpressionAttributeNames: { '#applied': eventId, '#users': 'users', '#enrolled': 'enrolled' },
        ExpressionAttributeValues: { ':one': 1, ':users': users, ':enrolled': enrolled },
      });
      await client.send(command).catch((error) => {
        if (!(error instanceof ConditionalCheckFailedException)) {
          throw new Unavailable('the figures could not be kept', { cause: error });
        }
      });
    },
    settle: async (accountId, eventIds) => {
      const names = Object.fromEntries(eventIds.map((eventId, index) => [`#e${index}`, eventId]));
      const command = new UpdateCommand({
        TableName: name,
        Key: figuresKey(accountId),
        UpdateExpression: `REMOVE ${Object.keys(names).join(', ')}`,
        ExpressionAttributeNames: names,
      });
      await unlessDown(client.send(command), 'the figures could not be settled');
    },
    setAdmin: async (ref, isAdmin) => {
      const Key = adminKey(ref);
      const call = isAdmin
        ? client.send(new PutCommand({ TableName: name, Item: { ...Key, userId: ref.userId } }))
        : client.send(new DeleteCommand({ TableName: name, Key }));
      await unlessDown(call as Promise<unknown>, 'the list of admins could not be kept');
    },
  };
}
