/** Closing an account: at once, for good, and erased by a job that goes on wherever it broke off. */
import type { Context } from '../decision.ts';
import { withEvent } from '../notices/events.ts';
import { type Account, newAccount } from '../state/item.ts';
import { limits } from '../state/limits.ts';

/**
 * The account closed: from this write on nobody of it signs in and no route answers for it. What it was going to tell its
 * users ends with it. An account that is closed already stays as it is.
 */
export function closeAccount(
  account: Account,
  context: Context,
): { save?: Account; answer: { status: 'closed' } } {
  const answer = { status: 'closed' } as const;
  if (account.closedAtMs !== undefined) {
    return { answer };
  }
  const { nowMs } = context;
  const closed = {
    ...account,
    closedAtMs: nowMs,
    fanOuts: [],
    erasure: { dueAtMs: nowMs, erased: 0, met: 0 },
  };
  return { save: withEvent(closed, 'account_closed', context), answer };
}

type Erasure = NonNullable<Account['erasure']>;

/** The erasure that is due, and the account with a lease on it: until it ends, no other courier works on it. */
export function claimErasure(account: Account, nowMs: number): { claimed?: Erasure; save?: Account } {
  const { erasure } = account;
  if (!erasure || erasure.dueAtMs > nowMs) {
    return {};
  }
  const claimed = { ...erasure, dueAtMs: nowMs + limits.outbox.leaseMs };
  return { claimed, save: { ...account, erasure: claimed } };
}

/**
 * The erasure after a page of members. A request that had begun before the account was closed may still save somebody: the
 * members are gone through again, until a round that began a minute after the closing met nobody.
 */
export function nextErasure(
  { closedAtMs = 0 }: Account,
  erasure: Erasure,
  page: { met: number; cursor: string | undefined },
  nowMs: number,
): Erasure | 'all_gone' {
  const { cursor: _reached, ...rest } = erasure;
  const gone = { ...rest, erased: erasure.erased + page.met, met: erasure.met + page.met };
  if (page.cursor !== undefined) {
    return { ...gone, cursor: page.cursor };
  }
  const settledAtMs = closedAtMs + limits.closing.settledMs;
  const startedAtMs = erasure.roundAtMs ?? closedAtMs;
  if (gone.met === 0 && startedAtMs >= settledAtMs) {
    return 'all_gone';
  }
  const dueAtMs = Math.max(nowMs, settledAtMs);
  return { erased: gone.erased, met: 0, roundAtMs: dueAtMs, dueAtMs };
}

/** All that stays of an erased account: that it is closed. No id of a person, no name, no setting. */
export function erasedAccount(account: Account, context: Context): Account {
  const { accountId, rev, writeId, earlierWriteIds, closedAtMs = context.nowMs, erasure } = account;
  const tombstone = {
    ...newAccount(accountId),
    rev,
    writeId,
    ...(earlierWriteIds && { earlierWriteIds }),
    closedAtMs,
    erasedAtMs: context.nowMs,
  };
  const detail = { closedAt: new Date(closedAtMs).toISOString(), users: String(erasure?.erased ?? 0) };
  return withEvent(tombstone, 'account_erased', context, { detail });
}
