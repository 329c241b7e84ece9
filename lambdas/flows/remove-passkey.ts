import { removePasskey } from '../core/settings/remove-passkey.ts';
import { asUser } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { proofPorts } from '../edge/setup/wiring.ts';

/** POST /v1/me/passkeys/{id}/remove: the last factor to go turns two-factor off. */
export const handler = handle('remove-passkey', asUser, ({ body, path, context }, token) => {
  const command = { token, proof: body.proof, passkeyId: path.id };
  return decideAndSave(proofPorts(), token, (loaded, ports) =>
    removePasskey(loaded, command, ports, context),
  );
});
