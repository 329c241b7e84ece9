/** Every command in the runbooks is one that there is, with options that it has. */
import { readdirSync, readFileSync } from 'node:fs';
import { type Command, CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { commandTree } from '../../operator/command.ts';

const folder = new URL('../../docs/operations/', import.meta.url);
const documents = [
  ...readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => new URL(name, folder)),
  new URL('../../UPGRADING.md', import.meta.url),
];

/** The command lines of all code blocks, with lines that go on put together. */
function commandsIn(text: string): string[] {
  const lines = text.replaceAll(/\\\n\s*/g, '').split('\n');
  return lines.map((line) => line.trim()).filter((line) => line.startsWith('countersign '));
}

/** Those within a sentence, which may lack what they need. */
const namedIn = (text: string): string[] =>
  [...text.matchAll(/`(?:countersign )?((?:users|account|policy|events|keyring) [a-z]+)/g)].map(
    ([, name]) => name as string,
  );

/** As a shell splits it: blanks, and quotes that keep them. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  );

/** What the tree says against a command line; undefined if it would run it. */
async function refusalOf(line: string): Promise<string | undefined> {
  let asked = 0;
  const tree = commandTree({ out: () => {}, err: () => {} }, async () => {
    asked += 1;
  });
  try {
    await tree.parseAsync(wordsOf(line).slice(1), { from: 'user' });
    return asked === 1 ? undefined : 'nothing was run';
  } catch (error) {
    return error instanceof CommanderError && error.code === 'commander.helpDisplayed'
      ? undefined
      : (error as Error).message;
  }
}

const found = (find: (text: string) => string[]) =>
  documents.flatMap((url) =>
    find(readFileSync(url, 'utf8')).map((line) => [url.pathname.split('/').at(-1) as string, line] as const),
  );
const commands = found(commandsIn);
const names = (tree: Command): string[] =>
  tree.commands.flatMap((command) =>
    command.commands.length > 0
      ? command.commands.map((child) => `${command.name()} ${child.name()}`)
      : [command.name()],
  );
const known = names(commandTree({ out: () => {}, err: () => {} }, async () => {}));

describe('the runbooks', () => {
  it.each(commands)('%s: %s', async (_, line) => {
    expect(await refusalOf(line)).toBe(undefined);
  });

  it.each(found(namedIn))('%s names %s', (_, name) => {
    expect(known).toContain(name.replace(/ all$/, ' get'));
  });

  it('use every command', () => {
    const used = commands.map(([, line]) => wordsOf(line).slice(1, 3).join(' '));
    expect(
      known.filter((name) => !used.some((line) => line === name || line.split(' ')[0] === name)),
    ).toEqual([]);
  });

  it('a command that there is not would be found', async () => {
    expect(await refusalOf('countersign flourish')).toContain('unknown command');
    expect(await refusalOf('countersign doctor --loudly')).toContain('unknown option');
    expect(await refusalOf('countersign import x --format dbase --account a')).toContain('dbase');
  });
});
