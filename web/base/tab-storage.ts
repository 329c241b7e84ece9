/** What a tab keeps over a reload. Where storage is blocked it keeps nothing, and the page works all the same. */

const prefix = 'countersign:';

/** Keeps a value until `expiresAt` (RFC 3339), or takes it away when it is undefined. */
export function keep(key: string, value: unknown, storage: () => Storage = () => sessionStorage): void {
  try {
    if (value === undefined) {
      storage().removeItem(prefix + key);
    } else {
      storage().setItem(prefix + key, JSON.stringify(value));
    }
  } catch {
    // Storage may be blocked or full; nothing depends on it.
  }
}

/** The value that was kept, or undefined. */
export function kept<T>(key: string, storage: () => Storage = () => sessionStorage): T | undefined {
  try {
    const text = storage().getItem(prefix + key);
    return text === null ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined;
  }
}
