import { removeEmailMethod } from '../core/settings/remove-email-method.ts';
import { asUser } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { proofPorts } from '../edge/setup/wiring.ts';

/** POST /v1/me/methods/email/remove: codes by email are off. */
export const handler = handle('remove-email-method', asUser, ({ body, context }, token) => {
  const command = { token, proof: body.proof };
  return decideAndSave(proofPorts(), token, (loaded, ports) =>
    removeEmailMethod(loaded, command, ports, context),
  );
});
