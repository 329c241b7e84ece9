import { decideRemoveSmsMethod } from '../core/settings/remove-factor.ts';
import { handle } from '../edge/http/handler.ts';
import { changeOwnTwoFactor } from '../edge/run/own-two-factor.ts';

/** POST /v1/me/methods/sms/remove: codes by text message are off. */
export const handler = handle('remove-sms-method', (request) =>
  changeOwnTwoFactor(request, decideRemoveSmsMethod),
);
