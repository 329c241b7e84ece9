import { isRefusal } from '../core/refusal.ts';
import { adminCaller } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { badCursor, writtenUsers } from '../edge/http/listing.ts';
import { lookup, verifier } from '../edge/setup/wiring.ts';

const usualLimit = 50;

/** GET /v1/account/users: exactly this account's users, by status and the beginning of an address. */
export const handler = handle('list-users', async (request) => {
  const caller = await adminCaller(request, verifier());
  if (isRefusal(caller)) {
    return caller;
  }
  const { status, email, limit = usualLimit, cursor } = request.query;
  const wanted = { status, email: email?.toLowerCase(), limit: Number(limit), cursor };
  const page = await lookup().users(caller.accountId, wanted);
  return page ? writtenUsers(page, request.nowMs) : badCursor();
});
