import { closeAccount } from '../core/profile/close-account.ts';
import { asOperator } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { changeAccount } from '../edge/run/decide.ts';
import { storeOfAll } from '../edge/setup/wiring.ts';

/** DELETE /v1/accounts/{accountId}: closes the account at once; the courier erases it. Idempotent. */
export const handler = handle('delete-account', asOperator, ({ path, context }) =>
  changeAccount(storeOfAll(), path.accountId, (account) => closeAccount(account, context)),
);
