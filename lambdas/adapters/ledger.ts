/** What is kept of an account besides its item: its figures and the list of its admins. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  GetCommand,
  PutCommand,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { type Leaving, type Ledger, Unavailable } from '../core/ports.ts';
import type { UserRef } from '../core/state/item.ts';
import { type Table, unlessDown } from './dynamodb.ts';
import { adminKey, figuresKey } from './keys.ts';

/**
 * Figures are added to once per event: the event's id stays beside them until the event is settled, and a second addition
 * with the same id does nothing. One item per account takes about a thousand additions a second.
 */
export function ledger(table: Table): Ledger {
  const { client, name } = table;
  return {
    add: (accountId, eventId, counts) => addOnce(table, accountId, eventId, counts),
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
    noteLeaving: async (ref, leaving) => {
      const command = new UpdateCommand({
        TableName: name,
        Key: figuresKey(ref.accountId),
        UpdateExpression: 'SET #note = :leaving',
        ExpressionAttributeNames: { '#note': noteOf(ref) },
        ExpressionAttributeValues: { ':leaving': leaving },
      });
      await unlessDown(client.send(command), 'the figures could not be kept');
    },
    settleLeaving: (ref) => settleLeaving(table, ref),
    setAdmin: async (ref, isAdmin) => {
      const Key = adminKey(ref);
      const call = isAdmin
        ? client.send(new PutCommand({ TableName: name, Item: { ...Key, userId: ref.userId } }))
        : client.send(new DeleteCommand({ TableName: name, Key }));
      await unlessDown(call as Promise<unknown>, 'the list of admins could not be kept');
    },
  };
}

const noteOf = ({ userId }: UserRef): string => `leaving_${userId}`;
const figureNames = { '#users': 'users', '#enrolled': 'enrolled' };

/** `only` is one more condition, with names and values of its own. */
function addOnce(
  table: Table,
  accountId: string,
  eventId: string,
  { users = 0, enrolled = 0 }: Parameters<Ledger['add']>[2],
  only: { if: string; names: Record<string, string>; values: Record<string, string> } = always,
): Promise<void> {
  return unlessDone(table, {
    Key: figuresKey(accountId),
    UpdateExpression: 'SET #applied = :one ADD #users :users, #enrolled :enrolled',
    ConditionExpression: `attribute_not_exists(#applied)${only.if}`,
    ExpressionAttributeNames: { '#applied': eventId, ...figureNames, ...only.names },
    ExpressionAttributeValues: { ':one': 1, ':users': users, ':enrolled': enrolled, ...only.values },
  });
}
const always = { if: '', names: {}, values: {} };

/**
 * Note and figures are one item: each write succeeds only while the note is there, and the last one removes it, so that two
 * erasures at once subtract the user once.
 */
async function settleLeaving(table: Table, ref: UserRef): Promise<void> {
  const { accountId } = ref;
  const Key = figuresKey(accountId);
  const get = new GetCommand({ TableName: table.name, Key, ConsistentRead: true });
  const { Item: item } = await unlessDown(table.client.send(get), 'the figures could not be read');
  const leaving = item?.[noteOf(ref)] as Leaving | undefined;
  if (!leaving) {
    return;
  }
  const names = { '#note': noteOf(ref), '#id': 'id' };
  const values = { ':id': leaving.id };
  for (const { id, counts } of leaving.news) {
    await addOnce(table, accountId, id, counts, { if: ' AND #note.#id = :id', names, values });
  }
  const { users, enrolled, news } = leaving;
  const marks = news.filter(({ claimed }) => !claimed).map(({ id }, index) => [`#e${index}`, id] as const);
  await unlessDone(table, {
    Key,
    UpdateExpression: `ADD #users :users, #enrolled :enrolled REMOVE ${['#note', ...marks.map(([name]) => name)].join(', ')}`,
    ConditionExpression: '#note.#id = :id',
    ExpressionAttributeNames: { ...names, ...figureNames, ...Object.fromEntries(marks) },
    ExpressionAttributeValues: { ...values, ':users': users, ':enrolled': enrolled },
  });
}

/** Updates; a failed condition means that it was done before. */
async function unlessDone(
  { client, name }: Table,
  update: Omit<UpdateCommandInput, 'TableName'>,
): Promise<void> {
  await client.send(new UpdateCommand({ TableName: name, ...update })).catch((error) => {
    if (!(error instanceof ConditionalCheckFailedException)) {
      throw new Unavailable('the figures could not be kept', { cause: error });
    }
  });
}
