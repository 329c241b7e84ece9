/** What all commands share: the options that say where they work, and how options are read. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Target } from '../target.ts';
import type { Terminal } from '../terminal.ts';

/** What a command does once it knows where; an exit code unless everything was done. */
// biome-ignore lint/suspicious/noConfusingVoidType: most commands have nothing to say beyond "done"
type Work = (target: Target, terminal: Terminal) => Promise<number | void>;

/** Makes the commands of one file; `act` wraps what they do. */
export type Act = (options: object, work: Work) => Promise<void>;

/** The options of every command that works on a stage. */
export function targeted(command: Command): Command {
  return command
    .addOption(new Option('--local [url]', 'the local service (default: http://localhost:4400)'))
    .addOption(new Option('--stack <name>', 'a deployed stage, by its CloudFormation stack'))
    .addOption(new Option('--url <url>', "a deployed stage, by its API's address"))
    .addOption(new Option('--region <region>', 'AWS region').env('AWS_REGION'))
    .addOption(new Option('--profile <name>', 'AWS profile, instead of the default credentials'))
    .option('--json', 'answer with JSON')
    .option('--yes', 'do not ask')
    .option('--by <name>', 'your name in the audit trail (default: your login)');
}

export const collected = (value: string, before: string[] = []): string[] => [...before, value];

/** Reads `NAME=VALUE` into an object. */
export function pair(value: string, before: Record<string, string> = {}): Record<string, string> {
  const at = value.indexOf('=');
  if (at < 1) {
    throw new InvalidArgumentError('Write it as FIELD=COLUMN.');
  }
  return { ...before, [value.slice(0, at)]: value.slice(at + 1) };
}

export function positive(value: string): number {
  const number = Number(value);
  if (!Number.isFinite(number) || number < 0) {
    throw new InvalidArgumentError('It must be a number.');
  }
  return number;
}
