import { refuse } from '../core/refusal.ts';
import { limits } from '../core/state/limits.ts';
import { asOperator } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { importRows, recoveryCodesIn } from '../edge/run/import-rows.ts';
import { hasher, secretsThatCreate, store } from '../edge/setup/wiring.ts';

/** POST /v1/accounts/{accountId}/imports: moves people in with the authenticators that they have, each judged alone. */
export const handler = handle('import-users', asOperator, async ({ body, path: { accountId }, context }) => {
  const { users, allowWeak = false, notify = false } = body;
  const most = limits.imports.recoveryCodes;
  if (recoveryCodesIn(users) > most) {
    const detail = `may bring ${most} recovery codes together at most`;
    return refuse('request_invalid', { detail, errors: [{ pointer: '/users', detail }] });
  }
  const ports = { store: store(), secrets: secretsThatCreate(), hasher: hasher() };
  return { results: await importRows(ports, users, { accountId, allowWeak, notify }, context) };
});
