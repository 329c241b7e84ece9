/** Which accounts a command is about: some by name, those of a file, or all that the table knows. */
import { readFileSync } from 'node:fs';
import { paginateScan } from '@aws-sdk/lib-dynamodb';
import type { Target } from './target.ts';
import { CommandFailed } from './terminal.ts';

export type AccountOptions = {
  account?: string[] | undefined;
  accounts?: string | undefined;
  all?: boolean | undefined;
};

export async function accountsOf(
  target: Target,
  { account = [], accounts, all }: AccountOptions,
): Promise<string[]> {
  const ways = [account.length > 0, accounts !== undefined, all === true].filter(Boolean).length;
  if (ways !== 1) {
    throw new CommandFailed('Name the accounts by one of --account ID, --accounts FILE and --all.');
  }
  if (accounts !== undefined) {
    const lines = readFileSync(accounts, 'utf8').split(/\r?\n/);
    return [
      ...new Set(lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'))),
    ];
  }
  return all ? knownAccounts(target) : [...new Set(account)];
}

/**
 * Reads the whole table, keys alone: whoever has a user is an account, whether or not it ever changed a setting. Costs half
 * a read unit for every 4 KB of the table.
 */
async function knownAccounts(target: Target): Promise<string[]> {
  const { client, name } = await target.table();
  const found = new Set<string>();
  const input = { TableName: name, ProjectionExpression: 'pk' };
  for await (const { Items = [] } of paginateScan({ client }, input)) {
    for (const { pk } of Items) {
      const [kind, accountId] = String(pk).split('#');
      if ((kind === 'account' || kind === 'user') && accountId) {
        found.add(accountId);
      }
    }
  }
  return [...found].sort();
}
