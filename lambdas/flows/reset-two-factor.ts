import { resetTwoFactor } from '../core/desk/reset-two-factor.ts';
import { asAdmin } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { actOnUser } from '../edge/run/act-on-user.ts';

/** POST /v1/account/users/{id}/reset: an admin or support person clears a user's factors, with a reason. */
export const handler = handle('reset-two-factor', asAdmin, (request, token) =>
  actOnUser(request, token, (loaded, command) => {
    const { useProfileAddress } = request.body;
    return resetTwoFactor(loaded, { ...command, useProfileAddress }, request.context);
  }),
);
