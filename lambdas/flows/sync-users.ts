import { asApp } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { syncRows } from '../edge/run/sync-user.ts';
import { store } from '../edge/setup/wiring.ts';

/** PUT /v1/accounts/{accountId}/users: up to 100 users at once, each judged alone. Idempotent. */
export const handler = handle('sync-users', asApp, async ({ body, path: { accountId }, context }) => ({
  results: await syncRows(store(), accountId, body.users, context),
}));
