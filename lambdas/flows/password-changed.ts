import { passwordChanged } from '../core/profile/password-changed.ts';
import { asApp } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { store } from '../edge/setup/wiring.ts';

/** POST /v1/accounts/{accountId}/users/{userId}/password-changed: trusted devices end, two-factor stays. */
export const handler = handle('password-changed', asApp, ({ path, context }) =>
  decideAndSave({ store: store() }, path, (loaded) => passwordChanged(loaded, context)),
);
