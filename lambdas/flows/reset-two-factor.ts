import { decideReset } from '../core/desk/reset-two-factor.ts';
import { handle } from '../edge/http/handler.ts';
import { actOnOtherUser } from '../edge/run/act-on-user.ts';

/** POST /v1/account/users/{id}/reset: an admin or support person clears a user's factors, with a reason. */
export const handler = handle('reset-two-factor', (request) => actOnOtherUser(request, decideReset));
