/** Erasing a user: the item, the account's figures, the rows. */
import { isEnabled } from '../core/methods.ts';
import type { Ledger, UserStore } from '../core/ports.ts';
import { type Refusal, refuse } from '../core/refusal.ts';
import type { User, UserRef } from '../core/state.ts';

const attempts = 3;

/** Erases all that is held about a user; again is the same. `busy` where others keep writing the user meanwhile. */
export async function eraseUser(
  { store, books }: { store: UserStore; books: Ledger },
  ref: UserRef,
): Promise<Refusal | Record<string, never>> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const { user } = await store.load(ref);
    if (!user || (await store.remove(user)) === 'removed') {
      await (user ? uncount(books, user) : undefined);
      await books.setAdmin(ref, false);
      await store.eraseRows(ref);
      return {};
    }
  }
  return refuse('busy', { detail: 'This user is in use. Try again.' });
}

/** Takes the user out of the account's figures: first what the courier has not counted yet, then all of it. */
async function uncount(books: Ledger, user: User): Promise<void> {
  const waiting = user.outbox.filter((event) => event.counts);
  for (const event of waiting) {
    await books.add(user.accountId, event.id, event.counts ?? {});
  }
  const last = `erased_${user.rev}_${user.writeId}`;
  await books.add(user.accountId, last, { users: -1, enrolled: isEnabled(user) ? -1 : 0 });
  await books.settle(user.accountId, [...waiting.map(({ id }) => id), last]);
}
