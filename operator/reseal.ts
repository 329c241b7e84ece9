/**
 * Moves the secrets of a stage to its key custody, user by user, by the one condition that every write has. What is left
 * tells whether the stage may let go of the custody that it comes from.
 */
import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { keyIdIn, sealingKeyOf, shardCount } from '../lambdas/adapters/data-keys.ts';
import { readItems } from '../lambdas/adapters/dynamodb.ts';
import type { Custody } from '../lambdas/adapters/held-keys.ts';
import { refOfKey, tokenKeysKey, userKey } from '../lambdas/adapters/keys.ts';
import { custodyOf, type KeyCustody } from '../lambdas/adapters/secret-box.ts';
import { userFrom } from '../lambdas/adapters/user-item.ts';
import { userStore } from '../lambdas/adapters/user-store.ts';
import type { SecretBox } from '../lambdas/core/ports.ts';
import { refOf, type User, type UserRef } from '../lambdas/core/state/item.ts';
import { limits } from '../lambdas/core/state/limits.ts';
import { secretsOf } from './custody.ts';
import { readDataKeys, readTokenKeys } from './held-keys.ts';
import { inGroups, stateItems } from './table-users.ts';

export type ResealJob = {
  custody: Custody;
  /** How the stage seals. */
  keyCustody: KeyCustody;
  /** Whether the stage comes from another custody. */
  moves: boolean;
  nowMs: () => number;
  onProgress: (items: number) => void;
};

export type ResealReport = {
  users: number;
  resealed: number;
  /** Secrets that are still sealed another way, or under an older key. */
  left: number;
  failed: { accountId: string; userId: string; reason: string }[];
  /** When tokens of the custody before have ended at verifiers that keep key sets; undefined where there are none. */
  tokensUntilMs: number | undefined;
};

const usersAtOnce = 8;
const saves = 3;

/** Run again, it goes on with what is left. */
export async function reseal(job: ResealJob): Promise<ResealReport> {
  const report: ResealReport = { users: 0, resealed: 0, left: 0, failed: [], tokensUntilMs: undefined };
  const isSettled = await settledBy(job);
  const box = secretsOf(job.custody, job.keyCustody);
  let items = 0;
  for await (const some of inGroups(stateItems(job.custody.table), usersAtOnce)) {
    await Promise.all(
      some.map(async (item) => {
        const ref = refOfKey(String(item.pk));
        if (ref?.userId !== undefined) {
          await resealUser(job, { box, isSettled, report }, userFrom(item, ref as UserRef));
        }
      }),
    );
    items += some.length;
    job.onProgress(items);
  }
  report.tokensUntilMs = job.moves ? await tokensUntil(job, report.left) : undefined;
  return report;
}

type Tools = { box: SecretBox; isSettled: (sealed: Uint8Array) => boolean; report: ResealReport };

/** Whether a secret is sealed as the stage seals now: its way, and under the key that seals. */
async function settledBy({ custody, keyCustody, nowMs }: ResealJob): Promise<Tools['isSettled']> {
  if (keyCustody === 'kms') {
    return (sealed) => custodyOf(sealed) === 'kms';
  }
  const shards = Array.from({ length: shardCount }, (_, shard) => shard);
  const stored = await Promise.all(shards.map((shard) => readDataKeys(custody, shard)));
  const sealing = new Set(stored.map((item) => item && sealingKeyOf(item.keys, nowMs())?.keyId));
  return (sealed) => {
    // A shard without a key has sealed nothing yet.
    return custodyOf(sealed) === 'cached' && sealing.has(keyIdIn(sealed));
  };
}

async function resealUser(job: ResealJob, tools: Tools, first: User): Promise<void> {
  const { report, isSettled } = tools;
  const unsettled = (user: User) => secretsIn(user).filter(({ secret }) => !isSettled(secret)).length;
  report.users += 1;
  let user: User | undefined = first;
  try {
    for (let tries = 0; user && unsettled(user) > 0 && tries < saves; tries += 1) {
      const count = unsettled(user);
      const sealed = await withSecrets(user, tools, job.nowMs());
      if ((await userStore(job.custody.table).save(sealed)) === 'saved') {
        report.resealed += count;
        return;
      }
      user = await again(job, user);
    }
  } catch (error) {
    const reason = (error as Error).message;
    report.failed.push({ ...refOf(first), reason });
  }
  report.left += user ? unsettled(user) : 0;
}

/** Somebody wrote meanwhile: the user as they are now. */
async function again({ custody: { table } }: ResealJob, user: User): Promise<User | undefined> {
  const [item] = await readItems(table, [userKey(user)]);
  return item && userFrom(item, refOf(user));
}

type Sealed = { id: string; secret: Uint8Array };
const secretsIn = ({ authenticators, pendingAuthenticator }: User): Sealed[] => [
  ...authenticators,
  ...(pendingAuthenticator ? [pendingAuthenticator] : []),
];

async function withSecrets(user: User, { box, isSettled }: Tools, nowMs: number): Promise<User> {
  const ref = refOf(user);
  const anew = async <T extends Sealed>(one: T): Promise<T> => {
    if (isSettled(one.secret)) {
      return one;
    }
    const secret = await box.open(one.secret, ref, one.id, nowMs);
    return { ...one, secret: await box.seal(secret, ref, one.id, nowMs) };
  };
  const { authenticators, pendingAuthenticator } = user;
  return {
    ...user,
    authenticators: await Promise.all(authenticators.map(anew)),
    ...(pendingAuthenticator && { pendingAuthenticator: await anew(pendingAuthenticator) }),
  };
}

/**
 * Until when verifiers may need the keys of the custody before. Towards `cached`: two hours after the pair begins to sign.
 * Towards `kms`: two hours after the first run of this, which marks the pair as ended; it goes when nothing is left, so
 * that it signs nothing at once if the stage ever comes back.
 */
async function tokensUntil(job: ResealJob, left: number): Promise<number | undefined> {
  const stored = await readTokenKeys(job.custody);
  const nowMs = job.nowMs();
  const { tokenOverlapMs } = limits.heldKeys;
  if (job.keyCustody === 'cached') {
    if (stored?.endedAtMs !== undefined) {
      await markEnded(job.custody, undefined);
    }
    return (stored?.keys.at(-1)?.signsFromMs ?? nowMs + tokenOverlapMs) + tokenOverlapMs;
  }
  if (!stored) {
    return undefined;
  }
  const endedAtMs = stored.endedAtMs ?? nowMs;
  const untilMs = endedAtMs + tokenOverlapMs;
  if (nowMs >= untilMs && left === 0) {
    const { client, name: TableName } = job.custody.table;
    await client.send(new DeleteCommand({ TableName, Key: tokenKeysKey }));
  } else {
    await markEnded(job.custody, endedAtMs);
  }
  return untilMs;
}

async function markEnded({ table }: Custody, endedAtMs: number | undefined): Promise<void> {
  const command = new UpdateCommand({
    TableName: table.name,
    Key: tokenKeysKey,
    ConditionExpression: 'attribute_exists(pk)',
    ...(endedAtMs === undefined
      ? { UpdateExpression: 'REMOVE endedAtMs' }
      : { UpdateExpression: 'SET endedAtMs = :at', ExpressionAttributeValues: { ':at': endedAtMs } }),
  });
  await table.client.send(command);
}
