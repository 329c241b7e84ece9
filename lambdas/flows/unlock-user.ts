import { unlockUser } from '../core/desk/unlock-user.ts';
import { asAdmin } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { actOnUser } from '../edge/run/act-on-user.ts';

/** POST /v1/account/users/{id}/unlock: ends the lock after too many wrong codes. */
export const handler = handle('unlock-user', asAdmin, (request, token) =>
  actOnUser(request, token, (loaded, command) => unlockUser(loaded, command, request.context)),
);
