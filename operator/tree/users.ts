/** `users` and `events`: what concerns people of one account. */
import { type Command, Option } from 'commander';
import { eraseUser } from '../commands/account.ts';
import { exportEvents, tailEvents } from '../commands/events.ts';
import { listUsers, resetUser, showUser, temporaryCode, unlockUser } from '../commands/users.ts';
import { type Act, positive, targeted } from './options.ts';

const inAccount = (command: Command): Command =>
  targeted(command.requiredOption('--account <id>', "the account: your customer's id"));

export function addUserCommands(program: Command, act: Act): void {
  const users = program
    .command('users')
    .description('people: who has two-factor on, and help for one of them');
  inAccount(users.command('list').description('list an account, or those in a state'))
    .addOption(
      new Option('--status <status>', 'only these').choices(['enabled', 'disabled', 'locked', 'exempt']),
    )
    .option('--email <start>', 'only addresses that begin with this')
    .action((options) => act(options, (target, terminal) => listUsers(target, terminal, options)));
  inAccount(
    users.command('show').description('all that is held of a person, without secrets').argument('<user>'),
  ).action((user, options) => act(options, (target, terminal) => showUser(target, terminal, user, options)));
  withReason(
    users
      .command('reset')
      .description('clear the second factors; the person proves the mailbox and enrols again'),
  ).action((user, options) => act(options, (target, terminal) => resetUser(target, terminal, user, options)));
  withReason(
    users.command('unlock').description('take the lock off somebody who was locked by wrong codes'),
  ).action((user, options) =>
    act(options, (target, terminal) => unlockUser(target, terminal, user, options)),
  );
  withReason(
    users
      .command('temporary-code')
      .description(
        'print a code for one sign-in of somebody whose factors are not at hand; the factors stay',
      ),
  )
    .option('--minutes <minutes>', 'how long it lives: 15 to 1440', positive, 60)
    .action((user, options) =>
      act(options, (target, terminal) => temporaryCode(target, terminal, user, options)),
    );
  inAccount(
    users.command('erase').description('erase all that is held of a person').argument('<user>'),
  ).action((user, options) => act(options, (target, terminal) => eraseUser(target, terminal, user, options)));
  addEvents(program, act);
}

const withReason = (command: Command): Command =>
  inAccount(command.argument('<user>')).requiredOption(
    '--reason <text>',
    'why: for the audit trail and the mail to the person',
  );

function addEvents(program: Command, act: Act): void {
  const events = program.command('events').description('the audit trail of an account');
  filtered(events.command('tail').description('show new events as they come')).action((options) =>
    act(options, (target, terminal) => tailEvents(target, terminal, options)),
  );
  filtered(events.command('export').description('print the whole trail, one JSON object a line'))
    .option('--spreadsheet', 'CSV for a spreadsheet instead, with cells that nothing runs')
    .action((options) => act(options, (target, terminal) => exportEvents(target, terminal, options)));
}

const filtered = (command: Command): Command =>
  inAccount(command)
    .option('--user <id>', 'only of this person')
    .option('--type <type>', 'only of this type, such as two_factor_reset')
    .option('--from <time>', 'from this time on (RFC 3339)')
    .option('--to <time>', 'until this time');
