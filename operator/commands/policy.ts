/** `countersign policy`: an account's policy, or one change for many accounts. */
import { readFileSync } from 'node:fs';
import type { Policy, PolicyEdit, PolicyInForce } from '../../client/server.ts';
import { directory } from '../../lambdas/adapters/directory.ts';
import { type AccountOptions, accountsOf } from '../accounts.ts';
import type { Target } from '../target.ts';
import { CommandFailed, exitCodes, type Terminal } from '../terminal.ts';

export async function getPolicy(target: Target, terminal: Terminal, options: AccountOptions): Promise<void> {
  const accounts = await accountsOf(target, options);
  const policies: ({ accountId: string } & PolicyInForce)[] = [];
  for (const accountId of accounts) {
    policies.push({ accountId, ...(await target.api.getPolicy({ accountId })) });
  }
  terminal.result(policies, () => {
    for (const { accountId, version, policy } of policies) {
      terminal.line(`${accountId} (version ${version})`);
      terminal.line(JSON.stringify(policy, null, 2));
    }
  });
}

export type SetPolicyOptions = AccountOptions & { dryRun?: boolean };

type Change = {
  accountId: string;
  version: number;
  changed: string[];
  users?: number;
  notEnrolled?: number;
  done?: boolean;
  error?: string;
};

/**
 * Changes one or many accounts. First says what would change in each and whom it touches; then does it, each account with
 * the version that was read, so that a change of an admin's in between is not overwritten. Accounts that have the wanted
 * policy already are left alone, so that a run that broke off is run again.
 */
export async function setPolicy(
  target: Target,
  terminal: Terminal,
  edit: string,
  options: SetPolicyOptions,
): Promise<number> {
  const policy = editOf(edit);
  const accounts = await accountsOf(target, options);
  const progress = terminal.progress('Accounts');
  const changes: Change[] = [];
  for (const accountId of accounts) {
    changes.push(await changeOf(target, accountId, policy));
    progress.step(changes.length, accounts.length);
  }
  progress.end();
  const due = changes.filter(({ changed }) => changed.length > 0);
  const isOver = options.dryRun || due.length === 0;
  if (!terminal.json || isOver) {
    terminal.result(changes, () => {
      terminal.table(
        changes.map(({ changed, ...rest }) => ({ ...rest, changes: changed.join('; ') || 'none' })),
      );
    });
  }
  if (isOver) {
    return exitCodes.done;
  }
  await terminal.confirm(`Change the policy of ${due.length} accounts? Their admins are mailed.`);
  return applyAll(target, terminal, policy, changes);
}

async function applyAll(
  target: Target,
  terminal: Terminal,
  policy: PolicyEdit,
  changes: Change[],
): Promise<number> {
  for (const change of changes.filter(({ changed }) => changed.length > 0)) {
    const { accountId, version } = change;
    await target.api.setPolicy({ accountId, policy, version }).then(
      () => Object.assign(change, { done: true }),
      (error) => Object.assign(change, { done: false, error: (error as Error).message }),
    );
  }
  const failed = changes.filter(({ done }) => done === false);
  terminal.result(changes, () => {
    for (const { accountId, error } of failed) {
      terminal.note(`${accountId}: ${error}`);
    }
    terminal.line(`${changes.filter(({ done }) => done).length} accounts changed, ${failed.length} not.`);
  });
  return failed.length > 0 ? exitCodes.partly : exitCodes.done;
}

/** JSON on the command line, or `@FILE`. */
function editOf(text: string): PolicyEdit {
  try {
    const json: unknown = JSON.parse(text.startsWith('@') ? readFileSync(text.slice(1), 'utf8') : text);
    if (typeof json !== 'object' || json === null || Array.isArray(json) || Object.keys(json).length === 0) {
      throw new Error('it must be an object with at least one field');
    }
    return json as PolicyEdit;
  } catch (error) {
    throw new CommandFailed(
      `The policy is not JSON such as '{"mode":"required"}': ${(error as Error).message}`,
    );
  }
}

async function changeOf(target: Target, accountId: string, edit: PolicyEdit): Promise<Change> {
  const inForce = await target.api.getPolicy({ accountId });
  return {
    accountId,
    version: inForce.version,
    changed: differences(inForce, edit),
    ...(await impactOf(target, accountId)),
  };
}

/** Field by field, old and new. `null` takes the field back to its default, which the API knows. */
function differences({ policy }: PolicyInForce, edit: PolicyEdit): string[] {
  return (Object.entries(edit) as [keyof Policy, unknown][])
    .filter(([field, value]) => !same(policy[field] ?? null, value))
    .map(
      ([field, value]) => `${field}: ${text(policy[field])} -> ${value === null ? 'default' : text(value)}`,
    );
}

/** Sets are compared as sets: the order of methods says nothing. */
const same = (a: unknown, b: unknown): boolean => {
  const normal = (value: unknown) => JSON.stringify(Array.isArray(value) ? [...value].sort() : value);
  return normal(a) === normal(b);
};
const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? null));

/** Whom the account has and who is not enrolled: known to whoever may read the table, left out for others. */
async function impactOf(
  target: Target,
  accountId: string,
): Promise<{ users?: number; notEnrolled?: number }> {
  const table = await target.table().catch(() => undefined);
  if (!table) {
    return {};
  }
  const { users, enrolled } = await directory(table).figures(accountId);
  return { users, notEnrolled: Math.max(0, users - enrolled) };
}
