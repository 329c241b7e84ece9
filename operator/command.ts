/** The command's tree: names, arguments, help. What each does stands in `commands/`. */
import { Command, CommanderError } from 'commander';
import { CountersignError } from '../client/server.ts';
import { type TargetOptions, targetOf } from './target.ts';
import { CommandFailed, exitCodes, type Io, terminal } from './terminal.ts';
import { addAccountCommands } from './tree/accounts.ts';
import type { Act } from './tree/options.ts';
import { addServiceCommands } from './tree/service.ts';
import { addTableCommands } from './tree/table.ts';
import { addUserCommands } from './tree/users.ts';

const about = `Runs Countersign: people, policies, the audit trail, moving in and out, keys, backups.

Without a target it works on the local service of "npm start". A deployed stage is named by its
CloudFormation stack, or by its address where that is enough; your own AWS credentials sign.`;

const examples = `
Examples:
  countersign users list --account acme
  countersign import users.csv --format csv --account acme --dry-run
  countersign policy set '{"mode":"required"}' --all --dry-run --stack countersign-prod --region eu-central-1
  countersign doctor --stack countersign-prod --region eu-central-1

Exit codes: 0 done; 1 done, but something was refused or does not hold; 2 wrong usage or file, nothing done;
3 the API or AWS did not do it, run it again.`;

/** Runs one command line (without the program's own name) and answers with its exit code. */
export async function runCommand(argv: string[], io: Io): Promise<number> {
  let exitCode: number = exitCodes.done;
  const act: Act = async (options, work) => {
    const all = options as TargetOptions & { json?: boolean; yes?: boolean };
    exitCode = (await work(await targetOf(all), terminal(io, all))) ?? exitCodes.done;
  };
  try {
    await commandTree(io, act).parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return explain(error, io);
  }
}

/** The tree alone; `act` does what a command line asks for. */
export function commandTree(io: Pick<Io, 'out' | 'err'>, act: Act): Command {
  const program = new Command('countersign')
    .description(about)
    .addHelpText('after', examples)
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .exitOverride()
    .showHelpAfterError('(--help says more)');
  addUserCommands(program, act);
  addAccountCommands(program, act);
  addTableCommands(program, act);
  addServiceCommands(program, act);
  // Settings are handed on to commands that were made before them only by hand.
  everyCommand(program, (command) => command.copyInheritedSettings(program));
  return program;
}

function everyCommand(command: Command, visit: (command: Command) => void): void {
  for (const child of command.commands) {
    visit(child);
    everyCommand(child, visit);
  }
}

/** One line for a person, and the kind of failure for a script. */
function explain(error: unknown, io: Io): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  }
  if (error instanceof CommandFailed) {
    io.err(`${error.message}\n`);
    return error.exitCode;
  }
  if (error instanceof CountersignError) {
    const fields = (error.errors ?? []).map(({ pointer, detail }) => `  ${pointer}: ${detail}`).join('\n');
    io.err(`${error.message}${hintFor(error)}\n${fields === '' ? '' : `${fields}\n`}`);
    return error.status >= 400 && error.status < 500 ? exitCodes.partly : exitCodes.unavailable;
  }
  io.err(`${(error as Error).message}\n`);
  return exitCodes.unavailable;
}

function hintFor({ code, reason }: CountersignError): string {
  if (code === 'forbidden' && reason === 'gateway') {
    return ' Your role is not among those that may call this: callerRoleArns for people, operatorRoleArns for policies, imports and erasures.';
  }
  return code === 'temporarily_unavailable' && reason === 'network'
    ? ' Is it running? "npm start" starts the local service.'
    : '';
}
