/** What a tab keeps over a reload. Where storage is blocked it keeps nothing, and the page works all the same. */

const prefix = 'countersign:';

type Kept<T> = { value: T; untilMs: number };

/** Keeps a value for this tab, or for a tab duplicated from it, for `lifetimeMs`. */
export function keep(key: string, value: unknown, lifetimeMs: number): void {
  try {
    sessionStorage.setItem(prefix + key, JSON.stringify({ value, untilMs: Date.now() + lifetimeMs }));
  } catch {
    // Storage may be blocked or full; nothing depends on it.
  }
}

/** The value that was kept, or undefined where nothing was kept or it has expired. */
export function kept<T>(key: string): T | undefined {
  try {
    const { value, untilMs } = JSON.parse(sessionStorage.getItem(prefix + key) ?? '{}') as Partial<Kept<T>>;
    return untilMs !== undefined && untilMs > Date.now() ? value : undefined;
  } catch {
    return undefined;
  }
}

export function forget(key: string): void {
  try {
    sessionStorage.removeItem(prefix + key);
  } catch {
    // As above.
  }
}
