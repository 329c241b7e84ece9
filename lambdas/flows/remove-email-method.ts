import { decideRemoveEmailMethod } from '../core/settings/remove-factor.ts';
import { handle } from '../edge/http/handler.ts';
import { changeOwnTwoFactor } from '../edge/run/own-two-factor.ts';

/** POST /v1/me/methods/email/remove: codes by e-mail are off. */
export const handler = handle('remove-email-method', (request) =>
  changeOwnTwoFactor(request, decideRemoveEmailMethod),
);
