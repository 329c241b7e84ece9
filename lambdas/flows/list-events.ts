import { isRefusal } from '../core/refusal.ts';
import { adminCaller } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { badCursor, writtenEvents } from '../edge/http/listing.ts';
import { lookup, verifier } from '../edge/setup/wiring.ts';

const usualLimit = 50;

/** GET /v1/account/events: every change, newest first; with `userId` one user's. */
export const handler = handle('list-events', async (request) => {
  const caller = await adminCaller(request, verifier());
  if (isRefusal(caller)) {
    return caller;
  }
  const { userId, limit = usualLimit, cursor } = request.query;
  const page = await lookup().events(caller.accountId, { userId, limit: Number(limit), cursor });
  return page ? writtenEvents(page) : badCursor();
});
