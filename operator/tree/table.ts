/** `export`, `keyring` and `restore`: what the operator does with their own rights on table and key. */
import type { Command } from 'commander';
import { resealSecrets, rotateSecretKeys, rotateTokenKey } from '../commands/custody.ts';
import { exportSecrets } from '../commands/export.ts';
import { rotateKeyring, showKeyring } from '../commands/keyring.ts';
import { restoreTable } from '../commands/restore.ts';
import { formats } from '../formats/all.ts';
import { formatNamed, formatOption, someAccounts } from './accounts.ts';
import { type Act, collected, targeted } from './options.ts';

export function addTableCommands(program: Command, act: Act): void {
  addExport(program, act);
  const keyring = program.command('keyring').description('the keys that challenges are sealed under');
  targeted(keyring.command('show').description('list them')).action((options) =>
    act(options, (target, terminal) => showKeyring(target, terminal)),
  );
  targeted(keyring.command('rotate').description('add a key; the others go on opening'))
    .option('--drop-old', 'and drop the others: ends every sign-in that is under way')
    .action((options) => act(options, (target, terminal) => rotateKeyring(target, terminal, options)));
  addCustody(program, act);
  addRestore(program, act);
}

function addExport(program: Command, act: Act): void {
  const writable = formats.filter(({ write }) => write);
  someAccounts(
    program
      .command('export')
      .description('write the authenticators of accounts into files that other systems read'),
  )
    .addOption(formatOption(writable))
    .requiredOption('--output <path>', 'where to, without the ending; - for the standard output')
    .option('--issuer <name>', "the issuer in URIs (default: the account's)")
    .option('--age-recipient <recipient>', 'encrypt for this age key; may be given several times', collected)
    .addHelpText(
      'after',
      `
The files hold secrets in the clear unless a recipient is named; only you may read them (mode 0600). An audit event
says that it happened. For OpenPGP: ... --output - --yes | gpg --encrypt --recipient KEY

Example:
  countersign export --account acme --format otpauth --output acme --age-recipient age1...`,
    )
    .action((options) =>
      act(options, (target, terminal) =>
        exportSecrets(target, terminal, formatNamed(options.format), options),
      ),
    );
}

function addCustody(program: Command, act: Act): void {
  targeted(
    program
      .command('reseal')
      .description("move every secret to the stage's key custody, and to its newest keys"),
  )
    .addHelpText(
      'after',
      `
Run it after a deployment that names a new keyCustody and the one before in alsoOpens, until it says "0 left".`,
    )
    .action((options) => act(options, (target, terminal) => resealSecrets(target, terminal)));
  const custody = program
    .command('custody')
    .description('the keys that functions hold, under the custody cached');
  targeted(custody.command('rotate-secrets').description('a new key for secrets in every shard')).action(
    (options) => act(options, (target, terminal) => rotateSecretKeys(target, terminal)),
  );
  targeted(
    custody.command('rotate-tokens').description('a new token key: it signs in two hours and a quarter'),
  )
    .option('--drop-old', 'it signs at once, and the others go: after a leak')
    .action((options) => act(options, (target, terminal) => rotateTokenKey(target, terminal, options)));
}

function addRestore(program: Command, act: Act): void {
  targeted(program.command('restore').description('make a table that AWS restored from a backup safe to use'))
    .requiredOption('--table <name>', 'the restored table')
    .option('--old <name>', 'the table that was in use')
    .option('--without-old', 'it cannot be read: everybody with a factor enrols anew')
    .option('--erasures <file>', 'CSV with account_id and user_id: who was erased since the backup')
    .option('--without-erasures', 'nobody was erased since')
    .option('--prepare-only', 'only set up stream, expiry, recovery and protection of the table')
    .addHelpText(
      'after',
      `
Ends what a backup cannot know the end of: trusted devices, recovery codes, exemptions, open challenges, used codes,
factors and people removed since. Run again, it goes on where it broke off. docs/operations/restore.md has all steps.

Example:
  countersign restore --table countersign-prod-2 --old countersign-prod --erasures erased.csv --stack countersign-prod`,
    )
    .action((options) =>
      act(withoutTable(options), (target, terminal) => restoreTable(target, terminal, options)),
    );
}

/** `--table` names the restored table here, and not the stage's. */
function withoutTable({ table: _table, ...options }: Record<string, unknown>): object {
  return options;
}
