/** `policy`, `account` and `import`: what concerns whole accounts. */
import { type Command, Option } from 'commander';
import { eraseAccount } from '../commands/account.ts';
import { importFiles } from '../commands/import.ts';
import { getPolicy, setPolicy } from '../commands/policy.ts';
import { formats } from '../formats/all.ts';
import type { Format } from '../formats/format.ts';
import { type Act, collected, pair, targeted } from './options.ts';

export function addAccountCommands(program: Command, act: Act): void {
  const policy = program.command('policy').description("accounts' policies");
  someAccounts(policy.command('get').description('show the policy of one or many accounts')).action(
    (options) => act(options, (target, terminal) => getPolicy(target, terminal, options)),
  );
  someAccounts(
    policy
      .command('set')
      .description('change the policy of one or many accounts; admins are mailed')
      .argument(
        '<policy>',
        `the fields that change, as JSON ('{"mode":"required"}') or @FILE; null is the default`,
      ),
  )
    .option('--dry-run', 'only say what would change, and whom it touches')
    .action((edit, options) =>
      act(options, (target, terminal) => setPolicy(target, terminal, edit, options)),
    );
  const account = program.command('account').description('an account as a whole');
  targeted(
    account.command('erase').description('close an account at once and erase it').argument('<account>'),
  ).action((id, options) => act(options, (target, terminal) => eraseAccount(target, terminal, id)));
  addImport(program, act);
}

export const someAccounts = (command: Command): Command =>
  targeted(command)
    .option('--account <id>', 'an account; may be given several times', collected)
    .option('--accounts <file>', 'a file with one account a line')
    .option('--all', 'every account that the table knows');

export const formatNamed = (name: string): Format => formats.find((format) => format.name === name) as Format;

export const formatOption = (those: readonly Format[]): Option =>
  new Option('--format <format>', 'what the file is')
    .choices(those.map(({ name }) => name))
    .makeOptionMandatory();

const formatHelp = `
Formats:
${formats.map(({ name, about }) => `  ${name.padEnd(20)} ${about}`).join('\n')}

Only SHA-1, 6 digits, 30 seconds can be checked; other authenticators are named and left out. Every row is judged
alone. An imported authenticator is on at once. Run again, an import goes on where it broke off: what was done stands
in FILE.countersign-import.jsonl, without secrets.

Examples:
  countersign import users.csv --format csv --account acme --dry-run
  countersign import ba.json --format better-auth --better-auth-secrets .env --account acme
  countersign import totp.yml --format authelia --users logins.csv --account acme
  countersign import export.csv --format csv --column id=user_id --column secret=totp --ignore-column phone --account acme`;

function addImport(program: Command, act: Act): void {
  targeted(
    program
      .command('import')
      .description('move people in with the authenticators that they have')
      .argument('<file...>', 'one file, or all parts of one export'),
  )
    .addOption(formatOption(formats))
    .option('--account <id>', 'the account of everybody whose row names none')
    .option('--dry-run', 'only say what would happen')
    .option(
      '--users <file>',
      'CSV with id and email (and login, account_id): who is who, for formats without ids',
    )
    .option('--email-is-id', 'your user ids are the addresses')
    .option('--allow-weak', 'take secrets of 80 to 127 bits too')
    .option('--notify', 'mail everybody who was imported')
    .addOption(
      new Option('--secret-encoding <encoding>', 'how secrets are written, where it is not base32').choices([
        'base32',
        'base64',
        'hex',
        'utf8',
      ]),
    )
    .option('--better-auth-secrets <file>', 'BETTER_AUTH_SECRET(S) of the installation')
    .option('--column <field=column>', 'csv: which column has a field; may be given several times', pair)
    .option('--ignore-column <column>', 'csv: a column to leave out; may be given several times', collected)
    .option('--journal <file>', 'where it is noted what was done')
    .addHelpText('after', formatHelp)
    .action((files, options) =>
      act(options, (target, terminal) =>
        importFiles(target, terminal, files, formatNamed(options.format), options),
      ),
    );
}
