import { asApp } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { syncUser } from '../edge/run/sync-user.ts';
import { store } from '../edge/setup/wiring.ts';

/** PUT /v1/accounts/{accountId}/users/{userId}: makes a user known, or updates the profile. */
export const handler = handle('sync-user', asApp, ({ body, path, context }) =>
  syncUser(store(), path, body, context),
);
