import { decideRemoveAuthenticator } from '../core/settings/remove-factor.ts';
import { handle } from '../edge/http/handler.ts';
import { changeOwnTwoFactor } from '../edge/run/own-two-factor.ts';

/** POST /v1/me/authenticators/{id}/remove: the last factor to go turns two-factor off. */
export const handler = handle('remove-authenticator', (request) =>
  changeOwnTwoFactor(request, (loaded, command, context) =>
    decideRemoveAuthenticator(loaded, { ...command, authenticatorId: request.path.id as string }, context),
  ),
);
