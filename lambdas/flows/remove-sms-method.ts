import { removeSmsMethod } from '../core/settings/remove-sms-method.ts';
import { asUser } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { proofPorts } from '../edge/setup/wiring.ts';

/** POST /v1/me/methods/sms/remove: codes by text message are off. */
export const handler = handle('remove-sms-method', asUser, ({ body, context }, token) => {
  const command = { token, proof: body.proof };
  return decideAndSave(proofPorts(), token, (loaded, ports) =>
    removeSmsMethod(loaded, command, ports, context),
  );
});
