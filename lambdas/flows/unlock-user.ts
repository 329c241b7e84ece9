import { decideUnlock } from '../core/desk/unlock-user.ts';
import { handle } from '../edge/http/handler.ts';
import { actOnOtherUser } from '../edge/run/act-on-user.ts';

/** POST /v1/account/users/{id}/unlock: ends the lock after too many wrong codes. */
export const handler = handle('unlock-user', (request) => actOnOtherUser(request, decideUnlock));
