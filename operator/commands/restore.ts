/** `countersign restore`: makes a table that AWS restored from a backup safe to sign in with. */
import { readFileSync } from 'node:fs';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { parseCsv } from '../formats/csv.ts';
import type { Erasure } from '../restore/erase.ts';
import { prepareTable } from '../restore/prepare.ts';
import { restore } from '../restore/restore.ts';
import type { Target } from '../target.ts';
import { CommandFailed, type Terminal } from '../terminal.ts';

export type RestoreOptions = {
  table: string;
  old?: string;
  withoutOld?: boolean;
  erasures?: string;
  withoutErasures?: boolean;
  prepareOnly?: boolean;
};

export async function restoreTable(
  target: Target,
  terminal: Terminal,
  options: RestoreOptions,
): Promise<void> {
  mustSayHow(options);
  const restored = await target.table(options.table);
  const prepared = target.isLocal
    ? []
    : await prepareTable(restored.client as unknown as DynamoDBClient, options.table);
  if (options.prepareOnly) {
    terminal.result({ prepared }, () =>
      terminal.line(`Set up: ${prepared.join(', ') || 'nothing was missing'}.`),
    );
    return;
  }
  const people = options.withoutOld ? 'Everybody with a factor will enrol anew. ' : '';
  await terminal.confirm(`${people}Restore into ${options.table}?`);
  const progress = terminal.progress('Items');
  const report = await restore({
    restored,
    old: options.old === undefined ? undefined : await target.table(options.old),
    erasures: options.erasures === undefined ? [] : readErasures(options.erasures),
    kms: await target.kms(),
    vaultKeyArn: await target.vaultKeyArn(),
    stage: (await target.stack()).stage,
    nowMs: Date.now,
    onProgress: (items) => progress.step(items),
  });
  progress.end();
  terminal.result({ prepared, ...report }, () => {
    terminal.table(Object.entries(report.users).map(([outcome, users]) => ({ outcome, users })));
    terminal.line(
      `${report.removedFactors} factors removed, ${report.erased} entries of the list erased, ${report.addedSinceBackup} users had come after the backup.`,
    );
    terminal.line(
      `${report.accounts} accounts, ${report.keys} keys of the keyring wrapped for ${options.table}.`,
    );
    if (report.policiesFromBackup.length > 0) {
      terminal.note(
        `Look at these policies, which are as old as the backup: ${report.policiesFromBackup.join(' ')}`,
      );
    }
    terminal.note(
      `The stage uses the table once stages/NAME.json has "tableName": "${options.table}" and is deployed.`,
    );
  });
}

function mustSayHow({
  old,
  withoutOld,
  erasures,
  withoutErasures,
  prepareOnly,
  table,
}: RestoreOptions): void {
  if (prepareOnly) {
    return;
  }
  if ((old === undefined) === (withoutOld !== true)) {
    throw new CommandFailed(
      'Name the table that was in use, --old TABLE: what was removed since the backup is removed again. ' +
        'If it cannot be read, say --without-old: everybody with a factor enrols anew.',
    );
  }
  if (old === table) {
    throw new CommandFailed('--old and --table name the same table.');
  }
  if ((erasures === undefined) === (withoutErasures !== true)) {
    throw new CommandFailed(
      'Name the list of people who were erased since the backup, --erasures FILE, or say --without-erasures if nobody was.',
    );
  }
}

/** CSV with `account_id` and `user_id`; an empty `user_id` is a whole account. */
function readErasures(path: string): Erasure[] {
  const { columns, rows } = parseCsv(readFileSync(path, 'utf8').replace(/^\ufeff/, ''));
  if (!columns.includes('account_id') || !columns.includes('user_id')) {
    throw new CommandFailed('The list of erasures must have the columns account_id and user_id.');
  }
  return rows.map(({ account_id = '', user_id = '' }) => ({
    accountId: account_id,
    userId: user_id === '' ? undefined : user_id,
  }));
}
