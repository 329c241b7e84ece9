import { removeAuthenticator } from '../core/settings/remove-authenticator.ts';
import { asUser } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { proofPorts } from '../edge/setup/wiring.ts';

/** POST /v1/me/authenticators/{id}/remove: the last factor to go turns two-factor off. */
export const handler = handle('remove-authenticator', asUser, ({ body, path, context }, token) => {
  const command = { token, proof: body.proof, authenticatorId: path.id };
  return decideAndSave(proofPorts(), token, (loaded, ports) =>
    removeAuthenticator(loaded, command, ports, context),
  );
});
