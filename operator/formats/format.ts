/** What every import format has in common: entries in, entries or reasons out, and files that other systems read. */

/** One authenticator of one person, as a file of another system has it. */
export type Entry = {
  /** Where it stands in the file, for whoever looks it up there: `line 3`, `entry 17`. */
  place: string;
  /** The company's own id of the user, where the file has it. */
  id?: string;
  email?: string;
  /** The account of the company's customer, where the file has it. */
  accountId?: string;
  /** The name that the file has where it has no id: the account name of a URI, a login. */
  login?: string;
  displayName?: string;
  label?: string;
  secret: Uint8Array;
  algorithm: string;
  digits: number;
  periodSeconds: number;
  recoveryCodes?: string[];
  /** What the operator should know and what stops nothing: a factor that is not imported, an odd spelling. */
  warnings: string[];
};

/** An entry that cannot be imported, and why. */
export type Unusable = { place: string; who: string; reason: string };

export type Read = Entry | Unusable;

export const isUnusable = (read: Read): read is Unusable => 'reason' in read;

export type SecretEncoding = 'base32' | 'base64' | 'hex' | 'utf8';

export type ReadOptions = {
  /** How secrets are written down, where the format leaves it open. */
  secretEncoding?: SecretEncoding | undefined;
  /** better-auth's secrets by version; `current` is one without a version. */
  betterAuthSecrets?: BetterAuthSecrets | undefined;
  /** CSV: which column has which field, where it is not called so. */
  columns?: Record<string, string> | undefined;
  /** CSV: columns that are read over. */
  ignoredColumns?: string[] | undefined;
};

export type BetterAuthSecrets = { current?: string | undefined; byVersion: Map<number, string> };

/** One authenticator on its way out. */
export type Written = {
  accountId?: string | undefined;
  id: string;
  email: string;
  displayName?: string | undefined;
  label: string;
  secret: Uint8Array;
};

export type Format = {
  name: string;
  /** One line for the help: where the file comes from. */
  about: string;
  /** Reads files that belong together. Throws `FileRefused` where a file as a whole cannot be read. */
  read(texts: string[], options: ReadOptions): Read[];
  /** Files for that system; most formats need one. Absent: nothing reads it. */
  write?(entries: Written[], issuer: string): string[];
  /** How a written file's name ends. */
  extension: string;
};

/** The file as a whole is not what it should be; nothing of it was read. */
export class FileRefused extends Error {}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** The text of a file, without a byte order mark. Refuses UTF-16 and whatever else is not UTF-8, in words. */
export function textOf(bytes: Uint8Array, name: string): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new FileRefused(
      `${name} is UTF-16. Save it as UTF-8: in Excel, "CSV UTF-8"; or iconv -f UTF-16 -t UTF-8.`,
    );
  }
  try {
    return decoder.decode(bytes);
  } catch {
    throw new FileRefused(
      `${name} is not UTF-8 text. Save it as UTF-8, without encrypting or compressing it.`,
    );
  }
}

/** Parses JSON, or explains in words why it cannot. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FileRefused(`The file is not JSON: ${(error as Error).message}`);
  }
}

type Listed = { value: Record<string, unknown>; place: string };

/** The objects of a JSON list, each with its place. `key`: the field that holds the list, where the file is an object. */
export function listOf(texts: string[], key?: string): Listed[] {
  return texts.flatMap((text) => {
    const json = jsonOf(text);
    const list = Array.isArray(json) || key === undefined ? json : (json as Record<string, unknown>)?.[key];
    if (!Array.isArray(list)) {
      throw new FileRefused(
        key === undefined ? 'The file must be a JSON array.' : `The file must have an array "${key}".`,
      );
    }
    return list.map((value, index) => ({ value: objectOf(value), place: `entry ${index + 1}` }));
  });
}

/** Any JSON value as an object: one of another type has no fields. */
export const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

export const arrayOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** A non-empty text, or undefined. Numbers count: ids are often numbers in JSON. */
export function textField(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text !== '' ? text : undefined;
}

export function groupedBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) {
      group.push(item);
    } else {
      groups.set(key, [item]);
    }
  }
  return [...groups.values()];
}

export const defaults = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 };
