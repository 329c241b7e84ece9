/** `countersign keyring`: the keys under which challenges are sealed. */
import { readKeyring, rotate } from '../keyring.ts';
import type { Target } from '../target.ts';
import type { Terminal } from '../terminal.ts';

export async function showKeyring(target: Target, terminal: Terminal): Promise<void> {
  const { keys = [] } = (await readKeyring(await target.table())) ?? {};
  const rows = keys.map(({ keyId, createdAtMs }, index) => ({
    key: keyId,
    since: createdAtMs === undefined ? '' : new Date(createdAtMs).toISOString(),
    use: index === 0 ? 'newest' : 'opens',
  }));
  terminal.result(rows, () => terminal.table(rows));
}

export async function rotateKeyring(
  target: Target,
  terminal: Terminal,
  { dropOld = false }: { dropOld?: boolean },
): Promise<void> {
  await terminal.confirm(
    dropOld
      ? 'Drop all keys but a new one? Every sign-in that is under way, every mailed code and every temporary code ends.'
      : 'Add a key to the keyring?',
  );
  const table = await target.table();
  const rotated = await rotate(table, await target.kms(), await target.vaultKeyArn(), {
    dropOld,
    nowMs: Date.now(),
  });
  terminal.result(rotated, () =>
    terminal.line(`Key ${rotated.keyId} is in front of ${rotated.keys - 1} others.`),
  );
}
