/** `countersign account`: what concerns an account as a whole. */
import type { Target } from '../target.ts';
import type { Terminal } from '../terminal.ts';

/** Closes the account at once; its rows are erased after the answer. What stays in backups stays until they expire. */
export async function eraseAccount(target: Target, terminal: Terminal, accountId: string): Promise<void> {
  await terminal.confirm(
    `Erase everything that is held of ${accountId} and its users? Nobody of it can sign in with a second factor from now on.`,
  );
  await target.api.eraseAccount({ accountId });
  terminal.result({ accountId, status: 'closed' }, () =>
    terminal.line(
      `${accountId} is closed, and is being erased. Backups keep it until they expire (35 days at most for point-in-time recovery).`,
    ),
  );
}

export async function eraseUser(
  target: Target,
  terminal: Terminal,
  userId: string,
  { account: accountId }: { account: string },
): Promise<void> {
  await terminal.confirm(`Erase everything that is held of ${userId} in ${accountId}?`);
  await target.api.eraseUser({ accountId, userId });
  terminal.result({ accountId, userId, status: 'erased' }, () =>
    terminal.line(
      `${userId} is erased. Note it in your list of erasures, for a restore: ${accountId},${userId}`,
    ),
  );
}
