/** Goes through a restored table item by item, and makes it usable at the very end. Run again, it goes on. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import type { KMSClient } from '@aws-sdk/client-kms';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { parseItem, readItems, type Table } from '../../lambdas/adapters/dynamodb.ts';
import { accountKey, figuresKey, refOfKey, userKey } from '../../lambdas/adapters/keys.ts';
import { compact, userFrom } from '../../lambdas/adapters/user-item.ts';
import { isEnabled } from '../../lambdas/core/factors/table.ts';
import { type Account, accountSchema, type User, type UserRef } from '../../lambdas/core/state/item.ts';
import { dropHeldKeys, rewrapHeldKeys } from '../held-keys.ts';
import { dropKeyring, rewrap } from '../keyring.ts';
import { inGroups, stateItems } from '../table-users.ts';
import { CommandFailed, exitCodes } from '../terminal.ts';
import { type Erasure, erase } from './erase.ts';
import { finish, startOf } from './progress.ts';
import { missingUser, type RestoredUser, restoredAccount, restoredUser } from './restored.ts';

export type RestoreJob = {
  restored: Table;
  old: Table | undefined;
  erasures: Erasure[];
  kms: KMSClient;
  vaultKeyArn: string;
  /** The stage whose table it was: wrapped keys are bound to it. */
  stage: string;
  nowMs: () => number;
  onProgress: (items: number) => void;
};

export type RestoreReport = {
  users: Record<RestoredUser['outcome'], number>;
  /** People, or whole accounts, of the list. */
  erased: number;
  addedSinceBackup: number;
  removedFactors: number;
  accounts: number;
  /** Policies whose newest form is not known: nobody could read the table that was in use. */
  policiesFromBackup: string[];
  keys: number;
};

type Item = Record<string, unknown>;
type Figures = Map<string, { users: number; enrolled: number }>;
type Run = RestoreJob & { startedAtMs: number; report: RestoreReport; figures: Figures };

const itemsAtOnce = 16;

/**
 * Erasures first, then every user and account, then whoever came after the backup, the figures, and last the keyring:
 * until then no function can open a challenge over this table. An item that is done carries the start of the run as the
 * time from which evidence counts, so that a run that broke off goes on where it was.
 */
export async function restore(job: RestoreJob): Promise<RestoreReport> {
  const report: RestoreReport = {
    users: { kept: 0, must_enrol: 0, without_factor: 0 },
    erased: job.erasures.length,
    addedSinceBackup: 0,
    removedFactors: 0,
    accounts: 0,
    policiesFromBackup: [],
    keys: 0,
  };
  const erasures = [...job.erasures, ...(job.old ? await closedIn(job.old) : [])];
  const run: Run = {
    ...job,
    erasures,
    startedAtMs: await startOf(job.restored, job.nowMs()),
    report,
    figures: new Map(),
  };
  for (const erasure of erasures) {
    await erase(job.restored, erasure);
  }
  let done = 0;
  for await (const some of inGroups(stateItems(job.restored), itemsAtOnce)) {
    await Promise.all(some.map((item) => restoreItem(run, item)));
    done += some.length;
    job.onProgress(done);
  }
  await addWhoCameSince(run);
  await keepFigures(run);
  // A keyring that cannot be rewrapped makes way: the first sign-in makes another, and nothing sealed under it is open now.
  report.keys = job.old ? await rewrapAll(job, job.old) : await dropAll(job);
  await finish(job.restored, job.nowMs());
  return report;
}

const custodyIn = ({ kms, vaultKeyArn, stage }: RestoreJob, table: Table) => ({
  kms,
  vaultKeyArn,
  stage,
  table,
});

/** Those for secrets and tokens first: the keyring is what a restored table waits for. */
async function rewrapAll(job: RestoreJob, old: Table): Promise<number> {
  const held = await rewrapHeldKeys(custodyIn(job, old), custodyIn(job, job.restored));
  return held + (await rewrap(old, job.restored, job.kms, job.vaultKeyArn));
}

async function dropAll(job: RestoreJob): Promise<number> {
  await dropHeldKeys(custodyIn(job, job.restored));
  return dropKeyring(job.restored);
}

/** Accounts that were closed since: their erasure holds for the backup too. */
async function closedIn(old: Table): Promise<Erasure[]> {
  const closed: Erasure[] = [];
  for await (const { pk, closedAtMs } of stateItems(old)) {
    const ref = refOfKey(String(pk));
    if (ref && ref.userId === undefined && closedAtMs !== undefined) {
      closed.push({ accountId: ref.accountId });
    }
  }
  return closed;
}

async function restoreItem(run: Run, item: Item): Promise<void> {
  const ref = refOfKey(String(item.pk));
  if (ref?.userId !== undefined) {
    await restoreUser(run, userFrom(item, ref as UserRef));
  } else if (ref) {
    await restoreAccount(run, parseItem(accountSchema, item) as Account);
  }
}

async function restoreUser(run: Run, backup: User): Promise<void> {
  const { restored, old, startedAtMs, nowMs } = run;
  if (backup.evidenceFromMs === startedAtMs) {
    count(run, backup);
    return;
  }
  const before = old && (await userIn(old, backup));
  const result = restoredUser(backup, before, nowMs());
  run.report.users[result.outcome] += 1;
  run.report.removedFactors += result.removedFactors;
  const user: User = { ...result.user, evidenceFromMs: startedAtMs };
  await put(restored, { ...compact(user), ...userKey(user) }, backup.rev);
  count(run, user);
}

async function userIn(table: Table, ref: UserRef): Promise<User | undefined> {
  const [item] = await readItems(table, [userKey(ref)]);
  return item && userFrom(item, { accountId: ref.accountId, userId: ref.userId });
}

async function accountIn(table: Table, accountId: string): Promise<Account | undefined> {
  const [item] = await readItems(table, [accountKey(accountId)]);
  return item && (parseItem(accountSchema, item) as Account);
}

async function restoreAccount(run: Run, backup: Account): Promise<void> {
  const { restored, old, startedAtMs, nowMs } = run;
  run.report.accounts += 1;
  const before = old && (await accountIn(old, backup.accountId));
  if (!before) {
    run.report.policiesFromBackup.push(backup.accountId);
  }
  if (backup.restoredFromMs === startedAtMs) {
    return;
  }
  const account = restoredAccount(backup, before, nowMs());
  await put(
    restored,
    { ...account, restoredFromMs: startedAtMs, ...accountKey(account.accountId) },
    backup.rev,
  );
}

/** Only over what was read: a function that writes meanwhile means that the stage is in use already. */
async function put({ client, name }: Table, item: Item, rev: number | undefined): Promise<void> {
  const command = new PutCommand({
    TableName: name,
    Item: { ...item, dueAtMs: undefined, duePartition: undefined },
    ...(rev === undefined
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : { ConditionExpression: 'rev = :rev', ExpressionAttributeValues: { ':rev': rev } }),
  });
  await client.send(command).catch((error) => {
    throw error instanceof ConditionalCheckFailedException
      ? new CommandFailed(
          `${item.pk} was written meanwhile: is ${name} in use? Run the command again.`,
          exitCodes.unavailable,
        )
      : error;
  });
}

function count({ figures }: Run, user: User): void {
  const { users, enrolled } = figures.get(user.accountId) ?? { users: 0, enrolled: 0 };
  figures.set(user.accountId, { users: users + 1, enrolled: enrolled + (isEnabled(user) ? 1 : 0) });
}

/** Users and accounts of the old table that the backup does not have, but for those who were erased. */
async function addWhoCameSince(run: Run): Promise<void> {
  const { old, restored, erasures, startedAtMs, nowMs } = run;
  if (!old) {
    return;
  }
  const erased = new Set(erasures.map(({ accountId, userId }) => `${accountId}#${userId ?? ''}`));
  for await (const item of stateItems(old)) {
    const ref = refOfKey(String(item.pk));
    if (!ref || erased.has(`${ref.accountId}#`) || erased.has(`${ref.accountId}#${ref.userId ?? ''}`)) {
      continue;
    }
    const [there] = await readItems(restored, [{ pk: item.pk, sk: item.sk }]);
    if (there) {
      continue;
    }
    if (ref.userId === undefined) {
      const account = parseItem(accountSchema, item) as Account;
      const kept = restoredAccount(account, account, nowMs());
      await put(restored, { ...kept, restoredFromMs: startedAtMs, ...accountKey(ref.accountId) }, undefined);
      continue;
    }
    const result = missingUser(userFrom(item, ref as UserRef), nowMs());
    const user: User = { ...result.user, evidenceFromMs: startedAtMs };
    await put(restored, { ...compact(user), ...userKey(user) }, undefined);
    count(run, user);
    run.report.users[result.outcome] += 1;
    run.report.addedSinceBackup += 1;
  }
}

/** What the outboxes of the backup still had to count is gone with them: the figures are counted anew. */
async function keepFigures({ restored: { client, name }, figures }: Run): Promise<void> {
  for (const [accountId, { users, enrolled }] of figures) {
    await client.send(
      new PutCommand({ TableName: name, Item: { ...figuresKey(accountId), users, enrolled } }),
    );
  }
}
