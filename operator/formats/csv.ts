/** CSV: what a query over one's own user table gives. Columns are named, and nothing about them is guessed. */
import Papa from 'papaparse';
import {
  defaults,
  type Entry,
  FileRefused,
  type Format,
  isUnusable,
  type Read,
  type ReadOptions,
  type Written,
} from './format.ts';
import { readOtpauth } from './otpauth.ts';
import { type Decoded, decodeSecret, encodeBase32 } from './secrets.ts';

const required = ['id', 'email', 'secret'] as const;
const optional = ['account_id', 'label', 'name', 'algorithm', 'digits', 'period', 'recovery_codes'] as const;
type Field = (typeof required)[number] | (typeof optional)[number];
const fields: readonly string[] = [...required, ...optional];

export const csv: Format = {
  name: 'csv',
  about: `CSV with the columns ${required.join(', ')}, and any of ${optional.join(', ')}`,
  extension: 'csv',
  read: (texts, options) =>
    texts.flatMap((text) =>
      recordsOf(text, options).map(({ record, place }) => readRecord(record, place, options)),
    ),
  write: (entries) => [writeCsv(entries)],
};

/**
 * The rows of a CSV text as objects by column. `check` sees the columns before any row is looked at. Throws `FileRefused`
 * for columns that are there twice, broken quoting and rows of another length.
 */
export function parseCsv(
  text: string,
  check: (columns: string[]) => void = () => {},
): { columns: string[]; rows: Record<string, string>[] } {
  const { data, errors, meta } = Papa.parse<Record<string, string>>(text, {
    header: true,
    skipEmptyLines: 'greedy',
    transformHeader: (header) => header.trim(),
  });
  const columns = meta.fields ?? [];
  const [twice] = Object.values(meta.renamedHeaders ?? {});
  if (twice !== undefined) {
    throw new FileRefused(`The column ${twice} is there twice.`);
  }
  check(columns);
  const error = errors.find(({ code }) => code !== 'UndetectableDelimiter');
  if (error) {
    const line = error.type === 'FieldMismatch' && error.row !== undefined ? ` (line ${error.row + 2})` : '';
    throw new FileRefused(`The CSV is broken: ${error.message}${line}`);
  }
  return { columns, rows: data };
}

function recordsOf(text: string, options: ReadOptions) {
  const named = new Map(Object.entries(options.columns ?? {}).map(([field, column]) => [column, field]));
  const fieldOf = (column: string) => named.get(column) ?? column;
  const ignored = new Set(options.ignoredColumns);
  const { rows } = parseCsv(text, (columns) =>
    mustFit(columns.filter((column) => !ignored.has(column)).map(fieldOf), [...named.values()]),
  );
  return rows.map((row, index) => ({
    record: Object.fromEntries(Object.entries(row).map(([column, value]) => [fieldOf(column), value.trim()])),
    place: `line ${index + 2}`,
  }));
}

/** Unknown and missing columns are an error before the first row: a misspelt one would import nothing of what it holds. */
function mustFit(found: string[], mapped: string[]): void {
  const unknown = [...found, ...mapped].filter((field) => !fields.includes(field));
  const missing = required.filter((field) => !found.includes(field));
  const twice = found.filter((field, index) => found.indexOf(field) !== index);
  const wrong = [
    unknown.length > 0 && `unknown: ${unknown.join(', ')}`,
    missing.length > 0 && `missing: ${missing.join(', ')}`,
    twice.length > 0 && `twice: ${twice.join(', ')}`,
  ].filter((part) => part !== false);
  if (wrong.length > 0) {
    throw new FileRefused(
      `The columns do not fit (${wrong.join('; ')}). Known are ${fields.join(', ')}. ` +
        'Name others with --column FIELD=COLUMN, and leave some out with --ignore-column COLUMN.',
    );
  }
}

function readRecord(record: Partial<Record<Field, string>>, place: string, options: ReadOptions): Read {
  const { id = '', email = '', secret = '' } = record;
  if (id === '' || email === '') {
    return { place, who: email || id, reason: `The row has no ${id === '' ? 'id' : 'email'}.` };
  }
  const read = secretOf(secret, place, options);
  if ('reason' in read) {
    return { place, who: email, reason: read.reason };
  }
  return {
    ...read,
    place,
    id,
    email,
    ...(record.account_id && { accountId: record.account_id }),
    ...(record.name && { displayName: record.name }),
    ...(record.label && { label: record.label }),
    ...(record.algorithm && { algorithm: record.algorithm }),
    ...(record.digits && { digits: Number(record.digits) }),
    ...(record.period && { periodSeconds: Number(record.period) }),
    ...(record.recovery_codes && { recoveryCodes: record.recovery_codes.split(/[\s;,]+/).filter(Boolean) }),
  };
}

/** A bare secret or a whole URI: password managers keep either in the same field. */
function secretOf(
  text: string,
  place: string,
  { secretEncoding = 'base32' }: ReadOptions,
): Pick<Entry, 'secret' | 'algorithm' | 'digits' | 'periodSeconds' | 'warnings'> | { reason: string } {
  if (/^[a-z]+:\/\//i.test(text)) {
    const read = readOtpauth(text, place, 'uri');
    return isUnusable(read) ? { reason: read.reason } : read;
  }
  const decoded: Decoded = decodeSecret(text, secretEncoding);
  return 'reason' in decoded ? decoded : { ...decoded, ...defaults };
}

/** Exact bytes, so that it can be imported again. */
function writeCsv(entries: Written[]): string {
  const rows = entries.map(({ accountId, id, email, secret, label, displayName = '' }) => ({
    account_id: accountId,
    id,
    email,
    secret: encodeBase32(secret),
    label,
    name: displayName,
  }));
  const columns = ['id', 'email', 'secret', 'label', 'name'];
  if (entries.some(({ accountId }) => accountId !== undefined)) {
    columns.unshift('account_id');
  }
  return `${Papa.unparse(rows, { columns, newline: '\n' })}\n`;
}

/** For people to read in a spreadsheet: no secrets, and nothing that a spreadsheet would run. Not importable. */
export const writeSpreadsheet = (rows: Record<string, unknown>[]): string =>
  `${Papa.unparse(rows, { escapeFormulae: true })}\n`;
