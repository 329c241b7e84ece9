import { disableTwoFactor } from '../core/settings/disable-two-factor.ts';
import { asUser } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { proofPorts } from '../edge/setup/wiring.ts';

/** POST /v1/me/two-factor/disable: everything is deleted, and the user is notified by mail. */
export const handler = handle('disable-two-factor', asUser, ({ body, context }, token) => {
  const command = { token, proof: body.proof };
  return decideAndSave(proofPorts(), token, (loaded, ports) =>
    disableTwoFactor(loaded, command, ports, context),
  );
});
