import { isRefusal } from '../core/refusal.ts';
import { asApp } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { syncUser } from '../edge/run/sync-user.ts';
import { store } from '../edge/setup/wiring.ts';

/**
 * PUT /v1/accounts/{accountId}/users: up to 25 users at once. One that cannot be written refuses the request; those before
 * it stay written, and repeating the request is safe.
 */
export const handler = handle('sync-users', asApp, async ({ body, path: { accountId }, context }) => {
  const synced = await Promise.all(
    body.users.map(({ id, ...profile }) => syncUser(store(), { accountId, userId: id }, profile, context)),
  );
  return synced.find(isRefusal) ?? { data: synced };
});
