import { handle } from '../edge/http/handler.ts';
import { syncUser } from '../edge/run/sync-user.ts';
import { store } from '../edge/setup/wiring.ts';

/** PUT /v1/accounts/{accountId}/users/{userId}: makes a user known, or updates the profile. */
export const handler = handle('sync-user', ({ body, path, contextOf }) => {
  const ref = { accountId: path.accountId as string, userId: path.userId as string };
  return syncUser(store(), ref, body, contextOf({ kind: 'app' }, {}));
});
