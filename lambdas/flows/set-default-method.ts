import { setDefaultMethod } from '../core/settings/set-default-method.ts';
import { asUser } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { store } from '../edge/setup/wiring.ts';

/** PUT /v1/me/two-factor: the method that a sign-in offers first. */
export const handler = handle('set-default-method', asUser, ({ body, context }, token) =>
  decideAndSave({ store: store() }, token, (loaded) =>
    setDefaultMethod(loaded, { token, defaultMethod: body.defaultMethod }, context),
  ),
);
