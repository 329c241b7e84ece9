import { asApp } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { eraseUser } from '../edge/run/erase-user.ts';
import { ledger, store } from '../edge/setup/wiring.ts';

/** DELETE /v1/accounts/{accountId}/users/{userId}: erases all that is held about a user. Idempotent. */
export const handler = handle('delete-user', asApp, ({ path }) =>
  eraseUser({ store: store(), ledger: ledger() }, path),
);
