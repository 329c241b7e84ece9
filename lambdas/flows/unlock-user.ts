import { decideUnlock } from '../core/unlock-user.ts';
import { actOnOtherUser } from '../edge/act-on-user.ts';
import { handle } from '../edge/handler.ts';

/** POST /v1/account/users/{id}/unlock: ends the lock after too many wrong codes. */
export const handler = handle('unlock-user', (request) => actOnOtherUser(request, decideUnlock));
