/** Keeping what the app says of a user, one at a time or many. */
import type { Context } from '../../core/decision.ts';
import type { UserStore } from '../../core/ports.ts';
import { syncUser as decideSyncUser } from '../../core/profile/sync-user.ts';
import { isRefusal } from '../../core/refusal.ts';
import type { Profile, UserRef } from '../../core/state/item.ts';
import { userRow } from '../../schemas.ts';
import { pointers } from '../http/request.ts';
import { decideAndSave } from './decide.ts';

/** Makes the user known or updates the profile; answers with what is kept. */
export async function syncUser(store: UserStore, ref: UserRef, profile: Profile, context: Context) {
  const synced = await decideAndSave({ store }, ref, (loaded) =>
    decideSyncUser(loaded, ref, profile, context),
  );
  if (isRefusal(synced)) {
    return synced;
  }
  const { email, phone, displayName, locale, timeZone, isAdmin } = synced.user;
  return { accountId: ref.accountId, id: ref.userId, email, phone, displayName, locale, timeZone, isAdmin };
}

type Result = {
  id: string | null;
  status: 'created' | 'updated' | 'unchanged' | 'refused';
  errors?: { pointer: string; detail: string }[];
};

/** Every row on its own, in the order in which they came: of a repeated id the last row holds. */
export async function syncRows(
  store: UserStore,
  accountId: string,
  rows: readonly unknown[],
  context: Context,
): Promise<Result[]> {
  const waiting = new Map<string, Promise<Result>>();
  return Promise.all(
    rows.map((row) => {
      const id = idOf(row);
      const earlier = id === undefined ? undefined : waiting.get(id);
      const result = (earlier ?? Promise.resolve()).then(() => syncRow(store, accountId, row, context));
      if (id !== undefined) {
        waiting.set(id, result);
      }
      return result;
    }),
  );
}

async function syncRow(store: UserStore, accountId: string, row: unknown, context: Context): Promise<Result> {
  const parsed = userRow.safeParse(row);
  if (!parsed.success) {
    return { id: idOf(row) ?? null, status: 'refused', errors: parsed.error.issues.flatMap(pointers) };
  }
  const { id, ...profile } = parsed.data;
  const ref = { accountId, userId: id };
  const synced = await decideAndSave({ store }, ref, (loaded) =>
    decideSyncUser(loaded, ref, profile, context),
  );
  return isRefusal(synced)
    ? { id, status: 'refused', errors: [{ pointer: '', detail: synced.detail ?? 'is in use; try again' }] }
    : { id, status: synced.status };
}

/** The id of a row of whatever shape, where it has one. */
export function idOf(row: unknown): string | undefined {
  const id = typeof row === 'object' && row !== null && 'id' in row ? row.id : undefined;
  return typeof id === 'string' ? id : undefined;
}
