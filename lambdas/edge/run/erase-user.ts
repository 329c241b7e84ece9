/** Erasing a user: the item, the account's figures, the rows. */
import { isEnabled } from '../../core/factors/table.ts';
import type { Leaving, Ledger, UserStore } from '../../core/ports.ts';
import { type Refusal, refuse } from '../../core/refusal.ts';
import type { User, UserRef } from '../../core/state/item.ts';

const attempts = 3;

/**
 * Erases all that is held about a user; idempotent. What the user takes out of the figures is noted before and done
 * after, so that an erasure that breaks off is made whole by the next. `busy` where others keep writing the user meanwhile.
 */
export async function eraseUser(
  { store, ledger }: { store: UserStore; ledger: Ledger },
  ref: UserRef,
): Promise<Refusal | Record<string, never>> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const { user } = await store.load(ref);
    if (user) {
      await ledger.noteLeaving(ref, leavingOf(user));
    }
    if (!user || (await store.remove(user)) === 'removed') {
      await ledger.settleLeaving(ref);
      await ledger.setAdmin(ref, false);
      await store.eraseRows(ref);
      return {};
    }
  }
  return refuse('busy', { detail: 'This user is in use. Try again.' });
}

/** The user's news that may not be counted yet comes first; a claimed event may be in a courier's hands still. */
function leavingOf(user: User): Leaving {
  return {
    id: `${user.rev}_${user.writeId}`,
    users: -1,
    enrolled: isEnabled(user) ? -1 : 0,
    news: user.outbox.flatMap(({ id, counts, tries }) =>
      counts ? [{ id, counts, claimed: tries > 0 }] : [],
    ),
  };
}
