/** `doctor`, `accept` and `cost`: whether a stage is well, does what it promises, and what it takes. */
import { type Command, Option } from 'commander';
import { accept } from '../commands/accept.ts';
import { showCost } from '../commands/cost.ts';
import { doctor } from '../commands/doctor.ts';
import { type Act, positive, targeted } from './options.ts';

export function addServiceCommands(program: Command, act: Act): void {
  targeted(
    program
      .command('doctor')
      .description('check that a stage is well: keys, clock, mail, alarms, a canary sign-in'),
  ).action((options) => act(options, (target, terminal) => doctor(target, terminal)));
  targeted(
    program
      .command('accept')
      .description('run the acceptance suite against a stage, in accounts of its own; leaves nothing behind'),
  )
    .option('--only <rows...>', 'only these requirements, such as R20 R26')
    .action((options) => act(options, (target, terminal) => accept(target, terminal, options)));
  targeted(program.command('cost').description('what a month costs'))
    .requiredOption('--users <number>', 'people with two-factor on', positive)
    .option('--sign-ins <number>', "a person's sign-ins in a month", positive, 20)
    .option('--email-share <share>', 'the share of sign-ins by a mailed code, 0 to 1', positive, 0.1)
    .addOption(new Option('--custody <custody>', 'key custody').choices(['kms', 'cached']).default('kms'))
    .action((options) => act(options, async (_target, terminal) => showCost(terminal, options)));
}
