/** Small state that survives a restart when `--data` names a folder: one JSON file each. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What the file holds; `fallback` when there is no path or no file yet. */
export function readKept<T>(path: string | undefined, fallback: T): T {
  if (!path) {
    return fallback;
  }
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return fallback;
    }
    throw new Error(`${path} cannot be read: ${error}`);
  }
}

/** Writes the whole file at once, so that a crash leaves the old one or the new one. */
export function keep(path: string | undefined, state: unknown): void {
  if (!path) {
    return;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/**
 * Claims a folder for this process; returns what gives it back. Throws an error that names the process that has it:
 * two at once would spoil the table.
 */
export function claim(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'in-use-by');
  const owner = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
  if (owner > 0 && isRunning(owner)) {
    throw new Error(`${folder} is in use by process ${owner}.`);
  }
  writeFileSync(path, String(process.pid));
  return () => rmSync(path, { force: true });
}

function isRunning(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
