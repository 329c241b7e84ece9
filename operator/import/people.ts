/** From the entries of a file to people who can be imported: who they are, what is refused and why, what is weak. */
import { bitsOfCode } from '../../lambdas/core/factors/recovery-code.ts';
import { limits } from '../../lambdas/core/state/limits.ts';
import { parseCsv } from '../formats/csv.ts';
import { type Entry, FileRefused, isUnusable, type Read, type Unusable } from '../formats/format.ts';
import { encodeBase32 } from '../formats/secrets.ts';

type ImportedAuthenticator = { label?: string; secret: string; weak: boolean };
export type Person = {
  place: string;
  accountId: string;
  id: string;
  email: string;
  displayName?: string;
  authenticators: ImportedAuthenticator[];
  recoveryCodes: string[];
  warnings: string[];
};

/** Who the names in a file are, for formats that have no ids. */
export type Users = Map<string, { id: string; email: string; accountId?: string }>;

export type PeopleOptions = {
  /** The account of everybody whose entry names none. */
  accountId?: string | undefined;
  users?: Users | undefined;
  /** The company's user ids are the addresses themselves. */
  emailIsId?: boolean | undefined;
  /** Accept secrets of 80 to 127 bits. */
  allowWeak?: boolean | undefined;
};

/** Bits of a secret below which it is never taken, and below which only on request. */
const { least, strong: good } = limits.imports.secretBytes;
const secretBits = { never: least * 8, weak: good * 8 };
const { recoveryCodeBits } = limits.imports;
/** Worth enough, and made of what people can be asked for. */
const isStrongCode = (code: string): boolean =>
  /^[0-9A-Za-z]{16,64}$/.test(code.replaceAll(/[\s-]/g, '')) && bitsOfCode(code) >= recoveryCodeBits;
/** As the API takes them (`externalId`, `email`). */
const idShape = /^[^\s#/\p{C}]{1,128}$/u;
const emailShape = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** Judges every entry alone, and puts the authenticators of one person together. */
export function peopleFrom(
  reads: readonly Read[],
  options: PeopleOptions,
): { people: Person[]; unusable: Unusable[] } {
  const people = new Map<string, Person>();
  const unusable: Unusable[] = [];
  for (const read of reads) {
    const person = isUnusable(read) ? read : personOf(read, options);
    const problem = 'reason' in person ? person : addTo(people, person);
    if (problem) {
      unusable.push(problem);
    }
  }
  return { people: [...people.values()], unusable };
}

function personOf(entry: Entry, options: PeopleOptions): Person | Unusable {
  const { place } = entry;
  const named = identityOf(entry, options);
  const who = entry.email ?? entry.login ?? entry.id ?? '';
  const reason = 'reason' in named ? named.reason : reasonAgainst(entry, options);
  if ('reason' in named || reason !== undefined) {
    return { place, who, reason: reason as string };
  }
  const strong = (entry.recoveryCodes ?? []).filter(isStrongCode);
  const dropped = (entry.recoveryCodes?.length ?? 0) - strong.length;
  const weak = entry.secret.length * 8 < secretBits.weak;
  return {
    place,
    ...named,
    ...(entry.displayName !== undefined && { displayName: entry.displayName }),
    authenticators: [
      { ...(entry.label !== undefined && { label: entry.label }), secret: encodeBase32(entry.secret), weak },
    ],
    recoveryCodes: strong,
    warnings: [
      ...entry.warnings,
      ...(weak
        ? [`The secret has ${entry.secret.length * 8} bits; ${secretBits.weak} or more are good.`]
        : []),
      ...(dropped > 0
        ? [
            `${dropped} recovery codes of fewer than ${recoveryCodeBits} bits are left out; the settings offer new ones.`,
          ]
        : []),
    ],
  };
}

type Identity = Pick<Person, 'accountId' | 'id' | 'email'>;

function identityOf(entry: Entry, options: PeopleOptions): Identity | { reason: string } {
  const found = options.users?.get(keyOf(entry.login ?? entry.email ?? entry.id ?? ''));
  if (options.users && !found && entry.id === undefined) {
    return { reason: 'The list of users has nobody of this name.' };
  }
  const email = found?.email ?? entry.email ?? entry.login ?? '';
  const id = found?.id ?? entry.id ?? (options.emailIsId ? email : undefined);
  const accountId = entry.accountId ?? found?.accountId ?? options.accountId;
  if (id === undefined) {
    return {
      reason:
        'The entry has no user id. Say who is who with --users FILE, or that ids are addresses with --email-is-id.',
    };
  }
  if (!idShape.test(id)) {
    return { reason: `The id ${JSON.stringify(id)} must be 1 to 128 visible characters without # or /.` };
  }
  if (!emailShape.test(email)) {
    return { reason: `${JSON.stringify(email)} is no email address. Say who is who with --users FILE.` };
  }
  return accountId === undefined
    ? { reason: 'The entry names no account. Name one for all with --account.' }
    : { accountId, id, email };
}

/** Names are compared without case: addresses and logins are typed. */
const keyOf = (name: string): string => name.trim().toLowerCase();

function reasonAgainst(entry: Entry, { allowWeak = false }: PeopleOptions): string | undefined {
  const algorithm = entry.algorithm.toUpperCase().replace(/^HMAC|[-_]/g, '');
  const { digits, periodSeconds, secret } = entry;
  if (algorithm !== 'SHA1' || digits !== 6 || periodSeconds !== limits.totp.periodSeconds) {
    return (
      `The authenticator uses ${entry.algorithm}, ${digits} digits, ${periodSeconds} s; Countersign checks SHA1, 6 digits, 30 s. ` +
      'Leave it out: the person sets up an authenticator at the next sign-in, if the account requires one.'
    );
  }
  const bits = secret.length * 8;
  if (bits < secretBits.never) {
    return `The secret has ${bits} bits. Under ${secretBits.never} bits it could be guessed: the person needs a new one.`;
  }
  return bits < secretBits.weak && !allowWeak
    ? `The secret has ${bits} bits, fewer than ${secretBits.weak}. Take such secrets with --allow-weak; the settings will suggest a new one.`
    : undefined;
}

/** Adds the person, or their next authenticator; answers with what is wrong about that. */
function addTo(people: Map<string, Person>, person: Person): Unusable | undefined {
  const key = `${person.accountId}/${person.id}`;
  const known = people.get(key);
  if (!known) {
    people.set(key, person);
    return undefined;
  }
  const { place, email, authenticators, recoveryCodes, warnings } = person;
  const refused = (reason: string) => ({ place, who: email, reason });
  if (known.email !== email) {
    return refused(`The id ${person.id} has another address at ${known.place}: ${known.email}.`);
  }
  if (known.authenticators.some(({ secret }) => secret === authenticators[0]?.secret)) {
    return refused(`The same secret stands at ${known.place} already.`);
  }
  if (known.authenticators.length >= limits.totp.perUser) {
    return refused(
      `The person has ${limits.totp.perUser} authenticators already, the most that there can be.`,
    );
  }
  known.authenticators.push(...authenticators);
  known.recoveryCodes.push(...recoveryCodes);
  known.warnings.push(...warnings);
  return undefined;
}

/** Reads `--users`: a CSV with `id` and `email`, and `login` or `account_id` where they are needed. */
export function readUsers(text: string): Users {
  const { columns, rows } = parseCsv(text);
  const unknown = columns.filter((column) => !['id', 'email', 'login', 'account_id'].includes(column));
  if (unknown.length > 0 || !columns.includes('id') || !columns.includes('email')) {
    throw new FileRefused(
      'The list of users must have the columns id and email, and may have login and account_id.',
    );
  }
  const users: Users = new Map();
  for (const [index, { id = '', email = '', login, account_id }] of rows.entries()) {
    for (const name of new Set([keyOf(login || email), keyOf(email)])) {
      if (users.has(name)) {
        throw new FileRefused(`The list of users has ${JSON.stringify(name)} twice (line ${index + 2}).`);
      }
      users.set(name, { id, email, ...(account_id && { accountId: account_id }) });
    }
  }
  return users;
}
