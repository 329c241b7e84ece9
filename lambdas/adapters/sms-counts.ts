/** Counters of text messages: one item per number and day, one per account and day. DynamoDB deletes them afterwards. */
import { createHash } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type SmsCounts, Unavailable } from '../core/ports.ts';
import { limits } from '../core/state/limits.ts';
import type { Item, Table } from './dynamodb.ts';
import { smsAccountKey, smsNumberKey } from './keys.ts';

const { slotMs, dayMs } = limits.sms;
const slotsAnHour = 3_600_000 / slotMs;

/**
 * The day is part of the key, so that a counter ends with its day whether or not its item is gone. Every count is one
 * conditional update: a hundred requests at once get exactly what the cap leaves. A number is kept as its hash.
 */
export function smsCounts(table: Table): SmsCounts {
  const numberKey = (phone: string, nowMs: number) => smsNumberKey(hashOf(phone), dayOf(nowMs));
  const accountKey = (accountId: string, nowMs: number) => smsAccountKey(accountId, dayOf(nowMs));
  const uncountNumber = (phone: string, nowMs: number) =>
    add(table, numberKey(phone, nowMs), { sent: -1 }, nowMs);
  return {
    count: async ({ accountId, phone }, perDay, nowMs) => {
      if (!(await add(table, numberKey(phone, nowMs), { sent: 1 }, nowMs, perDay.number))) {
        return undefined;
      }
      const one = { sent: 1, [sentIn(slotOf(nowMs))]: 1 };
      const counted = await add(table, accountKey(accountId, nowMs), one, nowMs, perDay.account);
      if (!counted) {
        await uncountNumber(phone, nowMs);
      }
      return counted && lastHour(counted, nowMs);
    },
    uncount: async ({ accountId, phone }, nowMs) => {
      const one = { sent: -1, [sentIn(slotOf(nowMs))]: -1 };
      await Promise.all([uncountNumber(phone, nowMs), add(table, accountKey(accountId, nowMs), one, nowMs)]);
    },
    countUse: async (accountId, nowMs) => {
      await add(table, accountKey(accountId, nowMs), { [usedIn(slotOf(nowMs))]: 1 }, nowMs);
    },
  };
}

const hashOf = (phone: string) => createHash('sha256').update(phone).digest('base64url').slice(0, 22);
const dayOf = (nowMs: number) => new Date(nowMs).toISOString().slice(0, 10);
const slotOf = (nowMs: number) => Math.floor((nowMs % dayMs) / slotMs);
const sentIn = (slot: number) => `sent${slot}`;
const usedIn = (slot: number) => `used${slot}`;

/** The hour up to now, in whole slots of today: at midnight (UTC) it starts anew. */
function lastHour(item: Item, nowMs: number) {
  const slots = Array.from({ length: slotsAnHour }, (_, back) => slotOf(nowMs) - back);
  const sum = (name: (slot: number) => string) =>
    slots.reduce((total, slot) => total + Number(item[name(slot)] ?? 0), 0);
  return { sent: sum(sentIn), used: sum(usedIn) };
}

/** The item after the addition; undefined, and nothing added, where `sent` has reached the cap. */
async function add(
  { client, name }: Table,
  key: Item,
  amounts: Record<string, number>,
  nowMs: number,
  cap = Number.MAX_SAFE_INTEGER,
): Promise<Item | undefined> {
  const fields = Object.entries(amounts);
  const command = new UpdateCommand({
    TableName: name,
    Key: key,
    UpdateExpression: `SET expiresAtSeconds = :expires ADD ${fields.map((_, n) => `#f${n} :f${n}`).join(', ')}`,
    ConditionExpression: 'attribute_not_exists(sent) OR sent < :cap',
    ExpressionAttributeNames: Object.fromEntries(fields.map(([field], n) => [`#f${n}`, field])),
    ExpressionAttributeValues: {
      ...Object.fromEntries(fields.map(([, amount], n) => [`:f${n}`, amount])),
      ':cap': cap,
      ':expires': Math.ceil((nowMs + 2 * dayMs) / 1000),
    },
    ReturnValues: 'ALL_NEW',
  });
  try {
    return (await client.send(command)).Attributes;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) {
      return undefined;
    }
    throw new Unavailable('a text message could not be counted', { cause: error });
  }
}
