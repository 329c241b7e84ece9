import { decideReset } from '../core/reset-two-factor.ts';
import { actOnOtherUser } from '../edge/act-on-user.ts';
import { handle } from '../edge/handler.ts';

/** POST /v1/account/users/{id}/reset: an admin or support person clears a user's factors, with a reason. */
export const handler = handle('reset-two-factor', (request) => actOnOtherUser(request, decideReset));
