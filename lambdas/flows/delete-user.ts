import { handle } from '../edge/handler.ts';
import { store } from '../edge/wiring.ts';

/** DELETE /v1/accounts/{accountId}/users/{userId}: erases all that is held about a user. Again is the same. */
export const handler = handle('delete-user', async ({ path }) => {
  await store().erase({ accountId: path.accountId as string, userId: path.userId as string });
  return {};
});
