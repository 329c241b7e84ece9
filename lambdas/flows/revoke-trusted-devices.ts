import { isRefusal } from '../core/refusal.ts';
import { decideRevokeDevices } from '../core/trusted-device.ts';
import { userCaller } from '../edge/callers.ts';
import { decideAndSave } from '../edge/decide.ts';
import { handle } from '../edge/handler.ts';
import { store, verifier } from '../edge/wiring.ts';

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
