import { ofErased } from '../core/settings/own-user.ts';
import { asAdmin } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { badCursor, writtenUsers } from '../edge/http/listing.ts';
import { directory, store } from '../edge/setup/wiring.ts';

const usualLimit = 50;

/** GET /v1/account/users: exactly this account's users, by status and the beginning of an address. */
export const handler = handle('list-users', asAdmin, async ({ query, nowMs }, token) => {
  const refusal = ofErased(await store().load(token), token);
  if (refusal) {
    return refusal;
  }
  const { status, email, limit = usualLimit, cursor } = query;
  const page = await directory().users(token.accountId, {
    ...(status === 'locked' || status === 'exempt' ? { marked: { as: status, atMs: nowMs } } : { status }),
    email: email?.toLowerCase(),
    limit: Number(limit),
    cursor,
  });
  return page ? writtenUsers(page, nowMs) : badCursor();
});
