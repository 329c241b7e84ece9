import { confirmEmailMethod } from '../core/settings/confirm-email-method.ts';
import { asUser } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { withSheet } from '../edge/run/recovery-sheet.ts';
import { hasher, seal, store } from '../edge/setup/wiring.ts';

/** POST /v1/me/methods/email/confirm: codes by email are on. */
export const handler = handle('confirm-email-method', asUser, ({ body, context }, token) =>
  decideAndSave({ store: store(), seal: seal(), hasher: hasher() }, token, (loaded, ports) =>
    withSheet(loaded, confirmEmailMethod(loaded, { token, code: body.code }, ports, context), context),
  ),
);
