import { ofErased } from '../core/settings/own-user.ts';
import { asAdmin } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { badCursor, writtenEvents } from '../edge/http/listing.ts';
import { directory, store } from '../edge/setup/wiring.ts';

const usualLimit = 50;

/** GET /v1/account/events: every change, newest first; by user, type and time (`from` included, `to` excluded). */
export const handler = handle('list-events', asAdmin, async ({ query }, token) => {
  const refusal = ofErased(await store().load(token), token);
  if (refusal) {
    return refusal;
  }
  const { userId, type, from, to, limit = usualLimit, cursor } = query;
  const page = await directory().events(token.accountId, {
    userId,
    type,
    fromMs: from === undefined ? undefined : Date.parse(from),
    toMs: to === undefined ? undefined : Date.parse(to),
    limit: Number(limit),
    cursor,
  });
  return page ? writtenEvents(page) : badCursor();
});
