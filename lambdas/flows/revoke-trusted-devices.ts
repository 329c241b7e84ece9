import { isRefusal } from '../core/refusal.ts';
import { decideRevokeDevices } from '../core/sign-in/trusted-device.ts';
import { userCaller } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { store, verifier } from '../edge/setup/wiring.ts';

/** DELETE /v1/me/trusted-devices: every device is asked for the second step again. */
export const handler = handle('revoke-trusted-devices', async (request) => {
  const caller = await userCaller(request, verifier());
  if (isRefusal(caller)) {
    return caller;
  }
  const context = request.contextOf({ kind: 'user', id: caller.userId });
  return decideAndSave({ store: store() }, caller, (loaded) =>
    decideRevokeDevices(loaded, undefined, context),
  );
});
