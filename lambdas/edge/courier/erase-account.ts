/** Erasing a closed account, page by page, as the courier finds time. */
import type { Context } from '../../core/decision.ts';
import type { Directory, Ledger, UserStore } from '../../core/ports.ts';
import { claimErasure, erasedAccount, nextErasure } from '../../core/profile/close-account.ts';
import { isRefusal } from '../../core/refusal.ts';
import type { Account } from '../../core/state/item.ts';
import { limits } from '../../core/state/limits.ts';
import { changeAccount, newId } from '../run/decide.ts';
import { eraseUser } from '../run/erase-user.ts';
import type { Pace } from './fan-out.ts';

type Ports = { store: UserStore; ledger: Ledger; directory: Directory };
type Erasure = NonNullable<Account['erasure']>;

const perPage = 25;

/**
 * Goes on with the account's erasure if one is due: members, then the rows of the account itself; a mark that it is closed
 * stays. Each step may be done twice. A run that dies is resumed from its last page when the lease ends.
 */
export async function runErasure(ports: Ports, accountId: string, nowMs: number, pace: Pace): Promise<void> {
  const claim = await changeAccount<{ claimed?: Erasure }>(ports.store, accountId, (account) => {
    const { claimed, save } = claimErasure(account, nowMs);
    return { ...(save && { save }), answer: claimed ? { claimed } : {} };
  });
  let next = isRefusal(claim) ? undefined : claim.claimed;
  while (next) {
    const elapsedMs = Math.ceil(pace.elapsedMs());
    const timeIsUp = elapsedMs > limits.fanOut.invocationMs;
    next = await eraseNext(ports, accountId, next, { nowMs: nowMs + elapsedMs, timeIsUp });
  }
}

/** Erases one page and saves how far it is; undefined when there is no more to do here and now. */
async function eraseNext(
  ports: Ports,
  accountId: string,
  erasure: Erasure,
  { nowMs, timeIsUp }: { nowMs: number; timeIsUp: boolean },
): Promise<Erasure | undefined> {
  const page = await ports.directory.members(accountId, { limit: perPage, cursor: erasure.cursor });
  const erased = await Promise.all(page.items.map((ref) => eraseUser(ports, ref)));
  const account = await ports.store.loadAccount(accountId);
  const next = nextErasure(account, erasure, { met: erased.length, cursor: page.nextCursor }, nowMs);
  if (next === 'all_gone') {
    await ports.store.eraseAccountRows(accountId);
    const context: Context = { nowMs, newId, actor: { kind: 'system' } };
    await changeAccount(ports.store, accountId, (current) => ({
      save: erasedAccount(current, context),
      answer: {},
    }));
    return undefined;
  }
  const goesOn = next.cursor !== undefined && !timeIsUp;
  const resumedAtMs = goesOn ? nowMs + limits.outbox.leaseMs : nowMs;
  const dueAtMs = next.cursor === undefined ? next.dueAtMs : resumedAtMs;
  await changeAccount(ports.store, accountId, (current) => ({
    save: { ...current, erasure: { ...next, dueAtMs } },
    answer: {},
  }));
  return goesOn ? next : undefined;
}
