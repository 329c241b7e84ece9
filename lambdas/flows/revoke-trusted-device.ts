import { revokeTrustedDevices } from '../core/settings/revoke-trusted-devices.ts';
import { asUser } from '../edge/http/callers.ts';
import { handle } from '../edge/http/handler.ts';
import { decideAndSave } from '../edge/run/decide.ts';
import { store } from '../edge/setup/wiring.ts';

/** DELETE /v1/me/trusted-devices/{id}: this device is asked for the second step again. */
export const handler = handle('revoke-trusted-device', asUser, ({ path, context }, token) =>
  decideAndSave({ store: store() }, token, (loaded) =>
    revokeTrustedDevices(loaded, { token, deviceId: path.id }, context),
  ),
);
