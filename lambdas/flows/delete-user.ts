import { handle } from '../edge/http/handler.ts';
import { eraseUser } from '../edge/run/erase-user.ts';
import { books, store } from '../edge/setup/wiring.ts';

/** DELETE /v1/accounts/{accountId}/users/{userId}: erases all that is held about a user. Again is the same. */
export const handler = handle('delete-user', ({ path }) =>
  eraseUser(
    { store: store(), books: books() },
    { accountId: path.accountId as string, userId: path.userId as string },
  ),
);
