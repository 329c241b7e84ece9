/** `countersign import`: people move in with the authenticators that they have. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { ImportRequest } from '../../client/server.ts';
import { deskOf, everyItem } from '../desk.ts';
import { readBetterAuthSecrets } from '../formats/better-auth.ts';
import { FileRefused, type Format, groupedBy, type SecretEncoding, textOf } from '../formats/format.ts';
import { batchesOf } from '../import/batches.ts';
import { Journal, type Outcome } from '../import/journal.ts';
import { type Person, peopleFrom, readUsers } from '../import/people.ts';
import type { Target } from '../target.ts';
import { CommandFailed, exitCodes, type Terminal } from '../terminal.ts';

export type ImportOptions = {
  account?: string;
  users?: string;
  emailIsId?: boolean;
  allowWeak?: boolean;
  notify?: boolean;
  secretEncoding?: SecretEncoding;
  betterAuthSecrets?: string;
  column?: Record<string, string>;
  ignoreColumn?: string[];
  dryRun?: boolean;
  journal?: string;
  by?: string;
};

type Row = { place: string; who: string; account: string; what: string; remarks: string };

/** Judges every row, says what would happen, and after a yes does it. Run again, it goes on where it broke off. */
export async function importFiles(
  target: Target,
  terminal: Terminal,
  files: string[],
  format: Format,
  options: ImportOptions,
): Promise<number> {
  const { people, unusable } = readFiles(files, format, options);
  const journal = new Journal(options.journal ?? `${files[0]}.countersign-import.jsonl`);
  const refused = unusable.map(({ place, who, reason }) => rowOf({ place, who }, 'refused', reason));
  if (options.dryRun) {
    const rows = [...(await foreseen(target, people, journal, options.by)), ...refused];
    return report(terminal, rows, 'would be imported');
  }
  const open = people.filter(({ accountId, id }) => !journal.outcomeOf(accountId, id));
  if (open.length > 0) {
    await terminal.confirm(
      `Import ${open.length} people with their authenticators? It is on for them at once.`,
    );
    const { allowWeak, notify } = options;
    const how = { ...(allowWeak && { allowWeak }), ...(notify && { notify }) };
    await send(target, terminal, open, journal, how);
  }
  const rows = [...people.map((person) => settledRow(person, journal)), ...refused];
  return report(terminal, rows, 'imported');
}

function readFiles(files: string[], format: Format, options: ImportOptions) {
  const betterAuth = options.betterAuthSecrets;
  try {
    const texts = files.map((file) => textOf(contentOf(file), basename(file)));
    const reads = format.read(texts, {
      secretEncoding: options.secretEncoding,
      columns: options.column,
      ignoredColumns: options.ignoreColumn,
      betterAuthSecrets: betterAuth === undefined ? undefined : readBetterAuthSecrets(readText(betterAuth)),
    });
    return peopleFrom(reads, {
      accountId: options.account,
      emailIsId: options.emailIsId,
      allowWeak: options.allowWeak,
      users: options.users === undefined ? undefined : readUsers(readText(options.users)),
    });
  } catch (error) {
    throw error instanceof FileRefused ? new CommandFailed(error.message) : error;
  }
}

function contentOf(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CommandFailed(`${file} cannot be read: ${(error as Error).message}`);
  }
}

const readText = (file: string): string => textOf(contentOf(file), basename(file));

async function send(
  target: Target,
  terminal: Terminal,
  people: Person[],
  journal: Journal,
  how: Pick<ImportRequest, 'allowWeak' | 'notify'>,
): Promise<void> {
  const progress = terminal.progress('Imported');
  let done = 0;
  for (const batch of batchesOf(people)) {
    const accountId = batch[0]?.accountId as string;
    const before = new Set(batch.filter(({ id }) => journal.wasSent(accountId, id)).map(({ id }) => id));
    journal.sending(
      accountId,
      batch.map(({ id }) => id),
    );
    const users = batch.map(requestOf);
    const { results } = await target.api.importUsers({ accountId, users, ...how });
    journal.settle(results.map((result) => outcomeOf(accountId, result, before)));
    done += batch.length;
    progress.step(done, people.length);
  }
  progress.end();
}

const requestOf = ({
  id,
  email,
  displayName,
  authenticators,
  recoveryCodes,
}: Person): ImportRequest['users'][number] => ({
  id,
  email,
  ...(displayName !== undefined && { displayName }),
  authenticators: authenticators.map(({ label, secret }) => ({
    ...(label !== undefined && { label }),
    secret,
  })),
  ...(recoveryCodes.length > 0 && { recoveryCodes }),
});

type Result = Awaited<ReturnType<Target['api']['importUsers']>>['results'][number];

/** Refused as "has two-factor on" after a request whose answer was lost: that request was it, or it was on before. */
function outcomeOf(
  accountId: string,
  { id: named, status, errors = [] }: Result,
  sentBefore: Set<string>,
): Outcome {
  const id = named ?? '';
  const reason = errors.map(({ detail }) => detail).join(' ');
  if (status === 'refused' && sentBefore.has(id) && /two-factor|already/i.test(reason)) {
    return {
      accountId,
      id,
      status: 'imported',
      reason: 'By a request whose answer was lost, unless it was on before.',
    };
  }
  return { accountId, id, status, ...(reason !== '' && { reason }) };
}

/** What the API would say, as far as the lists tell: who has two-factor on is refused. */
async function foreseen(target: Target, people: Person[], journal: Journal, by?: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const own of groupedBy(people, ({ accountId }) => accountId)) {
    const accountId = own[0]?.accountId as string;
    const desk = deskOf(target, accountId, by);
    const enabled = new Set<string>();
    for await (const { id } of everyItem((cursor) =>
      desk.listUsers({ status: 'enabled', limit: 100, cursor }),
    )) {
      enabled.add(id);
    }
    for (const person of own) {
      const isOn = enabled.has(person.id) && !journal.outcomeOf(accountId, person.id);
      rows.push(
        isOn
          ? rowOf({ ...person, who: person.email }, 'refused', 'The person has two-factor authentication on.')
          : journal.outcomeOf(accountId, person.id)
            ? settledRow(person, journal)
            : rowOf({ ...person, who: person.email }, 'would be imported', remarksOn(person)),
      );
    }
  }
  return rows;
}

function settledRow(person: Person, journal: Journal): Row {
  const outcome = journal.outcomeOf(person.accountId, person.id);
  const remarks = [outcome?.status === 'imported' ? remarksOn(person) : '', outcome?.reason ?? ''];
  return rowOf(
    { ...person, who: person.email },
    outcome?.status ?? 'not sent',
    remarks.filter(Boolean).join(' '),
  );
}

const remarksOn = ({ authenticators, recoveryCodes, warnings }: Person): string =>
  [
    authenticators.length > 1 && `${authenticators.length} authenticators.`,
    recoveryCodes.length > 0 && `${recoveryCodes.length} recovery codes.`,
    ...warnings,
  ]
    .filter(Boolean)
    .join(' ');

const rowOf = (
  { place, who, accountId = '' }: { place: string; who: string; accountId?: string },
  what: string,
  remarks: string,
): Row => ({ place, who, account: accountId, what, remarks });

function report(terminal: Terminal, rows: Row[], good: string): number {
  const sums = groupedBy(rows, ({ what }) => what).map((group) => `${group.length} ${group[0]?.what}`);
  terminal.result({ rows, sums }, () => {
    terminal.table(rows);
    terminal.line(sums.join(', ') || 'The file has nobody in it.');
  });
  return rows.every(({ what }) => what === good || what === 'imported' || what === 'unchanged')
    ? exitCodes.done
    : exitCodes.partly;
}
