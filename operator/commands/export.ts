/**
 * `countersign export`: secrets leave, in a form that other systems read. By the operator's own rights on table and key:
 * no function of the API can do this.
 */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { auditTrail } from '../../lambdas/adapters/audit-trail.ts';
import type { Table } from '../../lambdas/adapters/dynamodb.ts';
import { userStore } from '../../lambdas/adapters/user-store.ts';
import type { OutboxEvent, User } from '../../lambdas/core/state/item.ts';
import { type AccountOptions, accountsOf } from '../accounts.ts';
import { custodyOf, secretsOf } from '../custody.ts';
import { operatorId } from '../desk.ts';
import type { Format, Written } from '../formats/format.ts';
import { usersOf } from '../table-users.ts';
import type { Target } from '../target.ts';
import { CommandFailed, exitCodes, type Terminal } from '../terminal.ts';

export type ExportOptions = AccountOptions & {
  output: string;
  issuer?: string;
  ageRecipient?: string[];
  by?: string;
};

/** KMS takes thousands of calls a second; this is to be no trouble to sign-ins. */
const decryptionsAtOnce = 8;

export async function exportSecrets(
  target: Target,
  terminal: Terminal,
  format: Format,
  options: ExportOptions,
): Promise<number> {
  const { write } = format;
  if (!write) {
    throw new CommandFailed(`Nothing reads a file in the format ${format.name}. Choose another.`);
  }
  const accounts = await accountsOf(target, options);
  if (accounts.length > 1 && format.name !== 'csv') {
    throw new CommandFailed(
      `Only csv says whose account a user is. Export ${format.name} account by account.`,
    );
  }
  const encrypt = options.ageRecipient && (await encryptionFor(options.ageRecipient));
  const table = await target.table();
  const users = await withAuthenticators(table, accounts);
  const how = options.ageRecipient ? 'encrypted' : 'in the clear';
  await terminal.confirm(`Write the secrets of ${users.length} users to ${options.output}, ${how}?`);
  await record(table, accounts, format, options);
  const { written, failed } = await opened(target, terminal, users, accounts.length > 1);
  const issuer = options.issuer ?? (await issuerOf(table, accounts));
  const files = await save(write(written, issuer), options.output, format.extension, encrypt);
  terminal.result({ files, users: users.length, authenticators: written.length, failed }, () => {
    for (const { userId, reason } of failed) {
      terminal.note(`${userId}: ${reason}`);
    }
    terminal.note(
      `${written.length} authenticators of ${users.length} users are in ${files.join(', ') || 'no file'}.`,
    );
    terminal.note(
      'Passkeys, recovery codes (stored as hashes) and codes by email or text message cannot move.',
    );
  });
  return failed.length > 0 ? exitCodes.partly : exitCodes.done;
}

async function withAuthenticators(table: Table, accounts: string[]): Promise<User[]> {
  const users: User[] = [];
  for (const accountId of accounts) {
    for await (const user of usersOf(table, accountId)) {
      if (user.authenticators.length > 0) {
        users.push(user);
      }
    }
  }
  return users;
}

/** Before the first secret is opened, so that no export is without a record. */
async function record(
  table: Table,
  accounts: string[],
  format: Format,
  options: ExportOptions,
): Promise<void> {
  for (const accountId of accounts) {
    const nowMs = Date.now();
    const event = {
      id: `evt_${randomBytes(12).toString('base64url')}`,
      type: 'secrets_exported',
      atMs: nowMs,
      actor: { kind: 'operator', id: operatorId(options.by) },
      detail: { format: format.name, encrypted: String(options.ageRecipient !== undefined) },
      tries: 0,
      dueAtMs: nowMs,
    };
    await auditTrail(table).record({ accountId }, event as unknown as OutboxEvent);
  }
}

async function opened(target: Target, terminal: Terminal, users: User[], manyAccounts: boolean) {
  const { keyCustody } = await target.stack();
  const box = secretsOf(await custodyOf(target), keyCustody);
  const written: Written[] = [];
  const failed: { userId: string; reason: string }[] = [];
  const sealed = users.flatMap((user) =>
    user.authenticators.map((authenticator) => ({ user, authenticator })),
  );
  const progress = terminal.progress('Opened');
  for (let at = 0; at < sealed.length; at += decryptionsAtOnce) {
    const some = sealed.slice(at, at + decryptionsAtOnce);
    const results = await Promise.allSettled(
      some.map(({ user, authenticator }) =>
        box.open(authenticator.secret, user, authenticator.id, Date.now()),
      ),
    );
    for (const [index, result] of results.entries()) {
      const { user, authenticator } = some[index] as (typeof some)[number];
      if (result.status === 'fulfilled') {
        written.push(writtenOf(user, authenticator.label, result.value, manyAccounts));
      } else {
        failed.push({ userId: user.userId, reason: (result.reason as Error).message });
      }
    }
    progress.step(at + some.length, sealed.length);
  }
  progress.end();
  return { written, failed };
}

const writtenOf = (
  { accountId, userId, email, displayName }: User,
  label: string,
  secret: Uint8Array,
  manyAccounts: boolean,
): Written => ({ ...(manyAccounts && { accountId }), id: userId, email, displayName, label, secret });

async function issuerOf(table: Table, accounts: string[]): Promise<string> {
  const [accountId = 'Countersign'] = accounts;
  const { issuer } = await userStore(table).loadAccount(accountId);
  return issuer ?? accountId;
}

type Encrypt = (content: string) => Promise<Uint8Array>;

/** Files that only their owner may read; none is written over. `-` is the standard output, for another program. */
async function save(
  contents: string[],
  output: string,
  extension: string,
  encrypt: Encrypt | undefined,
): Promise<string[]> {
  const names: string[] = [];
  for (const [index, content] of contents.entries()) {
    const part = contents.length > 1 ? `.${index + 1}` : '';
    const name = output === '-' ? '-' : `${output}${part}.${extension}${encrypt ? '.age' : ''}`;
    const bytes = encrypt ? await encrypt(content) : content;
    try {
      writeFileSync(name === '-' ? 1 : name, bytes, name === '-' ? {} : { mode: 0o600, flag: 'wx' });
    } catch (error) {
      throw new CommandFailed(`${name} could not be written: ${(error as Error).message}`);
    }
    names.push(name);
  }
  return names;
}

/** Loaded only here. Refuses what is no recipient before anything is read. */
async function encryptionFor(recipients: string[]): Promise<Encrypt> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  try {
    for (const recipient of recipients) {
      encrypter.addRecipient(recipient);
    }
  } catch (error) {
    throw new CommandFailed(`This is no age recipient (age1...): ${(error as Error).message}`);
  }
  return (content) => encrypter.encrypt(content);
}
