/**
 * The operator at an account's desk. What admins may do has routes that take an admin's user token; the operator mints one
 * for a name of their own, which then stands in the audit trail. Minting is the app's right: the caller's role must be
 * among the stage's `callerRoleArns`.
 */
import { userInfo } from 'node:os';
import type { BrowserClient } from '../client/browser.ts';
import type { Target } from './target.ts';

/** No user of the company's: nobody has an id with a colon and this word in front. */
export const operatorId = (by: string | undefined): string =>
  `operator:${(by ?? userInfo().username).replaceAll(/[^\w.@-]/g, '_')}`;

export const deskOf = (target: Target, accountId: string, by?: string): BrowserClient =>
  target.as({ accountId, userId: operatorId(by), role: 'admin' });

/** Every item of a list that comes in pages. */
export async function* everyItem<Item>(
  page: (cursor?: string) => Promise<{ data: Item[]; nextCursor: string | null }>,
): AsyncGenerator<Item> {
  let cursor: string | undefined;
  do {
    const { data, nextCursor } = await page(cursor);
    yield* data;
    cursor = nextCursor ?? undefined;
  } while (cursor !== undefined);
}
