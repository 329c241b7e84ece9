import { decideDisable } from '../core/settings/remove-factor.ts';
import { handle } from '../edge/http/handler.ts';
import { changeOwnTwoFactor } from '../edge/run/own-two-factor.ts';

/** POST /v1/me/two-factor/disable: everything is deleted, and the user is told by mail. */
export const handler = handle('disable-two-factor', (request) => changeOwnTwoFactor(request, decideDisable));
